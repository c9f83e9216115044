from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import supervision
from infra.local.bring_up import bring_up, take_down
from infra.local.children import end_child, end_stray, start_child
from infra.local.errors import LocalError
from infra.local.instance import create, folder_of
from infra.local.supervision import State, hold, is_supervised, stop_supervisor, supervisor_lock

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)  # infra.local"]


@pytest.fixture(autouse=True)
def instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in ("instance", "bring_up"):
        monkeypatch.setattr(f"infra.local.{module}.INSTANCES", tmp_path)
    return tmp_path


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return met


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def test_only_a_living_holder_of_the_lock_counts_as_a_supervisor():
    create("two", None)
    assert not is_supervised("two")

    lock = hold(supervisor_lock("two"))
    assert lock is not None
    assert is_supervised("two")
    assert hold(supervisor_lock("two")) is None

    lock.close()
    assert not is_supervised("two")


def test_a_child_ends_with_all_that_it_started(tmp_path: Path):
    grandchild_code = "import time; time.sleep(60)"
    family_code = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {grandchild_code!r}]).pid, flush=True)\n"
        "time.sleep(60)"
    )
    family = [sys.executable, "-c", family_code]
    log = tmp_path / "log"
    child = start_child(family, log=log, environment=os.environ)
    assert eventually(lambda: log.read_text().strip().isdigit())
    grandchild = int(log.read_text())

    end_child(child)

    assert eventually(lambda: not is_alive(grandchild))


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel does it on Linux; elsewhere the next command does"
)
def test_a_killed_parent_leaves_no_child(tmp_path: Path):
    log = tmp_path / "log"
    parent_code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom infra.local.children import start_child\n"
        f"child = start_child({SLEEPER!r}, log=Path({str(log)!r}), environment=os.environ)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert eventually(lambda: log.exists() and "up" in log.read_text())

    parent.kill()
    parent.wait()

    assert eventually(lambda: not is_alive(child))


def test_what_a_crashed_supervisor_left_is_ended_and_strangers_are_not(tmp_path: Path):
    ours = start_child(SLEEPER, log=tmp_path / "a", environment=os.environ)
    stranger = start_child(
        [*SLEEPER[:2], "import time; time.sleep(60)"], log=tmp_path / "b", environment=os.environ
    )
    try:
        create("two", None)
        State(2**22 + 1, "ready", {"emulator": ours.pid, "model": stranger.pid}).save("two")

        stop_supervisor("two")

        assert ours.wait(10) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        end_child(ours)
        end_child(stranger)


def test_ending_a_stray_that_is_gone_is_no_error():
    end_stray(2**22 + 1)


def test_taking_down_what_is_not_there_says_so_and_is_no_error():
    assert take_down("two") is False


def test_taking_down_removes_the_instance():
    create("two", None)

    assert take_down("two") is True
    assert [path.name for path in folder_of("two").iterdir()] == ["logs"]


def test_two_commands_do_not_work_on_one_instance_at_once(instances: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("infra.local.bring_up.check_tools", lambda: None)
    lock = hold(instances / "two.lock")
    assert lock is not None

    with lock, pytest.raises(LocalError, match=r"^E_BUSY: .*\(two\)"):
        bring_up("two")


def test_a_start_that_fails_shows_the_end_of_the_log_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("infra.local.bring_up.check_tools", lambda: None)
    # A supervisor that finds no instance of this name, because it looks in the checkout's own folder.
    name = f"test-{os.getpid()}"

    with pytest.raises(LocalError, match=r"(?s)^E_LOCAL_START: .*has no instance") as failed:
        bring_up(name)

    assert failed.value.exit_code == 6
    assert [path.name for path in folder_of(name).iterdir()] == ["logs"]


def test_an_interrupted_start_ends_its_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    started: list[subprocess.Popen[bytes]] = []

    class Sleeping(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: object) -> None:
            super().__init__(SLEEPER, stdout=subprocess.DEVNULL)
            started.append(self)

    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(supervision.subprocess, "Popen", Sleeping)
    monkeypatch.setattr(supervision, "_wait", interrupt)

    with pytest.raises(KeyboardInterrupt):
        supervision.start_supervisor(create("two", None))

    assert started[0].poll() is not None
