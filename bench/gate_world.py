"""Results of evaluations whose truth is known, drawn at random."""

from __future__ import annotations

from random import Random

from promptops.domain.evaluation.case_result import CaseResult

#: The share of the cases in which both versions do the same.
AGREEMENT = 0.8
PARTIAL_SCORES = (0.0, 0.25, 0.5, 0.75)
TAGS = ("billing", "delivery", "login", "refunds", "returns")
_MEAN_PARTIAL = sum(PARTIAL_SCORES) / len(PARTIAL_SCORES)


def pairs(count: int, drop: float, pass_rate: float, random: Random) -> list[CaseResult]:
    """Results of both versions whose mean differs by exactly `-drop` over all there could be.

    The live version scores 1 or a quarter less or more; the new one does the same, or is drawn anew from the
    same scores; and then it falls to a partial score in as many cases as make up the drop.
    """
    falls = drop / (pass_rate + (1 - pass_rate) * _MEAN_PARTIAL - _MEAN_PARTIAL)
    cases = []
    for number in range(count):
        live = _score(pass_rate, random)
        score = live if random.random() < AGREEMENT else _score(pass_rate, random)
        if random.random() < falls:
            score = _partial(random)
        cases.append(_case(f"case-{number}", score, live=live))
    return cases


def dataset(count: int, score: float, random: Random) -> list[CaseResult]:
    """Cases of five tags, some harder than others, one in fifty critical."""
    cases = []
    for number in range(count):
        tag = number % len(TAGS)
        target = score + 0.02 * (tag - len(TAGS) // 2)
        pass_rate = (target - _MEAN_PARTIAL) / (1 - _MEAN_PARTIAL)
        critical = number % 50 == 0
        value = 1.0 if critical else _score(pass_rate, random)
        cases.append(_case(f"case-{number}", value, tags=(TAGS[tag],), critical=critical))
    return cases


def _score(pass_rate: float, random: Random) -> float:
    return 1.0 if random.random() < pass_rate else _partial(random)


def _partial(random: Random) -> float:
    return PARTIAL_SCORES[int(random.random() * len(PARTIAL_SCORES))]


def _case(
    case_id: str,
    score: float,
    *,
    live: float | None = None,
    tags: tuple[str, ...] = (),
    critical: bool = False,
) -> CaseResult:
    return CaseResult(
        case_id,
        score,
        passed=score == 1,
        critical=critical,
        reasons=(),
        latency_ms=0,
        input_tokens=0,
        output_tokens=0,
        tags=tags,
        live_score=live,
        live_passed=None if live is None else live == 1,
    )
