"""The process that runs an author's graders: a question a line in, an answer a line out.

It is started as a program and imported by nothing: it alone loads code by a file's name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

Loaded = dict[tuple[str, str], Callable[[str, dict[str, Any]], object]]


def main(folder: str) -> None:
    questions = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a grader prints or reads must not get between questions and answers.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.path.insert(0, folder)
    loaded: Loaded = {}
    for line in questions:
        answers.write(f"{_answer(json.loads(line), loaded)}\n")
        answers.flush()


def _answer(question: dict[str, Any], loaded: Loaded) -> str:
    """`{"said": …}`, or `{"error": type, "line": number}` without a word of what was graded."""
    file, function = question["file"], question["function"]
    try:
        if (file, function) not in loaded:
            loaded[file, function] = _load(file, function)
        said = loaded[file, function](question["output"], question["context"])
        return json.dumps({"said": said}, allow_nan=False)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
        missing = {"missing": True} if isinstance(error, _NoFunction) else {}
        return json.dumps({"error": type(error).__name__, "line": line, **missing})


def _load(file: str, function: str) -> Callable[[str, dict[str, Any]], object]:
    spec = importlib.util.spec_from_file_location("grader", file)
    if spec is None or spec.loader is None:
        raise ImportError
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[str, dict[str, Any]], object] | None = getattr(module, function, None)
    if not callable(found):
        raise _NoFunction
    return found


class _NoFunction(Exception):
    """The file has no function of that name."""


if __name__ == "__main__":
    main(sys.argv[1])
