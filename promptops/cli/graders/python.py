"""`python`: promptfoo's get_assert(output, context), from a file of the prompt's folder."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from promptops.cli.graders.process import GraderProcess
from promptops.cli.prompt_files import read_text
from promptops.domain.errors import GraderUnavailable, InvalidDataset, shown
from promptops.domain.graders.grading import (
    Assistants,
    Expectation,
    Grader,
    GradeResult,
    Output,
)
from promptops.domain.visible import one_line

FUNCTION = "get_assert"
MAX_BYTES = 262_144
_REASON_CHARS = 300
_VALUE = re.compile(r"file://(?P<name>[^:\0]+\.py)(:(?P<function>[A-Za-z_][A-Za-z0-9_]*))?")
_FIX = "Write value: file://grader.py, with def get_assert(output, context) in it."


class PythonGraders:
    """Builds the graders of one folder, all of which run in one process that `close` ends."""

    def __init__(self, folder: Path, process: GraderProcess | None = None) -> None:
        self._folder = folder
        self._process = process or GraderProcess(folder)

    def build(self, expectation: Expectation) -> Grader:
        """Raises InvalidDataset for code instead of a file, NotAFile for one outside of the folder."""
        value = expectation.value
        written = _VALUE.fullmatch(value) if isinstance(value, str) else None
        if written is None:
            raise InvalidDataset(f"python has the value {shown(value)}, which names no file", _FIX)
        name, function = written["name"], written["function"] or FUNCTION
        read_text(self._folder, name, max_bytes=MAX_BYTES)
        config = expectation.settings.get("config")

        def grade(output: Output, _assistants: Assistants) -> GradeResult:
            context = {"vars": dict(output.variables), "config": config}
            said = self._process.ask(name, function, output.text, context)
            return graded(said, name, expectation.threshold)

        return grade

    def close(self) -> None:
        self._process.close()


def graded(said: object, name: str, threshold: float | None) -> GradeResult:
    """A truth value, a score, or `{pass, score, reason}`; raises GraderUnavailable for anything else."""
    if isinstance(said, bool):
        return GradeResult(float(said), said, "" if said else f"{name} said no")
    if isinstance(said, Mapping):
        passed, score = said.get("pass"), _score(said.get("score"), name)
        if not isinstance(passed, bool):
            raise GraderUnavailable(f"{name} gave a pass that is not true or false", "Return a bool there.")
        reason = str(said.get("reason") or f"{name} said no")
        if threshold is not None and score < threshold:
            passed, reason = False, f"score {score:g}, at least {threshold:g} expected: {reason}"
        return GradeResult(score, passed, "" if passed else one_line(reason)[:_REASON_CHARS])
    score = _score(said, name)
    passed = score > 0 if threshold is None else score >= threshold
    least = "above 0" if threshold is None else f"at least {threshold:g}"
    return GradeResult(score, passed, "" if passed else f"{name} scored {score:g}, {least} expected")


def _score(said: object, name: str) -> float:
    number = isinstance(said, (int, float)) and not isinstance(said, bool)
    if not number or not math.isfinite(said) or not 0 <= said <= 1:  # type: ignore[arg-type, operator]
        kind = type(said).__name__ if not number else "a number outside 0..1"
        raise GraderUnavailable(
            f"{name} returned {kind}", "Return True or False, 0 to 1, or {pass, score, reason}."
        )
    return float(said)  # type: ignore[arg-type]
