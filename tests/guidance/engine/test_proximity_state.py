"""The newest proximity: it lapses with the input or with age, and each change of it is a record."""

from __future__ import annotations

import pytest

from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Alarm, Cue, Entry, Proximity
from guidance.engine.proximity_state import ProximityState
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load

AT_TARGET = Proximity(7, (0.3, 0.4, 0.5), (0.3, 0.4, 0.5), None, "target", {"target": 1.0}, valid=True, why=None)


@pytest.fixture
def state() -> ProximityState:
    return ProximityState(Settings(load("generic-block"), Mode.AUTO), HealthMonitor(AlarmBoard(), 10_000.0))


def test_a_proximity_is_recorded_with_its_cue_and_the_same_one_without(state: ProximityState) -> None:
    known, cue = state.adopt(AT_TARGET)
    assert known == AT_TARGET
    assert isinstance(cue, Cue)
    assert cue.name == "target"
    assert list(state.adopt(AT_TARGET)) == [AT_TARGET]


def test_of_a_dead_input_nothing_is_known(state: ProximityState) -> None:
    list(state.adopt(AT_TARGET))
    state.input_dead = True
    lapsed, cue = state.lapse()
    assert isinstance(lapsed, Proximity)
    assert (lapsed.sample, lapsed.valid, lapsed.why) == (7, False, "signal-dead")
    assert isinstance(cue, Cue)
    assert cue.name == "unknown"
    (still_unknown,) = state.adopt(AT_TARGET)
    assert still_unknown == lapsed


def test_what_is_alive_or_already_unknown_does_not_lapse(state: ProximityState) -> None:
    assert not [*state.lapse(), *state.lapse_stale(), *state.too_close(), *state.cue_change()]
    list(state.adopt(AT_TARGET))
    assert not list(state.lapse())


@pytest.mark.hazard("stale-estimate")
def test_an_old_proximity_is_stale(state: ProximityState) -> None:
    list(state.adopt(AT_TARGET))
    list(state.lapse_stale())
    assert state.newest is not None
    assert (state.newest.sample, state.newest.why) == (7, "stale")


def test_an_entry_that_restarts_the_estimate_ends_the_alarm_and_the_zone(state: ProximityState) -> None:
    too_close = Proximity(7, (0.1, 0.1, 0.1), (0.1, 0.1, 0.1), None, "close", {"close": 1.0}, valid=True, why=None)
    list(state.adopt(too_close))
    (begins,) = state.too_close()
    assert isinstance(begins, Alarm)
    assert begins.active
    entry, unknown, ends, cue = state.apply_entry(Entry("insertion", {}))
    assert isinstance(entry, Entry)
    assert "restarted" in entry.fields["estimate"]
    assert isinstance(unknown, Proximity)
    assert (unknown.valid, unknown.why) == (False, "no-response-yet")
    assert isinstance(ends, Alarm)
    assert not ends.active
    assert isinstance(cue, Cue)


def test_an_entry_that_does_not_concern_the_nerve_is_recorded_alone(state: ProximityState) -> None:
    list(state.adopt(AT_TARGET))
    assert list(state.apply_entry(Entry("pain", {}))) == [Entry("pain", {})]
    assert state.newest == AT_TARGET
