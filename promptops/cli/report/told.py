"""What every form of a report shows: the report, and what is known of it only here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptops.domain.report import Report

#: Cases a person reads before turning to the file that has them all.
WORST = 10


@dataclass(frozen=True)
class Told:
    """`remarks` are sentences about this run; `answers` what the model said to cases that failed, by case id.

    Only a preview of ordinary cases has answers: they never leave the machine that asked.
    """

    report: Report
    remarks: Sequence[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
