"""`python -m tests.faults.storm`: the multi-process run on a local AWS of its own, and what it proved."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from infra.local.bring_up import bring_up, take_down
from infra.local.checkout import ROOT
from tests.e2e.conftest import LocalAws
from tests.faults.storm.functions import functions
from tests.faults.storm.history import Found, Operation, read_journal, violations
from tests.faults.storm.nemesis import WORKERS, Nemesis
from tests.faults.storm.plan import Plan
from tests.faults.storm.remains import Remains

DEFAULT_SECONDS = 90
FOLDER = ROOT / "build" / "faults"


def main() -> int:
    """0 when every promise was kept and the run was rough enough to mean something."""
    chosen = _arguments()
    name = f"storm-{os.getpid()}"
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    print(
        f"seed {chosen.seed}, {chosen.seconds} s, {WORKERS} workers (again: make faults SEED={chosen.seed})"
    )
    try:
        aws = LocalAws(bring_up(name))
        made = functions(aws)
        nemesis = Nemesis(Plan(name, chosen.seed, FOLDER, time.monotonic() + chosen.seconds), made)
        remains = Remains(aws)
        nemesis.run(remains.look)
        remains.quiet()
        found = remains.found()
    finally:
        take_down(name)
    history = [one for worker in range(WORKERS) for one in read_journal(nemesis.plan.journal(worker))]
    broken = [*violations(history, found), *_too_calm(history, found, nemesis.done)]
    _report(history, found, nemesis.done, remains.missed())
    for problem in broken[:50]:
        print(f"BROKEN  {problem}")
    print(
        f"{len(broken)} promises broken; histories in {FOLDER.relative_to(ROOT)}" if broken else "All kept."
    )
    return 1 if broken else 0


def _report(history: Sequence[Operation], found: Sequence[Found], done: Counter[str], missed: int) -> None:
    print("workers  ", ", ".join(f"{what} {number}" for what, number in sorted(done.items())))
    for verb in sorted({one.verb for one in history}):
        ends = Counter(one.outcome for one in history if one.verb == verb)
        print(f"{verb:9}", ", ".join(f"{outcome} {number}" for outcome, number in sorted(ends.items())))
    codes = Counter(one.code for one in history if one.code)
    print("told     ", ", ".join(f"{code} {number}" for code, number in codes.most_common()))
    print("faults   ", sum(1 for one in history if one.fault))
    for place in found:
        kinds = Counter(release.kind for release in place.releases)
        print(f"{place.environment}/{place.prompt_id}: revision {place.head.revision}, {dict(kinds)}")
    print(f"pointers went back {_went_back(found)} times; values that nobody saw: {missed}")


def _went_back(found: Sequence[Found]) -> int:
    """How often an older pointer was written over a newer one, for as long as it took to be put right."""
    revisions = [[json.loads(value)["revision"] for value in place.pointer_values] for place in found]
    return sum(newer < older for values in revisions for older, newer in pairwise(values))


def _too_calm(history: Sequence[Operation], found: Sequence[Found], done: Counter[str]) -> list[str]:
    """Why the run proves little, if it does."""
    told = Counter(one.outcome for one in history)
    least = {
        "releases": (sum(len(place.releases) for place in found), 40),
        "workers killed": (done["killed"], 3),
        "workers stopped": (done["stopped for a while"], 3),
        "conflicts": (sum(1 for one in history if one.code == "E_CONFLICT"), 3),
        "calls without a clear answer": (told["unknown"], 3),
        "calls of the resolver": (sum(1 for one in history if one.verb == "resolve"), 100),
    }
    calm = [
        f"only {number} {what}, {enough} are wanted"
        for what, (number, enough) in least.items()
        if number < enough
    ]
    unexpected = sorted({one.code for one in history if one.code.startswith("unexpected")})
    return [*calm, *(f"a client met {code}; see its log" for code in unexpected)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm", description=__doc__)
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
