"""The release protocol as a list of named AWS calls, and the ways to get it wrong.

`PROMOTE_CALLS` and `ROLLBACK_CALLS` are what one undisturbed release does to anything that others change
too: the explorer runs them, and the deployed function's own calls are compared with them. Calls in between
that read what never changes (the version's row, its artifact and report, a release row) are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple


class Call(NamedTuple):
    """One AWS call; `what` names the ledger rows, or the object or parameter, it is about."""

    service: str
    operation: str
    what: str

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} {self.what}"


READ_HEAD = Call("dynamodb", "GetItem", "HEAD")
READ_OPERATION = Call("dynamodb", "GetItem", "OPERATION")
COMMIT = Call("dynamodb", "TransactWriteItems", "HEAD OPERATION RELEASE")
RECORD = Call("s3", "PutObject", "released")
POINTER = Call("ssm", "PutParameter", "current")
#: In no protocol of ours: an audit row that is not part of the commit.
AUDIT = Call("dynamodb", "PutItem", "RELEASE")

PROMOTE_CALLS = (READ_HEAD, READ_OPERATION, COMMIT, READ_HEAD, RECORD, POINTER, READ_HEAD)
ROLLBACK_CALLS = (READ_HEAD, READ_OPERATION, COMMIT, READ_HEAD, POINTER, READ_HEAD)

_ROWS = ("HEAD", "OPERATION", "RELEASE")
_READS = (
    "GetItem",
    "Query",
    "BatchGetItem",
    "GetParameter",
    "GetParameterHistory",
    "GetObject",
    "HeadObject",
)


def call_of(service: str, operation: str, parameters: Mapping[str, Any]) -> Call | None:
    """The call with these parameters in the protocol's words, None for one that is no part of it.

    Every write counts, known or not, but for the progress written on the request's own row.
    """
    if service == "dynamodb":
        rows = sorted({row for row in _partitions(parameters) if row in _ROWS})
        if operation == "GetItem" and rows == ["RELEASE"]:
            return None
        if not rows and (operation in _READS or _partitions(parameters) == ["REQUEST"]):
            return None
        return Call(service, operation, " ".join(rows))
    if operation in _READS:
        return None
    name = str(parameters.get("Key") or parameters.get("Name") or "")
    what = name.split("/")[0] if service == "s3" else name.rpartition("/")[2]
    return Call(service, operation, what)


def _partitions(parameters: Mapping[str, Any]) -> list[str]:
    """What the partition keys of all written or read rows begin with; conditions alone write nothing."""
    items = parameters.get("TransactItems") or [{"": parameters}]
    found = []
    for item in items:
        for kind, action in item.items():
            key = action.get("Item") or action.get("Key") or {}
            if kind != "ConditionCheck" and "pk" in key:
                found.append(str(key["pk"]["S"]).partition("#")[0])
    return found


#: A `reconcile` only projects, which is all that a racing reconciler does to releases.
Kind = Literal["promote", "rollback", "reconcile"]


class Head(NamedTuple):
    revision: int
    version: int
    kind: Kind


class Row(NamedTuple):
    """A release, as its audit row says it."""

    revision: int
    version: int
    kind: Kind
    op_id: str


class Shared(NamedTuple):
    """Everything in AWS that the writers share. `commits` is what truly happened, whatever the rows say."""

    head: Head
    commits: tuple[Row, ...]
    rows: frozenset[Row]
    operations: frozenset[str]
    records: frozenset[int]
    pointer: tuple[int, int]


class Writer(NamedTuple):
    op_id: str
    kind: Kind
    version: int


class Local(NamedTuple):
    """One writer's place in the protocol and all it remembers."""

    at: str = "begin"
    seen: Head | None = None
    left: int = 0
    tries: int = 0
    rounds: int = 0


Effect = Callable[[Shared, Local, Writer], tuple[Shared, Local]]
ENDS = ("done", "refused", "pending", "crashed")
MAX_ROUNDS = 5
MAX_ATTEMPTS = 3


class Step(NamedTuple):
    call: Call
    effect: Effect


class Protocol(NamedTuple):
    """Steps by name; a writer begins at `begin` and stops at one of ENDS."""

    name: str
    steps: Mapping[str, Step]


def release_protocol(
    name: str = "as it is",
    *,
    compare_and_set: bool = True,
    row_once: bool = True,
    operation_once: bool = True,
    audit_inside: bool = True,
    re_read: bool = True,
    record_first: bool = True,
    pointer_first: bool = False,
) -> Protocol:
    """The protocol of the code; each `False`, and `pointer_first`, is one way to get it wrong."""

    def begin(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        if writer.kind == "reconcile":
            return project(shared, me, writer)
        return shared, me._replace(at="operation", seen=shared.head, left=shared.head.version)

    def operation(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        if operation_once and writer.op_id in shared.operations:
            return shared, _projecting(me)
        if me.seen.version == writer.version:
            return shared, _projecting(me)
        return shared, me._replace(at="early pointer" if pointer_first else "commit")

    def early_pointer(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        return shared._replace(pointer=(me.seen.revision + 1, writer.version)), me._replace(at="commit")

    def commit(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        row = Row(me.seen.revision + 1, writer.version, writer.kind, writer.op_id)
        moved = compare_and_set and shared.head.revision != me.seen.revision
        taken = row_once and row.revision in {known.revision for known in shared.rows}
        done = operation_once and writer.op_id in shared.operations
        if moved or taken or done:
            return shared, me._replace(at="lost")
        following = shared._replace(
            head=Head(row.revision, row.version, row.kind),
            commits=(*shared.commits, row),
            operations=shared.operations | {writer.op_id},
        )
        if not audit_inside:
            return following, me._replace(at="audit")
        return _audited(following, row), _projecting(me)

    def audit(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        row = Row(me.seen.revision + 1, writer.version, writer.kind, writer.op_id)
        return _audited(shared, row), _projecting(me)

    def lost(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        if operation_once and writer.op_id in shared.operations:
            return shared, _projecting(me)
        if writer.kind == "promote" or me.tries + 1 == MAX_ATTEMPTS:
            return shared, Local(at="refused")
        return shared, me._replace(at="again", tries=me.tries + 1)

    def again(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        if shared.head.version != me.left:
            return shared, Local(at="refused")
        return shared, me._replace(at="commit", seen=shared.head)

    def project(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        promoted = shared.head.kind == "promote"
        following = "record" if promoted and record_first else "pointer"
        return shared, Local(at=following, seen=shared.head)

    def record(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        following = "pointer" if record_first else "re-read"
        return shared._replace(records=shared.records | {me.seen.version}), me._replace(at=following)

    def pointer(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        assert me.seen
        moved = shared._replace(pointer=(me.seen.revision, me.seen.version))
        if not record_first and me.seen.kind == "promote":
            return moved, me._replace(at="record")
        return moved, me._replace(at="re-read") if re_read else Local(at="done")

    def read_again(shared: Shared, me: Local, writer: Writer) -> tuple[Shared, Local]:
        if shared.head == me.seen:
            return shared, Local(at="done")
        if me.rounds + 1 == MAX_ROUNDS:
            return shared, Local(at="pending")
        _, following = project(shared, me, writer)
        return shared, following._replace(rounds=me.rounds + 1)

    return Protocol(
        name,
        {
            "begin": Step(READ_HEAD, begin),
            "operation": Step(READ_OPERATION, operation),
            "early pointer": Step(POINTER, early_pointer),
            "commit": Step(COMMIT, commit),
            "audit": Step(AUDIT, audit),
            "lost": Step(READ_OPERATION, lost),
            "again": Step(READ_HEAD, again),
            "project": Step(READ_HEAD, project),
            "record": Step(RECORD, record),
            "pointer": Step(POINTER, pointer),
            "re-read": Step(READ_HEAD, read_again),
        },
    )


def _audited(shared: Shared, row: Row) -> Shared:
    """With the row, in the place of any other of its revision."""
    others = frozenset(known for known in shared.rows if known.revision != row.revision)
    return shared._replace(rows=others | {row})


def _projecting(me: Local) -> Local:
    return Local(at="project")


THE_PROTOCOL = release_protocol()
NO_RE_READ = release_protocol("the head is not read again", re_read=False)
NO_COMPARE_AND_SET = release_protocol("no compare-and-set", compare_and_set=False, row_once=False)
POINTER_FIRST = release_protocol("the pointer before the registry", pointer_first=True)
AUDIT_OUTSIDE = release_protocol("the audit row after the commit", audit_inside=False)
NO_OPERATION_ROW = release_protocol("no operation row", operation_once=False)
RECORD_LAST = release_protocol("the release record after the pointer", record_first=False)
ONLY_THE_ROW = release_protocol("the release row guards alone", compare_and_set=False)
ONLY_THE_HEAD = release_protocol("the head guards alone", row_once=False)
