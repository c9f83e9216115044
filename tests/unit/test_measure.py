"""Promises of measuring: every case a result, in order; repeats, both versions; an error is no failure."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from promptops.domain.artifact import Artifact, Message
from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    GraderUnavailable,
    ModelRefused,
    ModelUnavailable,
    SpendCapReached,
    Throttled,
)
from promptops.domain.evaluation.repeats import MAX_REASON_CHARS, MAX_REASONS
from promptops.domain.question import ModelName
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.variables import Variable
from promptops.evaluation_ports import Answer
from promptops.measure import SILENCE, Measure, measure
from tests.unit.fakes_evaluation import FakeAssistants, FakeModel

NEW, LIVE = "new", "live"


def prompt(who: str = NEW) -> CompiledPrompt:
    messages = (Message("system", who), Message("user", "{{ticket}}"))
    return CompiledPrompt(Artifact("triage", messages, ModelName("m").to_dict(), {"ticket": Variable()}))


def cases(*names: str, expected: str = "", **fields: object):
    lines = []
    for name in names:
        assertion = {"type": "contains", "value": expected or name}
        lines.append({"id": name, "vars": {"ticket": name}, "assert": [assertion], **fields})
    return parse_dataset("\n".join(map(json.dumps, lines)).encode(), prompt().artifact.variables)


def by(says: Callable[[str], str] = str, **changes: object) -> Measure:
    return replace(Measure(FakeModel(says), FakeAssistants()), **changes)


def asked(measure: Measure) -> list[str]:
    assert isinstance(measure.model, FakeModel)
    return [messages[-1]["content"] for messages in measure.model.asked]


def raising(error: Exception, *names: str) -> Callable[[str], str]:
    def says(text: str) -> str:
        if not names or text in names:
            raise error
        return text

    return says


def live_raising(error: Exception, *names: str) -> Callable[[Sequence[Mapping[str, str]]], str]:
    """Answers that only the live version fails to give, of these cases or of all."""

    def answers(messages: Sequence[Mapping[str, str]]) -> str:
        text = messages[-1]["content"]
        if messages[0]["content"] == LIVE and (not names or text in names):
            raise error
        return text

    return answers


def test_results_come_in_the_order_of_the_cases_and_are_told_as_they_come():
    first_waits = threading.Event()

    def says(text: str) -> str:
        if text == "a":
            first_waits.wait(10)
        else:
            first_waits.set()
        return text

    told: list[str] = []
    results = measure(
        cases("a", "b"), prompt(), None, by=by(says), on_case=lambda case: told.append(case.case_id)
    )

    assert [case.case_id for case in results] == ["a", "b"]
    assert told == ["b", "a"]


def test_no_more_questions_are_under_way_than_threads():
    most, now, lock = [0], [0], threading.Lock()
    full = threading.Barrier(3, timeout=10)

    def says(text: str) -> str:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        full.wait()
        with lock:
            now[0] -= 1
        return text

    measure(cases(*"abcdefghi"), prompt(), None, by=by(says, threads=3))

    assert most == [3]


def test_without_cases_there_is_nothing_to_measure():
    assert measure([], prompt(), None, by=by()) == []


@pytest.mark.parametrize(
    ("min_pass_rate", "critical", "passed"),
    [(0.75, False, True), (0.76, False, False), (0.75, True, False), (0.0, False, True)],
)
def test_a_case_passes_when_enough_of_its_repeats_do_and_a_critical_one_when_all_do(
    min_pass_rate: float, critical: bool, passed: bool
):
    answers = iter(["a", "a", "no", "a"])
    how = by(lambda _: next(answers), repeats=4, min_pass_rate=min_pass_rate, threads=1)

    (result,) = measure(cases("a", critical=critical), prompt(), None, by=how)

    assert (result.score, result.pass_rate, result.passed) == (0.75, 0.75, passed)


def test_over_repeats_tokens_and_cost_add_up_and_latency_is_the_median():
    answers = iter(
        [Answer("a", 1, 2, 30, cost_usd=0.1), Answer("a", 10, 20, 90, cost_usd=0.2), Answer("a", 1, 1, 40)]
    )

    class Timed(FakeModel):
        def answer(self, question):
            return next(answers)

    how = by(repeats=2, threads=1)
    (two,) = measure(cases("a"), prompt(), None, by=replace(how, model=Timed(str)))

    assert (two.input_tokens, two.output_tokens, two.latency_ms) == (11, 22, 30)
    assert two.cost_usd == pytest.approx(0.3)
    (unpriced,) = measure(cases("a"), prompt(), None, by=replace(how, repeats=1, model=Timed(str)))
    assert unpriced.cost_usd is None


def test_reasons_are_those_of_all_repeats_once_each_and_few_and_short():
    spoken = iter(str(number) for number in range(100))
    long = "x" * 1000
    lines = [{"type": "contains", "value": long[: 400 + number]} for number in range(20)]
    (case,) = parse_dataset(
        json.dumps({"id": "a", "vars": {"ticket": "a"}, "assert": lines}).encode(),
        prompt().artifact.variables,
    )

    (result,) = measure([case], prompt(), None, by=by(lambda _: next(spoken), repeats=3))

    assert 0 < len(result.reasons) <= MAX_REASONS
    assert len(set(result.reasons)) == len(result.reasons)
    assert max(map(len, result.reasons)) <= MAX_REASON_CHARS


def test_without_quoting_no_word_of_the_case_is_in_a_result():
    how = by(lambda _: "nothing", quoting=False)

    (result,) = measure(cases("a", expected="canary"), prompt(), None, by=how)

    assert "canary" not in str(result)
    assert result.reasons == ("contains: not met",)


def test_metrics_tags_and_weight_are_kept():
    lines = [{"type": "contains", "value": "a", "metric": "found"}, {"type": "contains", "value": "zz"}]
    document = {"id": "a", "vars": {"ticket": "a"}, "assert": lines, "tags": ["one", "two"], "weight": 2}
    answers = iter(["a", "b"])
    given = parse_dataset(json.dumps(document).encode(), prompt().artifact.variables)

    (result,) = measure(given, prompt(), None, by=by(lambda _: next(answers), repeats=2, threads=1))

    assert (result.metrics, result.tags, result.weight) == ({"found": 0.5}, ("one", "two"), 2.0)


def test_both_versions_answer_the_same_case_and_only_the_new_ones_words_are_kept():
    how = by()
    how.model.answers = lambda messages: "no" if messages[0]["content"] == LIVE else messages[-1]["content"]

    results = measure(cases("a", "b"), prompt(), prompt(LIVE), by=how)

    assert [(case.score, case.live_score, case.live_passed) for case in results] == [(1.0, 0.0, False)] * 2
    assert all(case.reasons == () for case in results)
    assert sorted(asked(how)) == ["a", "a", "b", "b"]


@pytest.mark.parametrize("error", [ModelUnavailable, ModelRefused, Throttled])
def test_a_case_without_an_answer_has_an_error_and_neither_passes_nor_scores(error):
    how = by(raising(error("no answer"), "b"))

    first, second = measure(cases("a", "b"), prompt(), None, by=how)

    assert (first.error, first.passed) == ("", True)
    assert (second.error, second.passed, second.score) == (error.code, False, 0.0)
    assert second.reasons == ("no answer",)


def test_a_grader_that_could_not_run_is_an_error_of_its_case(monkeypatch):
    how = by()

    def grade(_case, _output, _assistants):
        raise GraderUnavailable("the judge said no JSON")

    monkeypatch.setattr("promptops.domain.dataset.Case.grade", grade)
    (result,) = measure(cases("a"), prompt(), None, by=how)

    assert (result.error, result.passed) == ("E_EVAL_GRADER", False)


@pytest.mark.parametrize(
    "error", [SpendCapReached, AccessRefused, EvaluationError, KeyError], ids=lambda error: error.__name__
)
def test_what_every_case_would_meet_ends_the_run(error):
    how = by(raising(error("no")), threads=2)

    with pytest.raises(error):
        measure(cases(*"abcdefghij"), prompt(), None, by=how)
    assert len(asked(how)) <= 2


def test_when_nobody_answers_the_rest_is_not_asked_and_has_the_same_error():
    how = by(raising(ModelUnavailable("nobody there")), threads=2)

    results = measure(cases(*map(str, range(100))), prompt(), None, by=how)

    assert {(case.error, case.reasons) for case in results} == {("E_MODEL", ("nobody there",))}
    assert len(asked(how)) <= SILENCE + 2


def test_who_answers_now_and_then_is_asked_to_the_end():
    silent = [str(number) for number in range(100) if number % 4]
    how = by(raising(ModelUnavailable("not now"), *silent), threads=1)

    results = measure(cases(*map(str, range(100))), prompt(), None, by=how)

    assert sum(not case.error for case in results) == 25
    assert len(asked(how)) == 100


def test_a_live_version_that_is_gone_for_good_is_left_out_and_soon_not_asked():
    how = by(threads=2)
    how.model.answers = live_raising(ModelRefused("this model is no more"))

    results = measure(cases(*map(str, range(50))), prompt(), prompt(LIVE), by=how)

    assert all(case.passed and not case.error for case in results)
    assert {(case.live_score, case.live_passed) for case in results} == {(None, None)}
    assert len(asked(how)) <= 50 + SILENCE + 2


@pytest.mark.parametrize("error", [ModelUnavailable, Throttled])
def test_a_case_that_the_live_version_may_yet_answer_is_no_case_without_a_pair(error):
    how = by()
    how.model.answers = live_raising(error("come back later"), "b")

    first, second = measure(cases("a", "b"), prompt(), prompt(LIVE), by=how)

    assert (first.error, first.live_score) == ("", 1.0)
    assert (second.error, second.reasons) == (error.code, ("come back later",))


def test_while_the_live_version_is_silent_for_now_neither_version_is_asked():
    how = by(threads=2)
    how.model.answers = live_raising(ModelUnavailable("nobody there"))

    results = measure(cases(*map(str, range(100))), prompt(), prompt(LIVE), by=how)

    assert {(case.error, case.reasons) for case in results} == {("E_MODEL", ("nobody there",))}
    assert len(asked(how)) <= 2 * (SILENCE + 2)


def test_a_cap_that_the_live_version_meets_ends_the_run_too():
    how = by()
    how.model.answers = live_raising(SpendCapReached("no more money"))

    with pytest.raises(SpendCapReached):
        measure(cases("a"), prompt(), prompt(LIVE), by=how)


def test_a_case_that_has_not_begun_when_time_is_over_is_left():
    turns = iter([True, True])
    how = by(threads=1, go_on=lambda: next(turns, False))

    results = measure(cases(*"abcd"), prompt(), None, by=how)

    assert [case.error for case in results] == ["", "", "E_UNAVAILABLE", "E_UNAVAILABLE"]
    assert asked(how) == ["a", "b"]


def test_between_its_repeats_and_before_the_live_version_a_case_is_cut_short():
    """No verdict is over a part of its repeats, and none lacks the live version for want of time."""
    for questions in (1, 2, 3):
        turns = iter([True] * questions)
        how = by(threads=1, repeats=2, go_on=lambda turns=turns: next(turns, False))

        (result,) = measure(cases("a"), prompt(), prompt(LIVE), by=how)

        assert (result.error, result.live_score) == ("E_UNAVAILABLE", None)
        assert asked(how) == ["a"] * questions


def test_when_the_end_has_come_nobody_is_waited_for():
    over = threading.Event()

    def says(text: str) -> str:
        over.wait(timeout=10)
        return text

    results = measure(cases("a", "b"), prompt(), None, by=by(says, threads=1, ends_in_seconds=0))
    over.set()

    assert [case.error for case in results] == ["E_UNAVAILABLE"] * 2


def test_who_listens_and_fails_ends_the_run():
    def on_case(_result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(cases("a", "b"), prompt(), None, by=by(), on_case=on_case)


def test_an_interrupted_process_does_not_wait_for_answers():
    """The model never answers; the process is gone all the same."""
    program = """
        import _thread, threading
        from promptops.measure import measure
        from tests.unit.fakes_evaluation import FakeModel
        from tests.unit.test_measure import by, cases, prompt

        asked = threading.Event()

        def says(text):
            asked.set()
            threading.Event().wait()

        def interrupt():
            asked.wait()
            _thread.interrupt_main()

        threading.Thread(target=interrupt, daemon=True).start()
        try:
            measure(cases("a", "b", "c"), prompt(), None, by=by(says))
        except KeyboardInterrupt:
            print("interrupted")
    """

    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )

    assert (ended.stdout, ended.returncode) == ("interrupted\n", 0), ended.stderr
