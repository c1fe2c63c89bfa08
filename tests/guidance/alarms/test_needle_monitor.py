"""The needle's own alarms, as the event stream has them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from drivers.base import Outcome, Pulse
from guidance.alarms import NeedleMonitor
from guidance.alarms.board import AlarmBoard
from guidance.contracts.events import Alarm, Entry, Response
from tests.support.outcomes import outcome_of


class Bench:
    """Pulses twice a second, and the alarms that began (``+``) and ended (``-``)."""

    def __init__(self) -> None:
        self.needle = NeedleMonitor(AlarmBoard())
        self.t = 0.0
        self.changes: list[str] = []
        self.texts: list[str] = []

    def pulses(
        self, count: int, kohm: float | None = 12.0, *, detected: bool = True, lead_off: bool = False,
        contaminated: bool = False, outcome: Outcome = Outcome.DELIVERED,
    ) -> None:  # fmt: skip
        for _ in range(count):
            self.t += 0.5
            pulse = Pulse(round(self.t * 1000), current_ma=0.5, width_ms=0.1, impedance_kohm=kohm, outcome=outcome)
            self._take(self.needle.pulse(pulse, self.t, lead_off=lead_off))
            response = Response(pulse.sample, "EMG", detected, 0.5, 90.0, None, contaminated)
            self._take(self.needle.observe(outcome_of(pulse, response, self.t)))

    def enter(self, what: str) -> None:
        self._take(self.needle.apply_entry(Entry(what, {}), self.t))

    def _take(self, alarms: Iterable[Alarm]) -> None:
        for alarm in alarms:
            self.changes.append(f"{'+' if alarm.active else '-'}{alarm.code}")
            self.texts.append(alarm.text)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.pulses(20)
    return made


def test_a_needle_at_rest_raises_no_alarm(bench: Bench) -> None:
    bench.pulses(40)
    assert bench.changes == []


def test_a_rise_begins_and_ends_and_states_its_size(bench: Bench) -> None:
    bench.pulses(8, 15.0)
    bench.pulses(8, 12.0)
    assert bench.changes == ["+impedance-rise", "-impedance-rise"]
    assert "+25%" in bench.texts[0]


def test_a_fall_has_its_own_code(bench: Bench) -> None:
    bench.pulses(8, 7.0)
    assert bench.changes == ["+impedance-fall"]


@pytest.mark.parametrize("what", ["redirect", "insertion"])
def test_at_a_new_place_the_alarm_ends_and_the_baseline_is_new(bench: Bench, what: str) -> None:
    bench.pulses(8, 15.0)
    bench.enter(what)
    bench.pulses(40, 15.0)
    assert bench.changes == ["+impedance-rise", "-impedance-rise"]


def test_while_an_electrode_is_off_the_impedance_is_ignored(bench: Bench) -> None:
    bench.pulses(20, 25.0, lead_off=True)
    bench.pulses(20, 25.0, outcome=Outcome.NOT_DELIVERED)
    bench.pulses(20, 12.0)
    assert bench.changes == []


def test_a_device_that_does_not_measure_it_raises_nothing(bench: Bench) -> None:
    bench.pulses(40, None)
    assert bench.changes == []


def test_a_loss_of_the_twitch_with_the_injection_is_called_expected(bench: Bench) -> None:
    bench.enter("injection")
    bench.pulses(5, 9.0, detected=False)
    assert bench.changes == ["+twitch-loss"]
    assert "expected" in bench.texts[0]


def test_a_twitch_that_persists_is_distinguished(bench: Bench) -> None:
    bench.enter("injection")
    bench.pulses(10)
    assert bench.changes == ["+twitch-loss"]
    assert "not lost" in bench.texts[0]


def test_undecided_sweeps_are_no_misses(bench: Bench) -> None:
    bench.enter("injection")
    bench.pulses(10, detected=False, contaminated=True)
    assert bench.changes == []


def test_a_redirect_ends_the_loss(bench: Bench) -> None:
    bench.enter("injection")
    bench.pulses(5, detected=False)
    bench.enter("redirect")
    assert bench.changes == ["+twitch-loss", "-twitch-loss"]


@pytest.mark.parametrize("what", ["contact", "pain", "note", "aspiration"])
def test_other_entries_change_nothing(bench: Bench, what: str) -> None:
    bench.pulses(8, 15.0)
    bench.enter(what)
    assert bench.changes == ["+impedance-rise"]


def test_responses_of_another_muscle_are_not_lost_to_the_injection() -> None:
    bench = Bench()
    bench.pulses(8)
    bench.enter("response-changed")
    bench.enter("injection")
    bench.pulses(6, detected=False)
    assert not [change for change in bench.changes if "twitch-loss" in change]
