"""`python -m bench [GROUP …]`: measures the product beside its peers, in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import gate_simulation, grading, runner, workflow
from bench.differential import run as differential
from bench.rows import Row, table, write

_ROOT = Path(__file__).parent.parent
_GROUPS: dict[str, Callable[[], Sequence[Row]]] = {
    "grading": grading.rows,
    "runner": runner.rows,
    "differential": differential.rows,
    "workflow": workflow.rows,
    "gate": gate_simulation.rows,
}
#: One deploys the whole stack first, the other takes ten minutes and is the same each time.
_ONLY_WHEN_ASKED = {"workflow", "gate"}


def main(asked: Sequence[str]) -> int:
    """0 also when a goal is missed; 1 when a verdict differs from promptfoo's and nobody said why."""
    unknown = sorted(set(asked) - set(_GROUPS))
    if unknown:
        print(f"E_BENCH_GROUP: there is no group {unknown[0]}. Known: {', '.join(_GROUPS)}.", file=sys.stderr)
        return 2
    chosen = list(asked) or [name for name in _GROUPS if name not in _ONLY_WHEN_ASKED]
    rows: list[Row] = []
    for name in chosen:
        print(f"Measuring {name}", file=sys.stderr)
        rows += _GROUPS[name]()
    print(table(rows))
    write(rows, _ROOT / "build" / "bench.json")
    return int(any(row.name.endswith("differs unexpectedly") and row.value for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
