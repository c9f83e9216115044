"""Reconcile: every pointer and alarm of an environment brought to what its ledger says."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from promptops.contract.answers import Reconciled
from promptops.domain.errors import MalformedPointer, PromptOpsError, Unavailable, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import BarePointer, parse_pointer
from promptops.ports import Alarms, Clock, Commit, Ledger, Pointers, ReleaseRecords
from promptops.projection import project

Outcome = Literal["right", "repaired", "adopted"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reconciler:
    """One environment's ledger and everything that is projected from it."""

    ledger: Ledger
    pointers: Pointers
    records: ReleaseRecords
    alarms: Alarms
    clock: Clock

    def reconcile(self) -> Reconciled:
        """What was found and done; one prompt's error never keeps the others from being repaired."""
        done: dict[Outcome, list[str]] = {"right": [], "repaired": [], "adopted": []}
        errors: list[PromptOpsError] = []
        heads = self.ledger.heads()
        for head in heads:
            try:
                done[self._one(head.prompt_id, errors)].append(head.prompt_id)
            except PromptOpsError as error:
                errors.append(error)
            except Exception as error:
                logger.exception("Reconciling %s", head.prompt_id)
                errors.append(PromptOpsError(f"{head.prompt_id} was not reconciled: {type(error).__name__}"))
        try:
            live = [head for head in self.ledger.heads() if head.state == "live"]
            self.alarms.project([PromptRef(head.prompt_id, head.version) for head in live])
        except PromptOpsError as error:
            errors.append(error)
        for problem in errors:
            logger.error("Reconciling %s: %s", self.ledger.environment, problem)
        return Reconciled(
            environment=self.ledger.environment,
            checked=len(heads),
            repaired=done["repaired"],
            adopted=done["adopted"],
            errors=[problem.to_dict() for problem in errors],
        )

    def _one(self, prompt_id: str, errors: list[PromptOpsError]) -> Outcome:
        # The pointer first: a release that ends in between makes the head newer, never the pointer wrong.
        text = self.pointers.read(prompt_id)
        head = self.ledger.head(prompt_id)
        outcome: Outcome = "right"
        if text != head.pointer().to_text():
            logger.warning("The pointer of %s was %s, the ledger says %s", prompt_id, shown(text), head)
            outcome = "adopted" if self._adopt(head, text, errors) else "repaired"
            if not project(prompt_id, ledger=self.ledger, pointers=self.pointers, records=self.records):
                raise Unavailable(f"the pointer of {prompt_id} was not written", "The next pass tries again.")
        if self.records.read(prompt_id, head.version) is None:
            self.records.create(self.ledger.release(prompt_id, head.revision))
        return outcome

    def _adopt(self, head: Head, text: str | None, errors: list[PromptOpsError]) -> bool:
        """Whether a pointer typed in an emergency became a release; only a version released here can."""
        try:
            pointer = parse_pointer(text or "")
        except MalformedPointer:
            return False
        if not isinstance(pointer, BarePointer) or pointer.version == head.version:
            return False
        try:
            proof = self.records.read(head.prompt_id, pointer.version)
            if proof is None:
                return False
            release = next_release(
                head,
                version=pointer.version,
                sha256=proof.sha256,
                kind="adopt",
                actor=Actor("iam", self.pointers.last_writer(head.prompt_id)),
                reason=f"pointer set to v{pointer.version} by hand",
                at=self.clock.now(),
                op_id=f"adopt/{self.ledger.environment}/{head.prompt_id}/{head.revision}",
            )
            self.ledger.commit(Commit(release, head, lower_environment=None, approval=None))
        except PromptOpsError as error:
            errors.append(error)
            return False
        return True
