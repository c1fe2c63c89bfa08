"""Classification of spontaneous activity in a short piece of needle EMG by shape and regularity.

Fibrillations have 20-200 uV and 1-5 ms and are regular at 0.5-15 a second; positive sharp waves have 10-30 ms and are
regular (statpearls 19794). Fasciculations look like motor unit potentials and are irregular (ccjm.org). For end-
plates see ``guidance.analysis.plates``. Complex repetitive discharges are locked in time, 5-100 a second
(nervestudy.com); myotonic discharges wax and wane at 20-80 a second and up to 150 (AANEM's definition). The bounds
between the labels are a judgement from these descriptions, tuned on three families of simulated shapes and tested
on two others: no labelled recordings were available.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guidance.analysis.artefact_jumps import follow_artefacts
from guidance.analysis.discharges import Discharges, PiecePotentials, detect_potentials, find_trains
from guidance.analysis.periodic import LEAST_BEATS, Places, change_ratio, find_beats, mean_period, unsteadiness
from guidance.analysis.plates import LARGEST_UV, is_end_plate
from guidance.analysis.spectral_line import strongest_line
from guidance.analysis.train_labels import (
    AFTER_WAVE_MS,
    COMPLEX_TURNS,
    FEW,
    LEAST_REGULAR,
    REGULAR_CV,
    REPETITIVE_HZ,
    TAIL_MS,
    PotentialTrain,
    label_train,
)
from guidance.needle_emg.measure import PotentialMeasures, measure, turning_points
from guidance.signal.sweep.basis import Array

LABELS = (
    "silent", "fibrillation", "positive sharp wave", "fasciculation", "complex repetitive", "myotonic", "end-plate",
    "motor unit", "unclear",
)  # fmt: skip
ABNORMAL = frozenset(LABELS[1:6])

PIECE_S = 2.0
"""Length of a classified piece."""

_STEP_CV = 0.1
"""An interval within this share of twice the usual one misses a discharge."""


_AFTER_PEAK_MS = 15.0
"""The deepest point of the negative phase of a positive sharp wave comes so soon after its peak."""

_KNOWN_MS = 10.0
"""Least signal that shows what follows a wave (a judgement)."""

_SLOWEST_RISE_US = 5500.0
"""A wave that rises more slowly is no muscle's: a heart, or the needle's movement (a judgement)."""

_MACHINE_S = 60e-6
"""Intervals that vary by less come from a machine: muscle fibres vary by 0.5 % and more (a judgement)."""

_FASCICULATIONS_PER_S = 10.0
"""More potentials a second are no fasciculations but motor units that fire with others."""

_ALONE = 15.0
"""A wave that comes once or twice counts from this amplitude on, in units of the noise."""

_MOST = 0.6
"""Least share of all potentials for a label other than motor unit."""

_MYOTONIC_HZ = 18.0
"""Least rate of a myotonic discharge."""

_TONE_SHARE = 0.5
"""A discharge has many harmonics: in simulated pieces at most 0.41 of the power lies in one line (recordings of people:
0.06); more is a tone."""

_TURN_UV, _TURN_SHARE = 20.0, 0.06
"""Least height of a turn of a mean wave, in uV and as a share of its amplitude."""

_WAXES_RATE, _WAXES_SIZE = 1.2, 1.4
"""A discharge waxes and wanes if rate or size changes by at least this factor."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One classified piece: its label, the trains in it, the count of potentials, and the noise."""

    label: str
    trains: tuple[PotentialTrain, ...]
    potentials: int
    noise_uv: float


def classify(uv: Array, sample_rate_hz: float) -> Piece:
    """Classify the activity in ``uv`` (n,), about two seconds of needle EMG at ``sample_rate_hz``."""
    piece = detect_potentials(uv, sample_rate_hz)
    seconds = len(uv) / sample_rate_hz
    dense = _dense(piece)
    trains = [dense] if dense else [_train(piece, each) for each in find_trains(piece)]
    trains = [train for train in trains if train.count >= LEAST_REGULAR or _stands_out(train, piece.noise_uv)]
    label = _named(trains, seconds, is_plate=is_end_plate(piece))
    return Piece(label, tuple(trains), len(piece.potentials), piece.noise_uv)


def _stands_out(train: PotentialTrain, noise_uv: float) -> bool:
    return train.measures.amplitude_uv > _ALONE * noise_uv


def _named(trains: Sequence[PotentialTrain], seconds: float, *, is_plate: bool) -> str:
    """Return the label of the piece by its trains; a label needs most of the potentials, a motor unit does not."""
    labels: Counter[str] = Counter()
    for train in trains:
        labels[train.label] += train.count
    potentials = sum(labels.values())
    for label in ("complex repetitive", "myotonic"):
        if label in labels and "motor unit" not in labels:
            return label
    is_large = any(train.measures.amplitude_uv > LARGEST_UV for train in trains)
    if is_plate and "motor unit" not in labels and not is_large:
        return "end-plate"
    if potentials > _FASCICULATIONS_PER_S * seconds and "fasciculation" in labels:
        labels["motor unit"] += labels.pop("fasciculation")
    least = {label: 0.0 if label == "motor unit" else _MOST * potentials for label in labels}
    known = {label: count for label, count in labels.items() if label != "unclear" and count >= least[label]}
    if known:
        return max(known, key=lambda label: known[label])
    return "unclear" if trains else "silent"


def _train(piece: PiecePotentials, discharges: Discharges) -> PotentialTrain:
    samples, mean = discharges.samples, discharges.mean
    noise_uv = piece.noise_uv / len(samples) ** 0.5
    measures = measure(mean, piece.sample_rate_hz, noise_uv, discharges.centre)
    between = np.diff(samples) / piece.sample_rate_hz
    rate, cv = _rhythm(between)
    train = PotentialTrain(
        len(samples), rate, cv, measures, _positive(mean), _tail(mean, piece),
        _unrest(discharges, piece), _slow_ms(mean, piece), _turns(mean, noise_uv),
        waxes=False, is_machine=_is_machine(samples, measures, piece),
    )  # fmt: skip
    return replace(train, label=label_train(train))


def _positive(mean: Array) -> float:
    return float(mean.max() / max(np.ptp(mean), 1e-9))


def _tail(mean: Array, piece: PiecePotentials) -> float:
    """Return the level after the positive peak, 0 where the mean wave is too short."""
    first, last = (int(mean.argmax()) + piece.per_ms(ms) for ms in TAIL_MS)
    return float(mean[first:last].mean() / max(np.ptp(mean), 1e-9)) if last <= len(mean) else 0.0


def _slow_ms(mean: Array, piece: PiecePotentials) -> float:
    """Return how long the negative phase after the positive peak lasts at half its depth."""
    peak = int(mean.argmax())
    after = mean[peak : peak + piece.per_ms(_AFTER_PEAK_MS)]
    low = int(after.argmin())
    above = np.flatnonzero(after >= 0.5 * min(float(after[low]), 0.0))
    first = above[above < low][-1] if (above < low).any() else 0
    last = above[above > low][0] if (above > low).any() else len(after)
    return float(last - first) / piece.sample_rate_hz * 1e3 if after[low] < 0 else 0.0


def _unrest(discharges: Discharges, piece: PiecePotentials) -> float:
    """Return the median size of what follows the wave as a share of its amplitude, 0 where the mean is too short.

    It is infinite where the piece ends too soon after most of the discharges: what follows is not known.
    """
    first, least = discharges.centre + piece.per_ms(AFTER_WAVE_MS), piece.per_ms(AFTER_WAVE_MS + _KNOWN_MS)
    if float(np.mean(discharges.samples + least > len(piece.uv))) >= 0.5:
        return np.inf
    after = discharges.mean[first:]
    return float(np.median(np.abs(after)) / max(np.ptp(discharges.mean), 1e-9)) if len(after) else 0.0


def _turns(mean: Array, noise_uv: float) -> int:
    return len(turning_points(mean, max(_TURN_UV, _TURN_SHARE * float(np.ptp(mean)), 5 * noise_uv)))


def _is_machine(samples: Places, measures: PotentialMeasures, piece: PiecePotentials) -> bool:
    """Return whether a train is too exact, too slow in shape, or too near to jumps of the signal for a muscle."""
    between = np.diff(samples) / piece.sample_rate_hz
    is_exact = len(between) >= 2 and float(between.std()) < max(_MACHINE_S, 0.7 / piece.sample_rate_hz)
    is_slow = measures.rise_us > _SLOWEST_RISE_US
    return is_exact or is_slow or follow_artefacts(samples, piece.jumps, piece.uv, piece.sample_rate_hz, piece.noise_uv)


def _rhythm(between: Array) -> tuple[float | None, float | None]:
    """Return rate and variation of the intervals from one to the next; a slow drift does not count.

    In a train of enough discharges, an interval of about twice the usual one counts as two.
    """
    if len(between) < 2:
        return None, None
    usual = float(np.median(between))
    double = np.abs(between / usual - 2) < 2 * _STEP_CV
    if len(between) >= FEW - 1 and double.mean() < 0.3:
        between = np.where(double, between / 2, between)
    step = float(np.sqrt(np.mean(np.diff(between) ** 2) / 2))
    return 1 / usual, step / float(between.mean())


def _dense(piece: PiecePotentials) -> PotentialTrain | None:
    """Return a discharge that repeats faster than single potentials can be separated, by its own period."""
    smooth, sample_rate_hz = piece.uv - np.median(piece.uv), piece.sample_rate_hz
    peaks = find_beats(smooth, sample_rate_hz, piece.noise_uv)
    if len(peaks) < LEAST_BEATS:
        return None
    between = np.diff(peaks) / sample_rate_hz
    steady = unsteadiness(peaks)
    rate = 1 / float(np.median(between))
    is_even = np.abs(np.diff(between)) < REGULAR_CV * between[1:]
    covered = float(between[1:][is_even].sum()) * sample_rate_hz / len(smooth)
    tone = strongest_line(smooth, sample_rate_hz)
    is_tone = tone is not None and tone.share > _TONE_SHARE
    if steady > REGULAR_CV / 2 or rate < REPETITIVE_HZ or covered < 0.3 or is_tone:
        return None
    mean = mean_period(smooth, peaks, sample_rate_hz)
    noise_uv = piece.noise_uv / len(peaks) ** 0.5
    measures = measure(mean, sample_rate_hz, noise_uv, round(0.3 * len(mean)))
    sizes = np.abs(smooth[peaks])
    waxes = change_ratio(1 / between) >= _WAXES_RATE or change_ratio(sizes) >= _WAXES_SIZE
    turns = _turns(mean, noise_uv)
    label = _dense_label(rate, turns, waxes=waxes)
    is_machine = _is_machine(peaks, measures, piece)
    if label is None or is_machine:
        return None
    return PotentialTrain(
        len(peaks),
        rate,
        steady,
        measures,
        _positive(mean),
        _tail(mean, piece),
        0.0,
        0.0,
        turns,
        waxes,
        is_machine,
        label,
    )


def _dense_label(rate: float, turns: int, *, waxes: bool) -> str | None:
    if turns >= COMPLEX_TURNS and not waxes:
        return "complex repetitive"
    return "myotonic" if rate >= _MYOTONIC_HZ and waxes else None
