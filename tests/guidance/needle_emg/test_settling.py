"""Each potential has a first answer, and within a second a settled record that names it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from guidance.contracts.events import MotorUnit, TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.decomposition import Firing
from guidance.needle_emg.settling import SettledRecords
from tests.support.needle_guided import RATE_HZ, engine, in_muscle, run

UNIT = DecomposedUnit(7, np.zeros(70), 0, 35)


def first_answer(sample: int) -> MotorUnit:
    return MotorUnit(sample, "needle", None, 400.0, 300.0, 9.0, 3, 3, begins_negative=False, firing_hz=None)


def settled(first: list[int], firings: list[int], settled_to: int = 5000) -> list[tuple[int, int | None, int | None]]:
    records = SettledRecords("needle", RATE_HZ, RATE_HZ)
    for sample in first:
        records.await_settling(first_answer(sample))
    found = records.settle([Firing(sample, UNIT, 100.0) for sample in firings], settled_to)
    assert all(record.settled for record in found)
    return [(record.sample, record.settles, record.unit) for record in found]


def test_a_firing_settles_the_first_answer_nearest_to_it() -> None:
    assert settled([1000, 1020], [1018, 1003]) == [(1003, 1000, 7), (1018, 1020, 7)]


def test_a_firing_without_first_answer_is_new_and_has_no_measures() -> None:
    records = SettledRecords("needle", RATE_HZ, RATE_HZ)
    (found,) = records.settle([Firing(1000, UNIT, 100.0)], 5000)
    assert (found.unit, found.settles, found.amplitude_uv) == (7, None, None)


def test_a_first_answer_that_is_no_firing_is_settled_as_unsorted_once() -> None:
    records = SettledRecords("needle", RATE_HZ, RATE_HZ)
    records.await_settling(first_answer(1000))
    records.await_settling(first_answer(6000))
    assert [(r.sample, r.unit) for r in records.settle([], 5000)] == [(1000, None)]
    assert [(r.sample, r.unit) for r in records.settle([], 9000)] == [(6000, None)]
    assert records.settle([], 10_000) == []


@pytest.fixture(scope="module")
def stream() -> list[TimedRecord]:
    return run(engine(), in_muscle(3.0, 4.0))


def test_the_stream_revises_first_answers_by_their_number(stream: list[TimedRecord]) -> None:
    serializer = RecordSerializer()
    lines = [json.loads(serializer.line(timed, 0)) for timed in stream]
    units = [line for line in lines if line["kind"] == "motor-unit"]
    first = {line["seq"]: line for line in units if not line["settled"]}
    revised = [line["revises"] for line in units if line["settles"] is not None]
    assert len(revised) == len(set(revised)) >= 20
    assert all(first[line["revises"]]["sample"] == line["settles"] for line in units if line["revises"] is not None)
    assert {line["seq"] for line in first.values() if line["sample"] < 2.5 * RATE_HZ} <= set(revised)
    assert sum(line["unit"] is not None for line in units if line["settled"]) >= 20


def test_a_settled_record_comes_within_one_and_a_quarter_seconds(stream: list[TimedRecord]) -> None:
    units = [(timed.t, timed.record) for timed in stream if isinstance(timed.record, MotorUnit)]
    late = [t - unit.sample / RATE_HZ for t, unit in units if unit.settled]
    assert late
    assert max(late) <= 1.26


def test_first_answers_and_settled_records_do_not_depend_on_the_block_size_nor_lost_samples() -> None:
    uv = in_muscle(3.0, 3.0)
    uv[17_013:17_208] = np.nan
    whole, cut = (
        [timed.record for timed in run(engine(), uv, sizes) if isinstance(timed.record, MotorUnit)]
        for sizes in ((500,), (1, 49, 50, 113, 7))
    )
    assert sum(record.settled for record in whole) >= 20
    assert cut == whole
