"""Promise: however many cases fail, and in whatever script, the report can be stored and read again."""

from __future__ import annotations

from promptops.aws.s3_reports import MAX_BYTES
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import canonical
from promptops.domain.dataset import MAX_CASES
from promptops.domain.evaluation.repeats import MAX_REASON_CHARS, MAX_REASONS
from promptops.domain.evaluation.reporting import Measurement
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.report import Usage
from tests.unit.domain.evaluation.results import result

ARTIFACT = Artifact("triage", (Message("user", "Hello."),), {"id": "m", "provider": "bedrock"}, {})


def reported(reasons: tuple[str, ...], cases: int):
    measurement = Measurement("e", 1, ARTIFACT, Policy("low", Thresholds()), "d", cases, "bedrock", "")
    failed = [
        result(f"case-{number:059}", 0.0, reasons=reasons, tags=("lang-ja", "billing"))
        for number in range(cases)
    ]
    return measurement.report(failed, Usage(), "")


def test_the_largest_report_can_be_read_again():
    longest = tuple(f"{number}{'答' * (MAX_REASON_CHARS - 1)}" for number in range(MAX_REASONS))

    report = reported(longest, MAX_CASES)

    assert len(canonical(report.to_dict())) < MAX_BYTES
    assert all(case.reasons for case in report.cases)


def test_where_there_is_room_every_reason_is_kept():
    reasons = ("contains: lacks 答", "is-json: no JSON")

    assert reported(reasons, 5).cases[0].reasons == reasons
