"""The options of `promptops evaluate`, under the headings its help shows them."""

from __future__ import annotations

from typing import Annotated, Any

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


def _text(metavar: str, help: str, heading: str, *names: str) -> Any:
    """An option that takes a text, and no empty one."""
    return typer.Option(*names, metavar=metavar, help=help, callback=_filled, rich_help_panel=heading)


What = Annotated[
    str, typer.Argument(metavar="PROMPT@VERSION|FOLDER", help="A version makes evidence; a folder a preview.")
]
Against = Annotated[
    str, _text("ENV", "Compare, case by case, with the version that is live there.", _COMPARE)
]
Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Measure every case. Otherwise a sample comes first, and the rest if it does not decide.",
        rich_help_panel=_COMPARE,
    ),
]
Html = Annotated[str, _text("FILE", "A page with every case.", _REPORTS)]
Junit = Annotated[str, _text("FILE", "JUnit XML; - is standard output.", _REPORTS)]
Markdown = Annotated[str, _text("FILE", "A comment for a pull request.", _REPORTS)]
Endpoint = Annotated[
    str,
    _text("URL", "Ask this OpenAI-compatible endpoint instead of Bedrock; key in OPENAI_API_KEY.", _PREVIEW),
]
Model = Annotated[str, _text("ID", "Ask this model of the endpoint; the report says so.", _PREVIEW)]
Record = Annotated[str, _text("FILE", "Keep every answer for --replay.", _PREVIEW)]
Replay = Annotated[str, _text("FILE", "Grade recorded answers; ask no model.", _PREVIEW)]
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
Price = Annotated[str, _text("IN,OUT", "The model's price: US dollars a million tokens.", _PREVIEW)]
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
Env = Annotated[str, _text("ENV", "Whose ledger keeps the request; default: the first.", _VERSION, "--env")]
Wait = Annotated[
    bool,
    typer.Option("--wait/--no-wait", help="Follow until it has ended.", rich_help_panel=_VERSION),
]
Timeout = Annotated[
    int,
    typer.Option("--timeout", metavar="SECONDS", help="How long to follow.", rich_help_panel=_VERSION),
]
