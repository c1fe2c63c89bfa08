"""The front end that a signal with pulses shows: rail, blanking, recovery and band, and what they hide.

Nothing declared is trusted but the range. It is judged over all pulses together, which shows more than one after the
other does. Pulses below the motor threshold show it best: a response is no artefact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Pulse

LEAST_PULSES = 6
"""Fewer pulses show no front end (a judgement)."""

_SWEEP_MS, _BEFORE_MS, _REACH_MS = 40.0, 20.0, 10.0
_LEAST_UV, _LEAST_NOISES = 500.0, 30.0
"""Nothing smaller, in uV and in standard deviations of the noise, is a rail: it may be a response (a judgement)."""

_FLAT, _FLAT_RUN, _SAME = 3e-3, 3, 5e-3
"""A rail is so many samples in a row that agree to the first share, or peaks of two charges to the last."""

_OTHER_CHARGE_LN = 0.1
_COMPRESSED = 0.5
"""Peaks that grow with less than this power of the charge are bent or clipped somewhere (an artefact has about 1)."""

_STILL_NOISES, _BLANKED_MS, _ALIKE_MS = 6.0, 0.6, 0.3
_MOST_PULSES = 0.7
"""A blanked input stays so still for at least so long, until the same time after this share of the pulses."""

_QUIETER = 0.5
"""A blanked input varies by less than this share of what it varies by otherwise (a judgement)."""

_HIDES_UV, _HIDES_NOISES, _FREE_MS = 25.0, 3.0, 0.5
"""The artefact no longer hides a response of 100 uV once it is foreseen to the greater of these, for so long."""

_SEGMENT_S = 0.4
_CUT, _FALLEN, _NOTCHED = 0.25, 0.02, 0.3
"""Shares of the power of the noise: at a corner, well beyond it, and in a notch (judgements)."""

_Array = NDArray[np.float64]
_Corners = tuple[float | None, float | None, float | None]
"""Lower corner, upper corner and notch in Hz; None where there is none."""


@dataclass(frozen=True, slots=True)
class FrontEndFinding:
    """What ``pulses`` pulses show; None where it does not show. ``rail_uv`` is hard where ``is_hard``, else it is bent
    or a filter follows; the input is at it until ``overload_ms``. ``blanked_ms``: nothing is shown until then. From
    ``visible_from_ms`` on a response can be seen. ``low_hz``, ``high_hz`` and ``notch_hz`` are of the band.
    """

    pulses: int
    range_uv: float | None
    rail_uv: float | None
    is_hard: bool
    overload_ms: float | None
    overload_from_ma: float | None
    blanked_ms: float | None
    visible_from_ms: float | None
    low_hz: float | None
    high_hz: float | None
    notch_hz: float | None

    @property
    def recovery_ms(self) -> float | None:
        """The time from the end of overload or blanking until a response can be seen; None where there was none."""
        begins = max(self.overload_ms or 0.0, self.blanked_ms or 0.0)
        return max(self.visible_from_ms - begins, 0.0) if begins and self.visible_from_ms is not None else None


def find_front_end(
    signal: _Array, pulses: Sequence[Pulse], sample_rate_hz: float, range_uv: float | None
) -> FrontEndFinding | None:
    """Return what ``signal`` (n,) in uV shows of its front end; None where too few ``pulses`` are in it."""
    per_ms = sample_rate_hz / 1e3
    before, after = round(_BEFORE_MS * per_ms), round(_SWEEP_MS * per_ms)
    usable = [p for p in pulses if before <= p.sample < len(signal) - after]
    if len(usable) < LEAST_PULSES:
        return None
    at = np.array([p.sample for p in usable])
    raw = signal[at[:, None] + np.arange(after)]
    rest = signal[at[:, None] - before + np.arange(before - 1)]
    noise_uv = max(float(np.median(np.std(rest, axis=1))), 1e-3)
    clean = raw - np.median(rest, axis=1)[:, None]
    charges = _charges(usable)
    reach = round(_REACH_MS * per_ms)
    rail_uv, is_hard = _rail(raw[:, :reach], charges, range_uv, max(_LEAST_UV, _LEAST_NOISES * noise_uv))
    over = np.abs(raw[:, :reach]) >= 0.985 * rail_uv if rail_uv and is_hard else np.zeros((len(raw), 1), bool)
    ends = [(int(np.flatnonzero(row)[-1]) + 1) / per_ms for row in over if row.any()]
    currents = [p.current_ma for p, row in zip(usable, over, strict=True) if row.any() and p.current_ma]
    blanked_ms = _blanked(raw, rest, noise_uv, per_ms)
    low_hz, high_hz, notch_hz = _band(signal, at, sample_rate_hz)
    return FrontEndFinding(
        pulses=len(usable),
        range_uv=range_uv,
        rail_uv=rail_uv,
        is_hard=is_hard,
        overload_ms=float(np.median(ends)) if ends else None,
        overload_from_ma=min(currents) if currents else None,
        blanked_ms=blanked_ms,
        visible_from_ms=_visible_from(clean, charges, noise_uv, per_ms, blanked_ms or 0.0),
        low_hz=low_hz,
        high_hz=high_hz,
        notch_hz=notch_hz,
    )


def _charges(pulses: Sequence[Pulse]) -> _Array | None:
    """Return the charge of each pulse (an unknown width counts as 0.1 ms); None where a current is not known."""
    known = [(p.current_ma or 0.0) * (p.width_ms or 0.1) for p in pulses]
    return np.array(known) if all(known) else None


def _rail(raw: _Array, charges: _Array | None, range_uv: float | None, least_uv: float) -> tuple[float | None, bool]:
    """Return the rail in uV and whether it is hard; (None, False) where none shows."""
    sizes = np.abs(raw)
    peaks = sizes.max(axis=1)
    top = float(peaks.max())
    if top < least_uv:
        return None, False
    flat = sizes >= (1 - _FLAT) * peaks[:, None]
    in_a_row = sum(flat[:, lag : flat.shape[1] - _FLAT_RUN + 1 + lag].astype(int) for lag in range(_FLAT_RUN))
    runs = np.asarray(in_a_row == _FLAT_RUN).any(axis=1)
    clipped = peaks[runs & (peaks >= least_uv)]
    if len(clipped) > 1 or (range_uv and top >= 0.999 * range_uv):
        return float(np.median(clipped)) if len(clipped) > 1 else top, True
    if charges is None:
        return None, False
    near = peaks >= (1 - _SAME) * top
    if near.sum() > 1 and np.ptp(np.log(charges[near])) > _OTHER_CHARGE_LN:
        return top, True
    upper = charges >= np.median(charges)
    if np.ptp(np.log(charges[upper])) < 2 * _OTHER_CHARGE_LN:
        return None, False
    power = float(np.polyfit(np.log(charges[upper]), np.log(peaks[upper]), 1)[0])
    return (top, False) if power < _COMPRESSED else (None, False)


def _blanked(raw: _Array, rest: _Array, noise_uv: float, per_ms: float) -> float | None:
    """Return until when the input shows nothing after a pulse, in ms; None where it is not blanked."""
    own = np.abs(raw - np.median(raw[:, 1 : round(_BLANKED_MS * per_ms)], axis=1)[:, None])
    still = own < _STILL_NOISES * noise_uv
    ends = np.where(still.all(axis=1), raw.shape[1], np.argmin(still, axis=1)) / per_ms
    middle = float(np.median(ends))
    alike = float(np.mean(np.abs(ends - middle) < _ALIKE_MS))
    if _BLANKED_MS <= middle < _REACH_MS and alike >= _MOST_PULSES:
        return middle
    quiet_ms = _quiet_for(raw, rest) / per_ms
    return quiet_ms if _BLANKED_MS <= quiet_ms < _REACH_MS else None


def _quiet_for(raw: _Array, rest: _Array) -> int:
    """Return for how many samples the input varies less from pulse to pulse than before them, at zero or held."""
    count = min(raw.shape[1], rest.shape[1] - 1)
    at_zero = _spread(raw[:, :count]) / np.median(_spread(rest))
    apart = np.array([_spread(rest[:, -1] - rest[:, -1 - lag]) for lag in range(1, count + 1)])
    held = _spread(raw[:, :count] - rest[:, -1:]) / np.maximum(apart, 1e-6)
    quiet = np.convolve(np.minimum(at_zero, held) < _QUIETER, np.ones(_FLAT_RUN) / _FLAT_RUN, "same") > 0.5
    return int(np.argmin(quiet)) if not quiet.all() else count


def _spread(values: _Array) -> _Array:
    return np.asarray(np.median(np.abs(values - np.median(values, axis=0)), axis=0))


def _visible_from(
    clean: _Array, charges: _Array | None, noise_uv: float, per_ms: float, blanked_ms: float
) -> float | None:
    """Return from when on what follows a pulse is foreseen from the charge well enough; None where it never is."""
    sizes = clean @ clean.mean(axis=0) if charges is None else charges  # each sweep's size, where no current is known
    columns = np.stack([np.ones(len(clean)), sizes / max(float(np.abs(sizes).max()), 1e-30)], axis=1)
    fitted, *_ = np.linalg.lstsq(columns, clean, rcond=None)
    left = np.median(np.abs(clean - columns @ fitted), axis=0) / 0.6745
    free = left < max(_HIDES_UV, _HIDES_NOISES * noise_uv)
    free[: round(blanked_ms * per_ms)] = False
    run = max(round(_FREE_MS * per_ms), 1)
    starts = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(free, run).all(axis=1))
    return float(starts[0] / per_ms) if len(starts) else None


def _band(signal: _Array, at: NDArray[np.int_], sample_rate_hz: float) -> _Corners:
    """Return lower corner, upper corner and notch that the noise before the pulses shows, in Hz; None where none."""
    length = round(_SEGMENT_S * sample_rate_hz)
    gap = np.diff(at, prepend=-length)
    begins = [int(a) - length for a, free in zip(at, gap, strict=True) if a >= length and free >= length * 1.1]
    if len(begins) < 3:
        return None, None, None
    window = np.hanning(length)
    parts = np.stack([signal[b : b + length] for b in begins])
    power = np.median(np.abs(np.fft.rfft((parts - parts.mean(axis=1)[:, None]) * window)) ** 2, axis=0)
    hz = np.asarray(np.fft.rfftfreq(length, 1 / sample_rate_hz), np.float64)
    level = float(np.median(power[(hz > 100) & (hz < 400)]))
    high = _smoothed(power, 41)
    upper = None
    if level > 0 and float(np.median(power[hz > 0.4 * sample_rate_hz])) < _FALLEN * level:
        upper = float(hz[np.flatnonzero((hz > 200) & (high < _CUT * level))[0]])
    lower = float(hz[np.flatnonzero(_smoothed(power, 3)[1:] > _CUT * level)[0] + 1]) if level > 0 else None
    notches = [f for f in (50.0, 60.0) if _dip(power, hz, f) < _NOTCHED]
    return (lower if lower and lower > 4 else None), upper, (notches[0] if notches else None)


def _smoothed(power: _Array, width: int) -> _Array:
    return np.convolve(power, np.ones(width) / width, "same")


def _dip(power: _Array, hz: _Array, notch_hz: float) -> float:
    """Return the power at ``notch_hz`` against its surroundings."""
    inside, around = np.abs(hz - notch_hz) < 2, (np.abs(hz - notch_hz) > 15) & (np.abs(hz - notch_hz) < 40)
    return float(power[inside].mean() / max(float(np.median(power[around])), 1e-30))
