"""promptops observe: report one use of a prompt."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Region
from promptops.cli.output import answer
from promptops.domain.errors import InvalidRecord, NotReleased
from promptops.domain.identifiers import PromptRef, check_prompt_id


def observe(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT[@VERSION]", help="Without a version: the live one.")
    ],
    env: Env,
    latency_ms: Annotated[float | None, typer.Option(metavar="MS", help="From request to answer.")] = None,
    tokens: Annotated[int | None, typer.Option(metavar="N", help="Input and output together.")] = None,
    cost_usd: Annotated[float | None, typer.Option(metavar="USD", help="What the use cost.")] = None,
    quality: Annotated[float | None, typer.Option(metavar="0..1", help="How good the answer was.")] = None,
    error: Annotated[bool | None, typer.Option(help="Whether the use failed.")] = None,
    corrected: Annotated[bool | None, typer.Option(help="Whether a user corrected the answer.")] = None,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Report one use of a version, for dashboard and alarms.

    \b
    Example:  promptops observe support-ticket --env prod --latency-ms 840 --tokens 310 --quality 1
    Next:     promptops rollback support-ticket --env prod --reason "quality fell"
    """
    from promptops.contract.bodies import ObserveBody
    from promptops.domain.usage import parse_uses

    measured = {
        "latency_ms": latency_ms,
        "tokens": tokens,
        "cost_usd": cost_usd,
        "quality": quality,
        "error": error,
        "corrected": corrected,
    }
    measured = {name: value for name, value in measured.items() if value is not None}
    if not measured:
        raise InvalidRecord("nothing was measured", "Pass e.g. --latency-ms 840 or --quality 1.")
    to_stack = line.open_line(profile, region, prefix)
    to_stack.settings(env)
    ref = PromptRef.parse(prompt) if "@" in prompt else _live(check_prompt_id(prompt), env, to_stack)
    record = {"environment": env, "prompt_id": ref.prompt_id, "version": f"v{ref.version}", **measured}
    parse_uses([record], [env])
    body = ObserveBody([record]).to_dict()
    document = to_stack.api_for(env).post("/v1/observe", body, repeatable=False)
    answer({**document, "record": record}, f"Recorded one use of {ref} in {env}.", as_json=as_json)


def _live(prompt_id: str, environment: str, to_stack: line.Line) -> PromptRef:
    """What the pointer names now."""
    from promptops.domain.pointer import parse_pointer

    text = to_stack.pointers(environment).read(prompt_id)
    if text is None:
        fix = "Check id and environment, or name a version."
        raise NotReleased(f"{prompt_id} has no release in {environment}", fix)
    return PromptRef(prompt_id, parse_pointer(text).version)
