"""Explanation of a stretch of sharp EMG as a sum of templates, superpositions of several units included.

Matching pursuit (Mallat and Zhang 1993) with a prior: the unit and time that explain most are subtracted, again and
again, while each gains more than chance, what lies under it, and the unit's rhythm require.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from guidance.needle_emg.decomposed_unit import DecomposedUnit, expected
from guidance.needle_emg.wave_algebra import delayed
from guidance.signal.sweep.basis import Array

LENGTH_MS = 7.0
"""Length of a template; the middle of its energy is its middle."""

MARGIN_MS = 2.0
"""So much more is kept of the wave of an unknown potential, on either side of its peak, until its middle is known."""

_LEAST_GAIN = 22.0
"""Least reduction of the squared residual, in units of the noise's power, that makes a firing. Tuned."""

_CHANGE = 0.12
"""So large a share of the energy that is already explained may be its own change of shape, and explains no other
unit. Tuned."""

_AMPLITUDES = (0.85, 1.18)
"""How much smaller or larger than its template a potential may be. Tuned."""

_QUARTERS, _COARSE = 4, slice(None, None, 2)
_QUARTERS_ABOUT = range(-1, _QUARTERS)
"""Shifts tried: half samples everywhere, quarters about the best."""

_UNLIKE = 0.3
"""A larger residual, as a share of the template's energy, shows that the potential is not of that unit. Tuned."""

_CORE_SHARE = 0.02
_NOVEL = 5.0
_APART_MS = 1.5
"""What is left counts as a potential of an unknown unit from this many times the noise on, once in this time."""

_MOST_FITS_PER_S = 200.0
"""More firings a second are not resolved: twice the densest simulated muscle. It bounds the work on a stretch."""

_WINDOWS_A_PIECE, _FITS_A_PIECE = 400, 3
"""A piece of work: about 0.5 ms of CPU with a dozen units, and about 1 ms with the most."""


@dataclass(slots=True, eq=False)
class Fit:
    """A firing of ``unit`` whose window begins at sample ``at``; ``wave`` (n,) is what it explains from there on, and
    ``rest`` (n,) what nothing explains in that window.
    """

    unit: DecomposedUnit
    at: float
    wave: Array
    rest: Array

    def unexplained(self, noise_uv: float) -> float:
        """Return the share of the wave's energy that is left over and above the noise, where the wave is large."""
        squares = self.wave**2
        core = squares > _CORE_SHARE * squares.max()
        left = float((self.rest[core] ** 2).sum()) - float(core.sum()) * noise_uv**2
        return left / max(float(squares.sum()), 1e-9)


@dataclass(slots=True, eq=False)
class Explained:
    """The firings in a stretch, and the potentials of no known unit: sample of the peak and wave about it."""

    fits: list[Fit]
    novel: list[tuple[int, Array]]


class Matcher:
    """A matcher of ``units``, with the templates as they are when it is made."""

    def __init__(self, units: Sequence[DecomposedUnit], rate_hz: float, noise_uv: float) -> None:
        """Match at ``rate_hz`` in noise of ``noise_uv``, the standard deviation."""
        self._units, self._rate_hz, self._noise_uv = list(units), rate_hz, noise_uv
        self.size, self.margin = window(rate_hz)
        self.middle = self.size // 2
        if self._units:
            templates = np.stack([unit.template for unit in self._units])
            self._shifted = np.stack([delayed(templates, at / _QUARTERS) for at in range(_QUARTERS)], axis=1)
            self._energies = (self._shifted**2).sum(axis=2)
            self._coarse = self._energies[:, _COARSE].T.ravel()
            self._filters = self._shifted[:, _COARSE].swapaxes(0, 1).reshape(-1, self.size).T.copy()

    def explain(self, sharp: Array, first: int, low: int, high: int) -> Generator[None, None, Explained]:
        """Explain ``sharp`` (n,), which begins at sample ``first``, in pieces; return what has its peak in ``low`` to
        ``high``.
        """
        rest, explained = sharp.copy(), np.zeros(len(sharp))
        fits = (yield from self._pursue(rest, explained, first, low)) if self._units else []
        yield
        fits = self._believed(fits, rest, explained)
        kept = [Fit(f.unit, f.at + first, f.wave, rest[int(f.at) : int(f.at) + self.size]) for f in fits]
        inside = [fit for fit in kept if low <= fit.at + self.middle < high]
        return Explained(inside, self._novel(rest, explained, first, low, high))

    def nearest(self, sharp: Array, first: int) -> Fit | None:
        """Return the firing that explains most of ``sharp`` (n,), which begins at sample ``first``; None if none."""
        if not self._units or len(sharp) < self.size:
            return None
        gains = np.zeros((len(sharp) - self.size + 1, len(self._units)))
        self._gain(sliding_window_view(sharp, self.size), slice(None), gains)
        at, index = divmod(int(gains.argmax()), len(self._units))
        if gains[at, index] < _LEAST_GAIN:
            return None
        fit = self._fine(sharp, at, index)
        fit.rest = sharp[int(fit.at) : int(fit.at) + self.size] - fit.wave
        fit.at += first
        return fit if fit.unexplained(self._noise_uv) <= _UNLIKE else None

    def _pursue(self, rest: Array, explained: Array, first: int, low: int) -> Generator[None, None, list[Fit]]:
        size, count = self.size, len(rest) - self.size + 1
        windows = sliding_window_view(rest, size)
        begins = np.arange(first, first + count, dtype=float)
        own = [np.array([t for t in unit.times if t + self.middle < low]) for unit in self._units]
        periods = [unit.period(self._rate_hz) for unit in self._units]
        prior, gains = np.zeros((count, len(self._units))), np.zeros((count, len(self._units)))
        for index, (times, period) in enumerate(zip(own, periods, strict=True)):
            prior[:, index] = expected(begins, times, period, self._rate_hz)
        needs = np.full(count, _LEAST_GAIN)
        for start in range(0, count, _WINDOWS_A_PIECE):
            yield
            self._gain(windows, slice(start, start + _WINDOWS_A_PIECE), gains)
        scores = gains + prior - needs[:, None]
        fits: list[Fit] = []
        while len(fits) < round(_MOST_FITS_PER_S * len(rest) / self._rate_hz):
            if len(fits) % _FITS_A_PIECE == 0:
                yield
            at, index = divmod(int(scores.argmax()), len(self._units))
            if scores[at, index] <= 0:
                break
            fit = self._fine(rest, at, index)
            fits.append(fit)
            self._move(fit, rest, explained, -1.0)
            near = slice(max(at - size, 0), min(at + size + 1, count))
            self._gain(windows, near, gains)
            sums = np.zeros(near.stop - near.start + size)
            np.cumsum(explained[near.start : near.stop + size - 1], out=sums[1:])
            needs[near] = _LEAST_GAIN + _CHANGE * (sums[size:] - sums[:-size]) / self._noise_uv**2
            own[index], part = _with_firing(own[index], fit.at + first, begins)
            prior[part, index] = expected(begins[part], np.array([fit.at + first]), periods[index], self._rate_hz)
            scores[part, index] = gains[part, index] + prior[part, index] - needs[part]
            scores[near] = gains[near] + prior[near] - needs[near, None]
        return fits

    def _gain(self, windows: Array, part: slice, gains: Array) -> None:
        """Set what each unit's best phase would explain in ``part`` of the ``windows``, in units of the noise."""
        products = windows[part] @ self._filters
        scale = products / self._coarse
        np.maximum(scale, _AMPLITUDES[0], out=scale)
        np.minimum(scale, _AMPLITUDES[1], out=scale)
        products *= 2
        products -= scale * self._coarse
        products *= scale
        count = len(self._units)
        best = products[:, :count]
        for at in range(count, products.shape[1], count):
            best = np.maximum(best, products[:, at : at + count])
        np.divide(best, self._noise_uv**2, out=gains[part])

    def _fine(self, rest: Array, at: int, index: int) -> Fit:
        """Return the best fit of unit ``index`` about the window that begins at ``at``."""
        best: tuple[float, Fit] | None = None
        for quarter in _QUARTERS_ABOUT:
            whole, phase = at + quarter // _QUARTERS, quarter % _QUARTERS
            if not 0 <= whole <= len(rest) - self.size:
                continue
            wave, energy = self._shifted[index, phase], self._energies[index, phase]
            product = float(wave @ rest[whole : whole + self.size])
            scale = min(max(product / energy, _AMPLITUDES[0]), _AMPLITUDES[1])
            gain = float(scale * (2 * product - scale * energy))
            if best is None or gain > best[0]:
                best = gain, Fit(self._units[index], whole + phase / _QUARTERS, scale * wave, wave)
        if best is None:
            raise AssertionError("a window lies outside the stretch")
        return best[1]

    def _move(self, fit: Fit, rest: Array, explained: Array, sign: float) -> None:
        part = slice(int(fit.at), int(fit.at) + self.size)
        rest[part] += sign * fit.wave
        explained[part] -= sign * fit.wave**2

    def _believed(self, fits: list[Fit], rest: Array, explained: Array) -> list[Fit]:
        """Return the fits that leave little; what the others explained is laid back."""
        believed: list[Fit] = []
        for fit in fits:
            left = Fit(fit.unit, fit.at, fit.wave, rest[int(fit.at) : int(fit.at) + self.size])
            (believed if left.unexplained(self._noise_uv) <= _UNLIKE else []).append(fit)
        for fit in fits:
            if not any(fit is other for other in believed):
                self._move(fit, rest, explained, 1.0)
        return believed

    def _novel(self, rest: Array, explained: Array, first: int, low: int, high: int) -> list[tuple[int, Array]]:
        """Return the peaks of ``rest`` that neither noise nor a change of what was explained can be."""
        height = np.abs(rest) / np.sqrt(self._noise_uv**2 + _CHANGE * np.maximum(explained, 0.0))
        reach = self.middle + self.margin
        height[:reach] = height[len(rest) - reach :] = 0.0
        apart, found = round(_APART_MS * self._rate_hz / 1e3), []
        while height[(peak := int(height.argmax()))] >= _NOVEL:
            if low <= peak + first < high:
                found.append((peak + first, rest[peak - reach : peak + reach].copy()))
            height[max(peak - apart, 0) : peak + apart + 1] = 0.0
        return sorted(found, key=lambda one: one[0])


def _with_firing(own: Array, at: float, begins: Array) -> tuple[Array, slice]:
    """Return the firings ``own``, in order, with one more ``at``, and the part of ``begins`` to which it is nearest."""
    index = int(np.searchsorted(own, at))
    low = np.searchsorted(begins, 0.5 * (own[index - 1] + at)) if index else 0
    high = np.searchsorted(begins, 0.5 * (own[index] + at)) if index < len(own) else len(begins)
    return np.concatenate([own[:index], [at], own[index:]]), slice(int(low), int(high))


def window(rate_hz: float) -> tuple[int, int]:
    """Return how many samples a template has, an even number, and how many more an unknown wave on either side."""
    return 2 * round(LENGTH_MS * rate_hz / 2e3), round(MARGIN_MS * rate_hz / 1e3)
