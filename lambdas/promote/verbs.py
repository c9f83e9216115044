"""The verbs of promote-{env} behind the API: a route's last word, and what is done for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambdas.promote import line
from promptops.aws.http_api import ApiCall, respond
from promptops.contract.answers import Requested, Restricted
from promptops.contract.bodies import (
    DrillBody,
    EvaluateBody,
    FreezeBody,
    PromoteBody,
    RetireBody,
    RevokeBody,
    RollbackBody,
)
from promptops.contract.messages import Message, Promoted

VERBS: dict[str, Callable[[ApiCall], Message]] = {
    "evaluate": lambda call: line.make_request(EvaluateBody.from_event(call.body), call.actor),
    "promote": lambda call: line.make_request(PromoteBody.from_event(call.body), call.actor),
    "rollback": lambda call: line.roll_back(RollbackBody.from_event(call.body), call.actor),
    "drill": lambda call: line.drills.drill(DrillBody.from_event(call.body), call.actor),
    "retire": lambda call: line.retire_here(RetireBody.from_event(call.body), call.actor),
    "freeze": lambda call: line.freeze_here(FreezeBody.from_event(call.body), call.actor),
    "unfreeze": lambda call: line.unfreeze_here(FreezeBody.from_event(call.body), call.actor),
    "revoke": lambda call: line.revoke_version(RevokeBody.from_event(call.body), call.actor),
    "unrevoke": lambda call: line.unrevoke_version(RevokeBody.from_event(call.body), call.actor),
}


def answer(call: ApiCall) -> dict[str, Any]:
    done = VERBS[call.route_key.rpartition("/")[2]](call)
    return respond(202 if _goes_on(done) else 200, done.to_dict())


def _goes_on(done: Message) -> bool:
    """Whether something is left that the workflow or the reconciler will do."""
    match done:
        case Requested():
            return True
        case Promoted():
            return not done.projected
        case Restricted():
            return not all(released["projected"] for released in done.released)
    return False
