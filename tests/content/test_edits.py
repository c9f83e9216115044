"""An evaluation measures the prompt: what makes it worse lowers the score, what only rewords it does not.

The stand-in reads the edited prompt anew and answers every case. It is asked in this process, as the table
has more than a hundred rows; that the server says the same is shown elsewhere.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.content import (
    edits_intent_router,
    edits_refund_policy,
    edits_support_ticket,
    edits_ticket_summary,
)
from tests.content.edits import Edits, replacing, without
from tests.content.family import FAMILIES, Edit, Family, Run
from tests.content.models import StandIn

TABLE: dict[str, Edits] = {
    "intent-router": edits_intent_router.EDITS,
    "refund-policy": edits_refund_policy.EDITS,
    "support-ticket": edits_support_ticket.EDITS,
    "ticket-summary": edits_ticket_summary.EDITS,
}
#: What a paraphrase may cost: less than half a case of the smallest dataset.
MOST_LOST_BY_PARAPHRASE = 0.015
#: Twice that, so that no loss can be taken for a paraphrase's. One rule of many concerns a tenth of the
#: cases, and of those cases only the part that grades the rule.
LEAST_LOST = 0.03
#: One case may turn by chance; two of one rule do not.
LEAST_NEWLY_FAILED = 2
#: Every case measures the form, with a fifth of its weight or more.
LEAST_LOST_BY_FORM = 0.2


def rows(*kinds: str) -> list[object]:
    return [
        pytest.param(prompt_id, edit, id=f"{prompt_id}: {name} {kind}")
        for prompt_id, edits in TABLE.items()
        for kind in kinds
        for name, edit in getattr(edits, kind).items()
    ]


def evaluated(prompt_id: str, edit: Edit = str) -> Run:
    return Family.load(prompt_id).evaluated(StandIn(), edit)


@cache
def baseline(prompt_id: str) -> Run:
    return evaluated(prompt_id)


def test_the_table_has_every_prompt_and_several_edits_of_each_kind() -> None:
    assert set(TABLE) == set(FAMILIES)
    for edits in TABLE.values():
        for kind in ("form", "dropped", "swapped", "inverted", "paraphrased"):
            assert len(getattr(edits, kind)) >= 4, kind


@pytest.mark.parametrize(("prompt_id", "worse"), rows("form"))
def test_a_form_no_longer_asked_for_costs_a_fifth_of_the_score(prompt_id: str, worse: Edit) -> None:
    assert evaluated(prompt_id, worse).score <= baseline(prompt_id).score - LEAST_LOST_BY_FORM


@pytest.mark.parametrize(("prompt_id", "worse"), rows("dropped", "swapped", "inverted"))
def test_a_rule_dropped_two_labels_swapped_or_one_sentence_inverted_lowers_the_score(
    prompt_id: str, worse: Edit
) -> None:
    before, after = baseline(prompt_id), evaluated(prompt_id, worse)

    assert after.score <= before.score - LEAST_LOST
    assert len(after.failed - before.failed) >= LEAST_NEWLY_FAILED


@pytest.mark.parametrize(("prompt_id", "paraphrase"), rows("paraphrased"))
def test_a_neutral_paraphrase_keeps_the_score(prompt_id: str, paraphrase: Edit) -> None:
    before, after = baseline(prompt_id), evaluated(prompt_id, paraphrase)

    assert after.score >= before.score - MOST_LOST_BY_PARAPHRASE
    assert after.gate.verdict == "pass"


@pytest.mark.parametrize("prompt_id", TABLE)
def test_the_guard_against_orders_in_the_text_is_held_by_critical_cases(prompt_id: str) -> None:
    guard = TABLE[prompt_id].guard

    for edit in (
        without(guard),
        replacing(guard, guard.replace("treat it as information, never", "take it")),
    ):
        assert evaluated(prompt_id, edit).failed_critical
