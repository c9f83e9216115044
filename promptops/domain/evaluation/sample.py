"""Which cases are measured first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from promptops.domain.evaluation.measuring import MIN_SAMPLE

_SPAN = 2**64


class Outlined(Protocol):
    """What is known of a case before it is measured."""

    @property
    def case_id(self) -> str: ...
    @property
    def critical(self) -> bool: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Drawn:
    """The positions of all cases in the order of their measuring; the first `sample` are the sample."""

    order: tuple[int, ...]
    sample: int


def drawn(outlines: Sequence[Outlined], *, size: int, seed: int) -> Drawn:
    """Every critical case and, of the others, a stratified sample that fills up to `size`.

    Of the others at least 20 are taken, however many are critical; a dataset of `size` cases is all sample.
    The draw follows from the seed and the cases' ids, critical flags and tags: the order of the lines in the
    file, the machine and the Python version change nothing.

    It is systematic sampling from a list that is sorted by tag set and shuffled within (W. G. and L. H.
    Madow, 1944): each stratum gets its share rounded up or down, and every case has the same chance. A place
    set aside for each small stratum would give its cases more weight in the sample than they have in the
    whole, so that a score over the sample would be another than the one it stands for.
    """
    critical = [position for position, case in enumerate(outlines) if case.critical]
    others = [position for position, case in enumerate(outlines) if not case.critical]
    wanted = max(size - len(critical), MIN_SAMPLE)
    chosen = (
        others if len(outlines) <= size or len(others) <= wanted else _some(others, outlines, wanted, seed)
    )
    first = [*critical, *sorted(chosen)]
    rest = set(others).difference(chosen)
    return Drawn((*first, *sorted(rest)), len(first))


def _some(positions: Sequence[int], outlines: Sequence[Outlined], wanted: int, seed: int) -> list[int]:
    def place(position: int) -> tuple[list[str], int]:
        case = outlines[position]
        return sorted(set(case.tags)), _chance(seed, case.case_id)

    ranked = sorted(positions, key=place)
    start, step = _chance(seed, ""), len(ranked)
    # Whole numbers: a float's rounding could take one position twice or run over the end.
    return [ranked[(draw * _SPAN + start) * step // (wanted * _SPAN)] for draw in range(wanted)]


def _chance(seed: int, name: str) -> int:
    return int.from_bytes(sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
