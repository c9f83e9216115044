"""Every fault of every service during a release: what is answered, committed and served, and how it heals.

Each cell strikes promote-dev as it is deployed while v3 is live and v1 and v2 were; then everything is well
again, one quiet reconciliation runs, and pointer, ledger and applications agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from promptops.aws.bedrock_calls import BedrockCalls
from promptops.aws.bedrock_model import BedrockModel
from promptops.aws.clock import SystemClock
from promptops.contract.names import pointer_parameter
from promptops.domain.errors import ModelUnavailable, Throttled
from promptops.domain.ledger import GENESIS
from promptops.domain.pointer import parse_pointer
from promptops.domain.question import ModelName, Question
from tests.faults.emulated_line import PREFIX, Line, Said, deployed
from tests.faults.injector import (
    FOR_GOOD,
    Effect,
    Fault,
    Injector,
    answers,
    cancels,
    first,
    loses_the_reply,
    no_connection,
    says,
    times_out,
)
from tests.unit.fakes_release import Crash

_numbers = count(1)
THROTTLED = answers("ThrottlingException")
BROKEN = answers("InternalServerError", 500)
REFUSED = answers("AccessDeniedException")
OTHER_BYTES = says(b'{"schema":1}')
TRANSIENT = {"E_THROTTLED", "E_UNAVAILABLE", "E_ENDPOINT", "E_ACCESS", "E_BLOB_MISSING", "E_DIGEST"}


@dataclass(frozen=True)
class Cell:
    """One fault, and what becomes of a release that meets it.

    `code` is what the caller is told, empty when the release is committed; `problem` says why the pointer
    does not follow yet, empty when it does. `stale` is what a warm application sees when the fault strikes it
    too (`everywhere`), `lands` the version a rollback goes back to.
    """

    name: str
    fault: Fault
    code: str = ""
    problem: str = ""
    lands: int = 2
    everywhere: bool = False
    serves: int = 0
    stale: bool = False

    @property
    def committed(self) -> bool:
        return not self.code


def ssm(operation: str, effect: Effect, **more: object) -> Fault:
    return Fault("ssm", operation, effect, **more)  # type: ignore[arg-type]


def dynamodb(operation: str, effect: Effect, **more: object) -> Fault:
    return Fault("dynamodb", operation, effect, **more)  # type: ignore[arg-type]


def reading(about: str, effect: Effect, times: int = FOR_GOOD) -> Fault:
    return Fault("s3", "GetObject", effect, times=times, about=about)


POINTER = [
    Cell("throttled once", ssm("PutParameter", THROTTLED)),
    Cell("5xx once", ssm("PutParameter", BROKEN)),
    Cell("timeout once", ssm("PutParameter", times_out)),
    Cell("applied, reply lost", ssm("PutParameter", loses_the_reply, moment="after")),
    Cell("throttled", ssm("PutParameter", THROTTLED, times=FOR_GOOD), problem="E_THROTTLED"),
    Cell("5xx", ssm("PutParameter", BROKEN, times=FOR_GOOD), problem="E_UNAVAILABLE"),
    Cell("timeout", ssm("PutParameter", times_out, times=FOR_GOOD), problem="E_ENDPOINT"),
    Cell("down", ssm("*", no_connection, times=FOR_GOOD), problem="E_ENDPOINT", everywhere=True, stale=True),
    Cell("denied", ssm("PutParameter", REFUSED, times=FOR_GOOD), problem="E_POINTER_DENIED"),
    Cell(
        "history full of a labelled version",
        ssm("PutParameter", answers("ParameterMaxVersionLimitExceeded"), times=FOR_GOOD),
        problem="E_POINTER_LABELLED",
    ),
]
LEDGER = [
    Cell("throttled once", dynamodb("TransactWriteItems", THROTTLED)),
    Cell("5xx once", dynamodb("TransactWriteItems", BROKEN)),
    Cell("no answer once", dynamodb("TransactWriteItems", times_out)),
    Cell("reads throttled once", dynamodb("GetItem", THROTTLED)),
    Cell("throttled", dynamodb("TransactWriteItems", THROTTLED, times=FOR_GOOD), "E_THROTTLED"),
    Cell("5xx", dynamodb("TransactWriteItems", BROKEN, times=FOR_GOOD), "E_UNAVAILABLE"),
    Cell("no answer", dynamodb("TransactWriteItems", times_out, times=FOR_GOOD), "E_ENDPOINT"),
    Cell("denied", dynamodb("TransactWriteItems", REFUSED, times=FOR_GOOD), "E_ACCESS"),
    Cell("applied, reply lost", dynamodb("TransactWriteItems", loses_the_reply, moment="after")),
    Cell(
        "applied, all replies lost",
        dynamodb("TransactWriteItems", loses_the_reply, moment="after", times=FOR_GOOD),
    ),
    Cell("conflict with another transaction", dynamodb("TransactWriteItems", cancels("TransactionConflict"))),
    Cell(
        "conflicts without end",
        dynamodb("TransactWriteItems", cancels("TransactionConflict"), times=FOR_GOOD),
        "E_THROTTLED",
    ),
    Cell("down", dynamodb("*", no_connection, times=FOR_GOOD), "E_ENDPOINT", everywhere=True),
    Cell("5xx everywhere", dynamodb("*", BROKEN, times=FOR_GOOD), "E_UNAVAILABLE", everywhere=True),
    Cell("throttled everywhere", dynamodb("*", THROTTLED, times=FOR_GOOD), "E_THROTTLED", everywhere=True),
]
ELSEWHERE = [
    Cell("CloudWatch down", Fault("cloudwatch", "*", no_connection, times=FOR_GOOD)),
    Cell("Step Functions down", Fault("stepfunctions", "*", no_connection, times=FOR_GOOD)),
]
#: Promote reads the bytes it releases before it commits: what it cannot read or trust is not released.
PROMOTED_BYTES = [
    Cell("missing", reading("/v4.json", answers("NoSuchKey", 404)), "E_BLOB_MISSING"),
    Cell("denied", reading("/v4.json", answers("AccessDenied", 403)), "E_ACCESS"),
    Cell("5xx", reading("/v4.json", answers("InternalError", 500)), "E_UNAVAILABLE"),
    Cell("5xx once", reading("prompts/", answers("InternalError", 500), times=1)),
    Cell("timeout", reading("/v4.json", times_out), "E_ENDPOINT"),
    Cell("others", reading("/v4.json", OTHER_BYTES), "E_DIGEST"),
    Cell("of a disabled key", reading("/v4.json", answers("KMS.DisabledException", 400)), "E_UNAVAILABLE"),
    Cell("of a throttled key", reading("/v4.json", answers("ThrottlingException", 400)), "E_THROTTLED"),
    Cell("of a denied key", reading("/v4.json", answers("AccessDenied", 403)), "E_ACCESS"),
    Cell("report unreadable", reading("reports/", answers("InternalError", 500)), "E_UNAVAILABLE"),
    Cell("report gone", reading("reports/", answers("NoSuchKey", 404)), "E_EVAL_MISMATCH"),
    Cell("report changed", reading("reports/", OTHER_BYTES), "E_EVAL_MISMATCH"),
    Cell(
        "record refused",
        Fault("s3", "PutObject", BROKEN, times=FOR_GOOD, about="released/"),
        problem="E_UNAVAILABLE",
    ),
    Cell("record's reply lost", Fault("s3", "PutObject", loses_the_reply, "after", about="released/")),
]
#: A rollback passes over bytes that are known to be bad; bytes it cannot read now never stop it.
ROLLED_BACK_BYTES = [
    Cell("missing", reading("/v2.json", answers("NoSuchKey", 404)), lands=1),
    Cell("others", reading("/v2.json", OTHER_BYTES), lands=1),
    Cell("denied", reading("/v2.json", answers("AccessDenied", 403))),
    Cell("5xx", reading("/v2.json", answers("InternalError", 500))),
    Cell("timeout", reading("/v2.json", times_out)),
    Cell("of a disabled key", reading("/v2.json", answers("KMS.DisabledException", 400))),
    Cell("of a throttled key", reading("/v2.json", answers("ThrottlingException", 400))),
    Cell("S3 down", Fault("s3", "*", no_connection, times=FOR_GOOD), everywhere=True, serves=3, stale=True),
]


def named(service: str, cells: list[Cell]) -> list[object]:
    return [pytest.param(cell, id=f"{service} {cell.name}") for cell in cells]


PROMOTIONS = [
    *named("pointer", POINTER),
    *named("ledger", LEDGER),
    *named("bytes", PROMOTED_BYTES),
    *named("elsewhere", ELSEWHERE),
]
ROLLBACKS = [
    *named("pointer", POINTER),
    *named("ledger", LEDGER),
    *named("bytes", ROLLED_BACK_BYTES),
    *named("elsewhere", ELSEWHERE),
]


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with deployed() as made:
        yield made


@pytest.fixture
def prompt(line: Line) -> Iterator[str]:
    """A prompt of which v1, v2 and v3 were released in this order."""
    prompt_id = f"prompt-{next(_numbers)}"
    for version in (1, 2, 3):
        assert line.release(prompt_id, version).projected
    yield prompt_id
    line.promote_faults.heal()
    line.app_faults.heal()
    line.forget()


def everything_written_was_released(line: Line, prompt_id: str) -> bool:
    released = {release.head().pointer().to_text() for release in line.releases(prompt_id)}
    return set(line.pointer_values(prompt_id)) <= released


def the_chain_holds(line: Line, prompt_id: str) -> bool:
    releases = line.releases(prompt_id)
    chain = [GENESIS, *(release.chain for release in releases)]
    return all(
        release.sealed() == release and (release.revision, release.previous_chain) == (number, before)
        for number, (release, before) in enumerate(zip(releases, chain, strict=False), 1)
    )


def check(line: Line, prompt_id: str, cell: Cell, release: Callable[[], Said], target: int) -> None:
    """The cell's promise; `release` may be called as often as one likes and is one operation."""
    warm, before = line.application(prompt_id), line.head(prompt_id)
    warm.use()
    rows = line.rows(prompt_id)
    line.promote_faults.set([cell.fault])
    line.app_faults.set([cell.fault] if cell.everywhere else [])

    said = release()

    assert (said.code, said.problem) == (cell.code, cell.problem), said
    committed = line.releases(prompt_id)[3:]
    assert [done.version for done in committed] == ([target] if cell.committed else [])
    if cell.committed:
        assert (said.revision, said.version) == (4, target)
        assert said.projected is not bool(cell.problem)
    else:
        assert line.rows(prompt_id) == rows
    followed = cell.committed and not cell.problem
    assert parse_pointer(line.pointer(prompt_id)).version == (target if followed else before.version)
    served = warm.use()
    assert served.version == (cell.serves or (target if followed else before.version))
    assert served.stale is cell.stale

    line.promote_faults.heal()
    line.app_faults.heal()
    line.reconcile()
    assert line.pointer(prompt_id) == line.head(prompt_id).pointer().to_text()
    again = release()
    if cell.committed or cell.code in TRANSIENT:
        assert (again.code, again.revision, again.projected) == ("", 4, True)
    assert len(line.releases(prompt_id)) == (4 if not again.code else 3)
    assert line.pointer(prompt_id) == line.head(prompt_id).pointer().to_text()
    last = warm.use()
    assert (last.version, last.stale) == (line.head(prompt_id).version, False)
    assert [got.revision for got in warm.served] == sorted(got.revision for got in warm.served)
    assert everything_written_was_released(line, prompt_id)
    assert the_chain_holds(line, prompt_id)


@pytest.mark.parametrize("cell", PROMOTIONS)
def test_a_promotion_is_whole_or_nothing_and_heals(line: Line, prompt: str, cell: Cell):
    line.publish(prompt, 4)
    request_id = line.requested(prompt, 4)

    check(line, prompt, cell, lambda: line.promote(request_id), target=4)


@pytest.mark.parametrize("cell", ROLLBACKS)
def test_a_rollback_is_whole_or_nothing_and_heals(line: Line, prompt: str, cell: Cell):
    check(line, prompt, cell, lambda: line.roll_back(prompt, op_id=f"incident-{prompt}"), cell.lands)


@pytest.mark.parametrize(
    ("effect", "code"),
    [(answers("NoSuchKey", 404), "E_BLOB_MISSING"), (OTHER_BYTES, "E_DIGEST")],
    ids=["missing", "others"],
)
def test_a_rollback_to_a_named_version_whose_bytes_are_bad_is_refused(line, prompt, effect, code):
    rows = line.rows(prompt)

    with line.promote_faults.having(reading("/v1.json", effect)):
        said = line.roll_back(prompt, to="v1")

    assert (said.code, line.rows(prompt)) == (code, rows)


def test_a_deleted_pointer_is_made_again_by_the_next_release(line, prompt):
    line.delete_pointer(prompt)

    assert line.roll_back(prompt).projected
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def test_a_label_on_the_oldest_of_a_full_history_is_told_apart_and_heals_with_the_label(line, prompt):
    name = pointer_parameter(PREFIX, "dev", prompt)
    line.ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["keep"])
    for _ in range(97):
        line.set_pointer(prompt, line.head(prompt).pointer().to_text())

    said = line.roll_back(prompt, op_id=f"labelled-{prompt}")

    assert (said.code, said.projected, said.problem) == ("", False, "E_POINTER_LABELLED")
    assert line.troubled_pass()
    line.ssm.unlabel_parameter_version(Name=name, ParameterVersion=1, Labels=["keep"])
    line.reconcile()
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def overtaken(by: Callable[[], object]) -> Fault:
    """Somebody else's release is committed while the transaction is on its way."""
    return dynamodb("TransactWriteItems", first(by, cancels("TransactionConflict")))


def test_a_promotion_that_is_overtaken_is_a_conflict_that_names_the_winner(line, prompt):
    line.publish(prompt, 4)
    request_id = line.requested(prompt, 4)

    with line.promote_faults.having(overtaken(lambda: line.roll_back(prompt, op_id=f"faster-{prompt}"))):
        said = line.promote(request_id)

    assert said.code == "E_CONFLICT"
    assert "moved 3 to 4 (v2 by carol)" in said.what
    assert [release.kind for release in line.releases(prompt)][3:] == ["rollback"]
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def test_a_rollback_that_is_overtaken_by_a_newer_version_leaves_it_alone(line, prompt):
    with line.promote_faults.having(overtaken(lambda: line.release(prompt, 4))):
        said = line.roll_back(prompt, op_id=f"slower-{prompt}")

    assert said.code == "E_CONFLICT"
    assert "(v4 by alice)" in said.what
    assert line.head(prompt).version == 4


def test_a_rollback_goes_on_while_what_it_leaves_is_still_live(line, prompt):
    """v3 is released once more meanwhile: the head moved, what is live is still what the rollback leaves."""

    def once_more() -> None:
        line.roll_back(prompt, to="v2", op_id=f"there-{prompt}")
        line.roll_back(prompt, to="v3", op_id=f"and-back-{prompt}")

    with line.promote_faults.having(overtaken(once_more)):
        said = line.roll_back(prompt, to="v1", op_id=f"slower-{prompt}")

    assert (said.code, said.version, said.revision) == ("", 1, 6)


@pytest.mark.parametrize("name", ["down", "throttled", "denied"])
def test_a_workflow_that_cannot_start_releases_nothing_and_says_so(line, prompt, name):
    effect = {"down": no_connection, "throttled": THROTTLED, "denied": REFUSED}[name]
    line.publish(prompt, 4)

    with line.promote_faults.having(Fault("stepfunctions", "StartExecution", effect, times=FOR_GOOD)):
        said = line.request(prompt, 4)

    assert said.code == {"down": "E_ENDPOINT", "throttled": "E_THROTTLED", "denied": "E_ACCESS"}[name]
    assert len(line.releases(prompt)) == 3
    assert isinstance(line.request(prompt, 4), str)


@pytest.mark.parametrize(
    ("effect", "error"),
    [(answers("ModelNotReadyException", 429), ModelUnavailable), (no_connection, ModelUnavailable)],
    ids=["not ready", "down"],
)
def test_a_model_that_is_down_means_no_evidence_and_no_release(line, prompt, effect, error):
    faults = Injector()
    model = BedrockModel(faults.watch(BedrockCalls(1)))
    line.publish(prompt, 4, evaluated=False)
    request_id = line.request(prompt, 4)

    with faults.having(Fault("bedrock-runtime", "Converse", effect, times=FOR_GOOD)), pytest.raises(error):
        model.answer(Question(ModelName("some-model"), [{"role": "user", "content": "hello"}]))

    assert line.begin(request_id) == "missing"
    assert line.promote(request_id).code == "E_EVAL_REQUIRED"
    assert len(line.releases(prompt)) == 3


def test_a_dead_alarm_service_alarms_and_keeps_no_pointer_from_being_repaired(line, prompt):
    line.set_pointer(prompt, "not a pointer")

    down = Fault("cloudwatch", "*", no_connection, times=FOR_GOOD)
    with line.promote_faults.having(down):
        assert line.troubled_pass()

    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def dies(request: AWSPreparedRequest) -> AWSResponse:
    raise Crash(request.url)


#: Where a function may be gone: (the call, whether it was applied, the revision that is committed by then).
CRASHES = {
    "before the transaction": (dynamodb("TransactWriteItems", dies), 3),
    "after the transaction": (dynamodb("TransactWriteItems", dies, moment="after"), 4),
    "before the pointer": (ssm("PutParameter", dies), 4),
    "after the pointer": (ssm("PutParameter", dies, moment="after"), 4),
}


@pytest.mark.parametrize("point", CRASHES)
@pytest.mark.parametrize("verb", ["promote", "rollback"])
@pytest.mark.parametrize("healed_by", ["reconciliation", "repetition"])
def test_a_release_that_dies_midway_is_ended_once(line, prompt, point, verb, healed_by):
    fault, committed = CRASHES[point]
    line.publish(prompt, 4)
    request_id, warm = line.requested(prompt, 4), line.application(prompt)
    warm.use()

    def release() -> Said:
        if verb == "promote":
            return line.promote(request_id)
        return line.roll_back(prompt, op_id=f"dying-{prompt}")

    with line.promote_faults.having(fault), pytest.raises(Crash):
        release()

    assert line.head(prompt).revision == committed
    assert warm.use().revision == (4 if point == "after the pointer" else 3)
    if healed_by == "reconciliation":
        line.reconcile()
    else:
        assert release().revision == 4
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()
    assert warm.use().revision == line.head(prompt).revision
    assert release().revision == 4
    assert len(line.releases(prompt)) == 4
    assert everything_written_was_released(line, prompt)


def test_a_release_that_dies_before_it_looks_again_may_leave_an_older_pointer_for_one_pass(line, prompt):
    warm = line.application(prompt)
    overtaken_in_between = first(lambda: line.roll_back(prompt, to="v1", op_id=f"newer-{prompt}"), dies)
    slow = ssm("PutParameter", overtaken_in_between)

    with line.promote_faults.having(slow), pytest.raises(Crash):
        line.roll_back(prompt, to="v2", op_id=f"slow-{prompt}")
    assert (warm.use().version, line.head(prompt).revision) == (1, 5)
    line.set_pointer(prompt, line.releases(prompt)[3].head().pointer().to_text())

    assert (warm.use().version, warm.served[-1].revision) == (1, 5)
    line.reconcile()
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def test_a_writer_that_was_overtaken_looks_again_and_writes_the_newer_head(line, prompt):
    """The newer release is committed and projected between the older one's commit and its write."""

    def faster() -> Said:
        return line.roll_back(prompt, to="v1", op_id=f"newer-{prompt}")

    with line.promote_faults.having(ssm("PutParameter", first(faster, pass_on(line)))):
        said = line.roll_back(prompt, to="v2", op_id=f"slow-{prompt}")

    assert (said.version, said.revision, said.projected) == (2, 4, True), said
    assert line.head(prompt).revision == 5
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()


def pass_on(line: Line) -> Effect:
    """The request arrives after all, late."""
    return lambda request: line.promote_faults.arrives("ssm", request)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_revisions_order_releases_whatever_the_clock_says(line, prompt, minutes, monkeypatch):
    warm = line.application(prompt)
    warm.use()
    shift(monkeypatch, minutes)

    assert line.release(prompt, 4).revision == 4
    shift(monkeypatch, -minutes)
    assert line.roll_back(prompt).revision == 5

    assert (warm.use().version, warm.served[-1].revision) == (3, 5)
    assert [release.revision for release in line.releases(prompt)] == [1, 2, 3, 4, 5]
    assert the_chain_holds(line, prompt)


def shift(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    real = SystemClock.later
    monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock, minutes / 60))


def test_an_hour_without_the_ledger_is_survived_with_the_bare_pointer(line, prompt):
    """Nobody can release, everybody is served; on-call types `v2`, and the ledger takes it over later."""
    warm, down = line.application(prompt), dynamodb("*", no_connection, times=FOR_GOOD)
    warm.use()

    with line.promote_faults.having(down):
        assert line.roll_back(prompt).code == "E_ENDPOINT"
        line.set_pointer(prompt, "v2")
        cold = line.application(prompt)
        assert cold.use().version == 2
        assert (warm.use().version, warm.served[-1].stale) == (3, False)
        assert line.troubled_pass()
    line.reconcile()

    adopted = line.releases(prompt)[-1]
    assert (adopted.kind, adopted.version, adopted.revision) == ("adopt", 2, 4)
    assert adopted.actor.identity
    assert line.pointer(prompt) == adopted.head().pointer().to_text()
    assert (warm.use().version, cold.use().version) == (2, 2)


def test_throttling_uses_botocores_own_patience_before_it_is_an_error(line, prompt):
    line.promote_faults.sent.clear()

    with line.promote_faults.having(dynamodb("TransactWriteItems", THROTTLED, times=FOR_GOOD)):
        assert line.roll_back(prompt).code == Throttled.code

    tries = [sent for sent in line.promote_faults.sent if sent.operation == "TransactWriteItems"]
    assert len(tries) == 3
