"""The Snapshot is built from the records that an engine emits, each counted once, and from the state passed in."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from guidance.biofeedback.plan import plan_of
from guidance.contracts.events import End, Entry, Response, Stimulus, TimedRecord
from guidance.contracts.origin import RECORDED, Origin
from guidance.contracts.snapshot import Snapshot
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from guidance.engine.snapshot_builder import EngineState, SessionState, SnapshotBuilder
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from guidance.signal.response.sweep_result import SweepResult
from tests.support.biofeedback_signals import engine_of
from tests.support.closed_loop import ClosedLoop
from tests.support.streams import Stream, evoked, settings

SESSION = SessionState("made", RECORDED)


def ran(stream: Stream) -> tuple[Engine, list[TimedRecord]]:
    """Return an engine at the end of ``stream``, and all that it emitted."""
    engine = Engine(settings(), stream.info, "2026-01-01T00:00:00+00:00")
    emitted = [engine.begin(RECORDED), *engine.step(list(stream.blocks(stream.every(400)))), *engine.end("duration")]
    return engine, emitted


def of(emitted: list[TimedRecord], kind: type) -> list[TimedRecord]:
    return [one for one in emitted if isinstance(one.record, kind)]


def test_a_snapshot_and_the_end_count_what_the_records_count() -> None:
    engine, emitted = ran(evoked(300.0, 6))
    shown = engine.snapshot(SESSION)
    (end,) = [one.record for one in emitted if isinstance(one.record, End)]
    assert shown.stimuli == end.stimuli == len(of(emitted, Stimulus)) == 6
    assert shown.responses == end.responses == len(of(emitted, Response)) == 6
    found = [one.record for one in emitted if isinstance(one.record, Response)]
    assert shown.detections == sum(response.detected for response in found)
    assert [sweep.amplitude_uv for sweep in shown.sweeps] == [response.amplitude_uv for response in found]
    assert [sweep.pulse_index for sweep in shown.sweeps] == [1, 2, 3, 4, 5, 6]
    assert len(shown.past.trail) == 6
    assert shown.past.events[-1].text == "the procedure ends: duration"


def test_an_entry_of_the_session_is_recorded_and_in_the_timeline_once() -> None:
    engine, _ = ran(evoked(300.0, 2))
    (emitted,) = engine.enter(Entry("note", {"text": "fascia felt"}))
    assert emitted == TimedRecord(engine.t, Entry("note", {"text": "fascia felt"}))
    assert [event.text for event in engine.snapshot(SESSION).past.events].count("note: fascia felt") == 1


def test_the_stimulator_is_shown_as_in_the_last_record_of_a_pulse() -> None:
    loop = ClosedLoop(Mode.AUTO)
    loop.run(2.0)
    last = loop.of(Stimulus)[-1]
    shown = loop.engine.snapshot(SESSION).stimulator
    assert shown is not None
    assert (shown.delivered_ma, shown.impedance_kohm) == (last.current_ma, last.impedance_kohm)


def builder() -> SnapshotBuilder:
    return SnapshotBuilder(settings(), evoked(300.0, 1).info)


def response(sample: int, channel: str = "EMG 0") -> TimedRecord:
    return TimedRecord(1.0, Response(sample, channel, True, 0.001, 300.0, 8.0, False))


def shown_by(built: SnapshotBuilder, session: SessionState = SESSION) -> Snapshot:
    return built.build(EngineState(1.0, ()), session)


@pytest.mark.parametrize("other", [response(11), response(10, "EMG 1")])
def test_samples_of_one_sweep_are_not_shown_as_those_of_another(other: TimedRecord) -> None:
    built = builder()
    built.add_sweep(10, SweepResult(*[None] * len(fields(SweepResult))), 0.5)  # type: ignore[arg-type]
    built.receive(other)
    assert shown_by(built).sweeps == ()
    assert shown_by(built).detections == 0
    assert shown_by(built).responses == 1


def test_side_is_what_the_operator_entered_last() -> None:
    built = builder()
    for side in ("left", "right"):
        built.receive(TimedRecord(0.0, Entry("side", {"text": side})))
    assert shown_by(built).side == "right"


def test_the_session_gives_the_origin_of_the_signal() -> None:
    shown = shown_by(builder(), SessionState("NA-4 7", Origin(live=True, simulated=False), duration_s=60.0))
    assert (shown.live, shown.simulated, shown.source, shown.duration_s) == (True, False, "NA-4 7", 60.0)


def test_an_exercise_is_shown_without_sweeps_or_stimulator() -> None:
    sheet = load_sheet("relax").sheet
    assert isinstance(sheet, BiofeedbackProtocol)
    engine = engine_of(plan_of(sheet, 1)[0], 1000.0)
    shown = engine.snapshot(SESSION)
    assert (shown.mode, shown.sweeps, shown.stimulator, shown.emg.shape) == ("biofeedback", (), None, (0, 2))
    assert shown.training == engine.view()
    assert not np.any(shown.emg_gaps)
