"""Records become lines of the stream: numbered, in plain JSON, with their lag."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from guidance.contracts.events import Cue, Entry, Proximity, Response, Signal, TimedRecord
from guidance.contracts.record_serializer import RecordSerializer


def test_a_number_that_is_not_finite_is_recorded_as_unknown() -> None:
    made = TimedRecord(1.0, Cue("far", math.nan, math.inf))
    line = json.loads(RecordSerializer().line(made, 5))
    assert (line["rate_hz"], line["pitch_hz"]) == (None, None)


def test_numbers_of_numpy_are_refused_in_an_event() -> None:
    with pytest.raises(TypeError, match="int64"):
        RecordSerializer().line(TimedRecord(0.0, Entry("note", {"count": np.int64(1)})), 0)


@pytest.mark.parametrize(
    ("record", "lag_ms"),
    [
        (Response(1, "EMG", False, 0.5, 10.0, None, False), 2.5),
        (Signal([], 0, 0), 2.5),
        (Proximity(1, None, None, None, None, None, valid=False, why="stale"), None),
    ],
)
def test_the_lag_counts_from_the_arrival_of_the_last_byte(record: Response | Signal, lag_ms: float | None) -> None:
    line = json.loads(RecordSerializer().line(TimedRecord(0.0, record, arrived_ns=1_000_000), mono_ns=3_500_000))
    assert line.get("lag_ms") == lag_ms


def test_text_of_any_alphabet_stays_readable() -> None:
    assert "Lärm µV 神経" in RecordSerializer().line(TimedRecord(0.0, Entry("note", {"text": "Lärm µV 神経"})), 0)
