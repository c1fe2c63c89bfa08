"""What a sweep is judged with is prepared before it arrives, also where the current changes as in a search."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.pipeline import ChannelResponse, SignalPipeline
from guidance.signal.response.components import SweepConditions
from guidance.signal.response.detector import ResponseDetector
from tests.worlds.waves import noise

RATE_HZ, PULSES = 10_000.0, 40


def judged(currents_ma: list[float]) -> int:
    """Return how many sweeps were judged of pulses of ``currents_ma``, whose artefact is in proportion to them."""
    rng = np.random.default_rng(3)
    signal = noise(int((len(currents_ma) / 2 + 1) * RATE_HZ), RATE_HZ, rng)
    times_ms = np.arange(250) / RATE_HZ * 1e3
    artefact = 2000.0 * np.exp(-times_ms / 0.2) + 60.0 * np.exp(-times_ms / 6.0)
    pulses = [Pulse(int((0.3 + i / 2) * RATE_HZ), current_ma=ma, width_ms=0.1) for i, ma in enumerate(currents_ma)]
    for pulse, current_ma in zip(pulses, currents_ma, strict=True):
        signal[pulse.sample : pulse.sample + len(artefact)] += current_ma * artefact
    info = DeviceInfo("", "", "", RATE_HZ, (Channel("EMG", 5000.0),))
    pipeline = SignalPipeline(info, (2.0, 25.0), None, listen=False)
    return sum(isinstance(result, ChannelResponse) for result in _results(pipeline, signal, pulses))


def _results(pipeline: SignalPipeline, signal: np.ndarray, pulses: list[Pulse]) -> Iterator[object]:
    for first in range(0, len(signal), 1000):
        inside = tuple(pulse for pulse in pulses if first <= pulse.sample < first + 1000)
        yield from pipeline.feed(Block(first, signal[first : first + 1000, None].astype(np.float32), inside))


def test_hardly_any_sweep_of_a_search_needs_other_filters_than_those_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[SweepConditions] = []
    prepare = ResponseDetector._prepare_filters

    def counted(detector: ResponseDetector, conditions: SweepConditions) -> object:
        prepared.append(conditions)
        return prepare(detector, conditions)

    monkeypatch.setattr(ResponseDetector, "_prepare_filters", counted)
    currents_ma = np.random.default_rng(1).uniform(0.5, 2.0, PULSES).tolist()
    assert judged(currents_ma) == PULSES
    assert len(prepared) <= PULSES + PULSES // 5
