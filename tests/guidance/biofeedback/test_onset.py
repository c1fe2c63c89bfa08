"""Onset and offset of muscle activity: known bursts, rest, holes, a level that was no rest, and the records."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from drivers.base import Block
from guidance.biofeedback.change_time import StepNoise, locate_change
from guidance.biofeedback.envelope import STEP_S
from guidance.biofeedback.onset import ActivityEdge, OnsetDetector
from guidance.biofeedback.records import OnsetRecord
from guidance.contracts.commands import PausePlayback
from guidance.signal.sweep.basis import Array
from tests.support.biofeedback_signals import (
    activity_edges,
    blocks,
    emg,
    engine_of,
    exercise,
    of_kind,
    person_signal,
    run_engine,
)
from tests.worlds.bursts import made_bursts

REST_UV, FREEDOM = 3.0, 8.0


def mean_squares(levels_uv: list[tuple[float, float]], seed: int = 0) -> Array:
    """Return steps that last for the seconds and have the RMS in uV of each of ``levels_uv``."""
    rng = np.random.default_rng(seed)
    parts = [uv**2 * rng.chisquare(FREEDOM, round(seconds / STEP_S)) / FREEDOM for seconds, uv in levels_uv]
    return np.concatenate(parts)


def found(steps: Array) -> list[ActivityEdge]:
    detector = OnsetDetector()
    return [edge for value in steps for edge in detector.step(float(value))]


def test_a_burst_has_one_onset_and_one_offset_at_their_times() -> None:
    onset, offset = found(mean_squares([(2.0, REST_UV), (1.0, 5 * REST_UV), (2.0, REST_UV)]))
    assert (onset.edge, offset.edge) == ("onset", "offset")
    assert onset.at_s == pytest.approx(2.0, abs=0.03)
    assert offset.at_s == pytest.approx(3.0, abs=0.03)
    assert onset.earliest_s <= onset.at_s <= onset.latest_s <= onset.decided_s


def test_an_onset_is_decided_within_a_fifth_of_a_second() -> None:
    onset = found(mean_squares([(2.0, REST_UV), (1.0, 5 * REST_UV)]))[0]
    assert 0.0 < onset.decided_s - 2.0 < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_a_minute_of_rest_has_no_onset(seed: int) -> None:
    assert found(mean_squares([(60.0, REST_UV)], seed)) == []


def test_a_dip_shorter_than_a_gap_is_no_offset() -> None:
    loud = 5 * REST_UV
    steps = mean_squares([(2.0, REST_UV), (1.0, loud), (0.1, REST_UV), (1.0, loud), (1.0, REST_UV)])
    assert [edge.edge for edge in found(steps)] == ["onset", "offset"]


def test_missing_signal_ends_activity_without_an_offset() -> None:
    steps = mean_squares([(2.0, REST_UV), (1.0, 5 * REST_UV), (0.5, REST_UV), (2.0, REST_UV)])
    steps[300:350] = np.nan
    assert [edge.edge for edge in found(steps)] == ["onset"]


def test_activity_that_was_taken_for_rest_at_the_start_is_learned_anew_when_it_ends() -> None:
    steps = mean_squares([(1.0, 5 * REST_UV), (2.0, REST_UV), (1.0, 5 * REST_UV), (1.0, REST_UV)])
    assert [(edge.edge, round(edge.at_s)) for edge in found(steps)] == [("onset", 3), ("offset", 4)]


def test_a_flat_signal_has_no_onset() -> None:
    assert found(np.zeros(1000)) == []


def test_the_interval_is_wider_for_a_weak_change() -> None:
    noise = StepNoise(REST_UV**2, FREEDOM)
    weak = locate_change(mean_squares([(0.5, REST_UV), (0.3, 1.6 * REST_UV)]), noise)
    strong = locate_change(mean_squares([(0.5, REST_UV), (0.3, 10 * REST_UV)]), noise)
    assert weak.latest - weak.earliest > strong.latest - strong.earliest


@pytest.mark.parametrize("ratio", [3.0, 10.0])
def test_onsets_of_made_bursts_are_found_whatever_the_blocks(ratio: float) -> None:
    burst = made_bursts(1, ratio)
    first = activity_edges(burst.samples, burst.sample_rate_hz)
    assert activity_edges(burst.samples, burst.sample_rate_hz, 0.137) == first
    onsets = [edge.at_s for edge in first if edge.edge == "onset"]
    assert len(onsets) == len(burst.onsets_s)
    assert np.abs(np.array(onsets) - burst.onsets_s).max() < 0.3


def test_a_visit_records_the_onset_of_each_effort() -> None:
    rate, plan = 500.0, exercise("contract-hold", trials=1)
    timed = run_engine(engine_of(plan, rate), blocks(person_signal(plan, rate), itertools.repeat(250)))
    onsets = [each for each in of_kind([one.record for one in timed], OnsetRecord) if each.edge == "onset"]
    assert len(onsets) >= 2
    assert all(each.earliest_s <= each.at_s <= each.latest_s for each in onsets)


def test_an_onset_in_a_pause_is_not_recorded_and_neither_is_its_offset() -> None:
    rate, engine = 500.0, engine_of(exercise("relax", trials=1), 500.0, channels=1)
    effort = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0], round(1.5 * rate))
    uv = (3.0 + 40.0 * effort) * emg(np.random.default_rng(3), len(effort), rate)
    size = round(0.1 * rate)
    pauses = {10: PausePlayback(on=True), 20: PausePlayback(on=False)}
    edges = []
    for at, first in enumerate(range(0, len(uv), size)):
        part = uv[first : first + size, None].astype(np.float32)
        timed = engine.step([Block(first, part)], None, [pauses[at]] if at in pauses else [])
        edges += of_kind([one.record for one in timed], OnsetRecord)
    assert [each.edge for each in edges] == ["onset", "offset"]
    assert edges[0].at_s == pytest.approx(4.5, abs=0.1)
