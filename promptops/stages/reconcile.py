"""Reconcile: every pointer and alarm of an environment brought to what its ledger says."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from promptops.contract.answers import Reconciled
from promptops.contract.names import DRIFT_ALARM
from promptops.domain.errors import AccessRefused, Conflict, PromptOpsError, Unavailable, from_dict, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head
from promptops.domain.restriction import Restriction
from promptops.ports import (
    Alarms,
    Artifacts,
    Clock,
    Ledger,
    Pointers,
    Registry,
    ReleaseRecords,
    SecondsLeft,
)
from promptops.repair import Repairs, failed
from promptops.withdrawal import withdraw

#: Pointers read together; what was read before a throttle counts. Parameter Store gives as many in one call.
POINTERS_AT_ONCE = 10
#: With less than this left nothing new is begun: a call that answers slowly still has to end.
SECONDS_TO_END = 8.0
InTime = Callable[[], bool]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reconciler:
    """One environment's ledger and everything that is projected from it.

    `archive` copies what the ledger holds of these heads beyond its marks, and returns what it could not
    copy. It makes release records before copies, so that a head below its mark has its record.
    """

    ledger: Ledger
    registry: Registry
    artifacts: Artifacts
    pointers: Pointers
    records: ReleaseRecords
    alarms: Alarms
    clock: Clock
    archive: Callable[[Sequence[Head], Mapping[str, int], InTime], Sequence[PromptOpsError]]

    def reconcile(
        self, prompt_ids: Sequence[str] = (), seconds_left: SecondsLeft = lambda: math.inf
    ) -> Reconciled:
        """What was found and done in these prompts, or in all; an error of one never stops the others.

        What is revoked or drifted comes first; what there is no time for is left to the next pass.
        """
        unreadable: list[PromptOpsError] = []
        heads = {head.prompt_id: head for head in self.ledger.heads(prompt_ids or None, unreadable.append)}
        found = Reconciled(self.ledger.environment, len(heads), [], [], [], [], [])
        for problem in unreadable:
            failed(problem, found)
        one = _Pass(self, heads, found, lambda: seconds_left() > SECONDS_TO_END)
        one.guarded("the pointers", one.settle)
        one.look_at_unreleased([prompt_id for prompt_id in prompt_ids if prompt_id not in heads])
        if not prompt_ids and one.in_time():
            one.guarded("the alarms", one.project_alarms)
        if one.in_time():
            one.guarded("the archive", one.archive)
        _tell_lasting(found)
        return found


def is_passing(done: Reconciled) -> bool:
    """Whether one of its errors may be gone when it is tried again."""
    return any(from_dict(dict(error)).retryable for error in done.errors)


def _tell_lasting(found: Reconciled) -> None:
    """One line of the log, which alarms: to try again ends none of these."""
    codes = [str(error["code"]) for error in found.errors if not from_dict(dict(error)).retryable]
    if codes:
        what = "%s%d errors in %s that no pass ends by itself: %s"
        logger.error(what, DRIFT_ALARM, len(codes), found.environment, ", ".join(sorted(set(codes))))


@dataclass(frozen=True)
class _Pass:
    """One look at these heads; `heads` follows what is done, `found` says it."""

    of: Reconciler
    heads: dict[str, Head]
    found: Reconciled
    in_time: InTime

    def settle(self) -> None:
        """What is revoked leaves service, then every pointer is made to name its head."""
        revoked = self._revoked()
        gone = {
            head.prompt_id: entry
            for head in self.heads.values()
            if head.state == "live" and (entry := revoked.get(PromptRef(head.prompt_id, head.version)))
        }
        repairs = Repairs(self.of.ledger, self.of.pointers, self.of.records, self.of.clock, self.found)

        def repair(prompt_id: str) -> None:
            revocation = gone.get(prompt_id)
            if revocation:
                self.heads[prompt_id] = self._withdraw(self.heads[prompt_id], revocation)
            self.heads[prompt_id] = repairs.repair(self.heads[prompt_id])

        self._each([*gone], repair)
        self._each(self._drifted([each for each in self.heads if each not in gone]), repair)

    def look_at_unreleased(self, prompt_ids: Sequence[str]) -> None:
        repairs = Repairs(self.of.ledger, self.of.pointers, self.of.records, self.of.clock, self.found)
        self._each(prompt_ids, repairs.look_at_unreleased)

    def project_alarms(self) -> None:
        live = [PromptRef(head.prompt_id, head.version) for head in self._live()]
        self.of.alarms.project(live)

    def archive(self) -> None:
        """Every release its record and its copy; what has its copy needs no look at its record."""
        marks = self.of.ledger.archived()
        new = [head.prompt_id for head in self._live() if marks.get(head.prompt_id, 0) < head.revision]
        self._each(new, self._prove)
        for problem in self.of.archive([*self.heads.values()], marks, self.in_time):
            failed(problem, self.found)

    def guarded(self, what: str, work: Callable[[], object]) -> None:
        """Do it; whatever it raises is one more error of the pass."""
        try:
            work()
        except PromptOpsError as error:
            failed(error, self.found)
        except Exception as error:
            logger.exception("Reconciling %s", what)
            failed(PromptOpsError(f"{what} was not reconciled: {type(error).__name__}"), self.found)

    def _each(self, prompt_ids: Sequence[str], work: Callable[[str], object]) -> None:
        """Do it with each while there is time; an error of one never stops the others."""
        for number, prompt_id in enumerate(prompt_ids):
            if not self.in_time():
                self._left(len(prompt_ids) - number)
                return
            self.guarded(prompt_id, partial(work, prompt_id))

    def _revoked(self) -> Mapping[PromptRef, Restriction]:
        """The versions revoked now; without the registry pointers are repaired all the same."""
        try:
            entries = self.of.registry.revocations(lambda problem: failed(problem, self.found))
        except PromptOpsError as error:
            failed(error, self.found)
            return {}
        return {PromptRef(entry.scope, entry.version): entry for entry in entries}

    def _withdraw(self, head: Head, revocation: Restriction) -> Head:
        try:
            release = withdraw(
                head,
                revocation,
                ledger=self.of.ledger,
                registry=self.of.registry,
                artifacts=self.of.artifacts,
                clock=self.of.clock,
            )
        except Conflict:
            # Somebody was faster; what they made live is for the next pass to judge.
            return self.of.ledger.head(head.prompt_id)
        logger.warning("%s v%d is withdrawn: %s", head.prompt_id, head.version, shown(revocation.reason))
        self.found.withdrawn.append(head.prompt_id)
        return release.head()

    def _drifted(self, prompt_ids: Sequence[str]) -> Sequence[str]:
        """Those whose pointer is not their head's, or cannot be read together with others."""
        drifted: list[str] = []
        for start in range(0, len(prompt_ids), POINTERS_AT_ONCE):
            some = prompt_ids[start : start + POINTERS_AT_ONCE]
            if not self.in_time():
                self._left(len(prompt_ids) - start)
                break
            try:
                texts = self.of.pointers.read_many(some)
            except AccessRefused as error:
                logger.warning("Pointers of %s are read one by one: %s", self.found.environment, error)
                texts = {}
            except PromptOpsError as error:
                # A service that is throttled or down must not be asked for each alone.
                what = f"{len(prompt_ids) - start} pointers of {self.found.environment} were not read"
                failed(type(error)(f"{what}: {error.what}", error.fix), self.found)
                break
            drifted += [each for each in some if texts.get(each) != self.heads[each].pointer().to_text()]
        return drifted

    def _prove(self, prompt_id: str) -> None:
        head = self.heads[prompt_id]
        if self.of.records.read(prompt_id, head.version) is None:
            self.of.records.create(self.of.ledger.release(prompt_id, head.revision))

    def _live(self) -> Sequence[Head]:
        return [head for head in self.heads.values() if head.state == "live"]

    def _left(self, number: int) -> None:
        what = f"the time was over before {number} of {len(self.heads)} prompts in {self.found.environment}"
        failed(Unavailable(what, "The next pass goes on with them."), self.found)
