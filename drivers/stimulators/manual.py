"""A stimulator set and triggered by hand: nothing is connected, its pulses are found by their artefact."""

from __future__ import annotations

from drivers.base import DeviceRefused, Limits, OptionRefused, StimulatorInfo
from drivers.stimulators.base import MAX_PULSE_RATE_HZ, MAX_WIDTH_MS, PulsingStimulator, RequestedPulse

LIMITS = Limits(50.0, 0.01, 0.01, MAX_WIDTH_MS, MAX_PULSE_RATE_HZ, single_pulses=False)
"""Not the stimulator's, which nobody can ask: what may be said of its dial."""

_NOTE = "The stimulator is set by hand: say with + and - what its dial shows; its pulses are found by their artefact."


class ManualStimulator(PulsingStimulator):
    """Nobody asks it for pulses: all that would is refused."""

    def __init__(self, rest: str) -> None:
        """``rest`` is empty: there is no address. Raises OptionRefused."""
        if rest:
            raise OptionRefused(f"hand:{rest} has an address too many; write hand.")
        notes = (_NOTE,)
        super().__init__(StimulatorInfo("By hand", "", "hand", LIMITS, sets_current=False, fires=False, notes=notes))

    def enable(self, on: bool) -> None:
        """Refuse to arm; to disarm changes nothing."""
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
        """Nothing to open."""

    def _arm(self) -> None:
        """Never asked for."""

    def _disarm(self) -> None:
        """Nothing to stop."""

    def _send(self, pulse: RequestedPulse) -> None:
        """Never asked for."""

    def _poll(self) -> None:
        """Nothing is said."""

    def _release(self) -> None:
        """Nothing to give back."""
