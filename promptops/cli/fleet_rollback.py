"""A fleet rollback: shown first, then done prompt by prompt, whatever becomes of the others."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from promptops.cli.fleet import Move, Sought, live_versions, plan
from promptops.cli.model_access import retired_models
from promptops.cli.outcome import INTERRUPTED, PENDING
from promptops.cli.output import answer, note, table
from promptops.contract.bodies import RollbackBody
from promptops.domain.errors import NoPreviousRelease, PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import VersionRecord

if TYPE_CHECKING:
    from promptops.cli.line import Line


@dataclass(frozen=True)
class Outcome:
    """How one rollback ended: what the API answered, or why it did not; neither where it was not tried."""

    move: Move
    done: Mapping[str, Any] | None = None
    error: PromptOpsError | None = None

    @property
    def exit_code(self) -> int:
        if self.error:
            return self.error.exit_code
        if self.done is None:
            return INTERRUPTED
        return 0 if self.done["projected"] else PENDING

    def __str__(self) -> str:
        if self.error:
            return str(self.error)
        if self.done is None:
            return "not tried"
        live = f"v{self.done['version']} is live, revision {self.done['revision']}"
        return live if self.done["projected"] else f"{live}; clients still see the old one"

    def to_dict(self) -> dict[str, object]:
        return {
            **self.move.to_dict(),
            "exit_code": self.exit_code,
            "outcome": str(self),
            "done": self.done,
            "error": self.error.to_dict() if self.error else None,
        }


def fleet_rollback(
    sought: Sought, environment: str, reason: str, line: Line, *, yes: bool, as_json: bool
) -> None:
    """The preview; or, with `yes`, the outcomes, and Exit with the worst of their codes."""
    ledger, registry = line.ledgers[environment], line.registry
    live = live_versions(ledger, registry)
    moves = plan(sought, live, ledger=ledger, registry=registry)
    document = {"environment": environment, sought.kind: str(sought).partition(" ")[2], "done": yes}
    if not moves:
        lines = _nothing(sought, environment, [record for record in live.values() if record])
        answer({**document, "moves": [], "warnings": []}, *lines, as_json=as_json)
        return
    if not yes:
        _preview(document, moves, as_json=as_json)
        return
    outcomes = _roll_back_each(moves, environment, reason, line)
    warnings = retired_models(
        [PromptRef(item.move.prompt_id, item.move.to_version) for item in outcomes if item.done], line
    )
    for warning in warnings:
        note(warning)
    rows = [(*_cells(item.move), str(item)) for item in outcomes]
    answer(
        {**document, "moves": [item.to_dict() for item in outcomes], "warnings": warnings},
        table(("PROMPT", "FROM", "TO", "REVISION", "OUTCOME"), rows),
        as_json=as_json,
    )
    worst = max(item.exit_code for item in outcomes)
    if worst:
        raise typer.Exit(worst)


def _preview(document: Mapping[str, object], moves: Sequence[Move], *, as_json: bool) -> None:
    possible = sum(bool(move.to_version) for move in moves)
    answer(
        {**document, "moves": [move.to_dict() for move in moves], "warnings": []},
        table(("PROMPT", "FROM", "TO", "REVISION", "WHY NOT"), [(*_cells(move), move.why) for move in moves]),
        f"Nothing was changed. The same command with --yes rolls {possible} of {len(moves)} back.",
        as_json=as_json,
    )


def _roll_back_each(moves: Sequence[Move], environment: str, reason: str, line: Line) -> list[Outcome]:
    """What became of each, told on the way; after Ctrl-C the rest is not tried."""
    outcomes: list[Outcome] = []
    try:
        for move in moves:
            outcomes.append(_roll_back(move, environment, reason, line))
            note(f"{move.prompt_id}: {outcomes[-1]}")
    except KeyboardInterrupt:
        note("Stopped. The one under way may be done: promptops history tells.")
    return outcomes + [Outcome(move) for move in moves[len(outcomes) :]]


def _roll_back(move: Move, environment: str, reason: str, line: Line) -> Outcome:
    if not move.to_version:
        what = f"{move.prompt_id} stays at v{move.from_version}: {move.why}"
        return Outcome(
            move, error=NoPreviousRelease(what, "Publish and promote another version, or retire it.")
        )
    body = RollbackBody(
        move.prompt_id,
        reason,
        to_version=f"v{move.to_version}",
        op_id=f"cli-{secrets.token_hex(16)}",
        from_version=f"v{move.from_version}",
    )
    try:
        return Outcome(move, line.api.post(f"/v1/{environment}/rollback", body.to_dict(), repeatable=True))
    except PromptOpsError as error:
        return Outcome(move, error=error)


def _nothing(sought: Sought, environment: str, live: Collection[VersionRecord]) -> Iterator[str]:
    yield f"Nothing that is live in {environment} uses {sought}."
    names = {record.model for record in live}
    if sought.kind == "block":
        names = {f"{block}@{digest[:12]}" for record in live for block, digest in record.blocks.items()}
    if names:
        yield f"In use there: {', '.join(sorted(names))}."


def _cells(move: Move) -> tuple[object, ...]:
    target = f"v{move.to_version}" if move.to_version else "none"
    return move.prompt_id, f"v{move.from_version}", target, move.revision
