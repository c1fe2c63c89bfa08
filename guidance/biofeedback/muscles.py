"""The signals of all muscles: two envelopes of each, step by step, and the quality of each second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from drivers.base import Block, DeviceInfo
from guidance.biofeedback.envelope import STEP_S, Envelope, band_above_heart, wide_band
from guidance.biofeedback.onset import ActivityEdge, OnsetDetector
from guidance.signal.sweep.basis import Array

_AT_RANGE = 0.999
"""Share of the range from which a sample counts as clipped."""


@dataclass(frozen=True, slots=True)
class EnvelopeStep:
    """The envelope of each muscle in uV at sample ``end``, in the wide band and above the heart; NaN if not known.

    ``wide_edges`` and ``high_edges`` are the onsets and offsets that the step settles, in both bands.
    """

    end: int
    wide_uv: tuple[float, ...]
    high_uv: tuple[float, ...]
    wide_edges: tuple[tuple[ActivityEdge, ...], ...] = ()
    high_edges: tuple[tuple[ActivityEdge, ...], ...] = ()


class MuscleSignals:
    """The signals of the channels ``columns`` of a device."""

    def __init__(self, info: DeviceInfo, columns: tuple[int, ...], window_s: float) -> None:
        """Follow the channels with the indices ``columns`` in ``info``; the RMS is over ``window_s``."""
        sample_rate_hz = info.sample_rate_hz
        self.bands = (wide_band(sample_rate_hz), band_above_heart(sample_rate_hz))
        self.names = tuple(info.channels[column].name for column in columns)
        self._sample_rate_hz, self._columns = sample_rate_hz, columns
        self._ranges_uv = tuple(info.channels[column].range_uv for column in columns)
        self._wide = [Envelope(sample_rate_hz, self.bands[0], window_s) for _ in columns]
        self._high = [Envelope(sample_rate_hz, self.bands[1], window_s) for _ in columns] if self.bands[1] else []
        self._wide_onsets = [OnsetDetector() for _ in self._wide]
        self._high_onsets = [OnsetDetector() for _ in self._high]
        self._steps_done = 0
        self._clipped = np.zeros(len(columns))
        self._counted = 0
        self.lead_off: tuple[bool, ...] = ()
        self.end = 0

    def feed(self, block: Block) -> Iterator[EnvelopeStep]:
        """Process ``block`` and yield its steps; lost samples and channels with the electrode off are not known."""
        self.end = block.end_sample
        if block.lost_before:
            yield from self._feed(np.full((block.lost_before, len(self._columns)), math.nan))
        for status in block.status:
            self.lead_off = status.lead_off
        samples = block.samples[:, self._columns].astype(float)
        off = [place for place, column in enumerate(self._columns) if self.is_off(column)]
        for first, stop in self._to_each_second(block):
            part = samples[first:stop]
            self._count_clipped(part)
            part[:, off] = math.nan
            yield from self._feed(part)

    def is_off(self, column: int) -> bool:
        """Return whether the electrode of channel ``column`` of the device is known to be off."""
        return column < len(self.lead_off) and self.lead_off[column]

    def take_second(self, rms_uv: tuple[float | None, ...]) -> list[dict[str, Any]]:
        """Return the quality of each channel since the last call, as in the record ``signal``."""
        clipped, counted = self._clipped, self._counted
        self._clipped, self._counted = np.zeros(len(self._columns)), 0
        return [
            {
                "rms_uv": rms_uv[place],
                "mains_uv": self._wide[place].mains_uv,
                "clipped_fraction": float(clipped[place] / counted) if counted and self._ranges_uv[place] else None,
                "lead_off": self.lead_off[column] if column < len(self.lead_off) else None,
            }
            for place, column in enumerate(self._columns)
        ]

    def _to_each_second(self, block: Block) -> Iterator[tuple[int, int]]:
        """Return the pieces of ``block`` that end with a second: the quality of one must not depend on the next."""
        edges = {0, len(block.samples)}
        second = math.floor(block.first_sample / self._sample_rate_hz) + 1
        while (edge := math.ceil(second * self._sample_rate_hz - 1e-9) - block.first_sample) < len(block.samples):
            edges.add(edge)
            second += 1
        return pairwise(sorted(edges))

    def _count_clipped(self, samples: Array) -> None:
        self._counted += len(samples)
        limits = np.array([range_uv or math.inf for range_uv in self._ranges_uv])
        self._clipped += (np.abs(samples) >= _AT_RANGE * limits).sum(axis=0)

    def _feed(self, samples: Array) -> Iterator[EnvelopeStep]:
        wide = np.array([envelope(samples[:, at]) for at, envelope in enumerate(self._wide)]).T
        high = np.array([envelope(samples[:, at]) for at, envelope in enumerate(self._high)]).T if self._high else wide
        wide_powers = np.array([envelope.mean_squares for envelope in self._wide]).T.tolist()
        high_powers = np.array([envelope.mean_squares for envelope in self._high]).T.tolist()
        for at, both in enumerate(zip(wide.tolist(), high.tolist(), strict=True)):
            self._steps_done += 1
            end = math.ceil(self._steps_done * STEP_S * self._sample_rate_hz - 1e-9)
            wide_edges = _edges(self._wide_onsets, wide_powers[at])
            high_edges = _edges(self._high_onsets, high_powers[at]) if self._high else wide_edges
            yield EnvelopeStep(end, tuple(both[0]), tuple(both[1]), wide_edges, high_edges)


def _edges(detectors: list[OnsetDetector], mean_squares: list[float]) -> tuple[tuple[ActivityEdge, ...], ...]:
    """Return what each of ``detectors`` settles with its mean square in uV2."""
    return tuple(tuple(each.step(value)) for each, value in zip(detectors, mean_squares, strict=True))
