"""Trains of similar potentials in a short piece of needle EMG, each found again by its own mean wave.

The detector of potentials finds the large ones; those that are alike give a mean wave, and a matched filter finds all
discharges of that shape, the weak ones too. Waves that follow another train at one delay belong to its discharges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, find_peaks, oaconvolve, sosfiltfilt

from guidance.analysis.artefact_jumps import jumps
from guidance.analysis.periodic import Places, stacked
from guidance.analysis.shape_groups import ShapeGroups
from guidance.needle_emg.potential_detector import Potential, PotentialDetector
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import fit_mains

_WARM_S = 0.5
"""The detector first receives this much of the signal backwards, to know the noise from the start."""

_DRIFT_HZ = 4.0
"""Movement lies below; the slow phase of a positive sharp wave, 30 ms and less, above."""

_SHARP_HZ = (60.0, 2500.0)
"""Band in which waves are compared: it holds the spike and little of drift and tail."""

_SHAPE_MS = (2.5, 4.0)
"""Range of the compared wave before and after its peak."""

_APART_MS = 5.0
"""Discharges of one train are at least so far apart: 200 a second."""

_GAIN_SPREAD = 0.25
"""Sizes of the discharges of a train differ from the mean wave by at most this share, and by noise (a judgement)."""

_LEAST_LIKENESS = 0.8
"""Least share of the wave's energy, less noise, that the mean wave explains (a judgement)."""

_OVER_NOISE = 4.5
"""Least height of the matched filter in units of its noise."""

_OVER_OWN = 1.6
"""A potential counts beside another train from so many times the wave of that train at its place."""

_SEED_NOISES = 4.5
"""Least height of a potential in the sharp band, in units of its noise."""

_NEAR_MS = 0.7
"""A peak in the sharp band is at most so far from where the detector names it."""

_ALONE_MS = (6.0, 10.0)
"""Range of the wave of a train with too few discharges to tell what belongs to it."""

_LOCKED_MS, _LOCKED_SHARE = 1.0, 0.7
"""A train whose delays after another vary by less, for at least this share, is part of that one."""

_BEFORE_MS, _AFTER_MS = 10.0, 40.0
"""Most of a mean wave before and after its peak."""

_LEVEL_MS = 150.0
"""The median so far before and after a discharge is its baseline: a motor unit potential may begin early."""

_MOST_SEEDS = 12
_FEW = 4


@dataclass(frozen=True, slots=True, eq=False)
class PiecePotentials:
    """The piece ``uv`` (n,) without mains and drift, the ``potentials`` detected in it, and the noise in uV RMS.

    ``samples`` (k,) are the places of the potentials in the piece, ``jumps`` those at which the signal jumps.
    """

    uv: Array
    sample_rate_hz: float
    potentials: tuple[Potential, ...]
    samples: Places
    jumps: Places
    noise_uv: float

    def per_ms(self, ms: float) -> int:
        """Return ``ms`` in samples."""
        return round(ms * self.sample_rate_hz / 1e3)


@dataclass(frozen=True, slots=True, eq=False)
class Discharges:
    """The discharges of one train at ``samples`` (k,), with the ``mean`` wave (n,) in uV and its peak at ``centre``."""

    samples: Places
    mean: Array
    centre: int


def detect_potentials(uv: Array, sample_rate_hz: float) -> PiecePotentials:
    """Return the potentials in ``uv`` (n,) and its noise; the detector first learns from the reversed beginning."""
    warm = uv[: round(_WARM_S * sample_rate_hz)][::-1]
    detector = PotentialDetector(sample_rate_hz)
    detector.feed(warm)
    after = round(0.02 * sample_rate_hz)
    found = detector.feed(np.concatenate([uv, uv[-1:] * np.ones(after)])) if len(uv) else []
    potentials = tuple(p for p in found if len(warm) <= p.sample < len(warm) + len(uv))
    samples = np.array([p.sample - len(warm) for p in potentials], dtype=int)
    steady = _steady(uv, sample_rate_hz)
    return PiecePotentials(steady, sample_rate_hz, potentials, samples, jumps(uv, sample_rate_hz), detector.noise_uv)


def find_trains(piece: PiecePotentials) -> list[Discharges]:
    """Return the trains in ``piece``, the one with most energy first."""
    sharp = _sharp_band(piece.uv, piece.sample_rate_hz)
    noise_uv = min(float(np.median(np.abs(sharp))) / 0.6745, piece.noise_uv)
    height = maximum_filter1d(np.abs(sharp), 2 * piece.per_ms(_NEAR_MS) + 1)
    explained = np.zeros(len(sharp))
    trains: list[Places] = []
    for members in _clusters(piece):
        seeds = piece.samples[members]
        seeds = seeds[height[seeds] > _SEED_NOISES * noise_uv + _OVER_OWN * explained[seeds]]
        if len(seeds) <= len(members) // 2:
            continue
        samples = _found_again(sharp, seeds, piece)
        trains.append(samples)
        np.maximum(explained, _waves_of(sharp, samples, piece), out=explained)
    return [_discharges(piece, samples) for samples in _united(trains, piece)]


def _waves_of(sharp: Array, samples: Places, piece: PiecePotentials) -> Array:
    """Return the size (n,) of the mean wave of ``samples`` at each place of ``sharp``."""
    own = (_BEFORE_MS, _AFTER_MS) if len(samples) > _FEW else _ALONE_MS
    before, after = (piece.per_ms(ms) for ms in own)
    wave = np.abs(np.median(stacked(sharp, samples, before, after), axis=0))
    size = np.zeros(len(sharp) + before + after)
    for at in samples:
        np.maximum(size[at : at + before + after], wave, out=size[at : at + before + after])
    near = maximum_filter1d(size, 2 * piece.per_ms(_NEAR_MS) + 1)
    return np.asarray(near[before : before + len(sharp)])


def _steady(uv: Array, sample_rate_hz: float) -> Array:
    """Return ``uv`` without mains and drift."""
    mains = fit_mains(uv, 0, sample_rate_hz)
    clean = uv - mains(0, len(uv)) if mains else uv
    high = butter(1, _DRIFT_HZ, "highpass", fs=sample_rate_hz, output="sos")
    return np.asarray(sosfiltfilt(high, clean))


def _sharp_band(uv: Array, sample_rate_hz: float) -> Array:
    top = min(_SHARP_HZ[1], 0.45 * sample_rate_hz)
    return np.asarray(sosfiltfilt(butter(2, (_SHARP_HZ[0], top), "bandpass", fs=sample_rate_hz, output="sos"), uv))


def _clusters(piece: PiecePotentials) -> list[Places]:
    """Return the indices of similar potentials, those with most energy first."""
    groups = ShapeGroups(piece.sample_rate_hz, most=24)
    members: dict[int, list[int]] = {}
    energy: dict[int, float] = {}
    for at, potential in enumerate(piece.potentials):
        group = groups.sort(potential)
        number = group.number if group else -at - 1
        members.setdefault(number, []).append(at)
        energy[number] = energy.get(number, 0.0) + potential.measures.amplitude_uv**2
    order = sorted(members, key=lambda number: -energy[number])
    return [np.array(members[number]) for number in order[:_MOST_SEEDS]]


def _found_again(sharp: Array, seeds: Places, piece: PiecePotentials) -> Places:
    """Return all places at which the mean wave of ``seeds`` is in ``sharp``; at least the seeds."""
    before, after = (piece.per_ms(ms) for ms in _SHAPE_MS)
    wave = np.median(stacked(sharp, seeds, before, after), axis=0)
    power = float(wave @ wave)
    if power <= 0:
        return seeds
    gain = oaconvolve(sharp, wave[::-1], "full")[after - 1 :][: len(sharp)] / power
    energy = oaconvolve(sharp**2, np.ones(len(wave)), "full")[after - 1 :][: len(sharp)]
    noise = float(np.median(np.abs(gain))) / 0.6745
    floor = float(np.percentile(energy, 20))
    spread = _GAIN_SPREAD + min(3 * noise, 0.3)
    least = max(1 - spread, _OVER_NOISE * noise)
    peaks, _ = find_peaks(gain, height=least, distance=piece.per_ms(_APART_MS))
    likeness = gain[peaks] ** 2 * power / np.maximum(energy[peaks] - floor, 1e-9)
    kept = peaks[(gain[peaks] <= 1 + spread) & (likeness >= _LEAST_LIKENESS)]
    lost = [at for at in seeds if not len(kept) or np.abs(kept - at).min() > piece.per_ms(_APART_MS)]
    return np.sort(np.concatenate([kept, np.array(lost, dtype=int)])).astype(int)


def _united(trains: Sequence[Places], piece: PiecePotentials) -> list[Places]:
    """Return ``trains`` without those that follow an earlier one at one delay, or lie within its wave."""
    kept: list[Places] = []
    for train in trains:
        if not any(_is_locked(train, other, piece) for other in kept):
            kept.append(train)
    return kept


def _is_locked(train: Places, other: Places, piece: PiecePotentials) -> bool:
    if len(other) < 3:
        return False
    lag = train[:, None] - other[None, :]
    nearest = lag[np.arange(len(train)), np.abs(lag).argmin(axis=1)]
    low, high = -piece.per_ms(_AFTER_MS), piece.per_ms(_AFTER_MS)
    inside = nearest[(nearest >= low) & (nearest <= high)]
    if len(inside) < _LOCKED_SHARE * len(train) or len(inside) < 2:
        return False
    return bool(np.mean(np.abs(inside - np.median(inside)) <= piece.per_ms(_LOCKED_MS)) >= _LOCKED_SHARE)


def _discharges(piece: PiecePotentials, samples: Places) -> Discharges:
    """Return the train with its mean wave: up to half a period before the peak, and up to the next discharge."""
    before, after = piece.per_ms(_BEFORE_MS), piece.per_ms(_AFTER_MS)
    if len(samples) > 2:
        period = int(np.median(np.diff(samples)))
        before, after = min(before, round(0.4 * period)), min(after, round(0.6 * period))
    stack = stacked(piece.uv, samples, before, after)
    wide = piece.per_ms(_LEVEL_MS)
    stack = stack - np.median(stacked(piece.uv, samples, wide, wide), axis=1, keepdims=True)
    mean = np.median(stack, axis=0) if len(stack) > 4 else stack.mean(axis=0)
    return Discharges(samples, np.asarray(mean), before)
