from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infra.local import checkout
from infra.local.commands import main
from infra.local.instance import Instance
from infra.local.messages import state_line, summary, welcome
from infra.local.people import DEMO_PEOPLE
from infra.local.progress import step


@pytest.fixture(autouse=True)
def instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in ("instance", "bring_up"):
        monkeypatch.setattr(f"infra.local.{module}.INSTANCES", tmp_path)
    return tmp_path


def an_instance() -> Instance:
    outputs = {"ApiUrl": "https://api", "ApprovalPageUrl": "https://api/approvals"}
    return Instance("two", 1, 2, 3, 4, outputs=outputs, passwords={"bob@example.com": "secret-of-bob"})


@pytest.mark.parametrize("command", ["status", "env"])
def test_asking_for_a_local_aws_that_is_not_up_says_how_to_start_it(
    command: str, capsys: pytest.CaptureFixture[str]
):
    assert main([command, "--name", "two"]) == 6

    assert capsys.readouterr().err == (
        "E_LOCAL_DOWN: no local AWS is up (two). Start it with promptops local up --name two.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["status"], 6, "E_LOCAL_DOWN"),
        (["env", "--as", "nobody"], 2, "E_INPUT"),
        (["up", "-x"], 2, "E_INPUT"),
    ],
)
def test_an_error_is_also_json_for_programs(
    arguments: list[str], exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
):
    assert main([*arguments, "--json"]) == exit_code

    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


@pytest.mark.parametrize(
    "arguments", [["up", "--port", "x"], ["env", "--as", "nobody"], ["fly"], [], ["up", "--name", "A"]]
)
def test_bad_input_ends_with_2_and_no_traceback(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2

    assert capsys.readouterr().err.startswith("E_")


def test_down_is_no_error_when_nothing_is_up(capsys: pytest.CaptureFixture[str]):
    assert main(["down"]) == 0
    assert main(["down", "--all"]) == 0

    assert "nothing to stop" in capsys.readouterr().out
    assert main(["down", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"stopped": []}


@pytest.mark.parametrize(
    ("attribute", "code"), [("EMULATOR_PYTHON", "E_NOT_INSTALLED"), ("CDK", "E_NOT_INSTALLED")]
)
def test_what_is_not_installed_names_the_command_that_installs_it(
    attribute: str, code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(checkout.shutil, "which", lambda tool: f"/bin/{tool}")
    for each in ("EMULATOR_PYTHON", "CDK"):
        monkeypatch.setattr(checkout, each, Path(__file__))
    monkeypatch.setattr(checkout, attribute, Path("/nowhere/tool"))

    assert main(["up"]) == 6

    assert capsys.readouterr().err.endswith("missing (/nowhere/tool). Run make install.\n")


def test_a_missing_openssl_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(checkout.shutil, "which", lambda tool: None)

    assert main(["up"]) == 6
    assert capsys.readouterr().err.startswith("E_TOOL_MISSING: openssl is not on the PATH. Install it")


def test_the_welcome_tells_where_to_look_and_how_everybody_signs_in():
    text = welcome(an_instance())

    for expected in ("https://api/approvals", "http://127.0.0.1:4/", "secret-of-bob", "--name two"):
        assert expected in text
    assert all(person.name in text for person in DEMO_PEOPLE)


def test_status_tells_where_to_go_as_the_welcome_did():
    text = state_line(an_instance(), None, {"emulator": True, "model": False})

    for expected in ("https://api/approvals", "http://127.0.0.1:4/", "secret-of-bob", "DOES NOT ANSWER"):
        assert expected in text


def test_a_reader_who_stops_early_gets_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(
        [sys.executable, "-m", "infra.local", "status", "--json", "--name", "nobodys"],
        cwd=checkout.ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (1, b"")


def test_programs_get_the_same_as_json():
    document = json.loads(json.dumps(summary(an_instance())))

    bob = next(person for person in document["people"] if person["profile"] == "bob")
    assert (bob["password"], bob["approves"]) == ("secret-of-bob", True)


class Watched(io.StringIO):
    """`told` once a step has said that it is still under way."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if "…" in self.getvalue():
            self.told.set()
        return written


def test_a_quick_step_is_silent_and_a_slow_one_tells_its_seconds(monkeypatch: pytest.MonkeyPatch):
    quick, slow = io.StringIO(), Watched()
    with step("Quick", stream=quick):
        pass
    monkeypatch.setattr("infra.local.progress._QUIET_SECONDS", 0.0)
    with step("Slow", stream=slow):
        assert slow.told.wait(30)

    assert quick.getvalue() == ""
    assert slow.getvalue().splitlines()[-1] == "Slow: 0.0 s"
