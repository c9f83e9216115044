from __future__ import annotations

import re

import pytest

from tests.content.family import Edit, Family, score

FORMAT = "Return JSON with fields: decision, policy_clause, customer_message."
VALUES = "decision is one of approve, deny, escalate."
LIMIT = "Keep output under 90 words."
FAMILY = Family.load("refund-policy")


@pytest.fixture(scope="module")
def baseline(model: str) -> float:
    return score(FAMILY, model=model)


def replacing(line: str, other: str) -> Edit:
    def edited(text: str) -> str:
        assert line in text
        return text.replace(line, other)

    return edited


def test_it_is_released_as_high_risk() -> None:
    assert FAMILY.source.policy.risk == "high"


def test_the_prompt_passes_its_own_cases(model: str, baseline: float) -> None:
    assert baseline >= 0.9
    assert baseline >= FAMILY.source.policy.thresholds.min_score


@pytest.mark.parametrize(
    "worsened",
    [
        pytest.param(replacing(VALUES, ""), id="decision values removed"),
        pytest.param(replacing("Return JSON with fields:", "Return the fields:"), id="output format removed"),
        pytest.param(replacing(FORMAT, "Return JSON."), id="field list removed"),
        pytest.param(replacing(LIMIT, ""), id="word limit removed"),
        pytest.param(lambda text: re.sub(r"(?m)^R\d: .*\n", "", text), id="policy removed"),
    ],
)
def test_an_instruction_taken_away_costs_a_fifth_of_the_score(
    model: str, baseline: float, worsened: Edit
) -> None:
    assert score(FAMILY, model=model, edit_system=worsened) <= baseline - 0.2


def test_the_politeness_block_is_worth_its_words(model: str, baseline: float) -> None:
    impolite = replacing(
        "Be polite: thank the customer for writing, and say that you are sorry", "Mention it"
    )

    assert score(FAMILY, model=model, edit_system=impolite) < baseline


@pytest.mark.parametrize(
    ("line", "paraphrase"),
    [
        (VALUES, "Set decision to approve, deny or escalate."),
        (VALUES, "The decision must be `approve`, `deny`, or `escalate`."),
        (VALUES, "Allowed values of decision: approve | deny | escalate."),
        (VALUES, "Choose approve, deny or escalate as the decision."),
        (FORMAT, "Answer as a JSON object with the keys decision, policy_clause and customer_message."),
        (LIMIT, "Write no more than 89 words."),
    ],
)
def test_a_neutral_paraphrase_keeps_the_score(
    model: str, baseline: float, line: str, paraphrase: str
) -> None:
    assert score(FAMILY, model=model, edit_system=replacing(line, paraphrase)) >= baseline - 0.05
