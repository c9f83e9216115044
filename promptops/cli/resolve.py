"""promptops resolve: what an application gets."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Region
from promptops.cli.output import answer, note
from promptops.domain.identifiers import check_prompt_id

Var = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable's value; repeat it for more."),
]


def resolve(
    prompt_id: Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")],
    env: Env,
    var: Var = None,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Show the live version as an application gets it.

    \b
    Example:  promptops resolve support-ticket --env prod --var ticket="Checkout is slow"
    Next:     promptops observe support-ticket --env prod --latency-ms 840 --quality 1
    """
    from promptops.cli.variables import read_variables, typed
    from promptops.client import PromptClient

    check_prompt_id(prompt_id)
    texts = read_variables(var or [])
    to_stack = line.open_line(profile, region, prefix)
    to_stack.settings(env)
    prompt = PromptClient(env=env, prefix=prefix, session=to_stack.session).get(prompt_id)
    messages = prompt.messages(**typed(texts, prompt.variables))
    document = {
        "prompt_id": prompt.prompt_id,
        "environment": prompt.environment,
        "version": prompt.version,
        "revision": prompt.revision,
        "sha256": prompt.sha256,
        "model": prompt.model,
        "parameters": dict(prompt.parameters),
        "source": prompt.source,
        "stale": prompt.stale,
        "messages": messages,
    }
    note(prompt.explain())
    answer(document, *(f"[{item['role']}]\n{item['content']}" for item in messages), as_json=as_json)
