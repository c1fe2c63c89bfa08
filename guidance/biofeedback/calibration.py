"""Calibration: from a muscle at rest and its largest efforts to the line of an exercise, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.biofeedback.envelope import STEP_S
from guidance.common.text import digits
from guidance.signal.sweep.basis import Array

SUSTAINED_S = 0.5
"""An effort counts as high as it was held for this long (unsourced)."""

LEAST_KNOWN = 0.5
"""Least known share of a stretch of signal that is assessed."""

LEAST_RISE = 2.0
"""The largest effort must be this many times the limit of rest; less leaves no room for a line (unsourced)."""

_FLAT_UV = 1e-6
"""A smaller mean envelope is a flat signal."""


@dataclass(frozen=True, slots=True)
class RestLevel:
    """A muscle at rest: mean and standard deviation of its envelope, and the limit below which it counts as relaxed."""

    mean_uv: float
    sd_uv: float
    limit_uv: float


def measure_rest(envelope: Array, deviations: float) -> RestLevel | str:
    """Measure rest by its ``envelope`` in uV, or return why it is not known.

    The limit is the mean plus ``deviations`` standard deviations.
    """
    known = envelope[np.isfinite(envelope)]
    if len(known) < LEAST_KNOWN * max(len(envelope), 1) or not len(known):
        return "the signal was missing for too long; attach the electrode"
    mean_uv, sd_uv = float(known.mean()), float(known.std())
    if mean_uv < _FLAT_UV:
        return "the signal is flat; check that the electrode is connected"
    return RestLevel(mean_uv, sd_uv, mean_uv + deviations * sd_uv)


def largest_uv(efforts: Sequence[Array]) -> float | None:
    """Return the highest mean over SUSTAINED_S in ``efforts`` (envelopes in uV); None where none was long enough."""
    width = round(SUSTAINED_S / STEP_S)
    windows = [np.lib.stride_tricks.sliding_window_view(each, width) for each in efforts if len(each) >= width]
    means = [window.mean(axis=1) for window in windows]
    return max((float(np.nanmax(mean)) for mean in means if np.isfinite(mean).any()), default=None)


def too_weak(rest: RestLevel, maximum_uv: float | None) -> str | None:
    """Return why no line fits between ``rest`` and the largest effort; None where one does."""
    if maximum_uv is None:
        return "the signal was missing during the efforts; attach the electrode"
    if maximum_uv < LEAST_RISE * rest.limit_uv:
        return (
            f"no effort stood out from rest ({digits(maximum_uv)} uV against {digits(rest.limit_uv)} uV at rest); "
            "place the electrode over the belly of the muscle, or choose another muscle"
        )
    return None
