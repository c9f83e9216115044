"""The rules for release records, which are all the proof of a release that applications look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.domain.audit import Copy, Finding, Problem, Remark, brief, findings, is_due
from promptops.domain.audit_releases import ReleaseLog, release_of
from promptops.domain.ledger import Release, is_sealed


def record_findings(
    log: ReleaseLog, copies: Mapping[int, Copy], records: Mapping[int, Copy], now: str
) -> tuple[list[Finding], list[Remark]]:
    """Records, by version, that prove what was not promoted; and promotions that have none.

    A promotion that only the archive still has answers for its record: that its row is gone is another
    finding. `now` is a moment before the records were read.
    """
    releases = [*log.rows, *(release for copy in copies.values() if (release := release_of(copy)))]
    promoted: dict[int, list[Release]] = {}
    for release in releases:
        if release.kind == "promote":
            promoted.setdefault(release.version, []).append(release)
    bad: list[Finding] = []
    late = 0
    for version in sorted({*promoted, *records}):
        promotions = promoted.get(version, [])
        problem: Problem | None = None
        if version in records:
            problem = _problem(log.prompt_id, version, promotions, records[version])
        elif any(is_due(release.at, now) for release in promotions):
            problem = "no object", "one: its promotion is older than 15 minutes"
        else:
            late += 1
        problems = [problem] if problem else []
        bad += findings("records", log.environment, log.prompt_id, f"release record v{version}", problems)
    text = f"{late} release record{'s' if late > 1 else ''} not written yet"
    return bad, [Remark(log.environment, log.prompt_id, text)] if late else []


def _problem(prompt_id: str, version: int, promotions: Sequence[Release], record: Copy) -> Problem | None:
    release = release_of({"release": record}) if record and is_sealed(record) else None
    if release is None or (release.prompt_id, release.version) != (prompt_id, version):
        return "what is no record of it", f"a release of v{version} as it was written"
    if not promotions:
        return f"a {release.kind} of v{version}", "none: it was never promoted here"
    digests = [promotion.sha256 for promotion in promotions]
    if release.sha256 not in digests:
        return f"sha256 {brief(release.sha256)}", f"{brief(digests[0])}, as promoted"
    return None
