"""The rules for why a release was allowed: registered bytes, evidence, approval, order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from promptops.domain.approval import Approval, Subject
from promptops.domain.audit import Problem, brief, differences, is_before
from promptops.domain.audit_releases import ReleaseLog
from promptops.domain.evidence_rules import Demands, evidence_problem
from promptops.domain.ledger import Release
from promptops.domain.people import Actor, People
from promptops.domain.release_rules import is_high_risk, needs_approval
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord


@dataclass(frozen=True)
class Witnesses:
    """What a log's releases are judged by.

    `records` are the prompt's versions in the registry, `reports` those reports whose bytes are still the
    ones written, by their digest; `lower` is the log of the environment below, None for the lowest.
    """

    records: Mapping[int, VersionRecord]
    reports: Mapping[str, Report]
    lower: ReleaseLog | None
    asks_approval: bool
    people: People = field(default_factory=People)


def reason_problems(log: ReleaseLog, release: Release, witnesses: Witnesses) -> Iterator[Problem]:
    """What is missing of what this release needed."""
    record = witnesses.records.get(release.version)
    if record is None:
        yield f"v{release.version}", "a version that the registry has"
        return
    if record.sha256 != release.sha256:
        yield f"sha256 {brief(release.sha256)}", f"{brief(record.sha256)}, as registered"
    if release.kind == "promote":
        yield from _evidence_problems(release, record, witnesses.reports)
        yield from _order_problems(release, witnesses.lower)
        replaced = witnesses.records.get(release.from_version)
        required = needs_approval(record, replaced, asked_for=witnesses.asks_approval)
        yield from _approval_problems(log, release, record, required=required, people=witnesses.people)


def _evidence_problems(
    release: Release, record: VersionRecord, reports: Mapping[str, Report]
) -> Iterator[Problem]:
    report = reports.get(release.report_sha256)
    if not release.report_sha256:
        yield "no report_sha256", "one: a promotion needs evidence"
    elif report is None:
        yield f"report_sha256 {brief(release.report_sha256)}", f"the digest of a report of {record.ref}"
    else:
        # Which graders and which kind of model counted then is not known now; the report names them.
        kind, strict = report.binding.model_kind, is_high_risk(record, None)
        demands = Demands(report.binding.graders, [kind], full=strict, conclusive=strict)
        problem = evidence_problem(record, report, demands)
        if problem:
            yield f"evidence of which holds: {problem.what}", f"a passing report of {record.ref}"


def _order_problems(release: Release, lower: ReleaseLog | None) -> Iterator[Problem]:
    if lower is None:
        return
    there = [
        row.at
        for row in lower.rows
        if (row.version, row.sha256) == (release.version, release.sha256) and row.head().state == "live"
    ]
    if not there:
        yield f"v{release.version} without a release in {lower.environment}", "one there before"
    elif is_before(release.at, min(there)):
        yield f"at {release.at}", f"a time after {min(there)}, of its first release in {lower.environment}"


def _approval_problems(
    log: ReleaseLog, release: Release, record: VersionRecord, *, required: bool, people: People
) -> Iterator[Problem]:
    approval = log.approvals.get(release.approval_id)
    if not release.approval_id:
        if required:
            yield "no approval", "one: it is high risk"
        return
    if approval is None:
        yield f"approval_id {brief(release.approval_id)}", "an approval that is there"
        return
    if approval.status != "APPROVED" or approval.decided_by is None:
        yield f"an approval that is {approval.status}", "one that is APPROVED"
    if approval.consumed_by != release.op_id:
        yield f"an approval used by {brief(approval.consumed_by)}", f"one used by {brief(release.op_id)}"
    wanted = Subject(
        environment=log.environment,
        prompt_id=release.prompt_id,
        version=release.version,
        sha256=release.sha256,
        report_sha256=release.report_sha256,
        policy_sha256=record.policy.digest(),
        base_revision=release.revision - 1,
    )
    for holds, should in differences(asdict(approval.subject), asdict(wanted)):
        yield f"an approval of {holds}", should
    if (approval.request_id, approval.requested_by) != (release.request_id, release.actor):
        yield f"an approval asked for by {approval.requested_by}", f"one asked for by {release.actor}"
    if approval.decided_by:
        yield from _decider_problems(approval, approval.decided_by, release, people)


def _decider_problems(
    approval: Approval, decider: Actor, release: Release, people: People
) -> Iterator[Problem]:
    """Another person, as far as the map of people knows who is one; and not after the release."""
    if is_before(release.at, approval.decided_at):
        yield f"an approval decided at {approval.decided_at}", f"one decided before {release.at}"
    person = people.of(decider)
    involved = (approval.requested_by, *approval.publishers)
    wrote = person is not None and person in [people.by_email(email) for email in approval.authors]
    itself = decider in involved or (person is not None and person in [people.of(who) for who in involved])
    if wrote or itself:
        yield f"an approval by {people.name_of(decider)}", "one by somebody who had no part in it"
