"""Both sides of the comparison, and the verdicts that nobody has explained."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from bench.differential import documents, models, ours, texts, theirs
from bench.differential.check import Check, Verdict
from bench.differential.differences import DIFFERENCES, markdown
from bench.differential.suite import SUITES
from bench.rows import Row
from promptops.domain.errors import BadInput

_PAGE = Path(__file__).parents[2] / "docs" / "promptfoo.md"
_GROUP = "differential, promptfoo's verdicts"
#: Suites whose tests may differ, and the name of the difference.
_SUITES_THAT_DIFFER = {
    "named_by_variables": "metric-names",
    "unmet": "unmet-set",
    "weightless": "weightless",
}


def rows() -> list[Row]:
    """How many verdicts agree, differ as listed, and differ unexpectedly; the last ones are printed."""
    compared = [*_checks(), *_suites()]
    unexplained = [what for what, agrees, differs in compared if not agrees and differs not in DIFFERENCES]
    met = Counter(differs for _, agrees, differs in compared if not agrees and differs in DIFFERENCES)
    stale = [
        f"the difference {name} is listed, and no verdict shows it" for name in DIFFERENCES if not met[name]
    ]
    if markdown() not in _PAGE.read_text():
        stale.append(f"{_PAGE.name} has another table than bench/differential/differences.py")
    for what in (*unexplained, *stale):
        print(f"E_DIFFERENTIAL: {what}", file=sys.stderr)
    agreeing = sum(agrees for _, agrees, _ in compared)
    counts = {
        "verdicts compared": len(compared),
        "promptops agrees": agreeing,
        "promptops differs as listed": met.total(),
        "promptops differs unexpectedly": len(unexplained) + len(stale),
    }
    return [Row(_GROUP, name, count, "verdicts", count / len(compared)) for name, count in counts.items()]


#: What was compared, whether both agree, and the difference that may explain it if not.
_Compared = tuple[str, bool, str]


def _checks() -> Iterator[_Compared]:
    checks: list[Check] = [*texts.checks(), *documents.checks(), *models.checks()]
    with tempfile.TemporaryDirectory() as folder:
        theirs_found = theirs.verdicts(checks, Path(folder))
        ours_found = ours.verdicts(checks, Path(folder))
    for check, their, our in zip(checks, theirs_found, ours_found, strict=True):
        yield _said(str(check), their, our), our.agrees(their), check.differs


def _suites() -> Iterator[_Compared]:
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copytree(SUITES, Path(folder) / "suites"))
        for path in sorted(copied.glob("*.yaml")):
            try:
                our_tests = ours.graded(copied, path.name)
            except BadInput as error:
                yield f"{path.name} is refused: {error}", False, _SUITES_THAT_DIFFER.get(path.stem, "")
                continue
            both = zip_longest(theirs.graded(path), our_tests)
            for number, (their, our) in enumerate(both, start=1):
                agrees = bool(their and our and our.agrees(their))
                what = _said(f"{path.name} test {number}", their, our)
                yield what, agrees, _SUITES_THAT_DIFFER.get(path.stem, "")


def _said(what: str, their: Verdict | object, our: Verdict | object) -> str:
    return f"{what}: promptfoo says {their}, promptops {our}"
