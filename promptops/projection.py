"""The pointer made from the ledger: one protocol for promote, rollback and reconcile."""

from __future__ import annotations

import logging

from promptops.ports import Ledger, Pointers, ReleaseRecords

MAX_ROUNDS = 5

logger = logging.getLogger(__name__)


def project(prompt_id: str, *, ledger: Ledger, pointers: Pointers, records: ReleaseRecords) -> bool:
    """Whether the pointer names the ledger's head now.

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
            pointers.write(prompt_id, head.pointer().to_text())
            written, head = head, ledger.head(prompt_id)
            if head == written:
                return True
    except Exception:
        logger.exception("The pointer of %s is not projected; the reconciler will do it", prompt_id)
        return False
    logger.warning("The head of %s moved %d times while it was projected", prompt_id, MAX_ROUNDS)
    return False
