"""Whether cases can tell what the policy over them asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promptops.domain.dataset import CaseOutline
from promptops.domain.errors import InvalidMetadata, InvalidThreshold, shown
from promptops.domain.graders.table import NEGATION
from promptops.domain.policy import Policy
from promptops.domain.suggestion import did_you_mean

#: Which model of `evaluation` an assertion asks, and how one is named.
_ASKS = {"llm-rubric": "judge", "similar": "embedder"}


def check_measurable(cases: Sequence[CaseOutline], policy: Policy) -> None:
    """Returns if every floor is over something that a case has, and every model that grades is named.

    Raises InvalidThreshold or InvalidMetadata with names only: a misspelt floor would never bite.
    """
    thresholds = policy.thresholds
    _check_floors("metrics", thresholds.metrics, (name for case in cases for name in case.metrics))
    _check_floors("slices", thresholds.slices, (tag for case in cases for tag in case.tags))
    named = policy.evaluation
    missing = {kind for kind, model in _ASKS.items() if getattr(named, model) is None}
    for case in cases if missing else ():
        for kind in (kind.removeprefix(NEGATION) for kind in case.kinds):
            if kind in missing:
                model = _ASKS[kind]
                what = f"case {case.case_id} asserts {kind}, and prompt.yaml names no evaluation.{model}"
                raise InvalidMetadata(what, f"Add evaluation: {{{model}: {{id: …, provider: bedrock}}}}.")


def _check_floors(field: str, floors: Mapping[str, float], names: Iterable[str]) -> None:
    known = set(names) if floors else set()
    for name in sorted(set(floors) - known):
        what = f"thresholds.{field} has {shown(name)}, which no case has{did_you_mean(name, known)}"
        raise InvalidThreshold(what, f"Known: {', '.join(sorted(known)[:20]) or 'none'}.")
