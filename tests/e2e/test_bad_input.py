"""What people get wrong at the real command: one line that says what and how to go on, never a traceback."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.checkout import ROOT
from infra.local.ports import LOOPBACK, free_ports
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed

SECONDS = 60
PROMPT = "wants-a-ticket"
LINE = re.compile(r"(?P<code>E_[A-Z0-9_]+): (?P<what>\S[^\n]*?)\. (?P<fix>\S[^\n]*)\n")


@dataclass(frozen=True)
class Refused:
    """How a command ended that could not do what was typed."""

    exit_code: int
    code: str
    line: str


def typed(environ: Mapping[str, str], *arguments: str) -> Refused:
    """The one line that the command says in an environment; fails on any other output."""
    command = [str(Path(sys.executable).with_name("promptops")), *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        command,
        env={**inherited, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = LINE.fullmatch(done.stderr)
    assert said, done.stderr
    assert done.stdout == ""
    return Refused(done.returncode, said["code"], done.stderr)


@pytest.fixture(scope="module")
def released(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A prompt that is live in dev and has one variable, `ticket`."""
    folder = renamed(tmp_path_factory.mktemp("prompts"), "support-ticket", PROMPT)
    alice = aws.person("alice")
    alice.types("publish", str(folder))
    alice.types("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "first release")
    return PROMPT


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    ("person", "arguments", "code"),
    [
        ("alice", ("show", "nobody-wrote-this"), "E_PROMPT_UNKNOWN"),
        ("alice", ("history", "nobody-wrote-this", "--env", "dev"), "E_PROMPT_UNKNOWN"),
        ("alice", ("evaluate", "nobody-wrote-this@v1"), "E_PROMPT_UNKNOWN"),
        ("alice", ("promote", "nobody-wrote-this@v1", "--to", "dev", "--reason", "new"), "E_PROMPT_UNKNOWN"),
        ("carol", ("rollback", "nobody-wrote-this", "--env", "dev", "--reason", "bad"), "E_NOT_RELEASED"),
        ("dave", ("resolve", "nobody-wrote-this", "--env", "dev"), "E_NOT_RELEASED"),
    ],
    ids=["show", "history", "evaluate", "promote", "rollback", "resolve"],
)
def test_an_unknown_prompt(aws: LocalAws, person: str, arguments: tuple[str, ...], code: str):
    said = typed(aws.person(person).environ, *arguments)

    assert (said.exit_code, said.code) == (2, code)
    assert "nobody-wrote-this" in said.line


@pytest.mark.parametrize("command", ["publish", "validate"])
def test_broken_yaml(aws: LocalAws, tmp_path: Path, command: str):
    folder = renamed(tmp_path, "support-ticket", "broken-yaml")
    metadata = folder / "prompt.yaml"
    metadata.write_text(f"{metadata.read_text(encoding='utf-8')}\ntags: [unclosed\n", encoding="utf-8")

    said = typed(aws.person("alice").environ, command, str(folder))

    assert (said.exit_code, said.code) == (2, "E_METADATA")
    assert "prompt.yaml" in said.line


def test_a_missing_variable(aws: LocalAws, released: str):
    said = typed(aws.person("dave").environ, "resolve", released, "--env", "dev")

    assert (said.exit_code, said.code) == (2, "E_VARIABLE_MISSING")
    assert "ticket" in said.line


def test_no_credentials(aws: LocalAws, tmp_path: Path):
    place = {name: value for name, value in aws.person("alice").environ.items() if name != "AWS_PROFILE"}
    nobody = {
        **place,
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    said = typed(nobody, "show", PROMPT)

    assert (said.exit_code, said.code) == (2, "E_CREDENTIALS")
    assert "AWS_PROFILE" in said.line


def test_a_profile_that_does_not_exist(aws: LocalAws):
    said = typed({**aws.person("alice").environ, "AWS_PROFILE": "mallory"}, "show", PROMPT)

    assert (said.exit_code, said.code) == (2, "E_CREDENTIALS")
    assert "mallory" in said.line


@pytest.mark.parametrize(
    ("person", "arguments"),
    [
        ("alice", ("show", PROMPT)),
        ("dave", ("resolve", PROMPT, "--env", "dev", "--var", "ticket=It is slow.")),
        ("alice", ("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "new")),
    ],
    ids=["show", "resolve", "promote"],
)
def test_a_local_aws_that_is_down(aws: LocalAws, person: str, arguments: tuple[str, ...]):
    (closed,) = free_ports(1)
    down = {**aws.person(person).environ, "AWS_ENDPOINT_URL": f"https://{LOOPBACK}:{closed}"}

    said = typed(down, *arguments)

    assert (said.exit_code, said.code) == (6, "E_ENDPOINT")
    assert "promptops local up" in said.line


def test_an_installation_that_is_not_there(aws: LocalAws):
    said = typed(aws.person("erin").environ, "show", PROMPT, "--prefix", "another-one")

    assert (said.exit_code, said.code) == (6, "E_NOT_INSTALLED")
    assert "/another-one/" in said.line


def test_a_port_that_is_taken(taken: int):
    said = typed({}, "local", "up", "--name", "port-taken", "--port", str(taken))

    assert (said.exit_code, said.code) == (2, "E_PORT_TAKEN")
    assert str(taken) in said.line


@pytest.mark.parametrize("command", ["status", "env"])
def test_a_local_aws_that_was_never_started(command: str):
    said = typed({}, "local", command, "--name", "never-started")

    assert (said.exit_code, said.code) == (6, "E_LOCAL_DOWN")
    assert "promptops local up --name never-started" in said.line
