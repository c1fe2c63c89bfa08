"""What a stimulus leaves at the input of an amplifier: measured shapes, or sums of exponentials."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.signal import resample_poly, savgol_filter

from tests.support.shared import present
from tests.worlds.front_ends.body import Wave
from tests.worlds.front_ends.split import Part

_MEASURED = "data/artefact_shapes_22k.npz"
_MEASURED_RATE_HZ = 22_000
_SPAN_MS = 60.0
_SMOOTH_FROM_MS, _SMOOTHED_MS = 3.0, 1.5
_FADES_MS = 15.0


@cache
def measured(part: Part, sample_rate_hz: float) -> tuple[tuple[Wave, ...], ...]:
    """Return the measured artefacts of each patient of ``part``, of peak 1; empty where they are not on this machine.

    Their own noise is smoothed from 3 ms on, so that it does not repeat with every pulse; they fade to nothing.
    """
    path = present(_MEASURED)
    if path is None:
        return ()
    with np.load(path, allow_pickle=False) as stored:
        shapes, patient = stored["shapes"].astype(float), stored["patient"].astype(str)
    chosen = [name for number, name in enumerate(sorted(set(patient.tolist()))) if part.holds(number)]
    return tuple(tuple(_prepared(shape, sample_rate_hz) for shape in shapes[patient == name]) for name in chosen)


def _prepared(shape: Wave, sample_rate_hz: float) -> Wave:
    shape = shape - shape[-len(shape) // 3 :].mean()
    smooth = savgol_filter(shape, round(_SMOOTHED_MS * _MEASURED_RATE_HZ / 1e3) | 1, 3)
    begin = round(_SMOOTH_FROM_MS * _MEASURED_RATE_HZ / 1e3)
    mixed = np.where(np.arange(len(shape)) < begin, shape, smooth)
    out = resample_poly(mixed, int(sample_rate_hz), _MEASURED_RATE_HZ, padtype="line")[
        : round(_SPAN_MS * sample_rate_hz / 1e3)
    ]
    left = np.arange(len(out), 0, -1) / (_FADES_MS * sample_rate_hz / 1e3)
    return np.asarray(out * np.minimum(left, 1.0) / np.abs(out).max())


def exponential(rng: np.random.Generator, sample_rate_hz: float) -> tuple[Wave, Wave]:
    """Draw two artefacts of one electrode, of peak 1: a biphasic pulse and tails of 0.3 to 12 ms."""
    t = np.arange(round(_SPAN_MS * sample_rate_hz / 1e3)) / sample_rate_hz * 1e3
    constants = np.stack([rng.uniform(0.3, 1.5), rng.uniform(2.0, 12.0)])
    shares = rng.uniform([0.02, 0.003], [0.3, 0.06]) * rng.choice([-1, 1], 2)
    pulse = np.where(t < 0.15, 1.0, np.where(t < 0.3, -rng.uniform(0.0, 0.8), 0.0))
    after = np.maximum(t - 0.2, 0.0)

    def one(stretch: Wave) -> Wave:
        tails = (shares * stretch)[:, None] * np.exp(-after / constants[:, None])
        return np.asarray(pulse + np.where(t >= 0.2, tails.sum(axis=0), 0.0))

    return one(np.ones(2)), one(1 + 0.3 * rng.standard_normal(2))


def pair(rng: np.random.Generator, part: Part, sample_rate_hz: float, *, is_measured: bool) -> tuple[Wave, Wave]:
    """Draw two artefacts between which a needle drifts: of one patient (of the same polarity), or exponential."""
    patients = measured(part, sample_rate_hz)
    if not is_measured or not patients:
        return exponential(rng, sample_rate_hz)
    shapes = patients[rng.integers(len(patients))]
    first = shapes[rng.integers(len(shapes))]
    other = max((shapes[i] for i in rng.integers(len(shapes), size=4)), key=lambda shape: abs(_likeness(first, shape)))
    return first, other * (1.0 if _likeness(first, other) > 0 else -1.0)


def _likeness(one: Wave, other: Wave) -> float:
    return float(one @ other) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12)
