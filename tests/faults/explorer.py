"""Every interleaving of a protocol's writers, with crashes and lost replies, and what goes wrong in any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.protocols import (
    ENDS,
    READ_HEAD,
    READ_OPERATION,
    Call,
    Head,
    Local,
    Protocol,
    Row,
    Shared,
    Writer,
)

_READS = (READ_HEAD, READ_OPERATION)
_BEFORE = (
    Row(1, 10, "promote", "earlier-1"),
    Row(2, 11, "promote", "earlier-2"),
    Row(3, 10, "rollback", "earlier-3"),
)
#: v10 and v11 were released, and somebody went back to v10.
START = Shared(
    head=Head(3, 10, "rollback"),
    commits=_BEFORE,
    rows=frozenset(_BEFORE),
    operations=frozenset(row.op_id for row in _BEFORE),
    records=frozenset({10, 11}),
    pointer=(3, 10),
)
#: v11 is live, and a rollback to it has nothing to do until somebody promotes.
V11_LIVE = START._replace(
    head=Head(2, 11, "promote"),
    commits=_BEFORE[:2],
    rows=frozenset(_BEFORE[:2]),
    operations=frozenset(row.op_id for row in _BEFORE[:2]),
    pointer=(2, 11),
)
PROMOTE_12 = Writer("promote-v12", "promote", 12)
PROMOTE_13 = Writer("promote-v13", "promote", 13)
ROLLBACK_11 = Writer("rollback-v11", "rollback", 11)
RECONCILER = Writer("reconciler", "reconcile", 0)


class State(NamedTuple):
    shared: Shared
    locals: tuple[Local, ...]
    crashes: int
    lost_replies: int


class Move(NamedTuple):
    state: State
    text: str


@dataclass
class Explored:
    """What was found. `endings` counts final states; `backwards` the moves that took the pointer back.

    `drifted` are endings whose pointer is not the head, by what had happened: nothing, a lost reply, or a
    crash; `unrepaired` those that one pass of the reconciler leaves wrong. `violations` counts places by
    what was wrong there; `example` is the way to the first of each kind.
    """

    states: int = 0
    moves: int = 0
    endings: int = 0
    backwards: int = 0
    crashed: int = 0
    unrepaired: int = 0
    drifted: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    example: dict[str, list[str]] = field(default_factory=dict)


def explore(
    protocol: Protocol,
    *,
    start: Shared = START,
    writers: Sequence[Writer] = (PROMOTE_12, PROMOTE_13, ROLLBACK_11),
    crashes: int = 1,
    lost_replies: int = 1,
) -> Explored:
    """Everything that can happen, each state once."""
    first = State(start, tuple(Local() for _ in writers), crashes, lost_replies)
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    waiting, found = [first], Explored()

    def wrong(what: str, state: State, last: str = "") -> None:
        found.violations[what] += 1
        if what not in found.example:
            found.example[what] = [*_way(state, came_from), *([last] if last else [])]

    while waiting:
        state = waiting.pop()
        found.states += 1
        following = list(_moves(protocol, writers, state))
        if not following:
            found.endings += 1
            fault = _fault(state, crashes, lost_replies)
            found.crashed += fault == "after a crash"
            if set(state.shared.commits) - state.shared.rows:
                wrong("audit row missing for ever", state)
            found.drifted[fault] += _drifted(state.shared)
            found.unrepaired += not _is_right(_reconciled(protocol, state.shared))
        for move in following:
            found.moves += 1
            found.backwards += move.state.shared.pointer < state.shared.pointer
            for what in _wrong_in(state.shared, move.state.shared):
                wrong(what, state, move.text)
            if move.state not in came_from:
                came_from[move.state] = (state, move.text)
                waiting.append(move.state)
    return found


def undisturbed(protocol: Protocol, writer: Writer, start: Shared = START) -> list[Call]:
    """The calls of one writer alone."""
    return _run(protocol, writer, start)[1]


def _moves(protocol: Protocol, writers: Sequence[Writer], state: State) -> Iterator[Move]:
    for number, (writer, me) in enumerate(zip(writers, state.locals, strict=True)):
        if me.at in ENDS:
            continue
        step = protocol.steps[me.at]
        text = f"{writer.op_id}: {step.call}"
        shared, after = step.effect(state.shared, me, writer)
        yield Move(state._replace(shared=shared, locals=_with(state, number, after)), text)
        if state.crashes:
            gone = _with(state, number, Local(at="crashed"))
            yield Move(state._replace(locals=gone, crashes=state.crashes - 1), f"{writer.op_id}: crashes")
        if state.lost_replies and step.call not in _READS and shared != state.shared:
            # The caller repeats the call, or whoever called it repeats all of it: both with the same op_id.
            for again, who in ((me, "call"), (Local(), "operation")):
                repeated = State(shared, _with(state, number, again), state.crashes, state.lost_replies - 1)
                yield Move(repeated, f"{text}, its reply is lost, the {who} is repeated")


def _with(state: State, number: int, me: Local) -> tuple[Local, ...]:
    return (*state.locals[:number], me, *state.locals[number + 1 :])


def _wrong_in(before: Shared, after: Shared) -> Iterator[str]:
    """What this move did that must never happen."""
    if after.commits != before.commits:
        new = after.commits[-1]
        if new.revision in {row.revision for row in before.commits}:
            yield "duplicate revision"
        elif new.revision != before.commits[-1].revision + 1:
            yield "gap between revisions"
        if new.op_id in {row.op_id for row in before.commits}:
            yield "an operation committed twice"
        if new not in after.rows:
            yield "committed without its audit row"
    if after.pointer != before.pointer:
        if after.pointer not in {(row.revision, row.version) for row in after.commits}:
            yield "pointer to what was never committed"
        if after.pointer[1] not in after.records:
            yield "pointer to a version without a release record"


def _fault(state: State, crashes: int, lost_replies: int) -> str:
    if state.crashes < crashes:
        return "after a crash"
    return "after a lost reply" if state.lost_replies < lost_replies else "without a fault"


def _drifted(shared: Shared) -> bool:
    return shared.pointer != shared.head[:2]


def _is_right(shared: Shared) -> bool:
    """Whether the pointer is the head's, with its record, and every release has its audit row."""
    proven = shared.head.version in shared.records and set(shared.commits) == shared.rows
    return proven and not _drifted(shared)


def _reconciled(protocol: Protocol, shared: Shared) -> Shared:
    """What one undisturbed pass of the reconciler leaves."""
    if _drifted(shared):
        shared = _run(protocol, RECONCILER, shared)[0]
    return shared._replace(records=shared.records | {shared.head.version})


def _run(protocol: Protocol, writer: Writer, shared: Shared) -> tuple[Shared, list[Call]]:
    me, calls = Local(), []
    while me.at not in ENDS:
        step = protocol.steps[me.at]
        calls.append(step.call)
        shared, me = step.effect(shared, me, writer)
    return shared, calls


def _way(state: State, came_from: dict[State, tuple[State, str] | None]) -> list[str]:
    way = []
    while (step := came_from[state]) is not None:
        state, text = step
        way.append(text)
    return way[::-1]
