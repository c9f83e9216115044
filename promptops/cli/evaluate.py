"""promptops evaluate: a published version in the stack, or a folder as a preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptops.cli import evaluate_options as options
from promptops.cli import line
from promptops.cli.options import FOLLOW_SECONDS, PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer
from promptops.cli.previews.asked import CONCURRENCY, Asked
from promptops.cli.report.files import ReportFiles
from promptops.domain.errors import InvalidUsage, NotAFile, shown
from promptops.domain.identifiers import PromptRef

if TYPE_CHECKING:
    from promptops.cli.line import Line


def evaluate(
    what: options.What,
    against: options.Against = "",
    full: options.Full = False,
    html: options.Html = "",
    junit: options.Junit = "",
    markdown: options.Markdown = "",
    endpoint: options.Endpoint = "",
    model: options.Model = "",
    record: options.Record = "",
    replay: options.Replay = "",
    concurrency: options.Concurrency = CONCURRENCY,
    rpm: options.Rpm = None,
    max_usd: options.MaxUsd = None,
    price: options.Price = "",
    repeats: options.Repeats = None,
    seed: options.Seed = None,
    env: options.Env = "",
    wait: options.Wait = True,
    timeout: options.Timeout = FOLLOW_SECONDS,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Run the cases, grade the answers, compare and judge.

    A version is evaluated by the stack, and its report is the evidence a promotion needs. A folder is
    evaluated from here with your own access to the model: a preview, never evidence.

    \b
    Example:  promptops evaluate prompts/support-ticket
              promptops evaluate prompts/support-ticket --endpoint http://localhost:11434/v1 --model qwen3
              promptops evaluate support-ticket@v3
              promptops evaluate support-ticket@v3 --against prod --html report.html
    In CI:    promptops evaluate prompts/support-ticket --against prod --junit junit.xml --markdown pr.md
    Exits:    0 pass, 7 fail, 8 inconclusive, 9 could not be measured, 6 no model, 2 bad input
    Next:     promptops promote support-ticket@v3 --to prod --reason "…"
    """
    asked = Asked(
        against=against,
        full=full,
        endpoint=endpoint,
        model=model,
        record=record,
        replay=replay,
        price=price,
        concurrency=concurrency,
        rpm=rpm,
        max_usd=max_usd,
        repeats=repeats,
        seed=seed,
    )
    files, to_stack = ReportFiles(html, junit, markdown), line.open_line(profile, region, prefix)
    if "@" in what:
        _check_for_version(asked, files, wait=wait)
        files.check(as_json=as_json)
        _evaluate_version(what, asked, files, to_stack, env, timeout if wait else None, as_json=as_json)
        return
    from promptops.cli.preview import show_preview

    folder = Path(what)
    if not folder.exists():
        version = f"For a published version add its number: {what[:64]}@v1."
        fix = "Name one that holds a prompt.yaml." if "/" in what else version
        raise NotAFile(f"there is no folder {shown(what)}", fix)
    if env or not wait:
        fix = "A folder is evaluated here and now; --against ENV compares it with what is live."
        raise InvalidUsage(f"{'--env' if env else '--no-wait'} is for versions", fix)
    show_preview(folder, to_stack, asked, files, as_json=as_json)


def _evaluate_version(
    what: str,
    asked: Asked,
    files: ReportFiles,
    to_stack: Line,
    env: str,
    timeout: float | None,
    *,
    as_json: bool,
) -> None:
    from promptops.cli.outcome import follow_to_end
    from promptops.contract.bodies import EvaluateBody

    ref = PromptRef.parse(what)
    environment = to_stack.environment(env or to_stack.installation.environments[0])
    against = to_stack.environment(asked.against) if asked.against else ""
    body = EvaluateBody(ref.prompt_id, f"v{ref.version}", against, asked.full).to_dict()
    requested = to_stack.api.post(f"/v1/{environment}/evaluate", body, repeatable=False)
    request_id = str(requested["request_id"])
    if timeout is not None:
        follow_to_end(request_id, to_stack, timeout_seconds=timeout, as_json=as_json, files=files)
        return
    again = f"Follow it with: promptops show --request {request_id} --follow"
    answer(
        {"outcome": "requested", **requested}, f"Requested an evaluation of {ref}.", again, as_json=as_json
    )


def _check_for_version(asked: Asked, files: ReportFiles, *, wait: bool) -> None:
    """Raises InvalidUsage for what only a preview can do: how a version is measured is published with it."""
    given = [
        name for name, value in vars(asked).items() if value != getattr(Asked, name) and name not in _FOR_BOTH
    ]
    if given:
        option = f"--{given[0].replace('_', '-')}"
        fix = "The stack measures a version as its prompt.yaml says; a FOLDER is measured here."
        raise InvalidUsage(f"{option} is for folders", fix)
    if not wait and files != ReportFiles():
        raise InvalidUsage(
            "with --no-wait there is no report to write yet",
            "Leave --no-wait out.",
        )


_FOR_BOTH = ("against", "full")
