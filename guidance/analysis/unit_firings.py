"""The firings of the motor units of a whole recording, by the streaming decomposition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.needle_emg.decomposition import Decomposer
from guidance.needle_emg.potential_detector import HOP_MS
from guidance.signal.sweep.basis import Array

_LEARNS_S = 30.0
"""So much of the beginning is decomposed twice: the first time only the units are learned, so that their first firings
are found too, and units that prove to be one have one label throughout. Needle recordings are seldom longer."""

_COVERS = 0.4
"""Share of the height of a unit's potential from which another one changes its mean; smaller ones average out. On
simulated muscles (tuning seeds) 0.15 to 0.6 give the same figures; the choice within was made with the three recordings
of people in view."""

_NONE = -1
"""Label of a potential of no unit."""

_PAUSE_S = 0.5
"""A longer interval is a pause and does not count for the firing rate (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitFirings:
    """The firings of the unit with label ``number``: samples (n,) of its main peak, in order, and its height in uV."""

    number: int
    samples: NDArray[np.int64]
    height_uv: float

    def rate_hz(self, sample_rate_hz: float) -> float | None:
        """Return the firing rate in Hz by the median interval without pauses; None before there are two intervals."""
        return rate_of(self.samples / sample_rate_hz)


@dataclass(frozen=True, slots=True, eq=False)
class RecordedFirings:
    """All ``units`` of a recording, and the potentials of none: ``none`` (n,) samples, in order, ``none_uv`` (n,)
    heights.

    Heights are those of the sharp band.
    """

    units: tuple[UnitFirings, ...]
    none: NDArray[np.int64]
    none_uv: Array

    def covering(self, unit: UnitFirings) -> NDArray[np.int64]:
        """Return the samples of the potentials of others than ``unit`` that are large enough to change its mean."""
        least_uv = _COVERS * unit.height_uv
        large = [each.samples for each in self.units if each is not unit and each.height_uv >= least_uv]
        return np.sort(np.concatenate([self.none[self.none_uv >= least_uv], *large]))


def rate_of(times_s: Array) -> float | None:
    """Return the rate in Hz of firings at ``times_s`` (n,), in order, by the median interval without pauses."""
    between = np.diff(times_s)
    between = between[(between > 0) & (between <= _PAUSE_S)]
    return float(1 / np.median(between)) if len(between) >= 2 else None


def unit_firings(uv: Array, sample_rate_hz: float) -> RecordedFirings:
    """Decompose ``uv`` (n,) at ``sample_rate_hz``; NaN is a lost sample."""
    decomposer = Decomposer(sample_rate_hz)
    hop = max(1, round(HOP_MS * sample_rate_hz / 1e3))
    learned = min(len(uv), round(_LEARNS_S * sample_rate_hz)) // hop * hop
    decomposer.feed(uv[:learned])
    settled = [*decomposer.feed(uv), *decomposer.finish()]
    found = [firing for turn in settled for firing in turn.firings]
    samples = np.array([firing.sample - learned for firing in found], np.int64)
    labels = np.array([firing.unit.known_as.number if firing.unit else _NONE for firing in found], np.int64)
    heights_uv = np.array([firing.height_uv for firing in found])
    inside = (samples >= 0) & (samples < len(uv))
    order = np.flatnonzero(inside)[np.argsort(samples[inside], kind="stable")]
    samples, labels, heights_uv = samples[order], labels[order], heights_uv[order]
    units = [_unit(int(one), samples[labels == one], heights_uv[labels == one]) for one in np.unique(labels)]
    none = labels == _NONE
    return RecordedFirings(tuple(unit for unit in units if unit.number != _NONE), samples[none], heights_uv[none])


def _unit(number: int, samples: NDArray[np.int64], heights_uv: Array) -> UnitFirings:
    return UnitFirings(number, samples, float(np.median(heights_uv)))
