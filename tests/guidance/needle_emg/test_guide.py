"""Guidance by needle EMG through the whole engine: simulated patient, records, and the switch to stimulation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from drivers.base import Block
from guidance.contracts.commands import Arm, OperatorCommand, OperatorNote
from guidance.contracts.events import Activity, Cue, Entry, MotorUnit, Proximity, Record, TimedRecord
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from tests.support.needle_guided import INFO, RATE_HZ, blocks, engine, in_muscle, run


def of(kind: type[Record], records: Sequence[TimedRecord]) -> list[Record]:
    return [timed.record for timed in records if isinstance(timed.record, kind)]


@pytest.fixture(scope="module")
def near() -> np.ndarray:
    return in_muscle(3.0, 3.0)


def test_inside_the_muscle_short_rise_times_give_target_and_the_cue_follows(near: np.ndarray) -> None:
    records = run(engine(), near)
    valid = [p for p in of(Proximity, records) if isinstance(p, Proximity) and p.valid]
    assert valid
    assert valid[-1].zone == "target"
    assert all(p.by == "needle-emg" and p.threshold_ma is None and p.distance_mm is None for p in valid)
    for p in valid:
        assert p.rise_time_us is not None
        assert p.closeness is not None
        assert p.closeness == pytest.approx(tuple(500.0 / us for us in reversed(p.rise_time_us)))
    assert [cue.name for cue in of(Cue, records) if isinstance(cue, Cue)][-1] == "target"
    assert len(of(MotorUnit, records)) > 20


def test_outside_the_muscle_no_target_is_reported() -> None:
    zones = {p.zone for p in of(Proximity, run(engine(), in_muscle(19.0, 3.0))) if isinstance(p, Proximity) and p.valid}
    assert "target" not in zones


def test_records_do_not_depend_on_the_block_size(near: np.ndarray) -> None:
    uv = near[: 2 * RATE_HZ]
    once, again = run(engine(), uv, (500,)), run(engine(), uv, (37, 811, 5, 2500))
    assert [(m.t, m.record) for m in again] == [(m.t, m.record) for m in once]


def test_a_phase_is_requested_and_the_activity_judged_by_it(near: np.ndarray) -> None:
    guided = engine(headless=False)
    (requested,) = (m.record for m in guided.step([], messages=[OperatorNote("slight")]))
    assert requested == Entry("activation", {"phase": "slight", "movement": "Wrist flexion with radial deviation"})
    activity = of(Activity, run(guided, near))[-1]
    assert isinstance(activity, Activity)
    assert (activity.phase, activity.fits) == ("slight", True)


def test_an_effort_without_potentials_is_reported_as_silent_not_far() -> None:
    guided = engine(headless=False)
    list(guided.step([], messages=[OperatorNote("slight")]))
    rng = np.random.default_rng(1)
    records = run(guided, (3 * rng.standard_normal((4 * RATE_HZ, 1))).astype(np.float32))
    last = of(Proximity, records)[-1]
    assert isinstance(last, Proximity)
    assert (last.valid, last.why, last.zone) == (False, "silent", "none")


def test_rest_without_end_plates_gives_no_closeness() -> None:
    rng = np.random.default_rng(1)
    records = run(engine(), (3 * rng.standard_normal((3 * RATE_HZ, 1))).astype(np.float32))
    whys = [p.why for p in of(Proximity, records) if isinstance(p, Proximity)]
    assert whys == ["at-rest"]


def test_arming_switches_guidance_to_stimulation_and_switching_off_switches_it_back(near: np.ndarray) -> None:
    guided = engine(Mode.AUTO, headless=True)
    records: list[TimedRecord] = []
    now = 0
    for index, block in enumerate(blocks(near, (500,))):
        now += 50_000_000
        messages: list[OperatorCommand] = [Arm()] if index == 30 else []
        records += guided.step([Block(block.first_sample, block.samples, arrived_ns=now)], now, messages)
    handed = [e.fields["to"] for e in of(Entry, records) if isinstance(e, Entry) and e.what == "hand-over"]
    assert handed[:1] == ["stimulation"]
    assert guided.needle_guide is not None
    assert not guided.needle_guide.guides
    list(guided.end("operator"))
    after = list(guided.step([Block(len(near), near[:500])], now + 1))
    assert Entry("hand-over", {"to": "needle EMG"}) in [m.record for m in after]


def test_a_protocol_without_needle_emg_has_no_guide() -> None:
    assert Engine(Settings(load("femoral"), Mode.LISTEN), INFO, "2026-01-01T00:00:00+00:00").needle_guide is None
