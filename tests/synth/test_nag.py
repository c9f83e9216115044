"""cdk-nag's AWS Solutions rules hold, but for findings that infra/checks.py accepts with a reason."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from infra.checks import ACCEPTED, Accepted
from tests.synth.deployed import Deployed


class Finding(NamedTuple):
    rule: str
    detail: str
    where: str


def test_every_finding_is_accepted_with_a_reason(cloud: Deployed):
    unexplained = [
        finding for finding in findings(cloud) if not any(accepts(known, finding) for known in ACCEPTED)
    ]

    assert unexplained == []


def test_every_accepted_finding_is_found(cloud: Deployed):
    found = findings(cloud)

    stale = [known for known in ACCEPTED if not any(accepts(known, finding) for finding in found)]

    assert stale == []


def findings(cloud: Deployed) -> list[Finding]:
    (report,) = json.loads((cloud.assembly / "validation-report.json").read_text())["pluginReports"]
    return [
        Finding(*_named(violation["ruleName"]), construct["constructPath"])
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


def accepts(known: Accepted, finding: Finding) -> bool:
    return (
        known.rule == finding.rule
        and fnmatchcase(finding.detail, known.detail)
        and fnmatchcase(finding.where, known.where)
    )


def _named(rule: str) -> tuple[str, str]:
    match = re.fullmatch(r"AwsSolutions-(\w+)(?:\[(.*)\])?", rule)
    assert match, rule
    return match[1], match[2] or ""
