"""The options of `promptops evaluate`, under the headings its help shows them."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.domain.errors import InvalidUsage
from promptops.domain.evaluation.measuring import MAX_REPEATS

_COMPARE, _REPORTS, _PREVIEW, _VERSION = "Comparison", "Reports", "For a folder", "For a version"
MAX_CONCURRENCY = 64


def _filled(context: typer.Context, option: typer.CallbackParam, value: str) -> str:
    """The value, if it is one: an unset variable of a pipeline must not turn a comparison off."""
    source = context.get_parameter_source(str(option.name))
    if not value and source and source.name == "COMMANDLINE":
        raise InvalidUsage(f"--{option.name} is empty", "Give it a value, or leave it out.")
    return value


What = Annotated[
    str, typer.Argument(metavar="PROMPT@VERSION|FOLDER", help="A version makes evidence; a folder a preview.")
]
Against = Annotated[
    str,
    typer.Option(
        metavar="ENV",
        help="Compare, case by case, with the version that is live there.",
        callback=_filled,
        rich_help_panel=_COMPARE,
    ),
]
Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Measure every case. Otherwise a sample comes first, and the rest if it does not decide.",
        rich_help_panel=_COMPARE,
    ),
]
Html = Annotated[
    str,
    typer.Option(metavar="FILE", help="A page with every case.", callback=_filled, rich_help_panel=_REPORTS),
]
Junit = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="JUnit XML; - is standard output.", callback=_filled, rich_help_panel=_REPORTS
    ),
]
Markdown = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="A comment for a pull request.", callback=_filled, rich_help_panel=_REPORTS
    ),
]
Endpoint = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Ask this OpenAI-compatible endpoint instead of Bedrock; key in OPENAI_API_KEY.",
        callback=_filled,
        rich_help_panel=_PREVIEW,
    ),
]
Model = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Ask this model of the endpoint; the report says so.",
        callback=_filled,
        rich_help_panel=_PREVIEW,
    ),
]
Record = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="Keep every answer for --replay.", callback=_filled, rich_help_panel=_PREVIEW
    ),
]
Replay = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help="Grade recorded answers; ask no model.",
        callback=_filled,
        rich_help_panel=_PREVIEW,
    ),
]
Concurrency = Annotated[
    int,
    typer.Option(metavar="N", min=1, max=MAX_CONCURRENCY, help="Cases at a time.", rich_help_panel=_PREVIEW),
]
Rpm = Annotated[
    float | None,
    typer.Option(metavar="N", help="Requests a minute, at most, for each model.", rich_help_panel=_PREVIEW),
]
MaxUsd = Annotated[
    float | None,
    typer.Option("--max-usd", metavar="X", help="Stop at this many US dollars.", rich_help_panel=_PREVIEW),
]
Price = Annotated[
    str,
    typer.Option(
        metavar="IN,OUT",
        help="The model's price: US dollars a million tokens.",
        callback=_filled,
        rich_help_panel=_PREVIEW,
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=MAX_REPEATS,
        help="Ask each case so often; default: as prompt.yaml says.",
        rich_help_panel=_PREVIEW,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=2**53,
        help="Draw another sample; default: as prompt.yaml says.",
        rich_help_panel=_PREVIEW,
    ),
]
Env = Annotated[
    str,
    typer.Option(
        "--env",
        metavar="ENV",
        help="Whose ledger keeps the request; default: the first.",
        callback=_filled,
        rich_help_panel=_VERSION,
    ),
]
Wait = Annotated[
    bool,
    typer.Option("--wait/--no-wait", help="Follow until it has ended.", rich_help_panel=_VERSION),
]
Timeout = Annotated[
    int,
    typer.Option("--timeout", metavar="SECONDS", help="How long to follow.", rich_help_panel=_VERSION),
]
