"""Synthetic needle EMG: potentials of known shape at known times in noise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from guidance.signal.sweep.basis import Array

RATE_HZ = 10_000.0


def unit_wave(
    rise_us: float, size_uv: float, *, negative_first: bool = False, sample_rate_hz: float = RATE_HZ
) -> Array:
    """Return a positive peak, a negative one ``rise_us`` later and a slow end; ``size_uv`` peak to peak."""
    t = np.arange(-6000.0, 9000.0, 1e6 / sample_rate_hz)
    width = rise_us / 2.2
    wave = -np.exp(-0.5 * (t / width) ** 2) + 0.12 * np.exp(-0.5 * ((t - 3.2 * rise_us) / (1.4 * rise_us)) ** 2)
    if not negative_first:
        wave += 0.6 * np.exp(-0.5 * ((t + rise_us) / width) ** 2)
    return np.asarray(wave * (size_uv / np.ptp(wave)))


def laid(seconds: float, events: Iterable[tuple[float, Array]], noise_uv: float = 3.0, seed: int = 1) -> Array:
    """Return noise with the main peak of each wave at its time in s."""
    uv = noise_uv * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    for at_s, wave in events:
        first = round(at_s * RATE_HZ) - round(0.006 * RATE_HZ)
        low, high = max(first, 0), min(first + len(wave), len(uv))
        uv[low:high] += wave[low - first : high - first]
    return uv


def times(firing_hz: float, seconds: float, cv: float = 0.12, seed: int = 2, start_s: float = 0.3) -> list[float]:
    """Return the discharge times in s of a unit that fires at ``firing_hz``."""
    rng, at, out = np.random.default_rng(seed), start_s, []
    while at < seconds - 0.05:
        out.append(at)
        at += max(1 + cv * float(rng.standard_normal()), 0.3) / firing_hz
    return out
