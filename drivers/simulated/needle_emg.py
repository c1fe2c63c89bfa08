"""EMG of a recording needle: motor units with their fibres around the tip, and the activity of end-plates at rest.

The muscle lies around the origin of the motion, its fibres along ``aside``. Potentials depend on the tip's distance
from each fibre, and on its distance along the fibre from the end-plate. It is a simulation; its numbers carry their
source.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.simulated.draws import Known, LogNormal, Uniform
from drivers.simulated.motion import Motion
from drivers.simulated.needle_field import STEP_MS, FibreField
from drivers.simulated.nerve import Tip
from drivers.simulated.voluntary import Voluntary

UNITS = Known(36.0, "units whose territory the needle may cross", "assumed")
HALF_DEPTH_MM = Uniform(6.0, 9.0, "half the thickness of a forearm or leg muscle", "assumed")
TERRITORY_MM = Uniform(2.5, 5.0, "radius of a unit's territory, 5-10 mm across", "assumed")
FIBRES = LogNormal(60.0, 0.4, 20.0, 160.0, "fibres of a unit of low threshold in its territory", "assumed")
PLATE_SD_MM = Uniform(0.6, 2.5, "scatter of a unit's end-plates along its fibres", "assumed")
SPEED_SPREAD = Known(0.08, "spread of conduction over the fibres, as share of the delay", "assumed")
PLATE_ZONE_MM = Known(2.0, "half the width of the end-plate zone along the fibres", "assumed")
PLATE_SPOTS = Known(9.0, "spots across the muscle where end-plates lie dense", "assumed")
SPOT_MM = Known(1.2, "how near such a spot the tip must be", "assumed")
NOISE_UV = Uniform(10.0, 50.0, "end-plate noise 10-50 uV", "assumed")
NOISE_MS = Uniform(1.0, 2.0, "end-plate noise 1-2 ms", "assumed")
NOISE_HZ = Uniform(20.0, 60.0, "end-plate noise 20-40 Hz and more", "assumed")
SPIKE_UV = Uniform(100.0, 200.0, "end-plate spikes 100-200 uV", "assumed")
SPIKE_MS = Uniform(3.0, 4.0, "end-plate spikes 3-4 ms, first negative", "assumed")
SPIKE_HZ = Uniform(5.0, 50.0, "end-plate spikes up to about 50 Hz, very irregular", "assumed")
SURFACE_SHARE = Known(0.05, "share of a potential at the needle that surface channels record", "assumed")
SLIGHT = Known(0.18, "effort of a slight contraction on request", "assumed")
CONTRACTED_S = Known(8.0, "duration of a contraction on request", "assumed")
RELAXED_S = Known(5.0, "pause between two contractions", "assumed")

_PICKUP_MM = 7.0
_QUANTUM_MM = 0.04


class _Fibres:
    """Fibres of one unit: their positions across the muscle, and those of their end-plates along it."""

    def __init__(self, rng: np.random.Generator, half_depth_mm: float, plates_mm: float) -> None:
        centre = np.array([rng.uniform(-half_depth_mm, half_depth_mm), rng.uniform(-4.0, 4.0)])
        reach, count = TERRITORY_MM.draw(rng), round(FIBRES.draw(rng))
        angle, radius = rng.uniform(0, 2 * math.pi, count), reach * np.sqrt(rng.random(count))
        self.across = centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        self.plates_mm = plates_mm + PLATE_SD_MM.draw(rng) * rng.standard_normal(count)
        self._slow = SPEED_SPREAD.value * rng.standard_normal(count)
        self._cached: tuple[tuple[int, int], NDArray[np.float32]] | None = None

    def wave(self, field: FibreField, tip: Tip) -> NDArray[np.float32]:
        """Return the unit's potential at ``tip``, every 0.025 ms."""
        key = round(tip.ahead_mm / _QUANTUM_MM), round(tip.aside_mm / _QUANTUM_MM)
        if self._cached is None or self._cached[0] != key:
            radii = np.hypot(self.across[:, 0] - tip.ahead_mm, self.across[:, 1])
            offsets = tip.aside_mm - self.plates_mm
            near = radii < max(_PICKUP_MM, float(radii.min()) + 1.0)
            late = np.clip(1.0 + self._slow * np.abs(offsets) / 4.0, 0.0, None)
            self._cached = key, field.sum(radii[near], offsets[near], late[near])
        return self._cached[1]


class SimulatedNeedleEmg(Voluntary):
    """Voluntary activity and end-plates as a needle in the muscle records them, on the first channel."""

    def __init__(self, rng: np.random.Generator, sample_rate_hz: float, channels: int, motion: Motion) -> None:
        """Draw the units; ``motion`` gives the position of the tip."""
        super().__init__(rng, sample_rate_hz, np.ones((1, channels), np.float32), units=round(UNITS.value))
        self._motion, self._field = motion, FibreField()
        self.half_depth_mm = HALF_DEPTH_MM.draw(rng)
        self.plates_mm = float(rng.uniform(-4.0, 4.0))
        self._fibres = {unit: _Fibres(rng, self.half_depth_mm, self.plates_mm) for unit in self._units}
        self._spots = rng.uniform(-self.half_depth_mm, self.half_depth_mm, round(PLATE_SPOTS.value))
        self._pickup = np.array([1.0] + [SURFACE_SHARE.value] * (channels - 1), np.float32)
        self._plate_rng = np.random.default_rng(rng.integers(2**63))
        self._noise = tuple(draw.draw(rng) for draw in (NOISE_UV, NOISE_MS, NOISE_HZ))
        self._spike = tuple(draw.draw(rng) for draw in (SPIKE_UV, SPIKE_MS, SPIKE_HZ))
        self.tone = 0.0

    def effort(self, t_s: float, muscle: int = 0) -> float:
        """Return the effort commanded; without a command the patient contracts slightly and relaxes, in turn."""
        commanded = self.commanded_efforts.get(muscle, self.commanded_effort)
        if commanded is not None:
            return commanded
        return SLIGHT.value if t_s % (CONTRACTED_S.value + RELAXED_S.value) < CONTRACTED_S.value else 0.0

    def fire(self, start_s: float, end_s: float) -> list[tuple[int, Samples]]:
        """Return the potentials that begin in ``start_s`` .. ``end_s``: sample and wave (samples, channels)."""
        tip = self._motion.tip(start_s)
        fired = [
            self._sampled(at_s, self._fibres[unit].wave(self._field, tip))
            for unit, at_s in self._firings(start_s, end_s)
        ]
        return fired + self._plates(start_s, end_s, tip)

    def plate_distance_mm(self, tip: Tip) -> float:
        """Return the distance of the tip from the nearest spot of end-plates; infinite outside their zone."""
        if abs(tip.aside_mm - self.plates_mm) > PLATE_ZONE_MM.value:
            return math.inf
        return float(np.abs(self._spots - tip.ahead_mm).min())

    def _plates(self, start_s: float, end_s: float, tip: Tip) -> list[tuple[int, Samples]]:
        near = max(1 - self.plate_distance_mm(tip) / SPOT_MM.value, 0.0)
        rng, waves = self._plate_rng, []
        for (height_uv, length_ms, event_rate_hz), is_noise in ((self._noise, True), (self._spike, False)):
            count = rng.poisson(event_rate_hz * (end_s - start_s))
            times, heights = rng.uniform(start_s, end_s, count), rng.uniform(0.6, 1.4, count)
            shape = _plate_wave(length_ms, is_noise=is_noise)
            waves += [
                self._sampled(float(t), shape * np.float32(height_uv * near * h))
                for t, h in zip(times, heights, strict=True)
            ]
        return waves if near else []

    def _sampled(self, at_s: float, fine: NDArray[np.float32]) -> tuple[int, Samples]:
        """Resample ``fine``, which begins at ``at_s``, at the times of the samples; return first sample and wave."""
        first = math.ceil(at_s * self._sample_rate_hz)
        late_ms = (first / self._sample_rate_hz - at_s) * 1e3
        times = np.arange(late_ms, (len(fine) - 1) * STEP_MS, 1e3 / self._sample_rate_hz)
        wave = np.interp(times / STEP_MS, np.arange(len(fine)), fine)
        return first, (wave[:, None] * self._pickup).astype(np.float32)


def _plate_wave(length_ms: float, *, is_noise: bool) -> NDArray[np.float32]:
    """Return one negative phase, steep and then slower; a spike has a smaller positive phase after it."""
    t = np.arange(0, length_ms, STEP_MS) / length_ms
    if is_noise:
        return np.asarray(-(np.sin(math.pi * t**0.5) ** 2), np.float32)
    body = np.where(t < 0.5, -np.sin(math.pi * (2 * t).clip(0, 1) ** 0.7), 0.35 * np.sin(math.pi * (2 * t - 1)))
    return np.asarray(body / np.ptp(body), np.float32)
