"""The engine on synthetic signals: block sizes, lost samples, electrodes, pauses; and it never stimulates."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from drivers.base import Block, Status
from guidance.biofeedback.records import EnvelopeSecond, MuscleCalibration, TrialRecord
from guidance.contracts.commands import (
    Arm,
    HoldCurrent,
    OperatorCommand,
    OperatorNote,
    PausePlayback,
    ReleaseControl,
    Stop,
    TakeControl,
    TurnDial,
)
from guidance.contracts.events import Alarm, Cue, Entry, Record, Signal, TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from tests.support.biofeedback_signals import blocks, engine_of, exercise, heart, of_kind, person_signal, run_engine
from tests.support.some import some

RATE_HZ = 500.0
PLAN = exercise("contract-hold", trials=1)
VISIT = person_signal(PLAN, RATE_HZ)


def recorded(timed: list[TimedRecord]) -> list[str]:
    numbering = RecordSerializer()
    return [json.dumps(json.loads(numbering.line(TimedRecord(one.t, one.record), 0))) for one in timed]


def records(timed: list[TimedRecord]) -> list[Record]:
    return [one.record for one in timed]


@pytest.fixture(scope="module")
def whole() -> list[TimedRecord]:
    return run_engine(engine_of(PLAN, RATE_HZ), blocks(VISIT, itertools.repeat(250)))


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.lists(st.integers(40, 3000), min_size=1, max_size=6))
def test_records_do_not_depend_on_the_block_size(whole: list[TimedRecord], sizes: list[int]) -> None:
    cut = run_engine(engine_of(PLAN, RATE_HZ), blocks(VISIT, itertools.cycle(sizes)))
    assert recorded(cut) == recorded(whole)


def test_a_visit_from_rest_to_its_last_trial(whole: list[TimedRecord]) -> None:
    result = records(whole)
    assert [each.reached for each in of_kind(result, TrialRecord)] == [True]
    assert of_kind(result, MuscleCalibration)[0].line_uv == pytest.approx(80.0, rel=0.15)
    names = [cue.name for cue in of_kind(result, Cue)]
    assert names[0] == "exercise-quiet"
    assert names[-1] == "exercise-quiet"
    assert "exercise-on" in names


@pytest.mark.parametrize("sample_rate_hz", [250.0, 1000.0])
def test_every_board_from_250_hz_on_is_fast_enough(sample_rate_hz: float) -> None:
    plan = exercise("relax", trials=1)
    timed = run_engine(
        engine_of(plan, sample_rate_hz), blocks(person_signal(plan, sample_rate_hz), itertools.repeat(97))
    )
    assert [each.reached for each in of_kind(records(timed), TrialRecord)] == [True]


def test_each_second_records_envelope_and_quality(whole: list[TimedRecord]) -> None:
    seconds, signals = of_kind(records(whole), EnvelopeSecond), of_kind(records(whole), Signal)
    assert len(seconds) == len(signals) == len(VISIT) // RATE_HZ
    assert all(channel["rms_uv"] is not None for channel in seconds[-1].channels)
    assert seconds[0].channels[0]["percent"] is None
    assert seconds[-1].channels[0]["percent"] is not None
    assert seconds[-1].channels[1]["percent"] is None
    assert {"rms_uv", "mains_uv", "clipped_fraction", "lead_off"} == set(signals[0].channels[0])


def _with_hole() -> Iterator[Block]:
    first, stop = round(5 * RATE_HZ), round(7 * RATE_HZ)
    yield Block(0, VISIT[:first].astype(np.float32))
    yield Block(stop, VISIT[stop : stop + 3000].astype(np.float32), lost_before=stop - first)


def test_lost_samples_are_unknown_and_calibration_waits() -> None:
    engine = engine_of(PLAN, RATE_HZ)
    result = records(run_engine(engine, _with_hole()))
    assert any(alarm.code == "samples-lost" for alarm in of_kind(result, Alarm))
    seconds = [second.channels[0]["rms_uv"] for second in of_kind(result, EnvelopeSecond)]
    assert [value is None for value in seconds[4:8]] == [False, True, True, False]
    assert engine.sequence.phase.name == "rest"
    assert engine.sequence.left_s == pytest.approx(8.0 - (13.0 - 3.0 - 2.0 - 0.09), abs=0.2)


def test_a_muscle_with_its_electrode_off_is_unknown_with_a_reason_and_never_zero() -> None:
    engine = engine_of(PLAN, RATE_HZ)
    off = Block(0, VISIT[:1500].astype(np.float32), status=(Status(0, "streaming", "none", (True, False)),))
    result = records(run_engine(engine, [off]))
    view = engine.view()
    assert (view.muscles[0].envelope_uv, view.muscles[0].why) == (None, "electrode off")
    assert view.muscles[1].envelope_uv is not None
    assert any(alarm.code == "lead-off" for alarm in of_kind(result, Alarm))
    assert of_kind(result, EnvelopeSecond)[1].channels[0]["rms_uv"] is None
    assert of_kind(result, Entry)[0].fields == {"off": [True, False]}


def test_a_lost_amplifier_leaves_no_old_value_on_the_screen() -> None:
    engine = engine_of(PLAN, RATE_HZ)
    run_engine(engine, [Block(0, VISIT[:1500].astype(np.float32))])
    assert engine.view().muscles[0].envelope_uv is not None
    assert [*engine.update_condition("device-lost", "The amplifier was unplugged.")]
    assert (engine.view().muscles[0].envelope_uv, engine.view().muscles[0].why) == (None, "no signal")
    assert [*engine.update_condition("device-lost", None)]
    assert engine.view().muscles[0].envelope_uv is not None


def test_a_heart_artefact_raises_the_band_and_is_recorded() -> None:
    plan, sample_rate_hz = exercise("relax", trials=1, rest_s=15.0), 1000.0
    signal = person_signal(plan, sample_rate_hz)
    signal[:, 0] += heart(len(signal), sample_rate_hz, 150.0, np.random.default_rng(1))
    result = records(run_engine(engine_of(plan, sample_rate_hz), blocks(signal, itertools.repeat(500))))
    calibrated = of_kind(result, MuscleCalibration)[0]
    assert calibrated.band_hz[0] == 150.0
    assert calibrated.heart_per_min == pytest.approx(60 / 0.85, rel=0.1)
    assert (calibrated.rest_mean_uv or 99.0) < 6.0


def test_a_slow_board_with_a_heart_artefact_shows_a_hint() -> None:
    plan, sample_rate_hz = exercise("relax", trials=1, rest_s=15.0), 250.0
    signal = person_signal(plan, sample_rate_hz)
    signal[:, 0] += heart(len(signal), sample_rate_hz, 150.0, np.random.default_rng(1))
    engine = engine_of(plan, sample_rate_hz)
    run_engine(engine, blocks(signal, itertools.repeat(500)))
    assert "the signal has a heart artefact" in engine.view().hint


def test_the_operator_pauses_moves_the_line_and_notes() -> None:
    engine = engine_of(PLAN, RATE_HZ)
    timed = [*engine.step([], None, [PausePlayback(on=True), TurnDial(1), OperatorNote("pain")])]
    assert [record.what for record in of_kind(records(timed), Entry)] == ["pause", "pain"]
    run_engine(engine, [Block(0, VISIT[:5000].astype(np.float32))])
    assert engine.sequence.phase.name == "prepare"


def test_the_engine_cannot_request_a_stimulus(whole: list[TimedRecord]) -> None:
    engine = engine_of(PLAN, RATE_HZ)
    assert engine.stimulation is None
    assert [*engine.arm("operator", 0)] == []
    assert engine.actions == []
    assert not [record for record in some(records(whole)) if record.kind in ("command", "stimulus")]


@pytest.mark.parametrize("wanted", [Arm(), Stop(), TurnDial(1), TakeControl(), HoldCurrent(), ReleaseControl()])
def test_no_command_of_the_operator_makes_the_engine_stimulate(wanted: OperatorCommand) -> None:
    engine = engine_of(PLAN, RATE_HZ)
    timed = [*engine.step([], None, [wanted]), *run_engine(engine, blocks(VISIT, itertools.repeat(250)))]
    assert engine.actions == []
    assert not [record for record in some(records(timed)) if record.kind in ("command", "stimulus")]
