"""promptops local: the same stack on this machine, from a checkout of the project."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from promptops.domain.errors import NotACheckout

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
app = typer.Typer(name="local", rich_markup_mode=None, help="Run the same stack on this machine.")


@app.command(context_settings=PASS_THROUGH)
def up(context: typer.Context) -> None:
    """Start a local AWS and deploy the stacks to it."""
    _run("up", context)


@app.command(context_settings=PASS_THROUGH)
def down(context: typer.Context) -> None:
    """Stop it; what was in it is gone."""
    _run("down", context)


@app.command(context_settings=PASS_THROUGH)
def status(context: typer.Context) -> None:
    """Say what runs, and where."""
    _run("status", context)


@app.command(context_settings=PASS_THROUGH)
def env(context: typer.Context) -> None:
    """Print its AWS variables, for eval "$(promptops local env)"."""
    _run("env", context)


def _run(command: str, context: typer.Context) -> None:
    """Become the checkout's own tool, so that every signal reaches it; raises NotACheckout."""
    os.chdir(_checkout(Path.cwd()))
    os.execv(sys.executable, [sys.executable, "-m", "infra.local", command, *context.args])  # noqa: S606


def _checkout(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "infra" / "local" / "__main__.py").is_file() and (folder / "app.py").is_file():
            return folder
    raise NotACheckout(
        f"{start} is not inside a checkout of the project", "Clone it and run this command there."
    )
