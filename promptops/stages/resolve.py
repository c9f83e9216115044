"""resolve: from a prompt id to the verified version that is live, through memory, SSM and S3.

Never opens DynamoDB. The newest verified revision wins; a fault serves the last known good one and says so;
bytes that do not match the pointer's digest are never served, nor a version without the record of its
release; absence is never a command.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from promptops.domain.artifact import Artifact
from promptops.domain.errors import (
    DigestMismatch,
    NotReleased,
    PromptOpsError,
    PromptUnavailable,
    Retired,
    Revoked,
    shown,
)
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.ledger import Release
from promptops.domain.pointer import BarePointer, Pointer, parse_pointer
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.resolved import Resolved, Source

COOLDOWN_SECONDS = 5.0
#: By how much of its TTL a pointer may be read again earlier; never later.
SPREAD = 0.25
#: Prompts share these; two of one lock refresh one after the other.
LOCKS = 64
#: Ids that were refused and are not asked for again at once; anybody can make up more.
MAX_REFUSED = 1_000


class PointerReader(Protocol):
    def read(self, prompt_id: str) -> str | None:
        """The raw pointer, None where there is none."""


class ArtifactReader(Protocol):
    def read(self, prompt_id: str, version: int, sha256: str) -> Artifact:
        """Verified against the digest; raises ArtifactMissing or DigestMismatch."""


class ReleaseRecordReader(Protocol):
    def read(self, prompt_id: str, version: int) -> Release | None: ...


@dataclass
class _Known:
    """What memory holds of one prompt; `expires` and `seen` on the monotonic clock."""

    pointer: Pointer
    prompt: CompiledPrompt
    seen: float
    expires: float
    problem: PromptOpsError | None = None


class Resolver:
    """Live versions of one environment, remembered for the life of the process.

    A pointer is read again after `ttl_seconds`, or up to a quarter sooner so that many processes do not ask
    together, by one thread at a time; while it asks, and for 5 s after it failed, the others are served from
    memory.
    """

    def __init__(
        self,
        environment: str,
        *,
        pointers: PointerReader,
        artifacts: ArtifactReader,
        records: ReleaseRecordReader,
        ttl_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environment = environment
        self._pointers = pointers
        self._artifacts = artifacts
        self._records = records
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._refused: dict[str, tuple[float, PromptOpsError]] = {}
        #: Prompts that were withdrawn, as of which revision: nothing older is believed again.
        self._gone: dict[str, tuple[int, PromptOpsError]] = {}
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))

    def resolve(self, prompt_id: str) -> Resolved:
        """The version to use now.

        Raises Retired or Revoked when a pointer says so, NotReleased where nothing ever was, and, only if
        this process has never seen a good version, what kept it from seeing one.
        """
        known = self._known.get(prompt_id)
        if known is not None and self._clock() < known.expires:
            return self._answer(prompt_id, known, "memory")
        lock = self._locks[hash(check_prompt_id(prompt_id)) % LOCKS]
        if not lock.acquire(blocking=known is None):
            assert known is not None
            return self._answer(prompt_id, known, "memory")
        try:
            known = self._known.get(prompt_id)
            if known is not None and self._clock() < known.expires:
                return self._answer(prompt_id, known, "memory")
            return self._refresh(prompt_id, known)
        finally:
            lock.release()

    def _refresh(self, prompt_id: str, known: _Known | None) -> Resolved:
        refused = self._refused.get(prompt_id)
        if refused is not None and self._clock() < refused[0]:
            raise refused[1]
        try:
            fresh = self._look(prompt_id, known)
        except (Retired, Revoked) as error:
            self._known.pop(prompt_id, None)
            self._remember(prompt_id, error, self._ttl_seconds)
            raise
        except Exception as unexpected:
            problem = _ours(unexpected, prompt_id)
            if known is None:
                self._remember(prompt_id, problem, min(COOLDOWN_SECONDS, self._ttl_seconds))
                if problem is unexpected:
                    raise
                raise problem from unexpected
            known.expires = self._clock() + COOLDOWN_SECONDS
            known.problem = problem
            return self._answer(prompt_id, known, "memory")
        self._refused.pop(prompt_id, None)
        self._gone.pop(prompt_id, None)
        self._known[prompt_id] = fresh
        return self._answer(prompt_id, fresh, "aws")

    def _remember(self, prompt_id: str, error: PromptOpsError, seconds: float) -> None:
        if len(self._refused) >= MAX_REFUSED:
            self._refused.clear()
        self._refused[prompt_id] = (self._clock() + seconds, error)

    def _look(self, prompt_id: str, known: _Known | None) -> _Known:
        text = self._pointers.read(prompt_id)
        if text is None:
            raise NotReleased(
                f"nothing of {shown(prompt_id)} is released in {self._environment}",
                f"Check id and environment, or promote a version to {self._environment}.",
            )
        pointer = self._honoured(prompt_id, parse_pointer(text), known)
        gone = self._gone.get(prompt_id)
        if gone is not None and pointer.revision <= gone[0]:
            raise gone[1].with_traceback(None)
        if known is not None and pointer.revision <= known.pointer.revision:
            pointer, prompt = known.pointer, known.prompt
        else:
            try:
                _check_state(prompt_id, pointer)
            except (Retired, Revoked) as error:
                self._gone[prompt_id] = pointer.revision, error
                raise
            if known is None or pointer.sha256 != known.pointer.sha256:
                self._check_released(prompt_id, pointer)
            prompt = CompiledPrompt(self._artifacts.read(prompt_id, pointer.version, pointer.sha256))
        now = self._clock()
        share = 1 - random.uniform(0, SPREAD)  # noqa: S311 - spreads load, guards nothing
        return _Known(pointer, prompt, seen=now, expires=now + self._ttl_seconds * share)

    def _honoured(self, prompt_id: str, pointer: Pointer | BarePointer, known: _Known | None) -> Pointer:
        """A bare `vN` waits for its adoption where something good is known; a cold start takes its record."""
        if isinstance(pointer, Pointer):
            return pointer
        if known is not None:
            return known.pointer
        return self._record(prompt_id, pointer.version).head().pointer()

    def _check_released(self, prompt_id: str, pointer: Pointer) -> None:
        """Returns if a record proves the release: whoever may write a parameter cannot write one of those."""
        release = self._record(prompt_id, pointer.version)
        if release.sha256 != pointer.sha256:
            raise DigestMismatch(
                f"the pointer's v{pointer.version} is {pointer.sha256[:12]}, released {release.sha256[:12]}",
                "It is not served; the reconciler repairs the pointer from the ledger.",
            )

    def _record(self, prompt_id: str, version: int) -> Release:
        release = self._records.read(prompt_id, version)
        if release is None:
            raise NotReleased(
                f"the pointer names v{version}, never released in {self._environment}",
                "Promote it, or let the reconciler repair the pointer.",
            )
        return release

    def _answer(self, prompt_id: str, known: _Known, source: Source) -> Resolved:
        return Resolved(
            prompt_id=prompt_id,
            environment=self._environment,
            version=known.pointer.version,
            revision=known.pointer.revision,
            sha256=known.pointer.sha256,
            prompt=known.prompt,
            source=source,
            stale=known.problem is not None,
            age_seconds=self._clock() - known.seen,
            problem=known.problem,
        )


def _ours(error: Exception, prompt_id: str) -> PromptOpsError:
    """The error itself if it is one of ours; whatever else went wrong must not take a served prompt away."""
    if isinstance(error, PromptOpsError):
        return error
    return PromptUnavailable(
        f"{prompt_id} could not be read ({type(error).__name__}: {shown(error)})", "Report this error."
    )


def _check_state(prompt_id: str, pointer: Pointer) -> None:
    if pointer.state == "retired":
        raise Retired(
            f"{prompt_id} is retired", "Its owner withdrew it; promptops history shows when and why."
        )
    if pointer.state == "revoked":
        raise Revoked(f"{prompt_id}@v{pointer.version} is revoked", "Roll back to an earlier release.")
