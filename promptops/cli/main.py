"""The entry point: one command for each verb, and what helps around them."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from promptops.cli import audit, dataset, local
from promptops.cli.approvals import approvals, approve, reject
from promptops.cli.boundary import PromptOps
from promptops.cli.changes import changes
from promptops.cli.diff import diff
from promptops.cli.doctor import doctor
from promptops.cli.drift import drift
from promptops.cli.evaluate import evaluate
from promptops.cli.freeze import freeze, unfreeze
from promptops.cli.grouped_help import GroupedHelp
from promptops.cli.history import history
from promptops.cli.list import list as list_prompts
from promptops.cli.observe import observe
from promptops.cli.promote import promote
from promptops.cli.publish import publish
from promptops.cli.resolve import resolve
from promptops.cli.restore import restore
from promptops.cli.retire import retire
from promptops.cli.revoke import revoke, unrevoke
from promptops.cli.rollback import rollback
from promptops.cli.show import show
from promptops.cli.validate import validate

#: In the order a prompt travels, then what on-call holds and takes back, then what looks and helps.
COMMANDS = (
    publish,
    validate,
    evaluate,
    approve,
    promote,
    resolve,
    observe,
    rollback,
    retire,
    revoke,
    unrevoke,
    freeze,
    unfreeze,
    reject,
    approvals,
    list_prompts,
    show,
    history,
    diff,
    changes,
    drift,
    doctor,
)

app = typer.Typer(
    cls=PromptOps,
    # Plain help starts in a third of the time, and reads the same in a log.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the release and exit.")] = False,
) -> None:
    """Prompt changes as controlled releases, in your own AWS account.

    \b
    A prompt travels:   publish  validate  evaluate  approve  promote  resolve  observe  rollback
    Begin with:         promptops publish prompts/support-ticket
                        promptops promote support-ticket@v1 --to dev --reason "first release"
    On call:            promptops changes, then rollback, revoke or freeze
    Where it runs:      the account and Region of your AWS credentials; check with promptops doctor
    On this machine:    promptops local up
    """
    if version:
        from importlib.metadata import version as release

        typer.echo(f"promptops {release('promptops')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in COMMANDS:
    app.command(cls=GroupedHelp)(command)
audit.app.command()(restore)
app.add_typer(audit.app)
app.add_typer(dataset.app)
app.add_typer(local.app)


def main() -> None:
    try:
        app()
    finally:
        # A Ctrl-C from here on would show where in Python's own way out it struck.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
