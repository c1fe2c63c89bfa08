"""The first pulses are known to be below threshold: pulses are counted, not sweeps that something is learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.events import Response
from guidance.contracts.origin import RECORDED
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from tests.support.streams import Stream, evoked, of_kind, records_of, settings
from tests.support.waves import add, artefact

AMPLITUDE_UV = 200.0


def known_silent(silent: int, mode: Mode = Mode.MANUAL) -> Settings:
    return replace(settings(mode), silent_pulses=silent)


def amplitudes(stream: Stream, chosen: Settings) -> list[float | None]:
    return [response.amplitude_uv for response in of_kind(records_of(stream, chosen), Response)]


def with_a_double_pulse(stream: Stream) -> Stream:
    """Return ``stream`` with a second pulse 10 ms after the first: neither of the two can be judged."""
    first = stream.pulses[0].sample
    second = first + round(0.01 * stream.sample_rate_hz)
    add(stream.channels[0], second, artefact(stream.sample_rate_hz, 3000.0, 300.0))
    return replace(stream, pulses=(stream.pulses[0], Pulse(second, current_ma=0.5, width_ms=0.1), *stream.pulses[1:]))


@pytest.mark.parametrize("silent", [0, 2, 3])
@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
def test_responses_after_the_silent_pulses_have_their_true_amplitude_however_pulses_become_known(
    mode: Mode, silent: int
) -> None:
    found = amplitudes(evoked(AMPLITUDE_UV, 14, silent=3, noise_uv=3.0), known_silent(silent, mode))[3:]
    assert len(found) == 14
    assert found == pytest.approx([AMPLITUDE_UV] * 14, rel=0.08)


def test_pulses_that_cannot_be_judged_count_among_the_silent_ones() -> None:
    stream = with_a_double_pulse(evoked(AMPLITUDE_UV, 14, silent=3, noise_uv=3.0))
    found = amplitudes(stream, known_silent(4))
    assert found[:2] == [None, None]
    assert found[4:] == pytest.approx([AMPLITUDE_UV] * 14, rel=0.08)


def test_marked_pulses_that_come_after_their_samples_are_judged_as_those_in_time() -> None:
    stream = evoked(AMPLITUDE_UV, 14, silent=3, noise_uv=3.0)
    in_time = amplitudes(stream, known_silent(3))
    size = round(2.0 * stream.sample_rate_hz)
    late = [
        replace(block, pulses=tuple(p for p in stream.pulses if first - size <= p.sample < block.end_sample - size))
        for block in stream.blocks(stream.every(size))
        for first in [block.first_sample]
    ]
    engine = Engine(known_silent(3), stream.info, "2026-01-01T00:00:00+00:00")
    made = [engine.begin(RECORDED), *engine.step(late), *engine.end("duration")]
    found = [response.amplitude_uv for response in of_kind(made, Response)]
    assert len(found) >= 10
    assert np.array(found[3:], float) == pytest.approx(np.array(in_time[3 : len(found)], float), rel=0.05)
