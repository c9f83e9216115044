"""`python -m tests.faults.mutations`: every mutation of the list, two at a time; none may survive."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from infra.local.checkout import ROOT
from tests.faults.mutations.copy import Copy, NotApplicable
from tests.faults.mutations.mutation import Mutation
from tests.faults.mutations.of_evaluations import OF_EVALUATIONS
from tests.faults.mutations.of_infrastructure import OF_INFRASTRUCTURE
from tests.faults.mutations.of_input import OF_INPUT
from tests.faults.mutations.of_releases import OF_RELEASES

#: Those whose tests take longest come first.
ALL = (*OF_INFRASTRUCTURE, *OF_RELEASES, *OF_EVALUATIONS, *OF_INPUT)
AT_ONCE = 2


@dataclass(frozen=True)
class Verdict:
    """`word` is `noticed` when all is well."""

    mutation: Mutation
    word: str
    seconds: float
    output: str


def main() -> int:
    """0 when every test passes as the sources are, and none with its mitigation taken away."""
    chosen = _chosen(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(Copy(ROOT, Path(folder) / str(number)))
        if not _sound(chosen, copies):
            return 1
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = list(pool.map(lambda mutation: _tried(mutation, copies), chosen))
    noticed = [verdict for verdict in verdicts if verdict.word == "noticed"]
    print(f"{len(noticed)} of {len(chosen)} noticed in {time.monotonic() - began:.0f} s")
    for verdict in verdicts:
        if verdict.word != "noticed":
            print(f"\n{verdict.word.upper()}  {verdict.mutation.removes}\n{verdict.output}")
    return 0 if len(noticed) == len(chosen) else 1


def _sound(chosen: Sequence[Mutation], copies: SimpleQueue[Copy]) -> bool:
    """Whether all the tests pass on the sources as they are."""
    copy = copies.get()
    ran = copy.run(*dict.fromkeys(mutation.test for mutation in chosen))
    copies.put(copy)
    print(f"{len(chosen)} mutations; unmutated, their tests {ran.end} in {ran.seconds:.0f} s", flush=True)
    if ran.end != "passed":
        print(ran.output)
    return ran.end == "passed"


def _tried(mutation: Mutation, copies: SimpleQueue[Copy]) -> Verdict:
    copy = copies.get()
    try:
        with copy.edited(mutation.edits):
            ran = copy.run(mutation.test)
        word = {"failed": "noticed", "passed": "survived"}.get(ran.end, ran.end)
        verdict = Verdict(mutation, word, ran.seconds, ran.output)
    except NotApplicable as error:
        verdict = Verdict(mutation, "not applicable", 0, str(error))
    finally:
        copies.put(copy)
    test = mutation.test.rpartition("::")[2]
    print(
        f"{verdict.word:9} {mutation.area:8} {verdict.seconds:5.1f} s  {mutation.removes:58}  {test}",
        flush=True,
    )
    return verdict


def _chosen(arguments: Sequence[str]) -> Sequence[Mutation]:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations", description=__doc__)
    parser.add_argument("only", nargs="*", help="areas, or words of what is removed; all without any")
    only = parser.parse_args(arguments).only
    return [
        mutation
        for mutation in ALL
        if not only or any(word == mutation.area or word in mutation.removes for word in only)
    ]


if __name__ == "__main__":
    sys.exit(main())
