"""Failures become one line, one code, one document; help teaches."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from promptops.cli.boundary import as_ours
from promptops.cli.main import COMMANDS
from promptops.domain.errors import BadInput, every_error
from tests.unit.cli.stack import Stack, run


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("promot",), "E_USAGE: no such command 'promot'. Did you mean 'promote'? See promptops --help."),
        (("promote",), "E_USAGE: missing argument 'PROMPT@VERSION'. See promptops promote --help."),
        (("promote", "a-b@v1"), "E_USAGE: missing option '--to'. See promptops promote --help."),
        (("history", "a-b", "--env", "dev", "--limit", "x"), "E_USAGE: invalid value for '--limit'"),
        (("show", "--nope"), "E_USAGE: no such option: --nope. See promptops show --help."),
        (("show", "a-b", "--follow"), "E_USAGE: --follow is about a request. Name it with --request."),
        (("audit",), "E_USAGE: missing command. See promptops audit --help."),
    ],
)
def test_a_wrong_command_line_exits_2_in_the_same_form(arguments: tuple[str, ...], line: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(line)
    assert result.stdout == ""


def test_a_second_ctrl_c_ends_it_without_a_word() -> None:
    lines = (
        "import atexit, os, signal",
        "from promptops.cli import main",
        "atexit.register(os.kill, os.getpid(), signal.SIGINT)",
        "main.app = lambda: None",
        "main.main()",
    )

    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_a_wrong_command_line_in_json_is_one_document() -> None:
    result = run("promote", "--json")

    assert json.loads(result.stdout)["error"]["code"] == "E_USAGE"


def broken(stack: Stack, error: Exception) -> None:
    def fail(*_: object) -> Any:
        raise error

    stack.world.registry.versions = fail  # type: ignore[method-assign]


def test_the_unexpected_is_one_line_too(stack: Stack) -> None:
    broken(stack, ZeroDivisionError("by\nzero"))

    result = stack.run("show", "support-ticket")

    assert result.exit_code == 1
    assert result.stderr == (
        "E_INTERNAL: unexpected ZeroDivisionError: 'by\\nzero'. "
        "Repeat with PROMPTOPS_DEBUG=1 and report it.\n"
    )


def test_debugging_shows_where_it_happened(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTOPS_DEBUG", "1")
    broken(stack, ZeroDivisionError("by zero"))

    assert "Traceback" in stack.run("show", "support-ticket").stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoCredentialsError(), "E_CREDENTIALS"),
        (EndpointConnectionError(endpoint_url="https://127.0.0.1:1"), "E_ENDPOINT"),
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Query"), "E_ACCESS"),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, "Query"), "E_THROTTLED"),
        (
            ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "Query"),
            "E_UNAVAILABLE",
        ),
        (ResponseParserError("Unable to parse response"), "E_UNAVAILABLE"),
    ],
)
def test_an_error_of_aws_that_escaped_is_one_of_ours(error: Exception, code: str) -> None:
    assert as_ours(error).code == code


def test_exit_codes_are_those_of_the_design() -> None:
    codes = {error.__name__: error.exit_code for error in every_error()}

    assert {codes[error.__name__] for error in every_error(BadInput)} == {2}
    assert [
        codes[name]
        for name in (
            "PolicyRefused",
            "Conflict",
            "Unavailable",
            "EvaluationFailed",
            "Inconclusive",
            "EvaluationError",
        )
    ] == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_every_command_teaches_by_example_and_names_the_next_step(command: str) -> None:
    text = run(command, "--help").stdout

    assert f"Example:  promptops {command}" in text
    assert "Next:     promptops " in text
    assert "--json" in text


def test_the_first_help_lists_the_commands_in_the_order_a_prompt_travels() -> None:
    for arguments in ((), ("--help",), ("-h",)):
        text = run(*arguments).stdout
        listed = [line.split()[0] for line in text.partition("Commands:")[2].splitlines() if line]
        assert listed[:8] == [
            "publish",
            "validate",
            "evaluate",
            "approve",
            "promote",
            "resolve",
            "observe",
            "rollback",
        ]
        assert "..." not in text.partition("Commands:")[2]


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"promptops {version('promptops')}\n"


def test_help_opens_neither_aws_nor_yaml_nor_tables() -> None:
    program = (
        "import sys, promptops.cli.main\n"
        "print([name for name in ('boto3', 'botocore', 'yaml', 'rich', 'scipy') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_no_colours_where_nobody_looks(stack: Stack) -> None:
    stack.world.released(1)

    assert "\x1b" not in stack.run("show", "support-ticket").output


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_the_page_of_commands_names_every_one(command: str) -> None:
    page = Path(__file__).parents[3] / "docs" / "cli.md"

    assert re.search(rf"`{command}[ `]", page.read_text(encoding="utf-8"))
