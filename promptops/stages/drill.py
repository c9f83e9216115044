"""Drill: a rollback for practice, to the release before and back again, timed and kept as evidence."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promptops.contract.answers import Drilled
from promptops.contract.bodies import DrillBody
from promptops.contract.names import drill_key
from promptops.domain.errors import (
    Conflict,
    DigestMismatch,
    IdempotencyMismatch,
    NotForDrill,
    NotReleased,
    PromptOpsError,
    Unavailable,
    from_dict,
    shown,
)
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_op_id, check_same_operation
from promptops.domain.request import check_reason
from promptops.fallback import newest_clean
from promptops.ports import Archive, Artifacts, Clock, Commit, Ledger, Pointers, Registry, ReleaseRecords
from promptops.projection import project

SCHEMA = 1
#: Endings of the two operations of a drill; its own id is what comes before.
BACK, FORTH = ".back", ".forth"


@dataclass(frozen=True)
class Drills:
    """Rollbacks for practice in one environment; `monotonic` gives seconds.

    `is_highest` is where people are served: nobody practises there, unless it is the only environment.
    """

    is_highest: bool
    ledger: Ledger
    registry: Registry
    artifacts: Artifacts
    pointers: Pointers
    records: ReleaseRecords
    archive: Archive
    clock: Clock
    monotonic: Callable[[], float]

    def drill(self, body: DrillBody, actor: Actor) -> Drilled:
        """How long the way back and the way forth took, each until the pointer was read with its new value.

        Repeating it with the same op_id ends what a crash left, and gives the first result after that. Raises
        Conflict as soon as somebody else moves the prompt, NotForDrill, NotReleased, NoPreviousRelease,
        IdempotencyMismatch, or what kept the pointer from following.
        """
        began = self.monotonic()
        prompt_id, reason = check_prompt_id(str(body.prompt_id)), check_reason(body.reason)
        op_id = check_op_id(str(body.op_id)) if body.op_id else f"drill-{secrets.token_hex(16)}"
        check_op_id(op_id + FORTH)
        environment = self.ledger.environment
        if self.is_highest:
            raise NotForDrill(f"{environment} is the highest environment", "Drill in a lower one.")
        key = drill_key(environment, prompt_id, op_id)
        # Read before anything moves: where evidence cannot be kept there is no drill.
        kept = self.archive.read(key)
        if kept is None:
            kept = self._keep(key, self._held(op_id, prompt_id, reason, actor, began))
        asked = {"reason": reason, "actor": actor.to_dict()}
        for name, value in asked.items():
            if kept[name] != value:
                what = f"op_id {shown(op_id)} was another drill of {prompt_id}; {name} differs"
                raise IdempotencyMismatch(what, "Use a new op_id for another drill.")
        return _answer(kept, key)

    def _keep(self, key: str, evidence: Mapping[str, Any]) -> Mapping[str, Any]:
        """The evidence in the archive: of two who end one drill at the same time, the first one's."""
        try:
            self.archive.keep(key, evidence)
        except DigestMismatch:
            return self.archive.read(key) or evidence
        return evidence

    def _held(self, op_id: str, prompt_id: str, reason: str, actor: Actor, began: float) -> dict[str, Any]:
        """What happened, in the words of the evidence."""
        head = self.ledger.head(prompt_id)
        # Asked after the head was read: one that ends in between has moved it, and the commit finds it.
        back, forth = (self.ledger.release_of_operation(op_id + leg) for leg in (BACK, FORTH))
        resumed, same = back is not None, {"prompt_id": prompt_id, "reason": reason, "actor": actor}
        for done in filter(None, (back, forth)):
            check_same_operation(done, {**same, "kind": "drill"})
        if back is None:
            self._check_ready(head)
            other = newest_clean(head, ledger=self.ledger, registry=self.registry, artifacts=self.artifacts)
            target = {"version": other.ref.version, "sha256": other.sha256}
            back = self._commit(head, {**target, "reason": reason, "actor": actor, "op_id": op_id + BACK})
        if forth is None:
            problem = self._problem(back)
            back_seconds, began = self.monotonic() - began, self.monotonic()
            before = self.ledger.release(prompt_id, back.revision - 1)
            target = {"version": before.version, "sha256": before.sha256}
            # Onto the head that the way back made and onto no other: a newer fix is never undone.
            forth = self._commit(
                back.head(), {**target, "reason": reason, "actor": actor, "op_id": op_id + FORTH}
            )
        else:
            problem, back_seconds = None, _seconds_between(back, forth)
        problem = self._problem(forth) or problem
        return {
            "schema": SCHEMA,
            "environment": self.ledger.environment,
            "prompt_id": prompt_id,
            "actor": actor.to_dict(),
            "reason": reason,
            "op_id": op_id,
            "version": forth.version,
            "other_version": back.version,
            "revisions": [back.revision, forth.revision],
            "back_seconds": round(back_seconds, 3),
            "forth_seconds": round(self.monotonic() - began, 3),
            "began_at": back.at,
            "ended_at": self.clock.now(),
            # Its times are then those of its second part; the way back, if over, is timed by the ledger.
            "resumed": resumed,
            "problem": problem.to_dict() if problem else None,
        }

    def _check_ready(self, head: Head) -> None:
        where = f"{head.prompt_id} in {self.ledger.environment}"
        if head.revision == 0:
            raise NotReleased(f"{where} has no release", "Check id and environment, or promote it first.")
        if head.state != "live":
            raise NotForDrill(f"{where} is {head.state}", "Drill with a prompt that is live.")
        last = self.ledger.release(head.prompt_id, head.revision)
        if last.kind == "drill" and last.op_id.endswith(BACK):
            # Two drills across one another would leave the older version live.
            raise Conflict(
                f"{where} is in a drill of {last.actor} ({last.op_id.removesuffix(BACK)})",
                f"Wait for its end; if it broke off, go back with --to v{last.from_version}.",
            )

    def _commit(self, onto: Head, fields: Mapping[str, object]) -> Release:
        following = next_release(onto, kind="drill", at=self.clock.now(), **fields)
        return self.ledger.commit(Commit(following, onto, lower_environment=None, approval=None))

    def _problem(self, release: Release) -> PromptOpsError | None:
        """Why the pointer has not followed this release; None once it was read with its value, or a newer."""
        prompt_id = release.prompt_id
        problem = project(prompt_id, ledger=self.ledger, pointers=self.pointers, records=self.records)
        if problem:
            return problem
        try:
            found, head = self.pointers.read(prompt_id), self.ledger.head(prompt_id)
        except PromptOpsError as error:
            return error
        if found == head.pointer().to_text():
            return None
        what = f"the pointer of {prompt_id} holds {shown(found)} after it was written"
        return Unavailable(what, "Somebody else writes it; the reconciler puts it right.")


def _seconds_between(back: Release, forth: Release) -> float:
    return (datetime.fromisoformat(forth.at) - datetime.fromisoformat(back.at)).total_seconds()


def _answer(evidence: Mapping[str, Any], key: str) -> Drilled:
    """The drill in the evidence; raises what kept its pointer from following."""
    if evidence["problem"]:
        problem = from_dict(evidence["problem"])
        what = f"the drill went back and forth in the ledger and not in the pointer: {problem.what}"
        raise type(problem)(what, problem.fix, evidence_key=key)
    names = [name for name in Drilled.__dataclass_fields__ if name != "evidence_key"]
    return Drilled(**{name: evidence[name] for name in names}, evidence_key=key)
