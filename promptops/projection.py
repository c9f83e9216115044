"""The pointer made from the ledger: one protocol for every release, and for reconcile."""

from __future__ import annotations

import logging

from promptops.contract.messages import Promoted
from promptops.domain.errors import AccessRefused, PointerDenied, PromptOpsError, Unavailable
from promptops.domain.ledger import Release
from promptops.ports import Ledger, Pointers, ReleaseRecords

MAX_ROUNDS = 5
LATER = "It is committed; the reconciler projects it within a minute."

logger = logging.getLogger(__name__)


def project(
    prompt_id: str, *, ledger: Ledger, pointers: Pointers, records: ReleaseRecords
) -> PromptOpsError | None:
    """None once the pointer names the ledger's head; else why it does not yet.

    Parameter Store has no compare-and-swap: a slow writer may overwrite a newer value. So the head is read
    again after each write, and written again while it moved. Never raises: what was committed stays
    committed, and the reconciler ends what was left.
    """
    try:
        head = ledger.head(prompt_id)
        for _ in range(MAX_ROUNDS):
            release = ledger.release(prompt_id, head.revision)
            if release.kind == "promote":
                # The first release's proof comes before its pointer; a rollback has it and must not need S3.
                records.create(release)
            _write(pointers, prompt_id, head.pointer().to_text())
            written, head = head, ledger.head(prompt_id)
            if head == written:
                return None
        return Unavailable(f"the head of {prompt_id} moved {MAX_ROUNDS} times while it was projected", LATER)
    except PromptOpsError as error:
        logger.exception("The pointer of %s is not projected", prompt_id)
        return error
    except Exception as error:
        logger.exception("The pointer of %s is not projected", prompt_id)
        return Unavailable(f"the pointer of {prompt_id} was not written ({type(error).__name__})", LATER)


def projected(
    release: Release,
    *,
    ledger: Ledger,
    pointers: Pointers,
    records: ReleaseRecords,
    unchanged: bool = False,
) -> Promoted:
    """The answer to a release that is committed, its pointer brought to the head if that can be."""
    problem = project(release.prompt_id, ledger=ledger, pointers=pointers, records=records)
    return Promoted(
        environment=ledger.environment,
        prompt_id=release.prompt_id,
        version=release.version,
        revision=release.revision,
        kind=release.kind,
        from_version=release.from_version,
        projected=problem is None,
        unchanged=unchanged,
        problem=problem.to_dict() if problem else None,
    )


def _write(pointers: Pointers, prompt_id: str, value: str) -> None:
    try:
        pointers.write(prompt_id, value)
    except AccessRefused as error:
        raise PointerDenied(
            f"the pointer of {prompt_id} may not be written: {error.what}",
            "It is committed. Find the policy that denies ssm:PutParameter; the reconciler does the rest.",
        ) from error
