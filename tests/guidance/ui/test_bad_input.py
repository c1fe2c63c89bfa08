"""What the screen shows of bad input: that it is not known, and why, never a number that feigns knowledge."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from guidance.contracts.events import PulseOutcome
from guidance.contracts.snapshot import Snapshot
from guidance.proximity.filter import ProximityFilter
from guidance.ui.estimate import EstimateReader, ShownEstimate
from guidance.ui.widgets.zone import ZoneWord
from tests.guidance.ui.painting import canvas_of
from tests.support.outcomes import outcome
from tests.support.screens import build_live

LIMIT_MA = 5.0


def pulse(number: int, current_ma: float | None, uv: float | None = 150.0) -> PulseOutcome:
    """Return pulse ``number``, two a second; its sweep cannot tell where ``uv`` is None."""
    responds = uv is not None and uv > 40.0
    return outcome(number, number / 2, current_ma, detected=responds, amplitude_uv=uv, contaminated=uv is None)


class Screen:
    """The estimate as the screen shows it after each pulse."""

    def __init__(self) -> None:
        self._filter = ProximityFilter(100.0, 0.2, 0.5, limit_ma=LIMIT_MA)
        self._reader, self._undecided, self._count = EstimateReader(), 0, 0

    def after(self, outcome: PulseOutcome) -> ShownEstimate:
        self._count += 1
        self._undecided += outcome.response.contaminated
        self.snapshot: Snapshot = replace(
            build_live(proximity=self._filter.observe(outcome)),
            t=outcome.t, responses=self._count, undecided=(("noise", self._undecided),) if self._undecided else (),
        )  # fmt: skip
        return self._reader.read(self.snapshot)

    def known(self) -> ShownEstimate:
        """Learn a threshold of some 0.5 mA by twelve pulses."""
        for number in range(12):
            shown = self.after(pulse(number, 0.5 + 0.02 * (number % 3), uv=150.0 + 60.0 * (number % 3)))
        assert shown.why is None
        return shown


def drawn(estimate: ShownEstimate) -> str:
    return "\n".join(strip.text for strip in canvas_of(ZoneWord(), estimate, (94, 9)).strips())


def holds_nothing(shown: ShownEstimate) -> bool:
    return (shown.probability, shown.distance_mm, shown.trend) == (None, None, None) and shown.zone in {None, "none"}


def test_a_pulse_of_unknown_current_shows_that_and_the_next_known_one_the_estimate_again() -> None:
    screen = Screen()
    screen.known()
    shown = screen.after(pulse(12, None))
    assert (shown.why, shown.zone, shown.threshold_ma) == ("current not known", None, None)
    assert "current not known" in drawn(shown)
    assert screen.after(pulse(13, 0.5)).why is None


def test_currents_that_jump_between_extremes_never_show_a_wide_interval_as_known() -> None:
    screen = Screen()
    for number in range(40):
        current_ma = (0.02, 5.0, 0.3, 60.0)[number % 4]
        shown = screen.after(pulse(number, current_ma, uv=3000.0 if current_ma > 1 else 5.0))
        if shown.why is not None:
            assert holds_nothing(shown)
        elif shown.threshold_ma is not None:
            low, median, high = shown.threshold_ma
            assert 0 < low <= median <= high <= 3.0 * low
            assert math.isfinite(high)


def test_undecided_sweeps_alone_are_shown_as_that_and_not_as_no_response() -> None:
    screen = Screen()
    for number in range(40):
        shown = screen.after(pulse(number, 0.5 + 0.1 * number, None))
    assert (shown.why, shown.zone) == ("no sweep could tell yet", None)
    assert holds_nothing(shown)
    assert "no sweep could tell yet" in drawn(shown)
    assert screen.after(pulse(40, 1.0, 5.0)).why == "no response yet"


def test_a_known_threshold_is_not_known_any_more_after_many_undecided_sweeps() -> None:
    screen = Screen()
    screen.known()
    for number in range(12, 132):
        shown = screen.after(pulse(number, 0.5, None))
    assert shown.why is not None
    assert shown.why.startswith("threshold not known")
    assert holds_nothing(shown)


def test_a_threshold_above_the_limit_is_shown_as_above_it_and_never_as_a_number() -> None:
    screen = Screen()
    screen.known()
    for number in range(12, 30):
        shown = screen.after(pulse(number, LIMIT_MA, 5.0))
    assert (shown.why, shown.zone, shown.threshold_ma) == ("threshold above 5 mA", "none", None)
    assert holds_nothing(shown)
    assert "above 5 mA" in drawn(shown)


@pytest.mark.hazard("stale-estimate")
@pytest.mark.parametrize("leap_s", [-1.0, -1e6, 11.0, 1e9])
def test_a_clock_that_leaps_makes_what_is_shown_stale(leap_s: float) -> None:
    screen = Screen()
    screen.known()
    leapt = replace(screen.snapshot, t=screen.snapshot.t + leap_s)
    shown = screen._reader.read(leapt)
    assert (shown.why, shown.threshold_ma) == ("stale: no fresh sweep", None)
    assert shown.is_old


def test_while_time_stands_still_each_new_pulse_is_shown_and_no_trend_is_made_up() -> None:
    screen = Screen()
    for number in range(30):
        current_ma = 0.45 + 0.03 * (number % 4)
        made = replace(pulse(number, current_ma, uv=1e2 * (current_ma / 0.5) ** 7), t=3.0)
        shown = screen.after(made)
        assert shown.trend is None
        assert shown.threshold_ma is None or all(map(math.isfinite, shown.threshold_ma))
