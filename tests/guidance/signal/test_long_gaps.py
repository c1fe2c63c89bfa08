"""A gap costs the same whatever its length, and what follows it does not depend on how the stream was cut."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from drivers.base import Block
from guidance.contracts.origin import RECORDED
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from tests.support.streams import Stream, event_lines, evoked, settings

RATE_HZ = 4000


def shifted(stream: Stream, gap: int, size: int = 400) -> list[Block]:
    """Return the blocks of ``stream``, 3 s of them and then the rest after ``gap`` missing samples."""
    begins = 3 * RATE_HZ
    blocks = list(stream.blocks({*stream.every(size), begins}))
    moved = [
        replace(
            block,
            first_sample=block.first_sample + gap,
            lost_before=gap if block.first_sample == begins else 0,
            pulses=tuple(replace(pulse, sample=pulse.sample + gap) for pulse in block.pulses),
        )
        for block in blocks
        if block.first_sample >= begins
    ]
    return [*(block for block in blocks if block.first_sample < begins), *moved]


def records(gap_s: float, size: int = 400, mode: Mode = Mode.MANUAL) -> list[dict[str, object]]:
    stream = evoked(400.0, 30)
    engine = Engine(settings(mode), stream.info, "2026-01-01T00:00:00+00:00")
    made = [
        engine.begin(RECORDED),
        *engine.step(shifted(stream, round(gap_s * RATE_HZ), size)),
        *engine.end("duration"),
    ]
    return event_lines(made)


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
def test_a_gap_of_a_week_makes_no_more_records_than_one_of_an_hour(mode: Mode) -> None:
    began = time.process_time()
    lines = records(7 * 86_400.0, mode=mode)
    assert len(lines) == len(records(3600.0, mode=mode))
    assert sum(line["kind"] == "signal" for line in lines) < 15
    assert time.process_time() - began < 10.0


def test_responses_after_a_long_gap_are_as_before_it() -> None:
    found = [line for line in records(100_000.0) if line["kind"] == "response"]
    assert len(found) == 30
    assert all(line["detected"] for line in found[1:9])
    assert all(line["detected"] for line in found[-10:])


@pytest.mark.parametrize("size", [37, 4000, 9000])
def test_what_follows_a_long_gap_does_not_depend_on_the_blocks(size: int) -> None:
    assert records(20.0, size) == records(20.0)


def test_short_gaps_keep_a_record_for_every_second() -> None:
    assert sum(line["kind"] == "signal" for line in records(4.0)) == 12 + 1
