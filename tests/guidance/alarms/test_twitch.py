"""The response that an injection takes away, or does not."""

from __future__ import annotations

import pytest

from guidance.alarms.twitch import ATTRIBUTED_S, LOST_AFTER, PERSISTS_AFTER, TwitchMonitor
from tests.support.outcomes import outcome


class Muscle:
    """Pulses twice a second."""

    def __init__(self) -> None:
        self.monitor = TwitchMonitor()
        self.t = 0.0

    def pulses(self, count: int, current_ma: float, *, detected: bool, width_ms: float = 0.1) -> None:
        for _ in range(count):
            self.t += 0.5
            self.monitor.observe(outcome(0, self.t, current_ma, width_ms, detected=detected))

    def inject(self) -> None:
        self.monitor.injected(self.t + 0.1)


@pytest.fixture
def muscle() -> Muscle:
    made = Muscle()
    made.pulses(8, 0.5, detected=True)
    return made


def test_a_response_that_goes_with_the_injection_is_lost_after_three_pulses(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(LOST_AFTER - 1, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None
    muscle.pulses(1, 0.5, detected=False)
    assert muscle.monitor.lost_ma == 0.5


def test_without_an_injection_no_response_is_lost_to_it(muscle: Muscle) -> None:
    muscle.pulses(20, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None


def test_a_single_miss_is_no_loss(muscle: Muscle) -> None:
    muscle.inject()
    for _ in range(6):
        muscle.pulses(LOST_AFTER - 1, 0.5, detected=False)
        muscle.pulses(1, 0.5, detected=True)
    assert muscle.monitor.lost_ma is None


def test_misses_at_a_lower_current_do_not_count(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(20, 0.4, detected=False)
    assert muscle.monitor.lost_ma is None


def test_misses_at_a_higher_current_count_all_the_more(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(LOST_AFTER, 0.8, detected=False)
    assert muscle.monitor.lost_ma == 0.5


def test_pulses_of_another_width_are_not_compared(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(20, 0.5, detected=False, width_ms=0.3)
    assert muscle.monitor.lost_ma is None


def test_without_responses_before_there_is_nothing_to_lose() -> None:
    muscle = Muscle()
    muscle.pulses(8, 0.5, detected=False)
    muscle.inject()
    muscle.pulses(20, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None


def test_responses_of_long_before_do_not_count(muscle: Muscle) -> None:
    muscle.t += 20.0
    muscle.inject()
    muscle.pulses(20, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None


def test_a_response_that_goes_much_later_has_other_reasons(muscle: Muscle) -> None:
    muscle.inject()
    muscle.t += ATTRIBUTED_S
    muscle.pulses(20, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None


def test_a_lost_response_stays_lost_at_a_higher_current_and_is_back_after_two(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(4, 0.5, detected=False)
    muscle.pulses(4, 1.5, detected=True)
    muscle.pulses(1, 0.5, detected=True)
    assert muscle.monitor.lost_ma == 0.5
    muscle.pulses(1, 0.5, detected=True)
    assert muscle.monitor.lost_ma is None


@pytest.mark.hazard("intraneural")
def test_a_response_at_a_low_current_that_persists_is_reported(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(PERSISTS_AFTER - 1, 0.5, detected=True)
    assert muscle.monitor.persists_ma is None
    muscle.pulses(1, 0.45, detected=True)
    assert muscle.monitor.persists_ma == 0.45
    muscle.pulses(LOST_AFTER, 0.5, detected=False)
    assert (muscle.monitor.persists_ma, muscle.monitor.lost_ma) == (None, 0.5)


def test_a_response_at_a_high_current_may_persist() -> None:
    muscle = Muscle()
    muscle.pulses(8, 1.5, detected=True)
    muscle.inject()
    muscle.pulses(30, 1.5, detected=True)
    assert muscle.monitor.persists_ma is None


def test_a_second_aliquot_is_compared_with_the_state_before_the_first(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(2, 0.5, detected=True)
    muscle.pulses(2, 0.5, detected=False)
    muscle.inject()
    muscle.pulses(1, 0.5, detected=False)
    assert muscle.monitor.lost_ma == 0.5


def test_at_another_place_the_injection_is_forgotten(muscle: Muscle) -> None:
    muscle.inject()
    muscle.pulses(4, 0.5, detected=False)
    muscle.monitor.restart()
    assert muscle.monitor.lost_ma is None
    muscle.pulses(20, 0.5, detected=False)
    assert muscle.monitor.lost_ma is None
