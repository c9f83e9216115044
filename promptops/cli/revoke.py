"""promptops revoke, unrevoke: a version that must not be served anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from promptops.cli import line
from promptops.cli.named import named
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Reason, Region, Timeout, Wait
from promptops.cli.outcome import INTERRUPTED, PENDING
from promptops.cli.output import answer, note
from promptops.domain.identifiers import PromptRef
from promptops.domain.request import check_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptops.cli.withdrawal import Withdrawal

Version = Annotated[str, typer.Argument(metavar="PROMPT@VERSION", help="E.g. support-ticket@v12.")]
#: Each environment's reconciler runs every minute; one of its runs may fail.
WITHDRAWAL_SECONDS = 180


def revoke(
    version: Version,
    reason: Reason,
    wait: Wait = True,
    timeout: Timeout = WITHDRAWAL_SECONDS,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Forbid a version everywhere, and take it out of service.

    Where it is live, the newest earlier release that is not revoked replaces it: in the highest environment
    at once, in the others within a minute. Where there is none, clients get E_REVOKED. It can never be
    released or gone back to again unless it is unrevoked.

    \b
    Example:  promptops revoke support-ticket@v12 --reason "promises refunds we do not give"
    Next:     promptops changes --since 10m
              promptops publish prompts/support-ticket   (the corrected version)
    """
    to_stack = line.open_line(profile, region, prefix)
    ref = named(version, to_stack)
    done = _post("revoke", ref, reason, to_stack)
    note(f"{ref} is revoked{' already' if done.get('unchanged') else ''}: {done['reason']}")
    for release in done.get("released", ()):
        if release.get("problem"):
            note(f"{release['environment']}: {release['problem']['message']}")
    from promptops.cli.withdrawal import follow_withdrawal

    served = [str(release["environment"]) for release in done.get("released", ())]
    try:
        end = follow_withdrawal(ref, to_stack, served=served, timeout_seconds=timeout if wait else 0)
    except KeyboardInterrupt:
        note(f"Stopped following; {ref} is revoked, and the environments follow by themselves.")
        if as_json:
            answer({**done, "outcome": "left running"}, as_json=True)
        raise typer.Exit(INTERRUPTED) from None
    document = {**done, "left": [left.to_dict() for left in end.left], "still_live": end.open}
    answer(document, *_said(ref, end), as_json=as_json)
    if end.open:
        raise typer.Exit(PENDING)


def unrevoke(
    version: Version,
    reason: Reason,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Allow a revoked version to be released again; releases nothing.

    \b
    Example:  promptops unrevoke support-ticket@v12 --reason "the refund was right after all, OPS-90"
    Next:     promptops rollback support-ticket --env prod --to v12 --reason "OPS-90"
    """
    to_stack = line.open_line(profile, region, prefix)
    ref = named(version, to_stack)
    done = _post("unrevoke", ref, reason, to_stack)
    said = f"{ref} may be released again. Nothing was released."
    answer(done, f"{ref} was not revoked." if done.get("unchanged") else said, as_json=as_json)


def _post(kind: str, ref: PromptRef, reason: str, to_stack: line.Line) -> dict[str, Any]:
    from promptops.contract.bodies import RevokeBody

    body = RevokeBody(ref.prompt_id, f"v{ref.version}", check_reason(reason))
    return to_stack.api.post(f"/v1/{kind}", body.to_dict(), repeatable=True)


def _said(ref: PromptRef, end: Withdrawal) -> Iterator[str]:
    yield from (f"{left}." for left in end.left)
    if not end.open:
        yield f"{ref} is revoked and live nowhere."
        return
    yield f"{ref} is revoked, and still to leave {', '.join(end.open)}: that follows within a minute."
    yield f"If it does not: promptops rollback {ref.prompt_id} --env {end.open[0]} --reason …"
