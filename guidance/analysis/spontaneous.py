"""Classification of spontaneous activity in a short piece of needle EMG by shape and regularity.

Fibrillations have 20-200 uV and 1-5 ms and are regular at 0.5-15 a second; positive sharp waves have 10-30 ms and are
regular (statpearls 19794). Fasciculations look like motor unit potentials and are irregular (ccjm.org). For end-plates
see ``guidance.needle_emg.endplate``. Complex repetitive discharges are locked in time; myotonic discharges wax and wane
at 20-150 a second (rates unsourced). The bounds between the labels are a judgement from these descriptions: no labelled
recordings were available.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks

from guidance.analysis.spectral_line import strongest_line
from guidance.needle_emg.endplate import plate_activity
from guidance.needle_emg.measure import PotentialMeasures, measure
from guidance.needle_emg.potential_detector import Potential, PotentialDetector
from guidance.needle_emg.units import MotorUnitSorter
from guidance.signal.sweep.basis import Array

LABELS = (
    "silent", "fibrillation", "positive sharp wave", "fasciculation", "complex repetitive", "myotonic", "end-plate",
    "motor unit", "unclear",
)  # fmt: skip
ABNORMAL = frozenset(LABELS[1:6])

PIECE_S = 2.0
"""Length of a classified piece."""

_WARM_S = 0.5
"""The detector first receives this much of the signal backwards, to know the noise from the start."""

_REGULAR_CV, _RHYTHM_CV, _IRREGULAR_CV = 0.12, 0.35, 0.45
"""Variation of intervals: at most for spontaneous trains, at most for motor units, at least for fasciculations."""

_FIBRILLATION_MS, _FIBRILLATION_UV = 6.0, 400.0
"""Largest duration and amplitude of a fibrillation, twice the source's amplitude."""

_SHARP_MS = 8.0
"""Least duration of a positive sharp wave, somewhat below the source's 10 ms."""

_LIKE_UNIT_MS, _LIKE_UNIT_UV = 4.0, 200.0
"""Least duration and amplitude of a potential shaped like a motor unit's."""

_FASCICULATIONS_PER_S = 6.0
"""More potentials a second are no fasciculations."""

_LOCKED_CV = 0.04
"""Most variation of the intervals of a complex repetitive discharge."""

_FEW = 6
"""A train of fewer discharges has no certain rhythm."""

_MOST = 0.6
"""Least share of all potentials for a label other than motor unit."""

_REPETITIVE_HZ, _MYOTONIC_HZ = 4.0, 18.0
"""Least rates of complex repetitive and of myotonic discharges."""
_TONE_SHARE = 0.5
"""A discharge has many harmonics: in simulated pieces at most 0.41 of the power lies in one line (recordings of people:
0.06); more is a tone."""

_COMPLEX_TURNS = 5
"""Least turns of a complex repetitive discharge."""

_WAXES_RATE, _WAXES_SIZE = 1.2, 1.4
"""A discharge waxes and wanes if rate or size changes by at least this factor."""

_LEAST_REGULAR, _LEAST_DENSE = 3, 8
"""Least discharges of a regular train, and of one faster than the detector separates."""

_BEFORE_MS, _AFTER_MS = 6.0, 26.0
"""Range of a mean potential about its peak."""


@dataclass(frozen=True, slots=True)
class PotentialTrain:
    """A train of similar potentials: their count, rate, variation of intervals, and the measures of their mean.

    ``waxes``: rate or size changes smoothly along the train.
    """

    count: int
    firing_hz: float | None
    interval_cv: float | None
    measures: PotentialMeasures
    waxes: bool
    label: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One classified piece: its label, the trains in it, the count of potentials, and the noise."""

    label: str
    trains: tuple[PotentialTrain, ...]
    potentials: int
    noise_uv: float


def classify(uv: Array, sample_rate_hz: float) -> Piece:
    """Classify the activity in ``uv`` (n,), about two seconds of needle EMG at ``sample_rate_hz``."""
    potentials, noise_uv = detect_potentials(uv, sample_rate_hz)
    seconds = len(uv) / sample_rate_hz
    dense = _dense(uv, sample_rate_hz, noise_uv)
    trains = [dense] if dense else _trains(uv, potentials, noise_uv, sample_rate_hz)
    plate = plate_activity(potentials, seconds, sample_rate_hz)
    is_plate = plate is not None and plate.is_present
    label = _named(trains, len(potentials), seconds, is_plate=is_plate)
    return Piece(label, tuple(trains), len(potentials), noise_uv)


def detect_potentials(uv: Array, sample_rate_hz: float) -> tuple[list[Potential], float]:
    """Return the potentials in ``uv`` and its noise; the detector first learns from the reversed beginning."""
    warm = uv[: round(_WARM_S * sample_rate_hz)][::-1]
    detector = PotentialDetector(sample_rate_hz)
    detector.feed(warm)
    after = round(0.02 * sample_rate_hz)
    potentials = detector.feed(np.concatenate([uv, uv[-1:] * np.ones(after)])) if len(uv) else []
    return [p for p in potentials if p.sample >= len(warm)], detector.noise_uv


def _named(trains: Sequence[PotentialTrain], potentials: int, seconds: float, *, is_plate: bool) -> str:
    """Return the label of the piece by its trains; a label needs most of the potentials, a motor unit does not."""
    labels: Counter[str] = Counter()
    for train in trains:
        labels[train.label] += train.count
    for label in ("complex repetitive", "myotonic"):
        if label in labels:
            return label
    if is_plate and "motor unit" not in labels:
        return "end-plate"
    if potentials > _FASCICULATIONS_PER_S * seconds:
        labels.pop("fasciculation", None)
    least = {label: 0.0 if label == "motor unit" else _MOST * potentials for label in labels}
    known = {label: count for label, count in labels.items() if label != "unclear" and count >= least[label]}
    if known:
        return max(known, key=lambda label: known[label])
    return "unclear" if trains else "silent"


def _trains(uv: Array, potentials: Sequence[Potential], noise_uv: float, sample_rate_hz: float) -> list[PotentialTrain]:
    sorter = MotorUnitSorter(sample_rate_hz, most=24)
    for potential in potentials:
        sorter.sort(potential)
    warm = round(min(_WARM_S * sample_rate_hz, len(uv)))
    return [
        _train(uv, np.array([p.sample - warm for p in unit.newest]), noise_uv, sample_rate_hz)
        for unit in sorter.units
        if unit.discharges >= _LEAST_REGULAR or unit.newest[-1].measures.amplitude_uv > 10 * noise_uv
    ]


def _train(uv: Array, samples: Array, noise_uv: float, sample_rate_hz: float) -> PotentialTrain:
    mean = _mean(uv, samples, sample_rate_hz)
    measures = measure(mean, sample_rate_hz, noise_uv / len(samples) ** 0.5, round(_BEFORE_MS * sample_rate_hz / 1e3))
    between = np.diff(samples) / sample_rate_hz
    rate, cv = _rhythm(between)
    positive = float(mean.max() / max(np.ptp(mean), 1e-9))
    label = _label(len(samples), cv, measures, positive)
    return PotentialTrain(len(samples), rate, cv, measures, waxes=False, label=label)


def _rhythm(between: Array) -> tuple[float | None, float | None]:
    """Return rate and variation of the intervals; one that misses one or two discharges is divided accordingly."""
    if len(between) < 2:
        return None, None
    usual = float(np.median(between))
    beats = np.maximum(np.round(between / usual), 1)
    single = between / np.where(beats <= 3, beats, 1)
    return 1 / usual, float(single.std() / single.mean())


def _label(count: int, cv: float | None, measures: PotentialMeasures, positive: float) -> str:
    is_regular = count >= _LEAST_REGULAR and cv is not None and cv <= _REGULAR_CV
    is_sharp = positive >= 0.6 and not measures.begins_negative and measures.duration_ms >= _SHARP_MS
    if is_regular and is_sharp:
        return "positive sharp wave"
    is_brief = measures.duration_ms <= _FIBRILLATION_MS and measures.amplitude_uv <= _FIBRILLATION_UV
    if is_regular and is_brief and not measures.begins_negative:
        return "fibrillation"
    return _large_label(count, cv, measures)


def _large_label(count: int, cv: float | None, measures: PotentialMeasures) -> str:
    """Return the label of a train that is neither positive sharp wave nor fibrillation."""
    if measures.duration_ms < _LIKE_UNIT_MS or measures.amplitude_uv < _LIKE_UNIT_UV:
        return "unclear"
    if count >= 6 and cv is not None and cv <= _LOCKED_CV and measures.turns >= _COMPLEX_TURNS:
        return "complex repetitive"
    if count >= 6 and cv is not None and cv <= _RHYTHM_CV:
        return "motor unit"
    if cv is None or cv >= _IRREGULAR_CV or (count < _FEW and cv > _REGULAR_CV):
        return "fasciculation"
    return "unclear"


def _mean(uv: Array, samples: Array, sample_rate_hz: float) -> Array:
    """Return the mean wave about ``samples``; its first milliseconds are the baseline."""
    before, after = round(_BEFORE_MS * sample_rate_hz / 1e3), round(_AFTER_MS * sample_rate_hz / 1e3)
    padded = np.pad(uv, (before, after), mode="edge")
    stack = np.stack([padded[int(at) : int(at) + before + after] for at in samples])
    stack = stack - np.median(stack[:, : before // 2], axis=1, keepdims=True)
    return np.asarray(np.median(stack, axis=0) if len(stack) > 4 else stack.mean(axis=0))


def _dense(uv: Array, sample_rate_hz: float, noise_uv: float) -> PotentialTrain | None:
    """Return a discharge that repeats faster than single potentials can be separated, by its own period."""
    smooth = uv - np.median(uv)
    peaks = _beats(smooth, sample_rate_hz, noise_uv)
    if len(peaks) < _LEAST_DENSE:
        return None
    between = np.diff(peaks) / sample_rate_hz
    steady = float(np.median(np.abs(np.diff(between)) / between[:-1]))
    rate = 1 / float(np.median(between))
    covered = (peaks[-1] - peaks[0]) / len(uv)
    tone = strongest_line(smooth, sample_rate_hz)
    is_tone = tone is not None and tone.share > _TONE_SHARE
    if steady > _REGULAR_CV / 2 or rate < _REPETITIVE_HZ or covered < 0.3 or is_tone:
        return None
    mean = _mean_period(smooth, peaks, sample_rate_hz)
    measures = measure(mean, sample_rate_hz, noise_uv / len(peaks) ** 0.5, round(0.3 * len(mean)))
    sizes = np.abs(smooth[peaks])
    waxes = _range(1 / between) >= _WAXES_RATE or _range(sizes) >= _WAXES_SIZE
    label = _dense_label(rate, measures, waxes=waxes)
    return PotentialTrain(len(peaks), rate, steady, measures, waxes, label) if label else None


def _dense_label(rate: float, measures: PotentialMeasures, *, waxes: bool) -> str | None:
    if measures.turns >= _COMPLEX_TURNS and not waxes:
        return "complex repetitive"
    return "myotonic" if rate >= _MYOTONIC_HZ and waxes else None


def _beats(smooth: Array, sample_rate_hz: float, noise_uv: float) -> Array:
    """Return the largest peak of each period, on the side with the larger peaks."""
    side = 1.0 if smooth.max() > -smooth.min() else -1.0
    height = max(6 * noise_uv, 0.35 * float(np.percentile(side * smooth, 99.8)))
    peaks, _ = find_peaks(side * smooth, height=height, distance=max(1, round(0.005 * sample_rate_hz)))
    if len(peaks) < 4:
        return np.asarray(peaks)
    period = _period_of(smooth, sample_rate_hz)
    if period is None:
        return np.asarray(peaks)
    peaks, _ = find_peaks(side * smooth, height=height, distance=max(1, round(0.75 * period)))
    return np.asarray(peaks)


def _period_of(smooth: Array, sample_rate_hz: float) -> int | None:
    """Return the period in samples by the autocorrelation, between 6 and 250 ms; None where there is none."""
    n = min(len(smooth), round(1.0 * sample_rate_hz))
    power = np.abs(np.fft.rfft(smooth, 2 * len(smooth))) ** 2
    likeness = np.fft.irfft(power)[: len(smooth)]
    likeness = likeness / max(float(likeness[0]), 1e-9)
    low, high = round(0.006 * sample_rate_hz), min(round(0.25 * sample_rate_hz), n - 1)
    if high <= low:
        return None
    peaks, properties = find_peaks(likeness[low:high], height=0.25)
    if not len(peaks):
        return None
    best = float(properties["peak_heights"].max())
    return low + int(peaks[np.flatnonzero(properties["peak_heights"] >= 0.8 * best)[0]])


def _mean_period(smooth: Array, peaks: Array, sample_rate_hz: float) -> Array:
    """Return the mean wave of one period about its peak."""
    length = min(round(float(np.median(np.diff(peaks)))), round(0.05 * sample_rate_hz))
    first = round(0.3 * length)
    inside = [at for at in peaks if at >= first and at - first + length <= len(smooth)]
    mean = np.median(np.stack([smooth[at - first : at - first + length] for at in inside]), axis=0)
    return np.asarray(mean - np.median(mean))


def _range(values: Array) -> float:
    """Return the ratio of the 90th to the 10th percentile of the values, smoothed over five."""
    smooth = np.convolve(values, np.ones(5) / 5, "valid") if len(values) >= 10 else values
    low, high = np.percentile(smooth, [10, 90])
    return float(high / max(low, 1e-9))
