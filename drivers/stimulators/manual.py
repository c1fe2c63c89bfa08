"""Stimulator set and triggered by hand: nothing is connected, and its pulses are found by their artefact."""

from __future__ import annotations

from drivers.base import DeviceRefused, Limits, OptionRefused, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, PulsingStimulator, RequestedPulse

LIMITS = Limits(50.0, 0.01, 0.01, MAX_WIDTH_MS, MAX_PULSE_RATE_HZ, single_pulses=False)
"""Range of currents that may be entered for its dial: the stimulator's own limits cannot be read."""

_NOTE = "The stimulator is set by hand: enter with + and - what its dial shows; its pulses are found by their artefact."


class ManualStimulator(PulsingStimulator):
    """Stimulator at address ``hand`` that takes no requests: every request for a pulse is refused."""

    def __init__(self, rest: str) -> None:
        """Raise OptionRefused where ``rest`` is not empty: there is no address."""
        if rest:
            raise OptionRefused(f"hand:{rest} has an address, and this stimulator has none; write hand.")
        notes = (_NOTE,)
        super().__init__(StimulatorInfo("By hand", "", "hand", LIMITS, sets_current=False, fires=False, notes=notes))

    def enable(self, on: bool) -> None:
        """Refuse to arm; disarming changes nothing."""
        if on:
            raise DeviceRefused("A stimulator set by hand is switched on by hand.")

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Refuse."""
        self.check(current_ma, width_ms)
        raise DeviceRefused("A stimulator set by hand is triggered by hand.")

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Refuse."""
        del rate_hz
        self.pulse_once(current_ma, width_ms)

    def _connect(self) -> None:
        """Do nothing: there is nothing to open."""

    def _arm(self) -> None:
        """Do nothing: arming is refused before."""

    def _disarm(self) -> None:
        """Do nothing: there is nothing to stop."""

    def _send(self, pulse: RequestedPulse) -> None:
        """Do nothing: pulses are refused before."""

    def _poll(self) -> None:
        """Do nothing: nothing is connected."""

    def _release(self) -> None:
        """Do nothing: there is nothing to release."""
