"""The class of one train of potentials, by its rhythm and the shape of its mean wave.

``guidance.analysis.spontaneous`` names the sources of the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.needle_emg.measure import PotentialMeasures

REGULAR_CV, _RHYTHM_CV = 0.08, 0.35
"""Variation of intervals: at most for spontaneous trains, at most for motor units."""

TAIL_MS, _LEAST_TAIL = (3.5, 8.0), 0.04
"""Where the long phase of a positive sharp wave is after its peak, and its least depth as a share of the amplitude. Of
a small one the end is lost in the noise, so its duration is not measured.
"""

AFTER_WAVE_MS, _MOST_UNREST = 15.0, 0.06
"""A motor unit potential is over some ms after its peak; what goes on after it is movement (a judgement)."""

FEW = 6
"""A train of fewer discharges has no certain rhythm."""

LEAST_REGULAR = 3
"""Least discharges of a regular train."""

COMPLEX_TURNS = 5
"""Least turns of a complex repetitive discharge."""

REPETITIVE_HZ = 4.0
"""Least rate of a complex repetitive discharge."""

_FIBRILLATION_MS, _FIBRILLATION_UV = 6.0, 400.0
"""Largest duration and amplitude of a fibrillation, twice the source's amplitude."""

_POSITIVE_SHARE = 0.6
"""Least share of the amplitude that is positive in a positive sharp wave."""

_MOST_POSITIVE = 0.75
"""Most of it in a fibrillation whose second phase is as brief as its first (a judgement)."""

_CERTAIN, _CERTAIN_CV = 10, 0.045
"""Least count and most variation of a fibrillation that begins negative, as near the end-plate or in noise: a motor
unit's intervals, which vary by 0.1 and more, seem as even in 2 % of trains of 10 (simulated, normal intervals).
"""

_LEAST_POSITIVE, _SLOW_MS = 0.3, 2.5
"""With less of it positive the negative phase is to be slow: at half its depth it lasts so long after the peak. The
spike of a fibre or of a near motor unit lasts 1 ms (a judgement).
"""

_LIKE_UNIT_MS, _LIKE_UNIT_UV = 2.0, 200.0
"""Least duration (the source's) and amplitude of a potential shaped like a motor unit's."""

_FAR_UNIT_UV = 60.0
"""A motor unit that fires steadily may be so small: it is far away."""

_LONGEST_UNIT_MS, _LEAST_SIDE = 25.0, 0.12
"""A longer wave, or one with less of its amplitude on one side, is a moved electrode's (a judgement)."""

_LOCKED_CV = 0.03
"""Most variation of the intervals of a complex repetitive discharge."""


@dataclass(frozen=True, slots=True)
class PotentialTrain:
    """A train of similar potentials: their count, rate, variation of intervals, and the measures of their mean.

    ``positive`` is the positive share of the amplitude, ``tail`` the level some ms after the peak as a share of it,
    ``unrest`` the usual size of what follows the wave, ``slow_ms`` how long the negative phase after the positive peak
    lasts at half its depth; ``turns`` counts all turns of the mean wave. ``waxes``: rate or
    size changes smoothly along the train. ``is_machine``: it is too slow, too exact or too steep for a muscle.
    """

    count: int
    firing_hz: float | None
    interval_cv: float | None
    measures: PotentialMeasures
    positive: float
    tail: float
    unrest: float
    slow_ms: float
    turns: int
    waxes: bool
    is_machine: bool
    label: str = "unclear"


def label_train(train: PotentialTrain) -> str:
    """Return the class of ``train``, ``unclear`` where none fits."""
    measures, cv = train.measures, train.interval_cv
    if train.is_machine:
        return "unclear"
    is_regular = train.count >= LEAST_REGULAR and cv is not None and cv <= REGULAR_CV
    if not is_regular:
        return _irregular_label(train)
    if _is_locked(train):
        return "complex repetitive"
    if _is_sharp(train):
        return "positive sharp wave"
    if measures.begins_negative and not _is_certain(train):
        return _unit_label(train)
    return "fibrillation" if _is_brief(train) else _unit_label(train)


def _is_certain(train: PotentialTrain) -> bool:
    """Return whether a train is long and even enough for a single fibre even where its potential begins negative."""
    return train.count >= _CERTAIN and train.interval_cv is not None and train.interval_cv <= _CERTAIN_CV


def _is_brief(train: PotentialTrain) -> bool:
    """Return whether the mean wave is as brief and small as a single fibre's and goes to both sides."""
    measures = train.measures
    is_both = train.positive < _POSITIVE_SHARE or (train.positive <= _MOST_POSITIVE and measures.phases >= 2)
    return is_both and measures.duration_ms <= _FIBRILLATION_MS and measures.amplitude_uv <= _FIBRILLATION_UV


def _is_sharp(train: PotentialTrain) -> bool:
    """Return whether the mean wave is a steep positive phase with a long or a slow negative one."""
    if train.positive >= _POSITIVE_SHARE:
        return train.tail <= -_LEAST_TAIL
    return train.positive >= _LEAST_POSITIVE and train.slow_ms >= _SLOW_MS


def _is_locked(train: PotentialTrain) -> bool:
    is_exact = train.count >= FEW and train.interval_cv is not None and train.interval_cv <= _LOCKED_CV
    return is_exact and (train.firing_hz or 0.0) >= REPETITIVE_HZ and train.turns >= COMPLEX_TURNS


def _unit_label(train: PotentialTrain) -> str:
    """Return whether a train is that of a motor unit that fires steadily, far or near."""
    cv, measures = train.interval_cv, train.measures
    is_steady = train.count >= FEW and cv is not None and _LOCKED_CV < cv <= _RHYTHM_CV
    is_long = measures.amplitude_uv >= _LIKE_UNIT_UV or measures.duration_ms > _FIBRILLATION_MS
    is_large = measures.amplitude_uv >= _FAR_UNIT_UV and _is_like_unit(train)
    return "motor unit" if is_steady and is_long and is_large else "unclear"


def _irregular_label(train: PotentialTrain) -> str:
    """Return the label of a train that is too irregular for single fibres."""
    if _unit_label(train) == "motor unit":
        return "motor unit"
    is_fasciculation = train.measures.amplitude_uv >= _LIKE_UNIT_UV and _is_like_unit(train)
    return "fasciculation" if is_fasciculation else "unclear"


def _is_like_unit(train: PotentialTrain) -> bool:
    """Return whether the mean wave is as long as a motor unit potential and goes to both sides."""
    is_long_enough = _LIKE_UNIT_MS <= train.measures.duration_ms <= _LONGEST_UNIT_MS
    if train.count < FEW and train.unrest > _MOST_UNREST:
        return False
    return is_long_enough and train.measures.phases >= 2 and _LEAST_SIDE <= train.positive <= 1 - _LEAST_SIDE
