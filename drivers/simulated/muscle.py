"""Muscles of a nerve and the electrodes over them: M-wave, H-reflex and the twitch that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.simulated.draws import Chance, LogNormal, SlowDrift, Uniform, sign
from drivers.simulated.nerve import SimulatedNerve

MAX_UV = LogNormal(4000.0, 0.55, 1000.0, 10_000.0, "thenar 10.6, hypothenar 9.6, AH 7.1 (3.4-10.9) mV", "derived")
DURATION_MS = Uniform(8.0, 12.0, "M-wave of 8-12 ms", "measured")
TAKEOFF_SHARE = Uniform(0.0, 0.25, "small first phase where the electrode is off the motor point", "assumed")
LAST_SHARE = Uniform(0.35, 0.9, "trailing phase against the main one", "assumed")
DISPERSION_MS = Uniform(0.2, 0.8, "spread of the units' arrival (conduction and end-plates)", "assumed")
LATENCY_JITTER_MS = Uniform(0.03, 0.12, "jitter of latency from pulse to pulse, about 0.1 ms", "assumed")
AMPLITUDE_SD_LN = Uniform(0.08, 0.20, "amplitude log-normal 8-20 % from trial to trial", "derived")
CROSSTALK = LogNormal(0.05, 0.6, 0.005, 0.25, "share of a muscle's signal at the electrodes of another", "assumed")
CONTROL = Chance(0.3, "with three or more channels, the last lies over a muscle of another nerve", "assumed")
H_REFLEX = Chance(0.35, "FCR at rest: in 35 % of people", "measured")
H_MAX_SHARE = Uniform(0.05, 0.5, "largest H-reflex against the largest M-wave", "assumed")
H_RECOVERY_S = Uniform(1.5, 5.0, "H-reflex is depressed by rates over 0.2-0.5 Hz", "derived")
H_AFFERENT_GAIN = Uniform(0.9, 1.6, "threshold of Ia afferents at 0.1 ms against motor axons", "assumed")
H_CHRONAXIE_GAIN = Uniform(1.2, 1.8, "sensory 0.665 against motor 0.459 ms (Mogyoros 1996)", "derived")
TWITCH_UV = LogNormal(60.0, 0.8, 5.0, 600.0, "movement of the electrodes in a full twitch", "assumed")
TWITCH_PEAK_MS = Uniform(40.0, 90.0, "visible twitch peaks 30-100 ms after the potential", "measured")

RESPONSE_S = 0.15
_GRID_MS = 0.025
_SHAPE_MS = 16.0


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """Site of stimulation: muscles in the order of channels, range of M latency, range of H latency if any (ms)."""

    name: str
    muscles: tuple[str, ...]
    m_ms: tuple[float, float]
    h_ms: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class SimulatedTarget:
    """The target of a protocol: the muscle under the electrodes, and the ranges of its latencies in ms, None where
    they are those of the drawn site.
    """

    muscle: str
    m_ms: tuple[float, float] | None = None
    h_ms: tuple[float, float] | None = None

    def site(self, drawn: SimulatedSite) -> SimulatedSite:
        """Return the site of this target."""
        return SimulatedSite(self.muscle, (self.muscle,), self.m_ms or drawn.m_ms, self.h_ms)


SITES = (
    SimulatedSite("interscalene", ("biceps", "deltoid", "triceps", "pectoralis"), (4.0, 7.0)),
    SimulatedSite("axillary", ("abductor pollicis", "first interosseus", "hypothenar", "finger flexors"), (11.0, 14.0)),
    SimulatedSite("elbow", ("wrist flexor", "finger flexors", "thumb flexor", "pronator"), (3.0, 5.0), (14.6, 17.2)),
    SimulatedSite("wrist", ("abductor pollicis", "thenar lateral", "lumbrical", "hypothenar"), (2.6, 4.2)),
    SimulatedSite("femoral", ("vastus medialis", "rectus femoris", "vastus lateralis", "sartorius"), (5.0, 8.0)),
    SimulatedSite(
        "gluteal", ("gastrocnemius", "tibialis anterior", "peroneus", "biceps femoris"), (10.0, 14.0), (26.0, 32.0)
    ),
    SimulatedSite("gluteal foot", ("abductor hallucis", "toe extensor", "gastrocnemius", "toe flexors"), (17.0, 22.0)),
    SimulatedSite("popliteal", ("gastrocnemius", "soleus", "tibialis anterior", "peroneus"), (5.0, 7.0), (28.0, 35.0)),
)
"""M latencies about distance / 55 m/s + 2 ms (derived); H-reflex of FCR 15.9 +- 1.3 ms measured, of the leg assumed."""


def lobe(
    t_ms: NDArray[np.float64], start_ms: NDArray[np.float64], length_ms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return one smooth phase of height 1 from ``start_ms`` on, which rises faster than it falls; 0 outside."""
    share = np.clip((t_ms - start_ms) / length_ms, 0.0, 1.0)
    return np.asarray(np.sin(math.pi * share**0.65) ** 2)


def potential(
    t_ms: NDArray[np.float64], start_ms: NDArray[np.float64], duration_ms: float, takeoff: float, last: float
) -> NDArray[np.float64]:
    """Return action potentials (units, len(t_ms)): an optional small first phase, the main phase, an opposite last."""
    main = 0.42 * duration_ms
    start = start_ms[:, None] + (0.1 * duration_ms if takeoff > 0.03 else 0.0)
    first = takeoff * lobe(t_ms, start_ms[:, None], np.full_like(start, 0.2 * duration_ms))
    rest = last * lobe(t_ms, start + 0.8 * main, np.full_like(start, 0.58 * duration_ms))
    return np.asarray(lobe(t_ms, start, np.full_like(start, main)) - first - rest)


class _Muscle:
    """Potentials of one muscle's units on a fine grid, scaled so that all together have ``max_uv`` peak to peak."""

    def __init__(self, rng: np.random.Generator, sizes: NDArray[np.float64], diameters_um: NDArray[np.float64]) -> None:
        self.max_uv = MAX_UV.draw(rng)
        self.grid_ms = np.arange(0, _SHAPE_MS, _GRID_MS)
        spread = DISPERSION_MS.draw(rng)
        slow = (diameters_um.mean() - diameters_um) / 4.0 if len(sizes) else diameters_um
        start = spread * (0.5 * slow + 0.7 * rng.standard_normal(len(sizes)))
        start -= start.min() if len(sizes) else 0.0
        shapes = potential(self.grid_ms, start, DURATION_MS.draw(rng), TAKEOFF_SHARE.draw(rng), LAST_SHARE.draw(rng))
        shapes *= sizes[:, None] * sign(rng)
        whole = shapes.sum(axis=0)
        self.units = (shapes * (self.max_uv / np.ptp(whole)) if len(sizes) else shapes).astype(np.float32)
        self.share = sizes / sizes.sum() if len(sizes) else sizes

    def wave(self, fired: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the summed potential of the units ``fired`` on the grid."""
        return np.asarray(self.units[fired].sum(axis=0))


class SimulatedMuscles:
    """The muscles of one nerve, one to a channel, with crosstalk between the channels."""

    def __init__(
        self, rng: np.random.Generator, nerve: SimulatedNerve, channels: int, target: SimulatedTarget | None = None
    ) -> None:
        """Draw a site and its muscles; the last of three or more channels may belong to another nerve.

        A ``target`` replaces the drawn site's first muscle and latencies; all else is drawn as without it.
        """
        drawn = SITES[rng.integers(len(SITES))]
        self.site = target.site(drawn) if target else drawn
        self.members = [np.flatnonzero(nerve.muscle_of == index) for index in range(channels)]
        self._muscles = [_Muscle(rng, nerve.sizes[own], nerve.diameters_um[own]) for own in self.members]
        base_ms = float(rng.uniform(*self.site.m_ms))
        self.latency_ms = [
            base_ms * (1.0 if index == 0 else float(rng.uniform(0.8, 1.15))) for index in range(channels)
        ]
        self._crosstalk(rng, channels)
        self._jitter_ms = LATENCY_JITTER_MS.draw(rng)
        self._sd_ln = AMPLITUDE_SD_LN.draw(rng)
        self._drift = SlowDrift(rng, 0.07)
        self._draw_reflex(rng)
        self._twitch = np.array([sign(rng) * TWITCH_UV.draw(rng) for _ in range(channels)])
        self._twitch_ms = TWITCH_PEAK_MS.draw(rng)

    @staticmethod
    def channels_over_nerve(rng: np.random.Generator, channels: int) -> int:
        """Draw how many of ``channels`` lie over muscles of the nerve."""
        return channels - int(CONTROL.draw(rng) and channels >= 3)

    def _crosstalk(self, rng: np.random.Generator, channels: int) -> None:
        pickup = np.array([[sign(rng) * CROSSTALK.draw(rng) for _ in range(channels)] for _ in range(channels)])
        np.fill_diagonal(pickup, 1.0)
        self.pickup = pickup.astype(np.float32)

    def _draw_reflex(self, rng: np.random.Generator) -> None:
        present = H_REFLEX.draw(rng)
        window = self.site.h_ms or (0.0, 0.0)
        self.h_latency_ms = float(rng.uniform(*window)) if present and self.site.h_ms else None
        self._h_share, self._h_recovery_s = H_MAX_SHARE.draw(rng), H_RECOVERY_S.draw(rng)
        self._h_gain, self._h_chronaxie = H_AFFERENT_GAIN.draw(rng), H_CHRONAXIE_GAIN.draw(rng)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each channel."""
        muscles = [m if len(own) else "control" for m, own in zip(self.site.muscles, self.members, strict=False)]
        return tuple(muscles + [f"channel {index + 1}" for index in range(len(muscles), len(self.members))])

    def amplitudes_uv(self, thresholds_ma: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the best muscle's recruitment: currents in rising order and the M-wave's amplitude at each, in uV.

        The amplitude is the recruited share of the largest one; phase cancellation between units is left out.
        """
        best = max(
            range(len(self.members)), key=lambda index: self._muscles[index].max_uv * bool(len(self.members[index]))
        )
        own = thresholds_ma[self.members[best]]
        order = np.argsort(own)
        return own[order], np.cumsum(self._muscles[best].share[order]) * self._muscles[best].max_uv

    def m_wave(
        self, rng: np.random.Generator, fired: NDArray[np.bool_], t_s: float, times_ms: NDArray[np.float64]
    ) -> Samples:
        """Return M-waves (len(times_ms), channels) in uV at ``times_ms`` after the pulse that ``fired`` these units."""
        waves = np.zeros((len(times_ms), len(self.members)), np.float32)
        for index, (muscle, own) in enumerate(zip(self._muscles, self.members, strict=True)):
            gain = math.exp(self._sd_ln * rng.standard_normal() + self._drift.at(t_s))
            late_ms = self.latency_ms[index] + self._jitter_ms * rng.standard_normal()
            if fired[own].any():
                grid = muscle.grid_ms + late_ms
                waves[:, index] = np.interp(times_ms, grid, muscle.wave(fired[own]) * gain, left=0.0, right=0.0)
        return np.asarray(waves @ self.pickup)

    def reflex(
        self, rng: np.random.Generator, drive: tuple[float, float, float], rest_s: float, times_ms: NDArray[np.float64]
    ) -> Samples:
        """Return the H-reflex (len(times_ms), channels) in uV of the first muscle.

        ``drive`` is (current / motor threshold, width_ms, share of the nerve recruited). Recruited motor axons collide
        with the reflex volley; the time ``rest_s`` since the pulse before determines its depression.
        """
        waves = np.zeros((len(times_ms), len(self.members)), np.float32)
        variation = math.exp(0.25 * rng.standard_normal())
        if self.h_latency_ms is None or not len(self.members[0]):
            return waves
        intensity, width_ms, recruited = drive
        weiss = (1 + self._h_chronaxie * 0.16 / width_ms) / (1 + 0.16 / width_ms)
        afferent = 1 / (1 + math.exp(-(intensity / (self._h_gain * weiss) * 1.3 - 1.3) / 0.12))
        share = self._h_share * afferent * (1 - recruited) * (1 - math.exp(-rest_s / self._h_recovery_s)) * variation
        muscle = self._muscles[0]
        grid = muscle.grid_ms * 1.2 + self.h_latency_ms
        whole = muscle.units.sum(axis=0) * share
        waves[:, 0] = np.interp(times_ms, grid, whole, left=0.0, right=0.0)
        return np.asarray(waves @ self.pickup)

    def twitch(self, recruited: float, times_ms: NDArray[np.float64]) -> Samples:
        """Return the electrodes' movement (len(times_ms), channels) in uV in a twitch of the ``recruited`` share."""
        bump = lobe(times_ms, np.array(15.0), np.array(2 * self._twitch_ms - 15.0))
        return np.asarray((recruited * bump)[:, None] * self._twitch, np.float32)
