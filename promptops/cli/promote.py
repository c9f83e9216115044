"""promptops promote: ask for a release and follow it to its end."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import (
    FOLLOW_SECONDS,
    PREFIX,
    AsJson,
    Prefix,
    Profile,
    Reason,
    Region,
    Timeout,
    Wait,
)
from promptops.cli.output import answer
from promptops.domain.identifiers import PromptRef
from promptops.domain.request import check_reason


def promote(
    version: Annotated[str, typer.Argument(metavar="PROMPT@VERSION", help="E.g. support-ticket@v12.")],
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="Where it shall be live, e.g. prod.")],
    reason: Reason,
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Release a version: evaluated, approved if risky, live.

    Environments below the target that have not seen the version are walked first, in order. Ctrl-C stops
    following, never the release.

    \b
    Example:  promptops promote support-ticket@v12 --to prod --reason "shorter answers, OPS-12"
    Next:     promptops resolve support-ticket --env prod --var ticket="It is slow"
    """
    from promptops.cli.outcome import follow_to_end
    from promptops.contract.bodies import PromoteBody

    ref = PromptRef.parse(version)
    check_reason(reason)
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(to)
    body = PromoteBody(ref.prompt_id, f"v{ref.version}", reason)
    requested = to_stack.api.post(f"/v1/{environment}/promote", body.to_dict(), repeatable=False)
    if requested.get("outcome") == "unchanged":
        text = f"{ref} is live in {environment} already, revision {requested['revision']}."
        answer(requested, text, as_json=as_json)
        return
    request_id = str(requested["request_id"])
    if wait:
        follow_to_end(request_id, to_stack, timeout_seconds=timeout, as_json=as_json)
        return
    again = f"Follow it with: promptops show --request {request_id} --follow"
    answer(
        {"outcome": "requested", **requested}, f"Requested {ref} for {environment}.", again, as_json=as_json
    )
