"""Input stages that saturate: hard, softly, with a recovery, with a gain that follows, with a rail that moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivers.simulated.draws import FloatArray, Uniform
from drivers.simulated.front_ends.filtering import Filter
from drivers.simulated.front_ends.stage import Scene

RAIL_LN = Uniform(-1.6, 1.6, "rail against the artefact of 1 mA: a part of 0.3 to 5 mA reaches it", "assumed")
LEAST_RAIL_UV = 2000.0
"""No amplifier for EMG has a lower rail: large M-waves would not fit (a judgement)."""

FAST_SHARE = Uniform(0.02, 0.3, "of the rail, left after an overload: fast part", "assumed")
FAST_MS = Uniform(0.2, 1.0, "time constant of that part", "assumed")
SLOW_SHARE = Uniform(0.0, 0.03, "slow part, seen in measured shapes as a sag of some percent", "derived")
SLOW_MS = Uniform(1.0, 5.0, "time constant of that part", "assumed")
SLUGGISH_DEAD_MS = Uniform(0.5, 2.5, "at the rail after an overload, as amplifiers without blanking are", "assumed")
SLUGGISH_SHARE = Uniform(0.05, 0.3, "of the rail, left when a sluggish amplifier comes back", "assumed")
SLUGGISH_MS = Uniform(2.0, 12.0, "time constant of its recovery", "assumed")
SIZE_SPREAD = 0.1
"""The recovery varies by so much, up or down, from overload to overload (assumed)."""

GAIN_DEPTH = Uniform(0.05, 0.4, "share by which automatic gain turns down after a large signal", "assumed")
GAIN_MS = Uniform(20.0, 200.0, "time in which it turns up again", "assumed")
GAIN_EAGERNESS = 30.0
"""The gain follows the mean size times this: a pulse alone turns it down (assumed)."""

SWITCH_S = Uniform(4.0, 12.0, "time between two changes of the range, by hand or by the machine", "assumed")
SWITCH_FACTOR = 3.0
"""Between two ranges (assumed: machines have 1, 2, 5 or 1, 3, 10)."""


def draw_rail(scene: Scene, share: float = 1.0) -> float:
    """Draw a rail in uV that a part of the pulses reaches, at most ``share`` of the declared range."""
    rail_uv = scene.artefact_uv * float(np.exp(RAIL_LN.draw(scene.rng)))
    return float(np.clip(rail_uv, LEAST_RAIL_UV, max(share * scene.range_uv, LEAST_RAIL_UV)))


class HardRail:
    """Clips at ``rail_uv`` and is back at once."""

    def __init__(self, rail_uv: float) -> None:
        self.rail_uv = rail_uv

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``, clipped."""
        del pulses
        return np.clip(uv, -self.rail_uv, self.rail_uv)


class SoftRail:
    """Bends towards ``rail_uv`` as a hyperbolic tangent."""

    def __init__(self, rail_uv: float) -> None:
        self.rail_uv = rail_uv

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``, bent."""
        del pulses
        return np.asarray(self.rail_uv * np.tanh(uv / self.rail_uv))


class MovingRail:
    """Clips at one of two rails, and changes between them: the range is switched while the signal runs."""

    def __init__(self, scene: Scene, rail_uv: float) -> None:
        self._scene, self._rails = scene, (rail_uv, rail_uv / SWITCH_FACTOR)
        self._left = scene.samples(1e3 * SWITCH_S.draw(scene.rng))

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``, clipped at the rail of each moment."""
        del pulses
        out, at = uv.copy(), 0
        while at < len(uv):
            stop = min(at + self._left, len(uv))
            out[at:stop] = np.clip(uv[at:stop], -self._rails[0], self._rails[0])
            self._left, at = self._left - (stop - at), stop
            if not self._left:
                self._rails = self._rails[::-1]
                self._left = self._scene.samples(1e3 * SWITCH_S.draw(self._scene.rng))
        return out


class Recovering:
    """Clips at ``rail_uv``, stays there for ``dead_ms`` after an overload, and comes back in exponentials.

    They have ``shares`` of the rail and time constants of ``constants_ms``; their size does not depend on the pulse.
    """

    def __init__(
        self, scene: Scene, rail_uv: float, dead_ms: float, shares: tuple[float, ...], constants_ms: tuple[float, ...]
    ) -> None:
        self.rail_uv, self._dead = rail_uv, scene.samples(dead_ms)
        self._rngs = scene.rng.spawn(scene.channels)
        per_sample_ms = 1e3 / scene.sample_rate_hz
        self._decays = np.exp(-per_sample_ms / np.array(constants_ms))
        self._shares = np.array(shares) * scene.rng.choice([-1.0, 1.0])
        self._left = np.zeros((scene.channels, len(shares)))
        self._since = np.full(scene.channels, np.inf)
        self._side = np.ones(scene.channels)

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv`` clipped, with what each overload leaves."""
        del pulses
        out = uv.copy()
        for channel in range(uv.shape[1]):
            out[:, channel] = self._channel(uv[:, channel], channel)
        return np.clip(out, -self.rail_uv, self.rail_uv)

    def _channel(self, uv: FloatArray, channel: int) -> FloatArray:
        out, steps = uv.copy(), np.arange(1, len(uv) + 1)
        over = np.abs(uv) >= self.rail_uv
        if not over.any() and self._since[channel] > self._dead:
            return self._recovered(out, channel)
        last = np.where(over, steps, -self._since[channel])
        since = steps - np.maximum.accumulate(last)
        side = np.where(over, np.sign(uv), 0.0)
        held = since <= self._dead
        out[held] = self.rail_uv * _forward(side, self._side[channel])[held]
        at = 0
        for end in np.flatnonzero(since == self._dead + 1).tolist():
            out[at:end] = self._recovered(out[at:end], channel)
            seen = side[:end][side[:end] != 0]
            self._side[channel] = seen[-1] if len(seen) else self._side[channel]
            size = 1 + self._rngs[channel].uniform(-SIZE_SPREAD, SIZE_SPREAD)
            self._left[channel] = self.rail_uv * self._side[channel] * self._shares * size
            at = end
        out[at:] = self._recovered(out[at:], channel)
        self._since[channel] = since[-1]
        seen = side[side != 0]
        self._side[channel] = seen[-1] if len(seen) else self._side[channel]
        return out

    def _recovered(self, out: FloatArray, channel: int) -> FloatArray:
        """Return ``out`` (n,) with what is left of the last overload, which decays meanwhile."""
        if not self._left[channel].any() or not len(out):
            return out
        powers = self._decays ** np.arange(len(out))[:, None]
        after = out + powers @ self._left[channel]
        self._left[channel] *= self._decays ** len(out)
        return np.asarray(after)


def _forward(side: FloatArray, before: float) -> FloatArray:
    """Return ``side`` (n,) with each 0 replaced by the value before it."""
    at = np.maximum.accumulate(np.where(side != 0, np.arange(len(side)), -1))
    return np.where(at < 0, before, side[at])


class AutomaticGain:
    """Clips at ``rail_uv``, turns itself down after a large signal, and up again."""

    def __init__(self, scene: Scene, rail_uv: float) -> None:
        self.rail_uv, self._depth = rail_uv, GAIN_DEPTH.draw(scene.rng)
        keep = float(np.exp(-1e3 / (GAIN_MS.draw(scene.rng) * scene.sample_rate_hz)))
        self._level = Filter(scene, [((1 - keep) * GAIN_EAGERNESS, 0.0, 0.0, -keep, 0.0)])

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv`` at the gain of each moment."""
        seen = np.clip(uv, -self.rail_uv, self.rail_uv)
        level = self._level.process(np.abs(seen) / self.rail_uv, pulses)
        return np.asarray(seen * (1 - self._depth * np.minimum(level, 1.0)))
