"""Seeded patient with a stimulating needle: pulses in, microvolts at the electrodes out.

It is a simulation. Its numbers carry their source and certainty at their declaration (``draws``), and results need not
hold for a person. Everything follows from the seed and from the actions at each sample, not from how the time is cut
into calls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.simulated.background import Background
from drivers.simulated.draws import SlowDrift, Uniform
from drivers.simulated.electronics import Converted, FrontEnd
from drivers.simulated.fibre_table import TABLE_WIDTH_MS
from drivers.simulated.motion import STEER_MM_S, Motion
from drivers.simulated.muscle import RESPONSE_S, SimulatedMuscles, SimulatedTarget
from drivers.simulated.needle_emg import SimulatedNeedleEmg
from drivers.simulated.nerve import SimulatedNerve, Tip
from drivers.simulated.sample_buffer import SampleBuffer
from drivers.simulated.tissue import Injectate, Tissue
from drivers.simulated.voluntary import Voluntary

THRESHOLD_JITTER_LN = Uniform(0.01, 0.03, "threshold varies by 1-3 % from trial to trial", "derived")
UNIT_JITTER_LN = Uniform(0.005, 0.015, "a single axon's threshold", "assumed")
CRITERION_UV = 50.0
_FRONT_STREAM = 5
"""Number of the random stream of the front end, after those of the patient."""

PulseShape = tuple[float, float, float]
"""Offset into the call in samples (with a fraction), current in mA, width in ms."""


@dataclass(frozen=True, slots=True)
class TrueResponse:
    """True effect of a pulse at ``sample``.

    ``recruited`` is the share of the nerve's units by size, ``m_wave_uv`` the M-wave peak to peak in each channel
    without noise or artefact.
    """

    sample: int
    current_ma: float
    width_ms: float
    distance_mm: float
    threshold_ma: float
    recruited: float
    m_wave_uv: tuple[float, ...]
    h_wave_uv: float


@dataclass(frozen=True, slots=True)
class PatientTruth:
    """True state of the patient, which no device reports.

    ``distance_mm`` is the distance to the nerve's surface, negative inside. Thresholds are for 0.1 ms: of the first
    unit, and of an M-wave of the criterion (50 uV) on the best channel.
    """

    sample: int
    t_s: float
    site: str
    distance_mm: float
    ahead_mm: float
    aside_mm: float
    first_unit_ma: float
    threshold_ma: float
    impedance_kohm: float
    m_latency_ms: tuple[float, ...]
    h_latency_ms: float | None
    effort: float
    injectate_factor: float
    evoked: TrueResponse | None


class Patient:
    """A nerve, its muscles, the tissue and the needle before it, and the amplifier's front end."""

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        seed: int,
        *,
        sample_rate_hz: int = 20_000,
        channels: int = 1,
        scenario: str = "procedure",
        start_mm: float | None = None,
        mains_hz: float = 50.0,
        still: bool = False,
        needle: bool = False,
        front: str | None = None,
        target: SimulatedTarget | None = None,
        depth_mm: float | None = None,
        waits: bool = False,
    ) -> None:
        """Draw a patient; ``start_mm`` is the needle's first distance, ``still`` leaves out tremor and breathing.

        With ``needle`` the first channel is the needle's own, and records the muscle around the nerve's end. ``front``
        is the kind of the amplifier's front end (``front_ends``); None: it clips at its range. ``target`` is the muscle
        under the electrodes, and ``depth_mm`` the depth of the nerve, beyond which no needle begins. A needle that
        ``waits`` moves only after ``begin``.

        Raises ValueError for an unknown scenario or front end, or fewer than one channel.
        """
        if channels < 1:
            raise ValueError("a patient needs at least one channel")
        self.sample_rate_hz, self.channels = sample_rate_hz, channels
        anatomy_rng, background_rng, trial_rng, effort_rng, path_rng = (
            np.random.default_rng([seed, stream]) for stream in range(5)
        )
        self.nerve = SimulatedNerve(anatomy_rng, SimulatedMuscles.channels_over_nerve(anatomy_rng, channels))
        self.muscles = SimulatedMuscles(anatomy_rng, self.nerve, channels, target)
        self.tissue = Tissue(anatomy_rng)
        self.front_end = FrontEnd(anatomy_rng, sample_rate_hz, channels)
        if front is not None:
            self.front_end.install(front, np.random.default_rng([seed, _FRONT_STREAM]))
        self.motion = Motion(
            path_rng, scenario, self.nerve.radius_mm, start_mm, still=still, depth_mm=depth_mm, waits=waits
        )
        self.voluntary = (
            SimulatedNeedleEmg(effort_rng, sample_rate_hz, channels, self.motion)
            if needle
            else Voluntary(effort_rng, sample_rate_hz, self.muscles.pickup)
        )
        self._background = Background(background_rng, sample_rate_hz, channels, mains_hz)
        self._trial_rng = trial_rng
        self._threshold_jitter, self._unit_jitter = THRESHOLD_JITTER_LN.draw(trial_rng), UNIT_JITTER_LN.draw(trial_rng)
        self._threshold_drift = SlowDrift(trial_rng, 0.03)
        self._buffer = SampleBuffer(channels, 2 * sample_rate_hz)
        self._background_end = 0
        self._last_pulse_s = -math.inf
        self._evoked: TrueResponse | None = None
        self._converted: Converted | None = None
        self._lead_off = np.zeros(channels, np.bool_)
        self.lead_off_bits = 0

    @property
    def sample(self) -> int:
        """Index of the next sample that ``advance`` returns."""
        return self._buffer.head

    def advance(self, n_samples: int, pulses: Sequence[PulseShape] = ()) -> Samples:
        """Return the next ``n_samples`` (n_samples, channels) in uV within the input range, with ``pulses`` delivered.

        Pulses are in order of time. Raises ValueError for one outside 0 <= offset < n_samples.
        """
        self._fill_buffer(n_samples, pulses)
        starts = [int(offset) for offset, _, _ in pulses]
        return self.front_end.clip(self.front_end.take_in(self._buffer.take(n_samples), starts))

    def record(self, n_samples: int, pulses: Sequence[PulseShape] = ()) -> tuple[bytes, int]:
        """Return the same as ``advance``, as the front end's 24-bit numbers and one bit a channel at its range's end.

        Only a pulse changes samples already in the buffer, so without an input stage the rest of a block is converted
        at once.
        """
        if self.front_end.has_stage:
            first = self.sample
            return self.front_end.convert(first, self.advance(n_samples, pulses)).slice(first, n_samples)
        self._fill_buffer(n_samples, pulses)
        if pulses or not self._converted or self._converted.end < self.sample + n_samples:
            self._converted = self.front_end.convert(self.sample, self._buffer.peek(self._background_end - self.sample))
        recorded = self._converted.slice(self.sample, n_samples)
        self._buffer.skip(n_samples)
        return recorded

    def _fill_buffer(self, n_samples: int, pulses: Sequence[PulseShape]) -> None:
        """Add background and ``pulses`` of the next ``n_samples`` to the buffer, in an order that no cut changes."""
        start = self.sample
        for offset, current_ma, width_ms in pulses:
            if not 0 <= offset < n_samples:
                raise ValueError(f"a pulse at {offset} is outside the {n_samples} samples requested")
            self._make_background(start + int(offset) + 1)
            self._stimulate(start + offset, current_ma, width_ms)
        self._make_background(start + n_samples)

    def impedance_kohm(self, sample: float) -> float:
        """Return the impedance in kohm at the needle when ``sample`` is recorded."""
        t_s, tip = self._at(sample)
        return self.tissue.impedance_kohm(t_s, tip, self.nerve.distance_mm(tip))

    def begin(self) -> None:
        """Let a needle that waits begin to move."""
        self.motion.begin(self.sample / self.sample_rate_hz)

    @property
    def needle_depth_mm(self) -> float:
        """How far the needle is advanced from where it began."""
        return self.motion.depth_mm(self.sample / self.sample_rate_hz)

    def steer(
        self, ahead_mm: float, aside_mm: float = 0.0, speed_mm_s: float = STEER_MM_S, *, adds: bool = False
    ) -> None:
        """Leave the scenario and move the needle by these distances; zero keeps it in place. With ``adds`` what is left
        of the steering before is done too.
        """
        self.motion.steer(self.sample / self.sample_rate_hz, ahead_mm, aside_mm, speed_mm_s, adds=adds)

    def inject(self, injectate: Injectate, volume_ml: float) -> None:
        """Inject at the tip, now."""
        self.tissue.inject(self.sample / self.sample_rate_hz, injectate, volume_ml)

    def set_lead_off(self, channel: int, off: bool) -> None:
        """Open or close the lead of ``channel``. Raises ValueError where there is no such channel."""
        if not 0 <= channel < self.channels:
            raise ValueError(f"there is no channel {channel}; the patient has {self.channels}")
        self._lead_off[channel] = off
        self.lead_off_bits = sum(1 << index for index in np.flatnonzero(self._lead_off).tolist())

    def truth(self, criterion_uv: float = CRITERION_UV) -> PatientTruth:
        """Return the true state at the next sample; the threshold is that of an M-wave of ``criterion_uv``."""
        t_s, tip = self._at(self.sample)
        thresholds = self._thresholds_ma(t_s, tip, TABLE_WIDTH_MS)
        distance = self.nerve.distance_mm(tip)
        return PatientTruth(
            sample=self.sample,
            t_s=t_s,
            site=self.muscles.site.name,
            distance_mm=distance,
            ahead_mm=tip.ahead_mm,
            aside_mm=tip.aside_mm,
            first_unit_ma=float(thresholds.min()),
            threshold_ma=self._criterion_ma(thresholds, criterion_uv),
            impedance_kohm=self.tissue.impedance_kohm(t_s, tip, distance),
            m_latency_ms=tuple(self.muscles.latency_ms),
            h_latency_ms=self.muscles.h_latency_ms,
            effort=self.voluntary.effort(t_s),
            injectate_factor=self.tissue.threshold_factor(t_s),
            evoked=self._evoked,
        )

    def _at(self, sample: float) -> tuple[float, Tip]:
        t_s = sample / self.sample_rate_hz
        return t_s, self.motion.tip(t_s)

    def _thresholds_ma(self, t_s: float, tip: Tip, width_ms: float) -> NDArray[np.float64]:
        change = self.tissue.threshold_factor(t_s) * math.exp(self._threshold_drift.at(t_s))
        return self.nerve.thresholds_ma(tip, width_ms) * change

    def _criterion_ma(self, thresholds: NDArray[np.float64], criterion_uv: float = CRITERION_UV) -> float:
        currents, amplitudes = self.muscles.amplitudes_uv(thresholds)
        reached = int(np.searchsorted(amplitudes, criterion_uv))
        return float(currents[min(reached, len(currents) - 1)])

    def _make_background(self, end: int) -> None:
        """Add background and voluntary activity up to the end of the block that holds sample ``end - 1``."""
        step = self._background.block_samples
        connected = ~self._lead_off
        while self._background_end < end:
            first, self._background_end = self._background_end, self._background_end + step
            self._buffer.add(first, self._background.block(first, self._lead_off))
            waves = self._background.pops(self._background_end)
            waves += self.voluntary.fire(first / self.sample_rate_hz, self._background_end / self.sample_rate_hz)
            for at, wave in waves:
                self._buffer.add(max(at, first), wave * connected)

    def _stimulate(self, position: float, current_ma: float, width_ms: float) -> None:
        first = int(position)
        t_s, tip = self._at(position)
        rng, connected = self._trial_rng, ~self._lead_off
        times_ms = (np.arange(int(RESPONSE_S * self.sample_rate_hz)) - (position - first)) * 1000 / self.sample_rate_hz
        thresholds = self._thresholds_ma(t_s, tip, width_ms)
        needed = thresholds * np.exp(
            self._threshold_jitter * rng.standard_normal() + self._unit_jitter * rng.standard_normal(len(thresholds))
        )
        fired = current_ma >= needed
        recruited = float(self.nerve.sizes[fired].sum())
        m_wave = self.muscles.m_wave(rng, fired, t_s, times_ms)
        drive = (current_ma / float(thresholds.min()), width_ms, recruited)
        h_wave = self.muscles.reflex(rng, drive, t_s - self._last_pulse_s, times_ms)
        body = (m_wave + h_wave + self.muscles.twitch(recruited, times_ms)) * connected
        artefact = self.front_end.artefact(rng, position - first, t_s, current_ma, width_ms, tip.ahead_mm)
        self._buffer.add(first, body)
        self._buffer.add(first, artefact)
        self._last_pulse_s = t_s
        self._evoked = TrueResponse(
            first,
            current_ma,
            width_ms,
            self.nerve.distance_mm(tip),
            self._criterion_ma(thresholds),
            recruited,
            tuple(np.ptp(m_wave, axis=0).tolist()),
            float(np.ptp(h_wave)),
        )
