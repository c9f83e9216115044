"""Repair: what one pass makes of a pointer that is not its head's."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from promptops.contract.answers import Reconciled
from promptops.contract.names import DRIFT_ALARM
from promptops.domain.drift import Drift, DriftOutcome, kept, standing
from promptops.domain.errors import (
    Conflict,
    DigestMismatch,
    IdempotencyMismatch,
    NeverReleased,
    PromptOpsError,
    Revoked,
    shown,
)
from promptops.domain.identifiers import parse_version
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor
from promptops.ports import Clock, Commit, Ledger, Pointers, ReleaseRecords
from promptops.projection import project

#: How often a head that moves under our eyes is looked at again before it is left to whoever moves it.
MAX_LOOKS = 3
#: A first release may take so long until its pointer is there: longer than any call of ours lasts.
FIRST_POINTER_HOURS = 1 / 60
#: Among so many of the newest findings one is looked for before it is noted again.
NOTES_LOOKED_AT = 200
UNKNOWN = "unknown"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Repairs:
    """The repairs of one pass; what they find and do is added to `found`."""

    ledger: Ledger
    pointers: Pointers
    records: ReleaseRecords
    clock: Clock
    found: Reconciled

    def repair(self, head: Head) -> Head:
        """The head as it is once its pointer names it again.

        A value counts for something only beside a head that was the same before and after it was read:
        otherwise a release is under way, and whoever makes it writes the pointer.
        """
        for _ in range(MAX_LOOKS):
            text = self.pointers.read(head.prompt_id)
            before, head = head, self.ledger.head(head.prompt_id)
            if head != before:
                continue
            try:
                self._judge(head, text)
            except (Conflict, IdempotencyMismatch) as error:
                # Who was faster writes the pointer; what is left of this one is for the next pass to judge.
                logger.warning("The pointer of %s is left for now: %s", head.prompt_id, error)
            return self.ledger.head(head.prompt_id)
        return head

    def look_at_unreleased(self, prompt_id: str) -> None:
        """Tell of a pointer where nothing was ever released: no release made it, and none undoes it."""
        text = self.pointers.read(prompt_id)
        # A first release writes its pointer after its head; so the head is looked at last.
        if text is not None and not self.ledger.head(prompt_id).revision:
            what = "%s%s has a pointer and no release in %s: %s"
            logger.error(what, DRIFT_ALARM, prompt_id, self.ledger.environment, shown(text))

    def _judge(self, head: Head, text: str | None) -> None:
        """Do what this value beside this head asks for; raises Conflict if the head moved meanwhile."""
        match standing(text, head, partial(self.ledger.release, head.prompt_id)):
            case "late":
                self._put_back(head, text, "late")
            case "missing":
                new = head.revision == 1 and head.at > self.clock.later(-FIRST_POINTER_HOURS)
                self._put_back(head, text, "late" if new else "missing")
            case "foreign":
                self._put_back(head, text, "refused")
            case "typed":
                try:
                    self._adopt(head, str(text))
                except (NeverReleased, Revoked, DigestMismatch) as error:
                    logger.warning("The pointer of %s is not adopted: %s", head.prompt_id, error)
                    self._put_back(head, text, "refused")

    def _adopt(self, head: Head, text: str) -> None:
        """Make a release of the version typed in an emergency; only one that was released here can be."""
        version = parse_version(text)
        proof = self.records.read(head.prompt_id, version)
        if proof is None:
            raise NeverReleased(f"{head.prompt_id}@v{version} has no release record here")
        release = next_release(
            head,
            version=version,
            sha256=proof.sha256,
            kind="adopt",
            actor=Actor("iam", self.pointers.last_writer(head.prompt_id)),
            reason=f"pointer set to v{version} by hand",
            at=self.clock.now(),
            op_id=f"adopt/{self.ledger.environment}/{head.prompt_id}/{head.revision}",
        )
        if self.ledger.commit(Commit(release, head, lower_environment=None, approval=None)) == release:
            self._keep(self._finding(head, text, "adopted", release.actor.identity))
        self._project(head.prompt_id)
        self.found.adopted.append(head.prompt_id)

    def _put_back(self, head: Head, text: str | None, outcome: DriftOutcome) -> None:
        """The pointer written from the ledger again, and what was found kept and told."""
        prompt_id = head.prompt_id
        if outcome == "late":
            logger.info("The pointer of %s lagged behind revision %d", prompt_id, head.revision)
            self._project(prompt_id)
        else:
            self._tell_and_put_back(head, text, outcome)
        if outcome == "refused":
            self.found.refused.append(prompt_id)
        elif prompt_id not in self.found.withdrawn:
            self.found.repaired.append(prompt_id)

    def _tell_and_put_back(self, head: Head, text: str | None, outcome: DriftOutcome) -> None:
        writer = self._writer(head.prompt_id) if outcome == "refused" else UNKNOWN
        held = "was missing" if text is None else f"held {shown(text)}, written by {writer}"
        logger.error("%sthe pointer of %s %s", DRIFT_ALARM, head.prompt_id, held)
        finding = replace(self._finding(head, text, outcome, writer), mended=False)
        noted = self._noted_before(finding)
        is_noted = noted is not None or self._keep(finding)
        self._project(head.prompt_id)
        if is_noted:
            # From here on the same value is another deed, and is noted again.
            self._keep(replace(noted or finding, mended=True))

    def _project(self, prompt_id: str) -> None:
        problem = project(prompt_id, ledger=self.ledger, pointers=self.pointers, records=self.records)
        if problem:
            raise problem

    def _writer(self, prompt_id: str) -> str:
        try:
            return self.pointers.last_writer(prompt_id)
        except Exception:
            logger.warning("Who wrote the pointer of %s is not known", prompt_id, exc_info=True)
            return UNKNOWN

    def _finding(self, head: Head, text: str | None, outcome: DriftOutcome, writer: str) -> Drift:
        return Drift(
            prompt_id=head.prompt_id,
            found="" if text is None else kept(text),
            expected=head.pointer().to_text(),
            writer=writer,
            outcome=outcome,
            at=self.clock.now(),
        )

    def _noted_before(self, finding: Drift) -> Drift | None:
        """The prompt's newest finding, if it is this one, told by a pass that could not put it right."""
        newest = next((each for each in self._notes if each.prompt_id == finding.prompt_id), None)
        return newest if newest and not newest.mended and newest.is_same_as(finding) else None

    @cached_property
    def _notes(self) -> Sequence[Drift]:
        try:
            return self.ledger.drifts(limit=NOTES_LOOKED_AT)
        except Exception:
            logger.warning("What was found before in %s is not known", self.ledger.environment, exc_info=True)
            return []

    def _keep(self, finding: Drift) -> bool:
        """Whether it is noted; what cannot be noted is put right all the same."""
        try:
            self.ledger.note_drift(finding)
        except PromptOpsError as error:
            failed(error, self.found)
            return False
        return True


def failed(problem: PromptOpsError, found: Reconciled) -> None:
    """Add the problem to what was found, and to the log."""
    logger.error("Reconciling %s: %s", found.environment, problem)
    found.errors.append(problem.to_dict())
