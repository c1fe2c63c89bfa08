"""Streams with pulses and gaps, cut into blocks of any size, and the engine's records of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.contracts.events import Record, Response, TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.contracts.record_serializer import RecordSerializer
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from tests.support.waves import Wave, add, artefact, m_wave, mains, noise

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Channels of equal length in uV, pulses, and ``holes`` (first, stop) where samples were lost.

    The first ``silent`` pulses are below threshold, as at the start of a procedure.
    """

    sample_rate_hz: float
    channels: tuple[Wave, ...]
    pulses: tuple[Pulse, ...] = ()
    holes: tuple[tuple[int, int], ...] = ()
    silent: int = 0
    range_uv: float | None = None

    @property
    def info(self) -> DeviceInfo:
        names = [Channel(f"EMG {i}", self.range_uv) for i in range(len(self.channels))]
        return DeviceInfo("made", "", "made:", self.sample_rate_hz, tuple(names))

    def blocks(self, cuts: Iterable[int] = ()) -> Iterator[Block]:
        """Emit blocks that end at ``cuts`` and at the holes; a pulse in a hole comes with the block after it."""
        samples = np.stack(self.channels, axis=1).astype(np.float32)
        edges = {0, len(samples), *(edge for hole in self.holes for edge in hole), *cuts}
        end = 0
        for first, stop in pairwise(sorted(edge for edge in edges if 0 <= edge <= len(samples))):
            if any(low <= first < high for low, high in self.holes):
                continue
            pulses = tuple(pulse for pulse in self.pulses if end <= pulse.sample < stop)
            yield Block(first, samples[first:stop], pulses, lost_before=first - end)
            end = stop

    def every(self, size: int) -> range:
        """Return the cuts for blocks of ``size`` samples."""
        return range(size, len(self.channels[0]), size)


def settings(
    mode: Mode = Mode.MANUAL, window_ms: tuple[float, float] | None = None, criterion_uv: float | None = None
) -> Settings:
    return Settings(load("generic-block"), mode, window_ms, criterion_uv)


def records_of(stream: Stream, chosen: Settings, cuts: Iterable[int] = ()) -> list[TimedRecord]:
    """Run an engine on ``stream``, and return all its records."""
    engine = Engine(chosen, stream.info, "2026-01-01T00:00:00+00:00")
    return [engine.begin(RECORDED), *engine.step(list(stream.blocks(cuts))), *engine.end("duration")]


def event_lines(made: Sequence[TimedRecord]) -> list[dict[str, Any]]:
    """Convert records to event lines as a reader parses them, without the host's times."""
    numbering = RecordSerializer()
    lines = [json.loads(numbering.line(one, 0)) for one in made]
    return [{key: value for key, value in line.items() if key != "lag_ms"} for line in lines]


def of_kind(made: Sequence[TimedRecord], kind: type[R]) -> list[R]:
    return [one.record for one in made if isinstance(one.record, kind)]


def responses(stream: Stream, chosen: Settings | None = None) -> list[Response]:
    """Return the responses to all pulses of ``stream`` after the silent ones."""
    return of_kind(records_of(stream, chosen or settings()), Response)[stream.silent :]


def evoked(
    amplitude_uv: float, pulses: int = 12, *, sample_rate_hz: float = 4000.0, interval_s: float = 0.303,
    latency_ms: float = 6.0, duration_ms: float = 8.0, noise_uv: float = 8.0, mains_uv: float = 0.0,
    mains_hz: float = 50.0, artefact_uv: float = 3000.0, tail_uv: float = 300.0, seed: int = 1,
    silent: int = 0,
) -> Stream:  # fmt: skip
    """Build one channel of noise and mains; regular pulses leave an artefact and, ``latency_ms`` later, an M-wave.

    Before them come ``silent`` pulses below threshold, as at the start of a procedure.
    """
    pulses += silent
    rng = np.random.default_rng(seed)
    count = int(sample_rate_hz * (0.3 + interval_s * pulses))
    signal = noise(rng, count, noise_uv) + mains(count, sample_rate_hz, mains_uv, mains_hz)
    at = [int(sample_rate_hz * (0.3 + interval_s * i)) for i in range(pulses)]
    for index, pulse in enumerate(at):
        add(signal, pulse, artefact(sample_rate_hz, artefact_uv, tail_uv))
        if index < silent:
            continue
        add(signal, pulse + round(latency_ms * sample_rate_hz / 1e3), m_wave(sample_rate_hz, amplitude_uv, duration_ms))
    return Stream(sample_rate_hz, (signal,), tuple(Pulse(p, current_ma=0.5, width_ms=0.1) for p in at), silent=silent)
