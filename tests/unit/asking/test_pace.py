"""Promises of the pace: a limit holds, from the first request on, whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from promptops.asking.pace import Pace
from promptops.domain.errors import Throttled
from promptops.domain.question import ModelName
from tests.unit.asking.fake_timer import FakeTimer, StandingTimer

MODEL, OTHER = ModelName("some-model"), ModelName("some-model", "somewhere")


def test_requests_come_at_equal_distances_and_not_all_at_the_beginning():
    timer = FakeTimer()
    pace = Pace({MODEL: 30}, timer=timer)

    moments = []
    for _ in range(4):
        pace.take_turn(MODEL)
        moments.append(timer.moment)

    assert moments == [0, 2, 4, 6]


def test_after_a_pause_only_a_seconds_worth_may_come_at_once():
    timer = FakeTimer()
    pace = Pace({MODEL: 600}, timer=timer)
    pace.take_turn(MODEL)
    timer.moment = 3600.0

    for _ in range(10):
        pace.take_turn(MODEL)
    assert timer.slept == []
    pace.take_turn(MODEL)
    assert timer.slept == [pytest.approx(0.1)]


@pytest.mark.parametrize("limit", [1, 7, 60, 600, 6000])
def test_no_minute_has_more_requests_than_allowed_but_for_a_seconds_worth(limit: int):
    timer = FakeTimer()
    pace = Pace({MODEL: limit}, timer=timer, max_wait_seconds=1e9)

    asked = 0
    while timer.moment < 600:
        pace.take_turn(MODEL)
        asked += 1

    assert limit * 10 - 1 <= asked <= limit * 10 + 2 + limit / 60


def test_each_model_has_its_own_turns_and_one_without_a_limit_never_waits():
    timer = FakeTimer()
    pace = Pace({MODEL: 1}, timer=timer)

    pace.take_turn(MODEL)
    for _ in range(1000):
        pace.take_turn(OTHER)

    assert timer.slept == []


def test_threads_share_the_turns():
    timer = StandingTimer()
    pace = Pace({MODEL: 60}, timer=timer)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(pace.take_turn, [MODEL] * 100))

    assert sorted(timer.slept) == [pytest.approx(second) for second in range(1, 100)]


def test_who_would_wait_for_minutes_is_told_so_and_takes_no_turn():
    timer = StandingTimer()
    pace = Pace({MODEL: 6}, timer=timer, max_wait_seconds=25)
    for _ in range(3):
        pace.take_turn(MODEL)

    for _ in range(5):
        with pytest.raises(Throttled, match="some-model may be asked 6 times a minute"):
            pace.take_turn(MODEL)
    timer.moment = 10.0
    pace.take_turn(MODEL)

    assert timer.slept == [10, 20, 20]
