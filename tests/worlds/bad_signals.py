"""Signals that come from no muscle, in which nothing may be found: 6 s each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.basis import Array
from tests.worlds.innocent import innocent
from tests.worlds.potential_shapes import RATE_HZ

_HZ = 10_000.0
_T = np.arange(round(6 * _HZ)) / _HZ
_NOISE = 4.0 * np.random.default_rng(1).standard_normal(len(_T))


@dataclass(frozen=True, slots=True, eq=False)
class BadSignal:
    """A signal (n,) in uV, its sample rate, and a part of the reason that ``analyse`` gives."""

    uv: Array
    sample_rate_hz: float
    reason: str


def _innocent(kind: str) -> Array:
    return np.asarray(innocent(kind, 4)[:: round(RATE_HZ / _HZ)])


BAD_SIGNALS = {
    "flat": BadSignal(np.zeros(len(_T)), _HZ, "flat"),
    "clipped": BadSignal((60 * _NOISE).clip(-150, 150), _HZ, "clipped"),
    "mains alone": BadSignal(200 * np.sin(2 * np.pi * 50 * _T) + _NOISE, _HZ, "mains"),
    "200 Hz": BadSignal(100 * np.sin(2 * np.pi * 200 * _T) + _NOISE, _HZ, "a tone of 200 Hz"),
    "heart": BadSignal(_innocent("ecg"), _HZ, "motor units near the needle could be measured, and it takes 5"),
    "moving electrode": BadSignal(
        _innocent("movement"), _HZ, "motor units near the needle could be measured, and it takes 5"
    ),
    "1 kHz": BadSignal(_NOISE[:6000], 1000.0, "1000 Hz"),
}
