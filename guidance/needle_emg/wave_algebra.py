"""Shift, difference and separation of potentials on a common grid."""

from __future__ import annotations

import numpy as np

from guidance.signal.sweep.basis import Array


def delayed(waves: Array, samples: float) -> Array:
    """Return ``waves`` (..., n) delayed by a part of a sample, -1 to 1, by cubic interpolation (Catmull and Rom)."""
    if samples == 0.0:
        return waves.copy()
    if samples < 0:
        earlier = moved(waves, -1)
        return delayed(earlier, samples + 1) if samples > -1 else earlier
    first, last = waves[..., :1], waves[..., -1:]
    padded = np.concatenate([first, first, waves, last], axis=-1)
    u = 1 - samples
    y0, y1, y2, y3 = padded[..., :-3], padded[..., 1:-2], padded[..., 2:-1], padded[..., 3:]
    return np.asarray(y1 + 0.5 * u * (y2 - y0 + u * (2 * y0 - 5 * y1 + 4 * y2 - y3 + u * (3 * (y1 - y2) + y3 - y0))))


def tapered(waves: Array, samples: int) -> Array:
    """Return ``waves`` (..., n) faded in and out over so many ``samples``."""
    ramp = np.arange(1, samples + 1) / samples
    gain = np.ones(waves.shape[-1])
    gain[:samples], gain[-samples:] = ramp, ramp[::-1]
    return np.asarray(waves * gain)


def moved(waves: Array, samples: int) -> Array:
    """Return ``waves`` (..., n) delayed by whole ``samples``, with zeros where nothing is known."""
    out = np.zeros_like(waves)
    if samples >= 0:
        out[..., samples:] = waves[..., : waves.shape[-1] - samples]
    else:
        out[..., :samples] = waves[..., -samples:]
    return out


def difference(one: Array, other: Array, most: int) -> tuple[float, int]:
    """Return the least squared difference of two waves (n,), and by how many samples ``one`` lags, at most ``most``."""
    padded = np.zeros(len(one) + 2 * most)
    padded[most : most + len(one)] = one
    apart = float(one @ one) + float(other @ other) - 2 * np.correlate(padded, other)
    best = int(apart.argmin())
    return float(apart[best]), best - most


def separation(ones: Array, others: Array) -> float:
    """Return how far two groups of waves (waves, n) lie apart, in standard deviations along the line between them.

    The squared distance of the means is lessened by what noise alone adds to it. Two halves of one normal distribution,
    cut in its middle, lie 2.6 apart.
    """
    n, m = len(ones), len(others)
    if min(n, m) < 2:
        return 0.0
    line = ones.mean(axis=0) - others.mean(axis=0)
    first, second = ones - ones.mean(axis=0), others - others.mean(axis=0)
    by_chance = float((first**2).sum() / (n - 1) / n + (second**2).sum() / (m - 1) / m)
    squared = float(line @ line)
    spread = float(((first @ line) ** 2).sum() + ((second @ line) ** 2).sum()) / (n + m - 2) / max(squared, 1e-12)
    return float(np.sqrt(max(squared - by_chance, 0.0) / max(spread, 1e-9)))
