"""The field's own ways to find a response beside an artefact, as published, on the same sweeps as ours.

All are affine in the sweep. They are given more than a device reports: the mains frequency, the noise's spectrum, and
where requested the response's shape. Judged by the peak-to-peak value from 3 to 20 ms over the RMS before the pulse,
or by matched filters; where a decision is due earlier, up to then (SALPA alone uses later samples as far as it needs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.signal import butter, iirnotch, savgol_filter, sosfilt, sosfilt_zi, tf2sos

from tests.worlds.procedures import SILENT, TESTED, Procedure, World
from tests.worlds.waves import NOISE_UV, Array, noise_covariance, response

_BEFORE_MS, _AFTER_MS = 450.0, 50.0
_WINDOW_MS = (3.0, 20.0)
_RMS_MS = 100.0
_BLANK_MS = 3.0
_SALPA_MS, _SALPA_FROM_MS = 8.0, 2.0
_FIT_FROM_MS, _MAINS_MS, _GUARD_MS = 1.5, 200.0, 1.0
_TAILS_MS = (1.0, 4.0, 16.0)


@dataclass(frozen=True, slots=True, eq=False)
class Sweeps:
    """Sweeps (., n) at ``times_ms`` (n,): silent pulses, tested ones empty, and with a response of 1 x RMS."""

    times_ms: Array
    world: World
    silent: Array
    empty: Array
    with_responses: Array

    @classmethod
    def of(cls, procedure: Procedure) -> Sweeps:
        """The sweeps of ``procedure``."""
        world = procedure.world
        before, after = (round(ms * world.rate_hz / 1e3) for ms in (_BEFORE_MS, _AFTER_MS))
        at = np.array([pulse.sample for pulse in procedure.pulses])[:, None] + np.arange(-before, after)
        signal = procedure.clipped(procedure.empty)
        silent, empty = signal[at[:SILENT]], signal[at[-TESTED:]]
        with_responses = empty.copy()
        unclipped = np.abs(empty[:, before : before + procedure.responses.shape[1]]) < world.clip_uv
        with_responses[:, before : before + unclipped.shape[1]] += NOISE_UV * procedure.responses[-TESTED:] * unclipped
        times_ms = np.arange(-before, after) / world.rate_hz * 1e3
        return cls(times_ms, world, silent, empty, with_responses)

    @property
    def stop_ms(self) -> float:
        """Where the window ends in which a response is looked for."""
        return min(_WINDOW_MS[1], self.world.decided_ms)

    def between(self, start_ms: float, stop_ms: float) -> slice:
        """The samples from ``start_ms`` to ``stop_ms``."""
        return slice(*np.searchsorted(self.times_ms, (start_ms - 1e-6, stop_ms - 1e-6)).tolist())


Chain = Callable[[Sweeps, Array], Array]
"""Takes sweeps (., n) to what is left of them (., n)."""

Scorer = Callable[[Procedure, tuple[float, ...]], Array]
"""Scores (ratios, tested) of a procedure's tested pulses, with a response of each of the ratios."""


def peak_to_peak(chain: Chain) -> Scorer:
    """Peak-to-peak value after ``chain``, over the RMS before the pulse."""

    def scores(procedure: Procedure, ratios: tuple[float, ...]) -> Array:
        sweeps = Sweeps.of(procedure)
        empty = chain(sweeps, sweeps.empty)
        wave = chain(sweeps, sweeps.with_responses) - empty
        inside, before = sweeps.between(_WINDOW_MS[0], sweeps.stop_ms), sweeps.between(-_RMS_MS, 0.0)
        rms = empty[:, before].std(axis=1)
        return np.stack([np.ptp(empty[:, inside] + ratio * wave[:, inside], axis=1) / rms for ratio in ratios])

    return scores


def high_pass(sweeps: Sweeps, x: Array) -> Array:
    """A running Butterworth high-pass at 20 Hz."""
    return _running(butter(2, 20.0, "highpass", fs=sweeps.world.rate_hz, output="sos"), x)


def blanked(sweeps: Sweeps, x: Array) -> Array:
    """The first 3 ms held at the value before, then high-pass and a notch (Q = 30) at the mains."""
    held, gap = x.copy(), sweeps.between(0.0, _BLANK_MS)
    held[:, gap] = held[:, gap.start - 1, None]
    notch = tf2sos(*iirnotch(sweeps.world.mains_hz, 30.0, fs=sweeps.world.rate_hz))
    return _running(notch, high_pass(sweeps, held))


def salpa(sweeps: Sweeps, x: Array) -> Array:
    """Less a local cubic over +-8 ms, begun anew after the artefact (Wagenaar and Potter 2002)."""
    out, span = x.copy(), 2 * round(_SALPA_MS * sweeps.world.rate_hz / 1e3) + 1
    start = sweeps.between(_clear_ms(sweeps, _SALPA_FROM_MS), 0.0).start
    for part in (slice(0, sweeps.between(0.0, 0.0).start), slice(start, None)):
        out[:, part] -= savgol_filter(x[:, part], span, 3, axis=1, mode="interp")
    return out


def less_template(sweeps: Sweeps, x: Array) -> Array:
    """Less the mains as fitted before the pulse and the mean sweep of the silent pulses, then high-pass."""
    template = _less_mains(sweeps, sweeps.silent).mean(axis=0)
    return high_pass(sweeps, _less_mains(sweeps, x) - np.where(sweeps.times_ms >= 0, template, 0.0))


def least_squares(*, shape_known: bool) -> Scorer:
    """Joint least squares in whitened noise: constant, exponentials, the silent pulses' mean sweep with free gain, and
    the response: its own shape within 0.3 ms, or the best of 39 (3 widths, 13 latencies, either sign).
    """

    def scores(procedure: Procedure, ratios: tuple[float, ...]) -> Array:
        sweeps = Sweeps.of(procedure)
        inside = sweeps.between(_clear_ms(sweeps, _FIT_FROM_MS), sweeps.stop_ms)
        t = sweeps.times_ms[inside]
        silent, empty, with_responses = (
            _less_mains(sweeps, x)[:, inside] for x in (sweeps.silent, sweeps.empty, sweeps.with_responses)
        )
        whiten = cholesky(noise_covariance(len(t), sweeps.world.rate_hz), lower=True)
        nuisance = np.stack([np.ones_like(t), *(np.exp(-t / tail) for tail in _TAILS_MS), silent.mean(axis=0)])
        filters = _filters(whiten, nuisance, _known(t) if shape_known else _bank(t))
        score = filters @ empty.T
        wave = filters @ with_responses.T - score
        return np.stack([_best(score + ratio * wave, signed=shape_known) for ratio in ratios])

    return scores


PEERS: dict[str, tuple[str, Scorer]] = {
    "iir": ("IIR on the raw signal, peak to peak", peak_to_peak(high_pass)),
    "blank": ("blank 3 ms, IIR, notch; peak to peak", peak_to_peak(blanked)),
    "salpa": ("SALPA, tau 8 ms; peak to peak", peak_to_peak(salpa)),
    "template": ("less the template of 5 silent pulses; p-p", peak_to_peak(less_template)),
    "gls": ("least squares with template, shape known", least_squares(shape_known=True)),
    "bank": ("the same, shape unknown (39 candidates)", least_squares(shape_known=False)),
}


def _running(sections: Array, x: Array) -> Array:
    """A causal filter, in its steady state at the first sample."""
    rest = sosfilt_zi(sections)[:, None, :] * x[None, :, :1]
    return np.asarray(sosfilt(sections, x, axis=1, zi=rest)[0])


def _clear_ms(sweeps: Sweeps, least_ms: float) -> float:
    """When the last sample at the input range is over for 0.2 ms, in all sweeps, and at least ``least_ms``."""
    at_range = (np.abs(np.concatenate([sweeps.silent, sweeps.empty])) >= sweeps.world.clip_uv).any(axis=0)
    last_ms = float(sweeps.times_ms[at_range][-1]) if at_range.any() else 0.0
    return max(least_ms, last_ms + 0.2)


def _less_mains(sweeps: Sweeps, x: Array) -> Array:
    """Less baseline and mains (1st, 3rd, 5th harmonic), fitted to 200 ms before the pulse."""
    turns = 2j * np.pi * sweeps.world.mains_hz / 1e3 * sweeps.times_ms[:, None] * np.array([1, 3, 5])
    columns = np.concatenate([np.exp(turns).view(float), np.ones((len(turns), 1))], axis=1)
    before = sweeps.between(-_MAINS_MS - _GUARD_MS, -_GUARD_MS)
    weights, *_ = np.linalg.lstsq(columns[before], x[:, before].T, rcond=None)
    return np.asarray(x - (columns @ weights).T)


def _filters(whiten: Array, nuisance: Array, shapes: Array) -> Array:
    """Matched filters (shapes, n) of unit variance, blind to ``nuisance`` (., n); ``whiten`` is the noise's factor."""
    free = solve_triangular(whiten, shapes.T, lower=True)
    white = solve_triangular(whiten, nuisance.T, lower=True)
    within, _ = np.linalg.qr(white / np.linalg.norm(white, axis=0))
    free -= within @ (within.T @ free)
    return np.asarray(solve_triangular(whiten, free / np.linalg.norm(free, axis=0), lower=True, trans="T").T)


def _known(t: Array) -> Array:
    return np.stack([response(t, later) for later in np.linspace(-0.3, 0.3, 7)])


def _bank(t: Array) -> Array:
    return np.stack([response(t, later, wider) for wider in (0.7, 1.0, 1.4) for later in np.linspace(-3, 3, 13)])


def _best(scores: Array, *, signed: bool) -> Array:
    return np.asarray((scores if signed else np.abs(scores)).max(axis=0))
