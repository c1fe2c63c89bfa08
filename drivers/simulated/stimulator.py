"""Stimulator of the simulated amplifier: its settings, the times of its pulses, and the current delivered."""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.simulated.faults import Faults
from drivers.simulated.messages import COMPLIANCE, OPEN_CIRCUIT, SINGLE_PULSE, Info, StimReport

COMPLIANCE_V = 80.0
"""Largest output voltage: block stimulators give 65-95 V (measured: makers' data)."""

_STRAY_UA = 1000
"""Current of a stray pulse where none was set."""


@dataclass(frozen=True, slots=True)
class DuePulse:
    """A pulse due at ``position`` (samples since START, with a fraction)."""

    position: float
    current_ua: int
    width_us: int
    once: bool


class StimOutput:
    """State of the output on the device's own sample clock; disabled at power-up."""

    def __init__(self, info: Info, faults: Faults) -> None:
        self._info, self._faults = info, faults
        self._current_ua, self._width_us, self._rate_mhz = 0, info.width_min_us, 0
        self.enabled = False
        self._anchor = 0.0
        self._once: list[DuePulse] = []
        self._stray_at = 0.0

    def in_range(self, current_ua: int, width_us: int, rate_mhz: int = 0) -> bool:
        """Return whether INFO's limits allow these values; a current must be a whole number of steps."""
        info = self._info
        current_fits = current_ua <= info.stim_max_ua and current_ua % info.stim_step_ua == 0
        return current_fits and info.width_min_us <= width_us <= info.width_max_us and rate_mhz <= info.rate_max_mhz

    def set(self, current_ua: int, width_us: int, rate_mhz: int, position: float) -> None:
        """Set values in range; a train that this starts has its first pulse one period after ``position``."""
        if self._rate_mhz == 0:
            self._anchor = position
        self._current_ua, self._width_us, self._rate_mhz = current_ua, width_us, rate_mhz

    def enable(self, position: float) -> None:
        """Arm the output; the train's first pulse comes one period after ``position``."""
        if not self.enabled:
            self.enabled, self._anchor = True, position

    def disable(self) -> None:
        """Disable the output; a pulse already requested by STIM_ONCE has begun and stays in the record."""
        self.enabled = False

    def restart(self) -> None:
        """Reset with the sample count: disabled, nothing due."""
        self.disable()
        self._once.clear()

    def schedule_once(self, position: float, current_ua: int, width_us: int) -> None:
        """Schedule one pulse at ``position``."""
        self._once.append(DuePulse(position, current_ua, width_us, once=True))

    def due(self, start: int, end: float, deadline: float) -> list[DuePulse]:
        """Return the pulses of ``start`` <= position < ``end`` in order; the train ends at ``deadline``."""
        now = [pulse for pulse in self._once if pulse.position < end]
        self._once = [pulse for pulse in self._once if pulse.position >= end]
        if self.enabled and self._rate_mhz:
            now += self._train(start, min(end, deadline))
        now += self._strays(start, end)
        return sorted(now, key=lambda pulse: pulse.position)

    def _strays(self, start: int, end: float) -> list[DuePulse]:
        """Return the pulses that a fault gives whether the output is on or off, of the current last set."""
        if not self._faults.stray_hz:
            self._stray_at = end
            return []
        pulses = []
        while (position := max(self._stray_at, float(start))) < end:
            pulses.append(DuePulse(position, self._current_ua or _STRAY_UA, self._width_us, once=False))
            self._stray_at = position + self._info.sample_rate_hz / self._faults.stray_hz
        return pulses

    def invented_reports(self, start: int, end: int) -> list[StimReport]:
        """Return the reports that a fault invents of pulses between samples ``start`` and ``end``."""
        each = self._info.sample_rate_hz / self._faults.made_up_hz if self._faults.made_up_hz else math.inf
        count = 0 if math.isinf(each) else int(end / each) - int(start / each)
        return [StimReport(start, 0, _STRAY_UA, _STRAY_UA, self._width_us, None, 0)] * count

    def _train(self, start: int, end: float) -> list[DuePulse]:
        period = self._info.sample_rate_hz * 1000 / self._rate_mhz
        pulses = []
        while (position := max(self._anchor + period, float(start))) < end:
            pulses.append(DuePulse(position, self._current_ua, self._width_us, once=False))
            self._anchor = position
        return pulses

    def deliver(self, pulse: DuePulse, impedance_kohm: float | None) -> StimReport:
        """Return the report of ``pulse`` delivered through ``impedance_kohm`` (None: open circuit)."""
        flags = SINGLE_PULSE if pulse.once else 0
        delivered = pulse.current_ua
        if impedance_kohm is None:
            delivered, flags = 0, flags | OPEN_CIRCUIT
        elif (limit := self._limit_ua(impedance_kohm)) < delivered:
            delivered, flags = limit, flags | COMPLIANCE
        sample = int(pulse.position)
        offset_ns = int((pulse.position - sample) * 1e9 / self._info.sample_rate_hz)
        return StimReport(sample, offset_ns, pulse.current_ua, delivered, pulse.width_us, impedance_kohm, flags)

    def _limit_ua(self, impedance_kohm: float) -> int:
        volts = COMPLIANCE_V if self._faults.compliance_v is None else self._faults.compliance_v
        return int(volts / impedance_kohm * 1000)
