"""Every fault on the way to a prompt: who was served before is served on, nobody ever gets wrong bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from promptops.domain.errors import NotReleased, PromptOpsError
from promptops.domain.pointer import Pointer
from tests.faults.emulated_line import Line, a_version, deployed
from tests.faults.injector import FOR_GOOD, Fault, answers, loses_the_reply, no_connection, says, times_out

_numbers = count(1)
V1 = a_version("other", 1).to_bytes()


@dataclass(frozen=True)
class Cell:
    """A fault that strikes an application as v2 follows v1, and the error of who was never served."""

    name: str
    service: str
    operation: str
    effect: object
    code: str
    about: str = ""


def pointer(name: str, effect: object, code: str) -> Cell:
    return Cell(f"pointer {name}", "ssm", "GetParameter", effect, code)


def content(name: str, effect: object, code: str) -> Cell:
    return Cell(f"bytes {name}", "s3", "GetObject", effect, code, "prompts/")


CELLS = [
    pointer("throttled", answers("ThrottlingException"), "E_THROTTLED"),
    pointer("5xx", answers("InternalServerError", 500), "E_UNAVAILABLE"),
    pointer("timeout", times_out, "E_ENDPOINT"),
    pointer("reply lost", loses_the_reply, "E_ENDPOINT"),
    pointer("down", no_connection, "E_ENDPOINT"),
    pointer("denied", answers("AccessDeniedException"), "E_ACCESS"),
    pointer("not found", answers("ParameterNotFound"), "E_NOT_RELEASED"),
    content("missing", answers("NoSuchKey", 404), "E_BLOB_MISSING"),
    content("denied", answers("AccessDenied", 403), "E_ACCESS"),
    content("5xx", answers("InternalError", 500), "E_UNAVAILABLE"),
    content("timeout", times_out, "E_ENDPOINT"),
    content("throttled", answers("SlowDown", 503), "E_THROTTLED"),
    content("others", says(V1), "E_DIGEST"),
    content("cut off", says(V1[:20]), "E_DIGEST"),
    content("none", says(b""), "E_DIGEST"),
    content("too many", says(b" " * 2_000_000), "E_DIGEST"),
    content("of a disabled key", answers("KMS.DisabledException"), "E_UNAVAILABLE"),
    content("of a throttled key", answers("ThrottlingException"), "E_THROTTLED"),
]


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with deployed() as made:
        yield made


@pytest.fixture
def prompt(line: Line) -> Iterator[str]:
    """A prompt whose v1 is live."""
    prompt_id = f"prompt-{next(_numbers)}"
    assert line.release(prompt_id, 1).projected
    yield prompt_id
    line.promote_faults.heal()
    line.app_faults.heal()
    line.forget()


@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.name) for cell in CELLS])
def test_who_was_served_is_served_on_and_told_and_who_was_not_gets_the_reason(line, prompt, cell):
    warm = line.application(prompt)
    assert (warm.use().version, warm.served[0].source, warm.served[0].stale) == (1, "aws", False)
    line.release(prompt, 2)
    fault = Fault(cell.service, cell.operation, cell.effect, times=FOR_GOOD, about=cell.about)

    with line.app_faults.having(fault):
        got = warm.use()
        with pytest.raises(PromptOpsError) as refused:
            line.application(prompt).use()

    assert (got.version, got.revision, got.source, got.stale) == (1, 1, "memory", True)
    assert got.prompt.artifact.digest() == got.sha256 == a_version(prompt, 1).digest()
    assert got.problem is not None
    assert got.problem.code == refused.value.code == cell.code
    healed = warm.use()
    assert (healed.version, healed.source, healed.stale) == (2, "aws", False)


def test_an_hour_of_outage_is_no_error_at_all(line, prompt):
    warm = line.application(prompt)
    warm.use()

    with line.app_faults.having(
        *(Fault(service, "*", no_connection, times=FOR_GOOD) for service in ("ssm", "s3"))
    ):
        served = [warm.use() for _ in range(360)]

    assert {(got.version, got.stale) for got in served} == {(1, True)}
    assert served[-1].age_seconds >= 3_600
    assert not warm.use().stale


def test_the_ledger_may_be_down_and_applications_never_notice(line, prompt):
    warm = line.application(prompt)
    warm.use()
    line.release(prompt, 2)
    line.app_faults.sent.clear()

    with line.app_faults.having(Fault("dynamodb", "*", no_connection, times=FOR_GOOD)):
        got, cold = warm.use(), line.application(prompt).use()

    assert (got.version, got.stale, cold.version) == (2, False, 2)
    assert {(sent.service, sent.operation) for sent in line.app_faults.sent} == {
        ("ssm", "GetParameter"),
        ("s3", "GetObject"),
    }


def test_a_deleted_pointer_takes_nothing_away_from_who_was_served(line, prompt):
    warm = line.application(prompt)
    warm.use()
    line.delete_pointer(prompt)

    assert (warm.use().version, warm.served[-1].stale) == (1, True)
    with pytest.raises(NotReleased):
        line.application(prompt).use()
    line.reconcile()
    assert not warm.use().stale
    assert line.application(prompt).use().version == 1


@pytest.mark.parametrize("value", ["", "latest", "v0", "{", '{"schema":1,"version":"v1"}', "v1 ", "[]", "v2"])
def test_a_pointer_that_names_no_release_moves_nobody(line, prompt, value):
    """`v2` is published and was never released."""
    warm = line.application(prompt)
    warm.use()
    line.publish(prompt, 2)
    if value:
        line.set_pointer(prompt, value)
    else:
        line.delete_pointer(prompt)

    assert (warm.use().version, warm.served[-1].revision) == (1, 1)
    with pytest.raises(PromptOpsError):
        line.application(prompt).use()
    line.reconcile()
    assert line.pointer(prompt) == line.head(prompt).pointer().to_text()
    assert line.application(prompt).use().version == 1


def test_an_older_pointer_moves_no_warm_application_and_a_cold_one_for_one_pass(line, prompt):
    old = line.pointer(prompt)
    line.release(prompt, 2)
    warm = line.application(prompt)
    warm.use()
    line.set_pointer(prompt, str(old))

    assert (warm.use().version, warm.served[-1].stale) == (2, False)
    cold = line.application(prompt)
    assert cold.use().version == 1
    line.reconcile()
    assert cold.use().version == 2
    assert line.application(prompt).use().version == 2


def test_a_forged_pointer_with_another_versions_digest_is_never_obeyed(line, prompt):
    warm = line.application(prompt)
    warm.use()
    line.set_pointer(prompt, Pointer(1, 9, "f" * 64).to_text())

    got = warm.use()

    assert (got.version, got.revision, got.stale) == (1, 1, True)
    assert got.problem is not None
    assert got.problem.code == "E_DIGEST"
