"""What promptfoo makes of the checks and of its own files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import promptfoo
from bench.differential.check import Check, Verdict
from bench.differential.models import JUDGE, VECTORS
from bench.differential.suite import Graded

_PROVIDER = "file://recorded.cjs"
_ERROR = 2


def verdicts(checks: Sequence[Check], folder: Path) -> list[Verdict]:
    """One verdict a check, of one run over all of them."""
    shutil.copy(Path(__file__).with_name("recorded.cjs"), folder)
    recorded = {"answers": [asdict(check.recorded) for check in checks], "judge": JUDGE, "vectors": VECTORS}
    (folder / "recorded.json").write_text(json.dumps(recorded))
    configuration = folder / "promptfooconfig.json"
    configuration.write_text(json.dumps(_configuration(checks)))
    return [_verdict(row) for row in promptfoo.evaluate(configuration)]


def graded(configuration: Path) -> list[Graded]:
    """What each test of the file came to."""
    return [
        Graded(row["success"], row["score"], row["gradingResult"].get("namedScores", {}))
        for row in promptfoo.evaluate(configuration)
    ]


def _configuration(checks: Sequence[Check]) -> dict[str, Any]:
    tests = [
        {
            "vars": {"answer_index": str(index)} | dict(check.variables),
            "assert": [dict(check.assertion)],
            "options": {"provider": {"text": _PROVIDER, "embedding": _PROVIDER}},
        }
        for index, check in enumerate(checks)
    ]
    return {"prompts": ["{{answer_index}}"], "providers": [_PROVIDER], "tests": tests}


def _verdict(row: dict[str, Any]) -> Verdict:
    grading = row.get("gradingResult")
    if row["failureReason"] == _ERROR or grading is None:
        return Verdict("error")
    (component,) = grading["componentResults"]
    # promptfoo shows these as failures, and does not negate them either.
    if component.get("metadata", {}).get("graderError"):
        return Verdict("error")
    return Verdict("pass" if component["pass"] else "fail", component["score"])
