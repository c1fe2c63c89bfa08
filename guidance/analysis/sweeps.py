"""The sweeps about the marked stimuli of a recording, for measures that need whole sweeps or their average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.analysis.reading import RecordedSignal
from guidance.signal.sweep.basis import Array

_BEFORE_MS, _QUIET_MS = 20.0, 0.5
"""A sweep begins this long before its stimulus; the last part of that is left out of its baseline, for a mark that
comes a little late (a judgement)."""


@dataclass(frozen=True, slots=True, eq=False)
class StimulusSweeps:
    """Sweeps ``uv`` (sweeps, samples) less their baseline, at ``t_ms`` (samples,) from their stimulus.

    ``lost`` of the ``stimuli`` have lost samples in their sweep; ``clipped`` (sweeps, samples) is where the input
    stood at its limit.
    """

    t_ms: Array
    uv: Array
    clipped: NDArray[np.bool_]
    stimuli: int
    sample_rate_hz: float

    @property
    def lost(self) -> int:
        """Count of stimuli without a whole sweep."""
        return self.stimuli - len(self.uv)

    def span(self, start_ms: float, end_ms: float) -> slice:
        """Return the samples from ``start_ms`` to ``end_ms`` after the stimulus."""
        first, last = np.searchsorted(self.t_ms, [start_ms, end_ms])
        return slice(int(first), int(last))

    @property
    def noise_uv(self) -> float:
        """RMS of the signal before the stimuli in uV, each sweep less its own line."""
        before = self.uv[:, self.span(-_BEFORE_MS, -_QUIET_MS)]
        return float(np.median(_without_line(before).std(axis=1))) if before.size else 0.0


def stimulus_sweeps(signal: RecordedSignal, after_ms: float) -> StimulusSweeps:
    """Cut ``signal`` about its marked stimuli, to ``after_ms`` after each."""
    sample_rate_hz = signal.info.sample_rate_hz
    before, after = round(_BEFORE_MS * sample_rate_hz / 1e3), round(after_ms * sample_rate_hz / 1e3)
    samples = [pulse.sample for block in signal.blocks for pulse in block.pulses]
    inside = [at for at in samples if before <= at and at + after <= len(signal.uv)]
    t_ms = np.arange(-before, after, dtype=np.float64) * (1e3 / sample_rate_hz)
    at_limit = _at_limit(signal.uv)
    cut = [slice(at - before, at + after) for at in inside if np.isfinite(signal.uv[at - before : at + after]).all()]
    uv: Array = np.array([signal.uv[part] for part in cut], np.float64).reshape(len(cut), len(t_ms))
    clipped = np.array([at_limit[part] for part in cut], bool).reshape(len(cut), len(t_ms))
    quiet = slice(0, max(before - round(_QUIET_MS * sample_rate_hz / 1e3), 1))
    baseline: Array = np.asarray([np.median(sweep[quiet]) for sweep in uv], np.float64).reshape(-1, 1)
    return StimulusSweeps(t_ms, (uv - baseline).astype(np.float64), clipped, len(samples), sample_rate_hz)


def _without_line(uv: Array) -> Array:
    """Return the rows of ``uv`` (n, samples) less their line."""
    basis = np.vander(np.linspace(-1.0, 1.0, uv.shape[1]), 2)
    fitted, *_ = np.linalg.lstsq(basis, uv.T, rcond=None)
    return np.asarray(uv - (basis @ fitted).T)


def _at_limit(uv: Array) -> NDArray[np.bool_]:
    """Return where the signal stays at its highest or lowest value for more than one sample."""
    known = uv[np.isfinite(uv)]
    if len(known) < 2 or np.ptp(known) == 0:
        return np.zeros(len(uv), bool)
    extreme = (uv == known.max()) | (uv == known.min())
    beside = np.zeros(len(uv), bool)
    beside[:-1] |= extreme[1:]
    beside[1:] |= extreme[:-1]
    return np.asarray(extreme & beside)
