"""An external stimulator on a device that marks its pulses: the marks count, and no edge does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.base import Pulse
from guidance.contracts.events import Response, Stimulus
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from tests.support.streams import evoked, of_kind, settings


def stimuli_and_responses(
    marks: tuple[Pulse, ...], chosen: Settings, *, marks_pulses: bool
) -> tuple[list[Stimulus], list[Response]]:
    stream = replace(evoked(300.0, 12), pulses=marks)
    engine = Engine(chosen, replace(stream.info, marks_pulses=marks_pulses), "2026-01-01T00:00:00+00:00")
    made = list(engine.step(list(stream.blocks(stream.every(40)))))
    return of_kind(made, Stimulus), of_kind(made, Response)


def test_marks_are_the_pulses_and_the_dial_shows_their_current() -> None:
    marks = tuple(Pulse(pulse.sample) for pulse in evoked(300.0, 12).pulses[:5])
    chosen = replace(settings(Mode.LISTEN), current_ma=0.4)
    stimuli, responses = stimuli_and_responses(marks, chosen, marks_pulses=True)
    assert [stimulus.sample for stimulus in stimuli] == [mark.sample for mark in marks]
    assert {(stimulus.source, stimulus.current_ma) for stimulus in stimuli} == {("device", 0.4)}
    assert [response.detected for response in responses] == [True] * 5


def test_a_current_that_the_mark_reports_is_kept() -> None:
    marks = tuple(Pulse(pulse.sample, current_ma=0.7) for pulse in evoked(300.0, 12).pulses[:3])
    chosen = replace(settings(Mode.LISTEN), current_ma=0.4)
    assert {stimulus.current_ma for stimulus in stimuli_and_responses(marks, chosen, marks_pulses=True)[0]} == {0.7}


def test_a_device_that_marks_nothing_is_listened_to_by_artefact() -> None:
    marks = (Pulse(10),)
    stimuli, _ = stimuli_and_responses(marks, settings(Mode.LISTEN), marks_pulses=False)
    assert len(stimuli) >= 10
    assert {stimulus.source for stimulus in stimuli} == {"artefact"}


@pytest.mark.parametrize("marks_pulses", [True, False])
def test_where_this_program_asks_for_pulses_an_unknown_current_stays_unknown(*, marks_pulses: bool) -> None:
    marks = tuple(Pulse(pulse.sample) for pulse in evoked(300.0, 12).pulses[:3])
    stimuli, _ = stimuli_and_responses(marks, settings(Mode.MANUAL), marks_pulses=marks_pulses)
    assert {stimulus.current_ma for stimulus in stimuli} == {None}
