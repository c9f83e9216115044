"""Promises of the sample: critical cases are in, strata have their share, and anybody draws the same one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.domain.evaluation.measuring import MIN_SAMPLE
from promptops.domain.evaluation.sample import Drawn, drawn


@dataclass(frozen=True)
class Outline:
    case_id: str
    critical: bool = False
    tags: tuple[str, ...] = ()


def outlines(count: int, *, critical: int = 0, tags: tuple[tuple[str, ...], ...] = ((),)) -> list[Outline]:
    """Cases with the tag sets in turn; the first so many are critical."""
    return [Outline(f"case-{number}", number < critical, tags[number % len(tags)]) for number in range(count)]


def sample_of(cases: list[Outline], draw: Drawn) -> list[Outline]:
    return [cases[position] for position in draw.order[: draw.sample]]


datasets = st.builds(
    lambda flags: [Outline(f"case-{number}", *flag) for number, flag in enumerate(flags)],
    st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from("abc"), max_size=2).map(tuple)), max_size=120),
)


@settings(deadline=None)
@given(datasets, st.integers(1, 100), st.integers(0, 5))
def test_every_case_has_one_place_and_the_critical_ones_come_first(cases, size, seed):
    draw = drawn(cases, size=size, seed=seed)

    assert sorted(draw.order) == list(range(len(cases)))
    critical = [position for position, case in enumerate(cases) if case.critical]
    assert list(draw.order[: len(critical)]) == critical
    assert draw.sample >= len(critical)


@settings(deadline=None)
@given(datasets, st.integers(1, 100), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_change_who_is_in_the_sample(cases, size, random):
    shuffled = random.sample(cases, len(cases))

    before, after = drawn(cases, size=size, seed=3), drawn(shuffled, size=size, seed=3)

    assert set(sample_of(cases, before)) == set(sample_of(shuffled, after))


def test_a_dataset_no_larger_than_the_sample_is_all_sample():
    cases = outlines(200, critical=3)

    assert drawn(cases, size=200, seed=0) == Drawn(tuple(range(200)), 200)


def test_a_sample_has_its_size():
    assert drawn(outlines(1_000, critical=30), size=200, seed=0).sample == 200


def test_so_many_critical_cases_leave_room_for_others():
    draw = drawn(outlines(1_000, critical=300), size=200, seed=0)

    assert draw.sample == 300 + MIN_SAMPLE


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**53), st.integers(20, 400))
def test_each_tag_set_has_its_share_rounded_up_or_down(seed, size):
    cases = outlines(1_000, tags=(("a",), ("b",), ("b",), ("a", "c"), ("b",), ("a",), ("b",)))
    whole = Counter(case.tags for case in cases)

    found = Counter(case.tags for case in sample_of(cases, drawn(cases, size=size, seed=seed)))

    for tags, count in whole.items():
        # Two ends of a stratum may each lie between two draws.
        assert abs(found[tags] - size * count / 1_000) <= 1, tags


def test_tags_in_another_order_are_the_same_stratum():
    cases = outlines(400, tags=(("a", "b"), ("b", "a")))
    ordered = outlines(400, tags=(("a", "b"),))

    assert drawn(cases, size=50, seed=1) == drawn(ordered, size=50, seed=1)


def test_another_seed_draws_another_sample_and_each_case_as_often_as_any_other():
    cases = outlines(100, tags=(("many",),) * 9 + (("few",),))
    drawn_times: Counter[str] = Counter()
    for seed in range(400):
        drawn_times.update(case.case_id for case in sample_of(cases, drawn(cases, size=25, seed=seed)))

    # 100 times on the average; the standard deviation is below nine.
    assert len(drawn_times) == 100
    assert all(60 < times < 140 for times in drawn_times.values())


def test_what_is_drawn_is_fixed_for_good():
    cases = outlines(1_000, critical=1, tags=(("a",), ("b",)))
    draw = drawn(cases, size=20, seed=42)

    of_a = (0, 288, 324, 326, 374, 404, 502, 644, 762, 824, 932)
    of_b = (43, 231, 303, 387, 495, 675, 685, 785, 929, 945)
    assert draw.order[: draw.sample] == tuple(sorted((*of_a, *of_b)))
