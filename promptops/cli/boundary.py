"""Where every failure becomes one line, one exit code and, for scripts, one document."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from promptops.domain.errors import SHOWN_CHARS, InvalidUsage, PromptOpsError, Unavailable, shown

INTERRUPTED = 130
#: What was typed, where a message repeats it whole.
_LONG_WORD = re.compile(rf"\S{{{SHOWN_CHARS + 1},}}")


class PromptOps(TyperGroup):
    """The command group; a failure prints `E_CODE: what. fix` and never a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        arguments = list(sys.argv[1:] if args is None else args)

        def command() -> object:
            return super(PromptOps, self).main(arguments, prog_name, complete_var, False, **extra)

        sys.exit(run(command, as_json="--json" in arguments))


def run(command: Callable[[], object], *, as_json: bool) -> int:
    """The exit code of a command; its failure is on standard error and, for scripts, on standard output."""
    try:
        code = command()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("PROMPTOPS_DEBUG") == "1":
            traceback.print_exception(error)
        found = as_ours(error)
        print(str(found), file=sys.stderr)
        if as_json:
            print(json.dumps({"error": found.to_dict()}, indent=2, default=str))
        return found.exit_code


def as_ours(error: Exception) -> PromptOpsError:
    """The error of our tree that says the same."""
    if isinstance(error, PromptOpsError):
        return error
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if type(error).__module__.startswith("botocore"):
        return _aws(error)
    return PromptOpsError(
        f"unexpected {type(error).__name__}: {shown(error)}", "Repeat with PROMPTOPS_DEBUG=1 and report it."
    )


def _aws(error: Exception) -> PromptOpsError:
    """AWS's own error, where no adapter could say more."""
    from botocore.exceptions import ClientError

    from promptops.aws.error_mapping import mapped

    try:
        with mapped("AWS"):
            raise error
    except PromptOpsError as known:
        return known
    except ClientError as unknown:
        code = unknown.response["Error"]["Code"]
        return Unavailable(f"AWS answered {unknown.operation_name} with {code}", "Run promptops doctor.")
    except Exception as other:
        what = f"the AWS client gave up with {type(other).__name__}: {shown(other)}"
        return Unavailable(what, "Try again; then check profile, AWS_ENDPOINT_URL and proxy.")


def _usage(error: typer.TyperException) -> InvalidUsage:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "promptops"
    said = _LONG_WORD.sub(lambda word: f"{word[0][: SHOWN_CHARS - 1]}…", error.format_message())
    what, guess, meant = said.rstrip(".").partition(". Did you mean")
    fix = f"Did you mean{meant} See {command} --help." if guess else f"See {command} --help."
    return InvalidUsage(what[:1].lower() + what[1:], fix)
