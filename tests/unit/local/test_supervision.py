from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import supervision
from infra.local.bring_up import bring_up, take_down
from infra.local.children import end_child, end_stray, start_child
from infra.local.errors import LocalError
from infra.local.instance import create, folder_of
from infra.local.supervision import State, hold, is_supervised, stop_supervisor, supervisor_lock
from tests.waiting import until

#: A process that waits to be ended; by itself it ends in a minute, so that a red test leaves none.
WAITING = "import threading; print('up', flush=True); threading.Event().wait(60)"
OURS, STRANGER = ([sys.executable, "-c", code] for code in (f"{WAITING}  # infra.local", WAITING))


@pytest.fixture(autouse=True)
def instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in ("instance", "bring_up"):
        monkeypatch.setattr(f"infra.local.{module}.INSTANCES", tmp_path)
    return tmp_path


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
    family_code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen({STRANGER!r}, stdout=subprocess.DEVNULL)\n"
        f"print(child.pid, flush=True)\nchild.wait()"
    )
    family = [sys.executable, "-c", family_code]
    log = tmp_path / "log"
    child = start_child(family, log=log, environment=os.environ)
    until("the grandchild to start", lambda: log.read_text().strip().isdigit())
    grandchild = int(log.read_text())

    end_child(child)

    until("the grandchild to end", lambda: not is_alive(grandchild))


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="only Linux ends the children of a killed parent; elsewhere the next command does, tested below",
)
def test_a_killed_parent_leaves_no_child(tmp_path: Path):
    log = tmp_path / "log"
    parent_code = (
        "import os\nfrom pathlib import Path\nfrom infra.local.children import start_child\n"
        f"child = start_child({OURS!r}, log=Path({str(log)!r}), environment=os.environ)\n"
        "print(child.pid, flush=True)\nchild.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    until("the child to start", lambda: log.exists() and "up" in log.read_text())

    parent.kill()
    parent.wait()

    until("the child to end", lambda: not is_alive(child))


def test_what_a_crashed_supervisor_left_is_ended_and_strangers_are_not(tmp_path: Path):
    ours = start_child(OURS, log=tmp_path / "a", environment=os.environ)
    stranger = start_child(STRANGER, log=tmp_path / "b", environment=os.environ)
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
            super().__init__(OURS, stdout=subprocess.DEVNULL)
            started.append(self)

    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(supervision.subprocess, "Popen", Sleeping)
    monkeypatch.setattr(supervision, "_wait", interrupt)

    with pytest.raises(KeyboardInterrupt):
        supervision.start_supervisor(create("two", None))

    assert started[0].poll() is not None
