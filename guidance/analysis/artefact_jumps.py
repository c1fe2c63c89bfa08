"""Jumps of the signal from one sample to the next, and waves that follow them: a stimulus without a mark, no muscle.

Before the jump of a stimulus the signal is flat. The flank of a sharp potential may look like a jump, but a potential
of a muscle fibre or of a motor unit has begun before it.
"""

from __future__ import annotations

import numpy as np

from guidance.analysis.periodic import Places, stacked
from guidance.signal.sweep.basis import Array

_JUMP_RATE_HZ = 10_000.0
_BESIDE, _JUMP_OVER = 4, 3.0
_JUMP_UV, _JUMP_NOISES = 40.0, 12.0
"""A jump is so many times as large as the steps beside it, but for the nearest; then its least size, in uV and over the
usual step. Below the sample rate the flank of a fibre's potential may look like one.
"""

_AFTER_JUMP_MS = (-3.0, 30.0)
"""What comes so soon after a jump is evoked, or is the jump."""

_FOLLOWING = 0.5
"""Least share of waves that follow jumps if these evoke them (a judgement)."""

_LEAD_MS, _WAVE_MS = (-3.0, -0.2), (-3.0, 3.0)
"""Where the signal is flat before a stimulus, and where the size of the wave about the jump is measured."""

_FLAT, _FLAT_NOISES = 0.1, 8.0
"""Most range of a flat lead: as a share of the wave (judged on the tuning worlds), or in units of the noise of its mean
(2.8 ms of Gaussian noise range over 5 units, seldom over 7).
"""


def jumps(uv: Array, sample_rate_hz: float) -> Places:
    """Return where ``uv`` (n,) jumps from one sample to the next."""
    step = np.abs(np.diff(uv))
    if sample_rate_hz < _JUMP_RATE_HZ or len(step) < 2 * _BESIDE:
        return np.zeros(0, dtype=int)
    beside = np.stack([np.roll(step, lag) for lag in (*range(-_BESIDE, -1), *range(2, _BESIDE + 1))]).max(axis=0)
    least = max(_JUMP_UV, _JUMP_NOISES * float(np.median(step)))
    return np.flatnonzero((step > least) & (step > _JUMP_OVER * beside))


def follow_jumps(samples: Places, at: Places, sample_rate_hz: float) -> bool:
    """Return whether half of the waves at ``samples`` lie beside one of the jumps ``at``, or soon after it."""
    if not len(at) or not len(samples):
        return False
    return bool(_following(samples, at, sample_rate_hz).any(axis=1).mean() >= _FOLLOWING)


def follow_artefacts(samples: Places, at: Places, uv: Array, sample_rate_hz: float, noise_uv: float) -> bool:
    """Return whether half of the waves at ``samples`` in ``uv`` (n,) follow jumps ``at`` before which it is flat."""
    if not follow_jumps(samples, at, sample_rate_hz):
        return False
    evoking = at[_following(samples, at, sample_rate_hz).any(axis=0)]
    size = round(_WAVE_MS[1] * sample_rate_hz / 1e3)
    mean = np.median(stacked(uv, evoking, size, size), axis=0)
    first, last = (size + round(ms * sample_rate_hz / 1e3) for ms in _LEAD_MS)
    most = max(_FLAT * float(np.ptp(mean)), _FLAT_NOISES * noise_uv / len(evoking) ** 0.5)
    return bool(np.ptp(mean[first:last]) <= most)


def _following(samples: Places, at: Places, sample_rate_hz: float) -> Places:
    late = samples[:, None] - at[None, :]
    first, last = (round(ms * sample_rate_hz / 1e3) for ms in _AFTER_JUMP_MS)
    return np.asarray((late >= first) & (late <= last))
