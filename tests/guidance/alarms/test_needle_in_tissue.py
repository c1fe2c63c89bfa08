"""The needle's alarms in a whole procedure on the simulated patient."""

from __future__ import annotations

import pytest

from drivers.simulated.tissue import Injectate
from guidance.contracts.commands import OperatorNote
from guidance.contracts.events import Alarm
from guidance.engine.settings import Mode
from tests.support.closed_loop import ClosedLoop


def began(loop: ClosedLoop) -> list[str]:
    return [alarm.code for alarm in loop.of(Alarm) if alarm.active]


@pytest.fixture
def loop() -> ClosedLoop:
    """Return a procedure half a millimetre from the nerve, at a current that evokes a response."""
    made = ClosedLoop(Mode.MANUAL, seed=5, start_mm=0.5, current_ma=0.3)
    made.stimulation.controller.current_ma = round(1.6 * made.patient.truth(100.0).threshold_ma, 2)  # type: ignore[attr-defined]
    made.run(10.0)
    assert "twitch-loss" not in began(made)
    return made


def test_saline_takes_the_twitch_away_as_expected(loop: ClosedLoop) -> None:
    loop.patient.inject(Injectate.SALINE, 1.5)
    loop.run(5.0, OperatorNote("injection"))
    texts = [alarm.text for alarm in loop.of(Alarm) if alarm.code == "twitch-loss"]
    assert len(texts) == 1
    assert "expected" in texts[0]
    loop.run(0.5, OperatorNote("redirect"))
    assert [alarm.active for alarm in loop.of(Alarm) if alarm.code == "twitch-loss"] == [True, False]


def test_dextrose_leaves_the_twitch(loop: ClosedLoop) -> None:
    loop.patient.inject(Injectate.DEXTROSE, 1.5)
    loop.run(8.0, OperatorNote("injection"))
    texts = [alarm.text for alarm in loop.of(Alarm) if alarm.code == "twitch-loss"]
    assert not [text for text in texts if "expected" in text]


@pytest.mark.hazard("intraneural")
def test_into_a_nerve_of_higher_impedance_the_rise_is_reported(loop: ClosedLoop) -> None:
    loop.patient.tissue._inside = 1.8
    loop.run(0.01, OperatorNote("redirect"))
    loop.run(8.0)
    assert "impedance-rise" not in began(loop)
    loop.patient.steer(1.0)
    loop.run(5.0)
    assert "impedance-rise" in began(loop)
