"""Families of shapes of single potentials for simulated spontaneous activity: three to tune on, two to report.

A family makes the potential of one fibre, a positive sharp wave, a motor unit potential, and an end-plate's.
``bumps`` are sums of Gaussian bumps, ``splines`` run smoothly through drawn peaks, ``gammas`` are overlapping phases
that rise steeply and decay slowly. ``lobes`` are chains of half sines. ``fibres`` are computed: the action potential
of Rosenfalck (1969, V(z) = 96 z^3 exp(-z) mV) travels along a fibre as current dipoles beside a point electrode in a
medium of anisotropy 5; at a sealed end in front of the electrode it becomes a positive sharp wave (Dumitru's
explanation). Waves are (n,) in uV at RATE_HZ and have an amplitude of 1 peak to peak.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from guidance.signal.sweep.basis import Array

RATE_HZ = 20_000.0
TUNE, REPORT = ("bumps", "splines", "gammas"), ("lobes", "fibres")


class ShapeFamily(ABC):
    """A way to make potentials; each call draws another one."""

    @abstractmethod
    def fibre(self, ms: float, rng: np.random.Generator) -> Array:
        """Return the potential of one fibre that begins positive and lasts ``ms``."""

    @abstractmethod
    def sharp(self, ms: float, rng: np.random.Generator) -> Array:
        """Return a positive sharp wave: a steep positive phase, a long shallow negative one, ``ms`` in all."""

    @abstractmethod
    def plate(self, ms: float, rng: np.random.Generator, *, spike: bool) -> Array:
        """Return an end-plate potential of ``ms`` that begins negative: a spike with a positive phase, or noise."""

    @abstractmethod
    def unit(self, rng: np.random.Generator) -> Array:
        """Return a motor unit potential of 5 to 15 ms."""


class _Bumps(ShapeFamily):
    def fibre(self, ms: float, rng: np.random.Generator) -> Array:  # noqa: ARG002 - one shape
        return _unit_size(_bumps(ms, [(0.6, 0.25, 0.08), (-1.0, 0.48, 0.09), (0.25, 0.75, 0.1)]))

    def sharp(self, ms: float, rng: np.random.Generator) -> Array:  # noqa: ARG002 - one shape
        t = np.arange(_samples(ms)) / RATE_HZ * 1e3
        tail = -0.3 * (t > 2.0) * (1 - np.exp(-(t - 2.0).clip(0) / 0.8)) * (1 - t / ms)
        return _unit_size(np.exp(-0.5 * ((t - 1.2) / 0.4) ** 2) + tail)

    def plate(self, ms: float, rng: np.random.Generator, *, spike: bool) -> Array:  # noqa: ARG002 - one shape
        return _unit_size(_bumps(ms, [(-1.0, 0.25, 0.09), (0.4, 0.55, 0.14)] if spike else [(-1.0, 0.35, 0.14)]))

    def unit(self, rng: np.random.Generator) -> Array:
        parts = [(0.4, 0.3, 0.05), (-1.0, 0.42, 0.05), (0.35, 0.58, 0.08)]
        parts += [(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0.2, 0.8)), 0.06) for _ in range(2)]
        return _unit_size(_bumps(rng.uniform(5, 15), parts))


class _Drawn(ShapeFamily):
    """A family whose waves are a chain of phases, each with a height and a share of the length."""

    @staticmethod
    @abstractmethod
    def _chain(ms: float, phases: Sequence[tuple[float, float]]) -> Array:
        """Return a wave of ``ms`` with ``phases`` (height, share of the length)."""

    def fibre(self, ms: float, rng: np.random.Generator) -> Array:
        first, last = rng.uniform(0.25, 0.8), rng.uniform(0.05, 0.4)
        return self._chain(ms, [(first, rng.uniform(0.2, 0.35)), (-1.0, rng.uniform(0.2, 0.35)), (last, 0.4)])

    def sharp(self, ms: float, rng: np.random.Generator) -> Array:
        positive = rng.uniform(1.5, 4.0) / ms
        return self._chain(ms, [(1.0, positive), (-rng.uniform(0.15, 0.9), 1 - positive)])

    def plate(self, ms: float, rng: np.random.Generator, *, spike: bool) -> Array:
        last = [(rng.uniform(0.2, 0.6), 1.2)] if spike else []
        return self._chain(ms, [(-1.0, 1.0), *last])

    def unit(self, rng: np.random.Generator) -> Array:
        count = int(rng.integers(3, 6))
        heights = rng.uniform(0.2, 0.7, count)
        heights[count // 2] = 1.0
        sides = (-1.0) ** (np.arange(count) + count // 2 + 1)
        shares = rng.uniform(0.5, 1.5, count)
        shares[count // 2] = 0.5
        return self._chain(rng.uniform(5, 15), list(zip(heights * sides, shares, strict=True)))


class _Splines(_Drawn):
    @staticmethod
    def _chain(ms: float, phases: Sequence[tuple[float, float]]) -> Array:
        heights, edges = _laid(phases)
        at = np.sort(np.concatenate([edges, (edges[:-1] + edges[1:]) / 2]))
        value = np.zeros(len(at))
        value[1::2] = heights
        skewed = at**1.15  # the phases are a little steeper on one side
        return _unit_size(PchipInterpolator(skewed, value)(np.arange(_samples(ms)) / _samples(ms)))


class _Gammas(ShapeFamily):
    def fibre(self, ms: float, rng: np.random.Generator) -> Array:
        first, last = rng.uniform(0.2, 0.9), rng.uniform(0.05, 0.5)
        parts = [(first, 0.0, 0.15), (-1.0, 0.15, rng.uniform(0.1, 0.2)), (last, 0.35, 0.3)]
        return _gammas(ms, parts)

    def sharp(self, ms: float, rng: np.random.Generator) -> Array:
        steep = rng.uniform(0.6, 1.6) / ms
        return _gammas(ms, [(1.0, 0.0, steep), (-rng.uniform(0.15, 0.8), 2.0 * steep, rng.uniform(0.12, 0.25))])

    def plate(self, ms: float, rng: np.random.Generator, *, spike: bool) -> Array:
        brief = rng.uniform(0.1, 0.2)
        last = [(rng.uniform(0.2, 0.9), 2.0 * brief, rng.uniform(0.15, 0.25))] if spike else []
        return _gammas(ms, [(-1.0, 0.0, brief if spike else 0.2), *last])

    def unit(self, rng: np.random.Generator) -> Array:
        return _summed(self, rng, most=40)


class _Lobes(_Drawn):
    @staticmethod
    def _chain(ms: float, phases: Sequence[tuple[float, float]]) -> Array:
        heights, edges = _laid(phases)
        t = np.arange(_samples(ms)) / _samples(ms)
        wave = np.zeros(len(t))
        for height, low, high in zip(heights, edges[:-1], edges[1:], strict=True):
            inside = (t >= low) & (t < high)
            wave[inside] = height * np.sin(np.pi * (t[inside] - low) / (high - low))
        return _unit_size(wave)

    def unit(self, rng: np.random.Generator) -> Array:
        return _summed(self, rng, most=20)


class _Fibres(ShapeFamily):
    def fibre(self, ms: float, rng: np.random.Generator) -> Array:
        return _stretched(_travelling(round(rng.uniform(10, 80)), None), ms)

    def sharp(self, ms: float, rng: np.random.Generator) -> Array:
        wave = _travelling(round(rng.uniform(10, 40)), round(rng.uniform(0, 20)))
        turn = int(wave.argmax()) + int(np.flatnonzero(wave[wave.argmax() :] < 0)[0])
        positive_ms = rng.uniform(1.5, 4.0)
        return _unit_size(
            np.concatenate([_stretched(wave[:turn], positive_ms), _stretched(wave[turn:], ms - positive_ms)])
        )

    def plate(self, ms: float, rng: np.random.Generator, *, spike: bool) -> Array:
        wave = _travelling(round(rng.uniform(10, 40)), None)
        low = int(wave.argmin())
        begins = low - int(np.flatnonzero(wave[:low][::-1] > 0)[0])
        ends = len(wave) if spike else low + int(np.flatnonzero(wave[low:] > 0)[0])
        return _stretched(wave[begins:ends], ms)

    def unit(self, rng: np.random.Generator) -> Array:
        return _summed(self, rng, most=60)


FAMILIES: dict[str, ShapeFamily] = {
    "bumps": _Bumps(),
    "splines": _Splines(),
    "gammas": _Gammas(),
    "lobes": _Lobes(),
    "fibres": _Fibres(),
}


def _samples(ms: float) -> int:
    return round(ms * RATE_HZ / 1e3)


def _unit_size(wave: Array) -> Array:
    return np.asarray(wave / np.ptp(wave))


def _bumps(ms: float, parts: list[tuple[float, float, float]]) -> Array:
    """Sum Gaussian bumps: (height, centre, width) as shares of the duration."""
    t = np.arange(_samples(ms)) / _samples(ms)
    wave = sum(h * np.exp(-0.5 * ((t - c) / w) ** 2) for h, c, w in parts)
    return np.asarray(wave * np.minimum(1, 12 * np.minimum(t, 1 - t)))


def _gammas(ms: float, parts: Sequence[tuple[float, float, float]]) -> Array:
    """Sum gamma-shaped phases: (height, start, time to the peak), the latter two as shares of the duration."""
    t = np.arange(_samples(ms)) / _samples(ms)
    wave = np.zeros(len(t))
    for height, start, peak in parts:
        after = (t - start).clip(0) / peak
        wave += height * (after * np.exp(1 - after)) ** 2
    return _unit_size(wave * np.minimum(1, 12 * (1 - t)))


def _laid(phases: Sequence[tuple[float, float]]) -> tuple[Array, Array]:
    heights, shares = np.array(phases).T
    return heights, np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])


def _summed(family: ShapeFamily, rng: np.random.Generator, most: int) -> Array:
    """Return a motor unit potential as the sum of its fibres', the near ones large and brief."""
    wave = np.zeros(_samples(20.0))
    spread_ms = rng.uniform(0.6, 1.8)
    for _ in range(int(rng.integers(8, most))):
        far = rng.random()
        part = family.fibre(2.5 + 5.0 * far, rng) * (0.05 + (1 - far) ** 3)
        first = _samples(float(np.clip(8.0 + spread_ms * rng.standard_normal(), 2.0, 12.0)) - 0.4 * (2.5 + 5.0 * far))
        wave[first : first + len(part)] += part
    seen = np.flatnonzero(np.abs(wave) > 0.02 * np.ptp(wave))
    wave = wave[seen[0] : seen[-1] + 1]
    edge = np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / _samples(0.5)
    return _unit_size(wave * np.minimum(edge, 1.0))  # a potential begins and ends without a jump


@cache
def _travelling(hundredths: int, ends: int | None) -> Array:
    """Return the potential over time of an action potential that passes, at so many hundredths of a mm.

    The fibre is endless, or sealed so many hundredths of a mm behind the electrode.
    """
    step = 0.02
    z = 1.6 * np.arange(0.0, 14.0, step)
    dipoles = np.diff(z**3 * np.exp(-z), append=0.0)
    x = np.arange(-20.0, 20.0, step)
    weight = x / (x**2 + 5.0 * (hundredths / 100) ** 2) ** 1.5
    if ends is not None:
        weight = np.where(x <= ends / 100, weight, 0.0)
    wave = -np.convolve(weight, dipoles)
    wave = wave if wave[np.abs(wave) > 0.05 * np.abs(wave).max()][0] > 0 else -wave
    seen = np.flatnonzero(np.abs(wave) > 0.01 * np.abs(wave).max())
    return np.asarray(wave[seen[0] : seen[-1] + 1])


def _stretched(wave: Array, ms: float) -> Array:
    count = max(_samples(ms), 4)
    wave = np.interp(np.linspace(0, len(wave) - 1, count), np.arange(len(wave)), wave)
    fade = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / max(1, count // 20))
    return _unit_size(wave * fade)
