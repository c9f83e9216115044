"""What must hold before a release: the request's bindings, the order, the approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.domain.approval import Subject
from promptops.domain.errors import (
    AccessRefused,
    Conflict,
    EvaluationFailed,
    Frozen,
    IdempotencyMismatch,
    Inconclusive,
    InvalidIdempotencyKey,
    OutOfOrder,
    PolicyRefused,
    PromptOpsError,
    RequestEnded,
    RequestStale,
    Revoked,
    shown,
)
from promptops.domain.evidence_rules import PROMOTE_AGAIN
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.policy import stricter
from promptops.domain.request import ReleaseRequest
from promptops.domain.version import VersionRecord

MAX_OP_ID_CHARS = 255
#: Releases whose `from_version` is not to be gone back to; a drill leaves nothing for good.
_FLEEING = ("rollback", "adopt", "revoke")


def operation_of(request: ReleaseRequest, environment: str) -> str:
    """The one operation a request is in an environment, however often the workflow repeats it."""
    return f"{request.request_id}/{environment}"


def check_request(request: ReleaseRequest, record: VersionRecord, now: str) -> None:
    """Returns while the request may still lead to a release of what it was made for."""
    if request.ended:
        raise RequestEnded(f"request {request.request_id} is {request.status}", PROMOTE_AGAIN)
    request.check_live(now)
    check_not_revoked(record)
    for name, bound, found in (
        ("content", request.sha256, record.sha256),
        ("policy", request.policy_sha256, record.policy.digest()),
    ):
        if bound != found:
            raise RequestStale(f"the {name} was {bound[:12]}, now {found[:12]}", PROMOTE_AGAIN)


def check_not_revoked(record: VersionRecord) -> None:
    if record.revoked_reason:
        raise Revoked(f"{record.ref} is revoked: {record.revoked_reason}", "Release another version.")


def check_not_frozen(environment: str, reason: str) -> None:
    if reason:
        raise frozen(environment, reason)


def frozen(environment: str, reason: str) -> Frozen:
    return Frozen(f"releases in {environment} are frozen: {reason}", "Ask on-call to lift the freeze.")


def check_on_path(request: ReleaseRequest, environment: str) -> None:
    if environment not in request.path:
        raise RequestStale(
            f"request {request.request_id} leads through {', '.join(request.path) or 'no environment'}",
            f"Run promptops promote with --to {environment}.",
        )


def out_of_order(ref: PromptRef, lower: str) -> OutOfOrder:
    return OutOfOrder(f"{ref} has not been released in {lower}", f"Promote it to {lower} first.")


def check_base(request: ReleaseRequest, environment: str, head: Head, winner: Release | None) -> None:
    """Returns if nobody released this prompt in the request's target since it was made."""
    if environment == request.environment and head.revision != request.base_revision:
        raise head_moved(request.base_revision, head, winner)


def head_moved(seen: int, head: Head, winner: Release | None) -> Conflict:
    """The conflict, naming who was faster than somebody who went by the revision `seen`."""
    by = f" by {winner.actor}" if winner else ""
    return Conflict(
        f"head of {head.prompt_id} moved {seen} to {head.revision} (v{head.version}{by})",
        "Look at what is live now and decide again.",
        revision=head.revision,
        version=head.version,
    )


def needs_approval(record: VersionRecord, live: VersionRecord | None, *, asked_for: bool) -> bool:
    """Whether another person must agree."""
    return asked_for and is_high_risk(record, live)


def is_high_risk(record: VersionRecord, live: VersionRecord | None) -> bool:
    """A lowered risk counts at its old tier until it is released."""
    risks = [record.policy.risk, *([live.policy.risk] if live else [])]
    return stricter(*risks) == "high"


def subject_of(request: ReleaseRequest, environment: str, head: Head) -> Subject:
    """What an approval of this request in this environment is about, as of this head."""
    return Subject(
        environment=environment,
        prompt_id=request.prompt_id,
        version=request.version,
        sha256=request.sha256,
        report_sha256=request.report_sha256,
        policy_sha256=request.policy_sha256,
        base_revision=head.revision,
    )


def check_op_id(op_id: str) -> str:
    """The caller's own id of an operation; `/` is kept for ids of the workflow."""
    known = op_id.isascii() and all(character.isalnum() or character in "-_.:" for character in op_id)
    if op_id and known and len(op_id) <= MAX_OP_ID_CHARS:
        return op_id
    raise InvalidIdempotencyKey(
        f"op_id {shown(op_id)} is not one", f"Use 1 to {MAX_OP_ID_CHARS} of A-Z, a-z, 0-9 and '-_.:'."
    )


def check_same_operation(done: Release, asked: Mapping[str, object]) -> None:
    """Returns if the release that an op_id made has these fields."""
    for name, value in asked.items():
        if getattr(done, name) != value:
            raise IdempotencyMismatch(
                f"op_id {shown(done.op_id)} made {done.prompt_id} revision {done.revision}; {name} differs",
                "Use a new op_id for another operation.",
            )


def operation_fields(release: Release) -> dict[str, object]:
    """What makes two releases the same operation; head, time and chain may have moved between attempts."""
    names = ("prompt_id", "kind", "version", "sha256", "actor", "reason", "request_id")
    return {name: getattr(release, name) for name in names}


def rollback_targets(head: Head, releases: Sequence[Release]) -> list[Release]:
    """Earlier releases to go back to, best first, from releases given newest first.

    A version that a rollback left is none until it is released again: a second rollback goes further back
    and never returns to what the first one fled from. Going forth to such a version takes the rollback back,
    and what is left thereby is not fled from. A retired prompt's own version is the first one.
    """
    fled: set[int] = set()
    for release in reversed(releases):
        if release.kind in _FLEEING and release.version not in fled:
            fled.add(release.from_version)
        fled.discard(release.version)
    barred = fled | ({head.version} if head.state == "live" else set())
    targets: dict[int, Release] = {}
    for release in releases:
        if release.version not in barred:
            targets.setdefault(release.version, release)
    return list(targets.values())


def is_refusal(error: PromptOpsError) -> bool:
    """Whether the line worked and said no, rather than broke."""
    said_no = isinstance(error, (PolicyRefused, EvaluationFailed, Inconclusive))
    return said_no and not isinstance(error, AccessRefused)
