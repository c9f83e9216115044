"""The bench says what was reached, and says it when that is not enough."""

from __future__ import annotations

import json
from pathlib import Path

from bench.differential.differences import markdown
from bench.rows import Row, table, write

ROOT = Path(__file__).parents[3]
LIMIT = Row("evaluation", "limit", 400, "cases/s", 1.0)


def a_row(ratio: float) -> Row:
    return Row("evaluation", "promptops", 400 * ratio, "cases/s", ratio, goal=0.95)


def test_a_missed_goal_is_called_missed_and_a_reached_one_met():
    lines = table([LIMIT, a_row(0.94), a_row(0.95)]).splitlines()

    assert lines[0] == "evaluation"
    assert "goal" not in lines[1]
    assert lines[2].endswith("goal 0.95 missed")
    assert lines[3].endswith("goal 0.95 met")


def test_the_rows_are_written_as_programs_read_them(tmp_path: Path):
    write([LIMIT, a_row(0.5)], tmp_path / "build" / "bench.json")

    assert json.loads((tmp_path / "build" / "bench.json").read_text()) == [
        {"group": "evaluation", "name": "limit", "value": 400, "unit": "cases/s", "ratio": 1.0},
        {"group": "evaluation", "name": "promptops", "value": 200.0, "unit": "cases/s", "ratio": 0.5},
    ]


def test_the_page_lists_the_differences_that_the_comparison_knows():
    assert markdown() in (ROOT / "docs" / "promptfoo.md").read_text(encoding="utf-8")
