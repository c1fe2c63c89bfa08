"""No record depends on how the stream was cut into blocks; lags and host times aside."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from drivers.base import Block
from drivers.recording import Recording
from guidance.contracts.events import TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from tests.support.shared import shared
from tests.support.stimulated_streams import stimulated
from tests.support.streams import event_lines, records_of, settings

STREAMS = {
    "pulses, gaps and a burst": stimulated(5.0, 0.31, 0.5, ((5000, 5003), (9_000, 13_500), (17_300, 17_310))),
    "a rhythm known only after the end of a second": stimulated(3.0, 0.7, 0.7),
    "a rhythm of 30 Hz": stimulated(1.1, 0.51, 1 / 30),
    "a pulse in the first tenth of a second": stimulated(2.0, 0.05, 0.3),
    "a pulse at the first sample": stimulated(2.0, 0.0, 0.4),
    "a gap at the beginning": stimulated(2.0, 0.31, 0.4, ((0, 1500),)),
}


@cache
def uncut(name: str, mode: Mode) -> list[dict[str, Any]]:
    return event_lines(records_of(STREAMS[name], settings(mode)))


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [7, 50, 1000])
def test_records_are_the_same_for_every_block_size(name: str, mode: Mode, size: int) -> None:
    assert event_lines(records_of(STREAMS[name], settings(mode), STREAMS[name].every(size))) == uncut(name, mode)


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
def test_records_are_the_same_sample_by_sample(mode: Mode) -> None:
    stream = stimulated(1.3, 0.11, 0.15, ((3000, 3020),))
    whole = event_lines(records_of(stream, settings(mode)))
    assert {"stimulus", "response", "signal"} <= {record["kind"] for record in whole}
    assert event_lines(records_of(stream, settings(mode), stream.every(1))) == whole


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
@examples(max_examples=8, deadline=None)
@given(cuts=st.sets(st.integers(1, 19_999), max_size=40))
def test_records_are_the_same_for_any_cuts(mode: Mode, cuts: set[int]) -> None:
    name = "pulses, gaps and a burst"
    assert event_lines(records_of(STREAMS[name], settings(mode), cuts)) == uncut(name, mode)


def test_a_block_without_samples_changes_nothing() -> None:
    stream = stimulated(1.0, 0.31, 0.4)
    engine = Engine(settings(), stream.info, "")
    made: list[TimedRecord] = []
    for block in stream.blocks([2000]):
        made += engine.step([block])
        made += engine.step([Block(block.end_sample, block.samples[:0])])
    assert (
        event_lines([engine.begin(RECORDED), *made, *engine.end("duration")])[1:]
        == event_lines(records_of(stream, settings()))[1:]
    )


def recorded(name: str, mode: Mode, samples: int, size: int) -> list[dict[str, Any]]:
    """Records of the first ``samples`` samples of a recording, handed out in blocks of ``size``."""
    recording = Recording(shared(f"data/streams/{name}.edf"), listen=mode is Mode.LISTEN)
    engine = Engine(settings(mode, (13.0, 50.0), 50.0), recording.info, "")
    made: list[TimedRecord] = []
    while (left := samples - engine.pipeline.history.end) > 0 and (block := recording.take(min(size, left))):
        made += engine.step([block])
    return event_lines(made)


RECORDINGS = [
    ("mep_human_recruitment_7intensities", Mode.MANUAL, 15_000),
    ("mep_human_recruitment_7intensities", Mode.LISTEN, 15_000),
    ("mep_human_repetition_TA_raw", Mode.MANUAL, 9_000),
    ("artifact_tscs_cervical_4k", Mode.LISTEN, 15_000),
    ("voluntary_emg_4k", Mode.LISTEN, 15_000),
]


@pytest.mark.parametrize(("name", "mode", "samples"), RECORDINGS)
def test_records_of_a_recording_are_the_same_for_every_block_size(name: str, mode: Mode, samples: int) -> None:
    whole = recorded(name, mode, samples, samples)
    for size in (7, 50, 1000):
        assert recorded(name, mode, samples, size) == whole


def test_records_of_a_recording_are_the_same_sample_by_sample() -> None:
    name = "mep_human_sicf1p4_TA_raw"
    assert recorded(name, Mode.MANUAL, 3000, 1) == recorded(name, Mode.MANUAL, 3000, 3000)
