"""promptops freeze, unfreeze: no promotions to an environment, for as long as something is wrong there."""

from __future__ import annotations

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Reason, Region
from promptops.cli.output import answer
from promptops.domain.request import check_reason


def freeze(
    env: Env,
    reason: Reason,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Stop promotions to an environment until it is unfrozen.

    What is live stays live. Rollback, retire and revoke work as ever; promotions are refused and told why.

    \b
    Example:  promptops freeze --env prod --reason "incident 4711"
    Next:     promptops changes --since 2h --env prod
              promptops unfreeze --env prod --reason "incident 4711 is over"
    """
    _restrict("freeze", env, reason, line.open_line(profile, region, prefix), as_json=as_json)


def unfreeze(
    env: Env,
    reason: Reason,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Allow promotions to an environment again.

    \b
    Example:  promptops unfreeze --env prod --reason "incident 4711 is over"
    Next:     promptops promote support-ticket@v12 --to prod --reason "the fix"
    """
    _restrict("unfreeze", env, reason, line.open_line(profile, region, prefix), as_json=as_json)


def _restrict(kind: str, env: str, reason: str, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.contract.bodies import FreezeBody

    check_reason(reason)
    environment = to_stack.environment(env)
    done = to_stack.api.post(f"/v1/{environment}/{kind}", FreezeBody(reason).to_dict(), repeatable=True)
    # What holds now, not what was asked: somebody may have frozen it before, for another reason.
    state = f"frozen: {done['reason']}" if done["kind"] == "freeze" else "open"
    already = "already " if done.get("unchanged") else ""
    lines = [f"Promotions to {environment} are {already}{state}."]
    if done["kind"] == "freeze":
        lines.append(f"Lift it with: promptops unfreeze --env {environment} --reason …")
    answer(done, *lines, as_json=as_json)
