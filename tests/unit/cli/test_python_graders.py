"""An author's own graders: what they may say, and that nothing they do breaks the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptops.cli.graders.process import GraderProcess
from promptops.cli.graders.python import PythonGraders, graded
from promptops.domain.assertions import LOCAL
from promptops.domain.errors import GraderUnavailable, InvalidDataset, NotAFile
from promptops.domain.graders.grading import Expectation, Grader, Output
from promptops.domain.graders.table import TABLE, build
from tests.unit.fakes_evaluation import FakeAssistants

CODE = """
import os, sys, threading

print("noise while it is loaded")


def get_assert(output, context):
    print("noise while it grades")
    sys.stdin.read()
    if output == "raise":
        raise ValueError("the answer was: " + output)
    if output == "leave":
        sys.exit(0)
    if output == "crash":
        os._exit(3)
    if output == "hang":
        threading.Event().wait()
    if output == "object":
        return object()
    return {"pass": context["vars"]["word"] in output, "score": 0.25, "reason": "lacks the word"}


def sees_a_key(output, context):
    return any("KEY" in name or "AWS" in name for name in os.environ)


def configured(output, context):
    return context["config"]["score"]
"""

Make = Callable[..., Grader]


@pytest.fixture
def grader(tmp_path: Path) -> Iterator[Make]:
    (tmp_path / "grader.py").write_text(CODE)
    graders = PythonGraders(tmp_path, GraderProcess(tmp_path, timeout_seconds=5))

    def make(value: object = "file://grader.py", **more: object) -> Grader:
        expectation = Expectation(LOCAL, value, **more)  # type: ignore[arg-type]
        return build(expectation, {**TABLE, LOCAL: graders.build})

    yield make
    graders.close()


def grade(grader: Grader, text: str, word: str = "refund") -> tuple[float, bool, str]:
    result = grader(Output(text, {"word": word}), FakeAssistants())
    return result.score, result.passed, result.reason


def test_a_grader_sees_the_answer_and_the_variables(grader: Make) -> None:
    own = grader()

    assert grade(own, "your refund is on its way") == (0.25, True, "")
    assert grade(own, "no") == (0.25, False, "python: lacks the word")
    assert grade(own, "no", word="no") == (0.25, True, "")


def test_a_function_and_its_settings_may_be_named(grader: Make) -> None:
    own = grader("file://grader.py:configured", settings={"config": {"score": 0.7}}, threshold=0.8)

    assert grade(own, "x") == (0.7, False, "python: grader.py scored 0.7, at least 0.8 expected")


def test_the_opposite_is_the_opposite(grader: Make) -> None:
    score, passed, _ = grade(grader(negated=True), "your refund is on its way")

    assert (score, passed) == (0.75, False)


def test_a_grader_gets_no_credentials(grader: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")

    assert grade(grader("file://grader.py:sees_a_key"), "x")[:2] == (0.0, False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise", "grader.py raised ValueError in line 11"),
        ("leave", "grader.py raised SystemExit in line 13"),
        ("object", "grader.py raised TypeError"),
        ("crash", "the process that runs grader.py ended with 3"),
    ],
)
def test_what_goes_wrong_is_no_grade_and_quotes_nothing(grader: Make, text: str, why: str) -> None:
    with pytest.raises(GraderUnavailable) as raised:
        grade(grader(), text)

    assert str(raised.value).startswith(f"E_EVAL_GRADER: {why}. ")
    assert "the answer was" not in str(raised.value)


def test_a_function_that_is_not_there_is_named(grader: Make) -> None:
    with pytest.raises(GraderUnavailable, match=r"grader\.py has no function absent\. "):
        grade(grader("file://grader.py:absent"), "refund")


def test_an_error_in_one_case_leaves_the_next_alone(grader: Make) -> None:
    own = grader()
    with pytest.raises(GraderUnavailable):
        grade(own, "raise")

    assert grade(own, "refund")[1]


def test_a_grader_that_hangs_is_ended_and_not_asked_again(tmp_path: Path) -> None:
    (tmp_path / "grader.py").write_text(CODE)
    process = GraderProcess(tmp_path, timeout_seconds=1)
    own = PythonGraders(tmp_path, process).build(Expectation(LOCAL, "file://grader.py"))

    for text in ("hang", "fine"):
        with pytest.raises(GraderUnavailable, match=r"grader\.py did not answer within 1 s"):
            grade(own, text)


def test_the_process_ends_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "grader.py").write_text(
        "import os\ndef get_assert(output, context): return 1 / os.getpid()\n"
    )
    graders = PythonGraders(tmp_path)
    score = grade(graders.build(Expectation(LOCAL, "file://grader.py")), "x")[0]
    graders.close()

    with pytest.raises(ProcessLookupError):
        os.kill(round(1 / score), 0)


@pytest.mark.parametrize("value", ["len(output) < 3", "file://grader.js", "grader.py", 3, None])
def test_code_that_is_no_file_is_refused_with_what_to_write(grader: Make, value: object) -> None:
    with pytest.raises(InvalidDataset, match=r"Write value: file://grader\.py"):
        grader(value)


@pytest.mark.parametrize("name", ["../other.py", "/etc/passwd.py", "missing.py", "link.py"])
def test_only_files_of_the_folder_are_run(grader: Make, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.py").symlink_to(tmp_path / "grader.py")

    with pytest.raises(NotAFile):
        grader(f"file://{name}")


@pytest.mark.parametrize(
    ("said", "threshold", "score", "passed"),
    [
        (True, None, 1.0, True),
        (False, None, 0.0, False),
        (0.4, None, 0.4, True),
        (0, None, 0.0, False),
        (0.4, 0.5, 0.4, False),
        ({"pass": True, "score": 0.4}, 0.5, 0.4, False),
        ({"pass": False, "score": 1}, None, 1.0, False),
    ],
)
def test_the_three_things_a_grader_may_say(
    said: object, threshold: float | None, score: float, passed: bool
) -> None:
    result = graded(said, "grader.py", threshold)

    assert (result.score, result.passed, bool(result.reason)) == (score, passed, not passed)


@pytest.mark.parametrize("said", [None, "yes", 2, -1, [], {"pass": 1, "score": 1}, {"pass": True}])
def test_anything_else_is_no_grade(said: object) -> None:
    with pytest.raises(GraderUnavailable):
        graded(said, "grader.py", None)
