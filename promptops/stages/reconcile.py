"""Reconcile: every pointer and alarm of an environment brought to what its ledger says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from promptops.contract.answers import Reconciled
from promptops.contract.names import POINTER_REFUSED
from promptops.domain.drift import Drift, DriftOutcome, standing
from promptops.domain.errors import (
    Conflict,
    DigestMismatch,
    NeverReleased,
    PromptOpsError,
    Revoked,
    shown,
)
from promptops.domain.identifiers import PromptRef, parse_version
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor
from promptops.domain.restriction import Restriction
from promptops.ports import Alarms, Artifacts, Clock, Commit, Ledger, Pointers, Registry, ReleaseRecords
from promptops.projection import project
from promptops.withdrawal import withdraw

#: How often a head that moves under our eyes is looked at again before it is left to whoever moves it.
MAX_LOOKS = 3
#: A first release may take so long until its pointer is there: longer than any call of ours lasts.
FIRST_POINTER_HOURS = 1 / 60
UNKNOWN = "unknown"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reconciler:
    """One environment's ledger and everything that is projected from it.

    `archive` copies what the ledger holds of these heads, and returns what it could not copy. `proven` are
    versions whose release record was seen: a record never changes, so once is enough for a process.
    """

    ledger: Ledger
    registry: Registry
    artifacts: Artifacts
    pointers: Pointers
    records: ReleaseRecords
    alarms: Alarms
    clock: Clock
    archive: Callable[[Sequence[Head]], Sequence[PromptOpsError]]
    proven: set[PromptRef] = field(default_factory=set)

    def reconcile(self, prompt_ids: Sequence[str] = ()) -> Reconciled:
        """What was found and done in these prompts, or in all; an error of one never stops the others."""
        heads = {head.prompt_id: head for head in self.ledger.heads(prompt_ids or None)}
        found = Reconciled(self.ledger.environment, len(heads), [], [], [], [], [])
        revoked = self._revoked(found)
        texts = self._texts([*heads])
        for prompt_id, head in heads.items():
            try:
                heads[prompt_id] = self._settle(head, texts.get(prompt_id), revoked, found)
            except PromptOpsError as error:
                _failed(error, found)
            except Exception as error:
                logger.exception("Reconciling %s", prompt_id)
                _failed(PromptOpsError(f"{prompt_id} was not reconciled: {type(error).__name__}"), found)
        if not prompt_ids:
            self._project_alarms([*heads.values()], found)
        for problem in self.archive([*heads.values()]):
            _failed(problem, found)
        return found

    def _revoked(self, found: Reconciled) -> Mapping[PromptRef, Restriction]:
        """The versions revoked now; without the registry pointers are repaired all the same."""
        try:
            return {PromptRef(entry.scope, entry.version): entry for entry in self.registry.revocations()}
        except PromptOpsError as error:
            _failed(error, found)
            return {}

    def _texts(self, prompt_ids: Sequence[str]) -> Mapping[str, str]:
        """Their pointers; where they cannot be read together, each is looked at again on its own."""
        try:
            return self.pointers.read_many(prompt_ids)
        except PromptOpsError as error:
            logger.warning("The pointers of %s are read one by one: %s", self.ledger.environment, error)
            return {}

    def _project_alarms(self, heads: Sequence[Head], found: Reconciled) -> None:
        live = [PromptRef(head.prompt_id, head.version) for head in heads if head.state == "live"]
        try:
            self.alarms.project(live)
        except PromptOpsError as error:
            _failed(error, found)

    def _settle(
        self, head: Head, text: str | None, revoked: Mapping[PromptRef, Restriction], found: Reconciled
    ) -> Head:
        """The prompt's head, after everything that follows from it has been brought to it."""
        revocation = revoked.get(PromptRef(head.prompt_id, head.version)) if head.state == "live" else None
        if revocation:
            head = self._withdraw(head, revocation, found)
        if text != head.pointer().to_text():
            head = self._repair(head, found)
        ref = PromptRef(head.prompt_id, head.version)
        if head.state == "live" and ref not in self.proven:
            if self.records.read(ref.prompt_id, ref.version) is None:
                self.records.create(self.ledger.release(ref.prompt_id, head.revision))
            self.proven.add(ref)
        return head

    def _withdraw(self, head: Head, revocation: Restriction, found: Reconciled) -> Head:
        try:
            release = withdraw(
                head,
                revocation,
                ledger=self.ledger,
                registry=self.registry,
                artifacts=self.artifacts,
                clock=self.clock,
            )
        except Conflict:
            # Somebody was faster; what they made live is for the next pass to judge.
            return self.ledger.head(head.prompt_id)
        logger.warning("%s v%d is withdrawn: %s", head.prompt_id, head.version, shown(revocation.reason))
        found.withdrawn.append(head.prompt_id)
        return release.head()

    def _repair(self, head: Head, found: Reconciled) -> Head:
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
                self._judge(head, text, found)
            except Conflict as error:
                # Who was faster writes the pointer; what is left of this one is for the next pass to judge.
                logger.warning("The pointer of %s is left for now: %s", head.prompt_id, error)
            return self.ledger.head(head.prompt_id)
        return head

    def _judge(self, head: Head, text: str | None, found: Reconciled) -> None:
        """Do what this value beside this head asks for; raises Conflict if the head moved meanwhile."""
        match standing(text, head, partial(self.ledger.release, head.prompt_id)):
            case "late":
                self._put_back(head, text, "late", found)
            case "missing":
                new = head.revision == 1 and head.at > self.clock.later(-FIRST_POINTER_HOURS)
                self._put_back(head, text, "late" if new else "missing", found)
            case "foreign":
                self._put_back(head, text, "refused", found)
            case "typed":
                try:
                    self._adopt(head, str(text), found)
                except (NeverReleased, Revoked, DigestMismatch) as error:
                    logger.warning("The pointer of %s is not adopted: %s", head.prompt_id, error)
                    self._put_back(head, text, "refused", found)

    def _adopt(self, head: Head, text: str, found: Reconciled) -> None:
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
            self._note(head, text, "adopted", release.actor.identity, found)
        self._project(head.prompt_id)
        found.adopted.append(head.prompt_id)

    def _put_back(self, head: Head, text: str | None, outcome: DriftOutcome, found: Reconciled) -> None:
        """The pointer written from the ledger again, and what was found kept and told."""
        prompt_id = head.prompt_id
        if outcome == "late":
            logger.info("The pointer of %s lagged behind revision %d", prompt_id, head.revision)
        else:
            writer = self._writer(prompt_id) if outcome == "refused" else UNKNOWN
            self._note(head, text, outcome, writer, found)
        self._project(prompt_id)
        if outcome == "refused":
            found.refused.append(prompt_id)
        elif prompt_id not in found.withdrawn:
            found.repaired.append(prompt_id)

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

    def _note(
        self, head: Head, text: str | None, outcome: DriftOutcome, writer: str, found: Reconciled
    ) -> None:
        """Tell and keep what was found; what cannot be kept is put right all the same."""
        drift = Drift(
            prompt_id=head.prompt_id,
            found="" if text is None else shown(text),
            expected=head.pointer().to_text(),
            writer=writer,
            outcome=outcome,
            at=self.clock.now(),
        )
        if outcome == "refused":
            logger.error("%s%s held %s, written by %s", POINTER_REFUSED, head.prompt_id, drift.found, writer)
        else:
            logger.warning("The pointer of %s was %s", head.prompt_id, outcome)
        try:
            self.ledger.note_drift(drift)
        except PromptOpsError as error:
            _failed(error, found)


def _failed(problem: PromptOpsError, found: Reconciled) -> None:
    logger.error("Reconciling %s: %s", found.environment, problem)
    found.errors.append(problem.to_dict())
