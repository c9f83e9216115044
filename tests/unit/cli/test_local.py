"""promptops local: the checkout's own tool, everything passed through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.stack import run

TOOL = """\
import json, os, sys
seen = {"arguments": sys.argv[1:], "folder": os.getcwd(), "process": os.getpid()}
print(json.dumps(seen), file=open("seen.json", "w"))
sys.exit(4)
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    local = tmp_path / "infra" / "local"
    local.mkdir(parents=True)
    (local / "__main__.py").write_text(TOOL)
    (tmp_path / "app.py").write_text("")
    inner = tmp_path / "prompts" / "support-ticket"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return tmp_path


@pytest.mark.parametrize("command", ["up", "down", "status", "env"])
def test_the_command_becomes_the_checkouts_tool_with_all_its_arguments(checkout: Path, command: str) -> None:
    arguments = [command, "--port", "4567", "--json", "-x", "--help", "word"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from promptops.cli.main import main; main()", "local", *arguments]
    )

    assert process.wait(timeout=60) == 4
    assert json.loads((checkout / "seen.json").read_text()) == {
        "arguments": arguments,
        "folder": str(checkout),
        "process": process.pid,
    }


def test_outside_a_checkout_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("local", "up")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"E_CHECKOUT: {tmp_path} is not inside a checkout")


def test_help_lists_what_there_is() -> None:
    text = run("local", "--help").stdout

    assert all(f"  {command} " in text for command in ("up", "down", "status", "env"))
