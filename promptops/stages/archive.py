"""Archive: a locked copy of every audit row of an environment, made after the row and never changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from promptops.contract import names
from promptops.domain.errors import DigestMismatch, PromptOpsError
from promptops.domain.ledger import Head
from promptops.domain.restriction import Restriction
from promptops.ports import Archive, Ledger, Registry, ReleaseRecords

SCHEMA = 1
#: Watermarks beside those of the prompts; an id of ours never begins with `@`.
FREEZES = "@freezes"
REVOCATIONS = "@revocations/"
#: A pass has seconds, not minutes: what is more than this is left to the passes after it.
MAX_COPIES_PER_PASS = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copy:
    number: int
    key: str
    document: Mapping[str, object]


@dataclass(frozen=True)
class Log:
    """Rows counted from 1 without gaps: `copies(first, newest)` makes those from one to another."""

    mark: str
    newest: int
    copies: Callable[[int, int], Iterator[Copy]]


@dataclass(frozen=True)
class Archiver:
    """Copies of one environment's releases and freezes; with a `registry`, of all revocations too.

    A promotion has its release record before its copy: one whose own function could not write it, and whose
    head another release took meanwhile, would stay without a proof.
    """

    ledger: Ledger
    archive: Archive
    records: ReleaseRecords
    registry: Registry | None = None

    def copy(
        self,
        heads: Sequence[Head],
        marks: Mapping[str, int] | None = None,
        in_time: Callable[[], bool] = lambda: True,
    ) -> list[PromptOpsError]:
        """What could not be copied, after everything else up to these heads has its copy.

        A copy is made before its watermark: after a crash in between it is there, with the same content.
        A log that cannot be read is an error of its own; an outage ends the pass.
        """
        errors: list[PromptOpsError] = []
        room = MAX_COPIES_PER_PASS
        with _apart(self.ledger.environment, errors):
            marks = self.ledger.archived() if marks is None else marks
            logs = [log for log in self._logs(heads, errors) if log.newest > marks.get(log.mark, 0)]
            for number, log in enumerate(logs):
                if not room:
                    break
                if not in_time():
                    what = "%d of %d logs of %s are left to the next pass"
                    logger.warning(what, len(logs) - number, len(logs), self.ledger.environment)
                    break
                mark, problems = marks.get(log.mark, 0), list[PromptOpsError]()
                with _apart(log.mark, problems):
                    # Only what got further counts: a copy that is wrong must not use up the others' room.
                    room -= self._copy(log, mark, min(log.newest, mark + room), problems, in_time) - mark
                errors += problems
                if any(problem.retryable for problem in problems):
                    break
        return errors

    def _copy(
        self, log: Log, mark: int, last: int, errors: list[PromptOpsError], in_time: Callable[[], bool]
    ) -> int:
        """The new mark: rows after the old one are copied, and it follows while their copies are right."""
        reached, right = mark, True
        try:
            for copy in log.copies(mark + 1, last):
                if not in_time():
                    break
                try:
                    self.archive.keep(copy.key, copy.document)
                except DigestMismatch as error:
                    # What came later is archived all the same; the mark stays, so that every pass says it.
                    errors.append(error)
                    right = False
                # Entries added at this moment push the oldest out of what was read: no gap is passed over.
                right = right and copy.number == reached + 1
                reached = copy.number if right else reached
        except PromptOpsError as error:
            if error.retryable:
                raise
            errors.append(error)
        finally:
            if reached > mark:
                self.ledger.mark_archived(log.mark, reached)
        return reached

    def _logs(self, heads: Sequence[Head], errors: list[PromptOpsError]) -> Sequence[Log]:
        logs = [Log(head.prompt_id, head.revision, partial(self._releases, head.prompt_id)) for head in heads]
        with _apart(FREEZES, errors):
            for newest in self.ledger.restrictions(1):
                logs.append(Log(FREEZES, newest.sequence, partial(self._freezes, newest.sequence)))
        if self.registry:
            latest: dict[str, int] = {}
            with _apart(REVOCATIONS, errors):
                for entry in self.registry.last_restrictions(errors.append):
                    latest[entry.scope] = max(entry.sequence, latest.get(entry.scope, 0))
            for prompt_id, sequence in latest.items():
                copies = partial(self._revocations, self.registry, prompt_id)
                logs.append(Log(f"{REVOCATIONS}{prompt_id}", sequence, copies))
        return logs

    def _releases(self, prompt_id: str, first: int, last: int) -> Iterator[Copy]:
        environment = self.ledger.environment
        for revision in range(first, last + 1):
            release = self.ledger.release(prompt_id, revision)
            if release.kind == "promote":
                self.records.create(release)
            approval = self.ledger.approval(release.approval_id) if release.approval_id else None
            document = {
                "schema": SCHEMA,
                "environment": environment,
                "release": release.to_dict(),
                "approval": approval.to_dict() if approval else None,
            }
            yield Copy(revision, names.archived_release_key(environment, prompt_id, revision), document)

    def _freezes(self, limit: int, first: int, last: int) -> Iterator[Copy]:
        key = partial(names.archived_freeze_key, self.ledger.environment)
        return _restrictions(self.ledger.restrictions(limit), key, first, last)

    def _revocations(self, registry: Registry, prompt_id: str, first: int, last: int) -> Iterator[Copy]:
        key = partial(names.archived_revocation_key, prompt_id)
        return _restrictions(registry.restrictions(prompt_id), key, first, last)


@contextmanager
def _apart(what: str, errors: list[PromptOpsError]) -> Iterator[None]:
    """Let it go wrong on its own; the errors say how."""
    try:
        yield
    except PromptOpsError as error:
        errors.append(error)
    except Exception as error:
        logger.exception("Archiving %s", what)
        said = f"{what} was not archived: {type(error).__name__}"
        errors.append(PromptOpsError(said, "The log says why; the next pass tries again."))


def _restrictions(
    log: Sequence[Restriction], key: Callable[[int], str], first: int, last: int
) -> Iterator[Copy]:
    for entry in sorted(log, key=lambda entry: entry.sequence):
        if first <= entry.sequence <= last:
            document = {"schema": SCHEMA, "restriction": entry.to_dict()}
            yield Copy(entry.sequence, key(entry.sequence), document)
