"""The usual shapes of the response: a lasting jump to another shape is another nerve or another muscle.

The shape of one muscle's response changes too: with the current, as more of its units join; with fatigue, which makes
it smaller and longer; and from pulse to pulse. So several shapes are usual, each follows the newest response like it,
and a response is compared only with those of about its own size. Responses are compared by their correlation at the
best of the shifts within a millisecond: latency is judged apart from shape (``usual_latency``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import PulseOutcome
from guidance.contracts.sweep_wave import SweepSamples
from guidance.proximity.response_change import IN_A_ROW, USUAL_FROM, ResponseChange

_CLEAR_SDS = 10.0
"""A response is clear from so many standard errors of its amplitude: noise alone then lowers a correlation by less than
a tenth (a judgement).
"""

_UNLIKE, _ALIKE = 0.5, 0.75
"""Below the first correlation a response is unlike a shape; those of a new kind agree with one another by more than the
second. M-waves of one muscle correlate by 0.9 and more, small ones beside noise by 0.8, those of two muscles by any
number from -1 to 1 (judgements).
"""

_SIZES_LN = math.log(3.0)
"""A response is compared with shapes of up to so many times its size, either way: units that join change the shape."""

_SHAPES = 6
"""Usual shapes that are remembered, the newest of them (a judgement, unsourced)."""

_FOLLOWS = 0.3
"""Weight of a new response in the shape that it is like, so that this follows fatigue (a judgement, unsourced)."""

_SHIFT_MS = 1.0
"""Responses are shifted by at most so many ms for their comparison: onset varies with size and temperature."""


@dataclass(slots=True, eq=False)
class _Shape:
    """A usual shape, of norm 1, at steps of ``step_ms`` and visible from sample ``first`` on, and ln of its
    peak-to-peak amplitude in uV.
    """

    wave: SweepSamples
    step_ms: float
    first: int
    ln_uv: float

    @classmethod
    def of(cls, outcome: PulseOutcome) -> _Shape | None:
        """Return the shape of the response to a pulse; None where it is not clear or its samples are not known."""
        response, sweep = outcome.response, outcome.wave
        if sweep is None or not response.amplitude_uv:
            return None
        if response.amplitude_uv < _CLEAR_SDS * (response.amplitude_sd_uv or math.inf):
            return None
        wave = sweep.until(response.late_latency_ms)
        size = float(np.linalg.norm(wave))
        if size <= 0:
            return None
        return cls(wave / size, sweep.step_ms, int(np.argmax(wave != 0)), math.log(response.amplitude_uv))

    def likeness(self, other: _Shape) -> tuple[float, int] | None:
        """Return the largest correlation with ``other`` at a shift within ``_SHIFT_MS``, and that shift in samples;
        None where the part that both show holds less than half of either.
        """
        part = slice(max(self.first, other.first), min(len(self.wave), len(other.wave)))
        size, other_size = (float(np.linalg.norm(wave[part])) for wave in (self.wave, other.wave))
        if min(size, other_size) ** 2 < 0.5:
            return None
        most = max(1, round(_SHIFT_MS / self.step_ms))
        products = np.correlate(np.pad(other.wave[part], most), self.wave[part], "valid")
        best = int(np.argmax(products))
        return float(products[best]) / (size * other_size), best - most

    def is_like(self, other: _Shape) -> bool:
        """Return whether both are of one new kind."""
        likeness = self.likeness(other)
        return likeness is not None and likeness[0] >= _ALIKE

    def compared(self, other: _Shape) -> float | None:
        """Return the correlation with ``other``; None where the two may not be compared."""
        likeness = self.likeness(other) if abs(self.ln_uv - other.ln_uv) <= _SIZES_LN else None
        return None if likeness is None else likeness[0]

    def follow(self, newest: _Shape) -> None:
        """Move towards a response like it, and see as much of the sweep as that shows."""
        _, shift = self.likeness(newest) or (0.0, 0)
        count = min(len(self.wave), len(newest.wave))
        moved = (1 - _FOLLOWS) * _shifted(self.wave[:count], shift) + _FOLLOWS * newest.wave[:count]
        self.wave = moved / max(float(np.linalg.norm(moved)), 1e-9)
        self.first = max(self.first, newest.first)
        self.ln_uv += _FOLLOWS * (newest.ln_uv - self.ln_uv)


class UsualShapes:
    """The usual shapes of the responses of this insertion, the one seen last at the end."""

    def __init__(self) -> None:
        """Begin without any response."""
        self._usual: list[_Shape] = []
        self._count = 0
        self._other: list[tuple[_Shape, PulseOutcome]] = []

    def observe(self, outcome: PulseOutcome) -> ResponseChange | None:
        """Receive ``outcome`` of a clear response; return the change that it settles. One whose shape is not clear, or
        which is much larger or smaller than all before, settles nothing.
        """
        shape = _Shape.of(outcome)
        if shape is None:
            return None
        compared = [(usual.compared(shape), usual) for usual in self._usual]
        likenesses = [(likeness, usual) for likeness, usual in compared if likeness is not None]
        best, nearest = max(likenesses, key=lambda pair: pair[0], default=(1.0, None))
        if self._count < USUAL_FROM or best >= _UNLIKE:
            self._adopt(shape, nearest if best >= _ALIKE else None)
            return None
        self._other = [*((other, past) for other, past in self._other if other.is_like(shape)), (shape, outcome)]
        if len(self._other) < IN_A_ROW:
            return None
        text = f"the response has another shape: its correlation with the usual one is {best:.2f}"
        return ResponseChange(text, {"correlation": round(best, 3)}, tuple(past for _, past in self._other))

    def _adopt(self, shape: _Shape, nearest: _Shape | None) -> None:
        """Count a usual response: the usual shape ``nearest`` follows it, or it is a usual shape of its own."""
        self._other.clear()
        self._count += 1
        if nearest is not None:
            nearest.follow(shape)
            self._usual.remove(nearest)
        self._usual = [*self._usual, nearest or shape][-_SHAPES:]


def _shifted(wave: SweepSamples, shift: int) -> SweepSamples:
    """Return ``wave`` (n,) later by ``shift`` samples, zeros coming in."""
    moved = np.roll(wave, shift)
    if shift >= 0:
        moved[:shift] = 0.0
    else:
        moved[shift:] = 0.0
    return moved
