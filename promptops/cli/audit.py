"""promptops audit verify: whether all that is on record agrees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer
from promptops.domain.errors import AuditBroken
from promptops.domain.identifiers import check_prompt_id

if TYPE_CHECKING:
    from rich.console import RenderableType

READ_ON = "Change nothing yet; docs/audit.md says what a finding means."
QUIET_SECONDS = 2
app = typer.Typer(
    name="audit",
    rich_markup_mode=None,
    help="Check all that is on record, and what the archive gives back.",
)
Prompt = Annotated[str, typer.Argument(metavar="[PROMPT]", help="Default: every prompt.")]
OneEnv = Annotated[str, typer.Option("--env", metavar="ENV", help="Default: every environment.")]


@app.command()
def verify(
    prompt: Prompt = "",
    env: OneEnv = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Recompute all that is on record; name the first bad row of each log.

    \b
    Example:  promptops audit verify
              promptops audit verify support-ticket --env prod --json
    Next:     promptops history support-ticket
    """
    from promptops.cli import records
    from promptops.cli.audit_view import audit_document, audit_lines

    if prompt:
        check_prompt_id(prompt)
    to_stack = line.open_line(profile, region, prefix)
    if env:
        to_stack.environment(env)
    with telling() as say:
        audited = records.auditor_of(to_stack, say).verify(prompt, env)
    problems = [str(finding) for part in audited for finding in part.findings]
    conclude(audit_document(prompt, env, audited), audit_lines(audited), problems, as_json=as_json)


def conclude(
    document: Mapping[str, object],
    lines: Iterable[RenderableType],
    problems: Sequence[str],
    *,
    as_json: bool,
    fix: str = READ_ON,
) -> None:
    """The answer; raises AuditBroken with the first problem, and for scripts with the whole document."""
    if not (problems and as_json):
        answer(document, *lines, as_json=as_json)
    if problems:
        raise AuditBroken(problems[0], fix, **(document if as_json else {}))


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """What tells a person what is done at the moment, where it takes its time."""
    from promptops.cli.progress import progress

    started = told = time.monotonic()
    with progress("reading") as state:

        def say(text: str) -> None:
            nonlocal told
            state.state, now = text, time.monotonic()
            if now - told > QUIET_SECONDS:
                state.step(now - started, text)
                told = now

        yield say
