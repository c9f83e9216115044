from __future__ import annotations

import pytest

from promptops.domain.artifact import Message
from tests.content.family import Family, score

ROLE = "You are a support triage assistant."
FORMAT = "Return JSON with fields: severity, probable_root_cause, recommended_next_step."
LIMIT = "Keep output under 120 words."
FAMILY = Family.load("support-ticket")


@pytest.fixture(scope="module")
def baseline(model: str) -> float:
    return score(FAMILY, model=model)


def with_lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_the_system_message_has_the_wording_in_use() -> None:
    assert FAMILY.templates[0] == Message("system", with_lines(ROLE, FORMAT, LIMIT))


def test_the_prompt_passes_its_own_cases(model: str, baseline: float) -> None:
    assert baseline >= 0.9
    assert baseline >= FAMILY.source.policy.thresholds.min_score


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param(with_lines(ROLE, LIMIT), id="format and fields removed"),
        pytest.param(
            with_lines(
                ROLE, "Return the fields: severity, probable_root_cause, recommended_next_step.", LIMIT
            ),
            id="output format removed",
        ),
        pytest.param(
            with_lines(ROLE, "Return severity, probable_root_cause, recommended_next_step.", LIMIT),
            id="output format removed, names kept",
        ),
        pytest.param(with_lines(ROLE, "Return JSON.", LIMIT), id="field list removed"),
        pytest.param(with_lines(ROLE, "Return JSON with fields.", LIMIT), id="field names removed"),
        pytest.param(with_lines(ROLE, FORMAT), id="word limit removed"),
        pytest.param(
            with_lines(ROLE, FORMAT, "Write at least 120 words."), id="word limit turned into a minimum"
        ),
        pytest.param(
            with_lines(
                ROLE,
                "Do not return JSON but prose on severity, probable_root_cause, recommended_next_step.",
                LIMIT,
            ),
            id="output format negated",
        ),
    ],
)
def test_an_instruction_taken_away_costs_a_fifth_of_the_score(
    model: str, baseline: float, worse: str
) -> None:
    assert score(FAMILY, model=model, edit_system=lambda _: worse) <= baseline - 0.2


@pytest.mark.parametrize(
    ("line", "paraphrase"),
    [
        (ROLE, "You triage support tickets."),
        (ROLE, "Act as an assistant who sorts support requests by urgency."),
        (ROLE, "Your job is to triage what customers report."),
        (
            FORMAT,
            "Respond with a JSON object containing severity, probable_root_cause and recommended_next_step.",
        ),
        (
            FORMAT,
            "Your answer is a JSON object whose keys are `severity`, `probable_root_cause` and "
            "`recommended_next_step`.",
        ),
        (FORMAT, "Give the severity, the probable_root_cause, and the recommended_next_step as JSON."),
        (FORMAT, "Provide three fields (severity, probable_root_cause, recommended_next_step) in JSON."),
        (
            FORMAT,
            "Reply only with JSON.\nThe object has the keys severity, probable_root_cause and "
            "recommended_next_step, nothing else.",
        ),
        (
            FORMAT,
            "Return a JSON object with these fields:\n- severity: how urgent it is\n"
            "- probable_root_cause: the likeliest reason\n- recommended_next_step: what to do first",
        ),
        (
            FORMAT,
            'Reply in this form: {"severity": "…", "probable_root_cause": "…", "recommended_next_step": "…"}',
        ),
        (
            FORMAT,
            "Use JSON for the reply, and fill in severity / probable_root_cause / recommended_next_step.",
        ),
        (LIMIT, "Use fewer than 120 words."),
        (LIMIT, "Your answer must not exceed 119 words."),
        (LIMIT, "Word limit: 119."),
        (LIMIT, "The whole reply has at most one hundred and nineteen words."),
        (LIMIT, "No more than 119 words, please."),
        (LIMIT, "Stay within 119 words."),
    ],
)
def test_a_neutral_paraphrase_keeps_the_score(
    model: str, baseline: float, line: str, paraphrase: str
) -> None:
    worded_anew = score(FAMILY, model=model, edit_system=lambda text: text.replace(line, paraphrase))

    assert worded_anew >= baseline - 0.05


def test_all_lines_paraphrased_at_once_keep_the_score(model: str, baseline: float) -> None:
    worded_anew = with_lines(
        "As a support triage assistant, you read tickets.",
        "Answer in at most 119 words,",
        "formatted as JSON whose properties are severity, probable_root_cause and recommended_next_step.",
    )

    assert score(FAMILY, model=model, edit_system=lambda _: worded_anew) >= baseline - 0.05
