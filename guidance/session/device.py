"""A device in use: it is read, pulses are requested from it, it may be lost and is then reopened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drivers.base import (
    CLOCK,
    Amplifier,
    Block,
    Clock,
    DeviceError,
    DeviceFaulty,
    DeviceLost,
    PulseSkipped,
    Simulation,
    Stimulator,
)
from guidance.contracts.origin import Origin, reports_simulation
from guidance.session.amplifier_with_stimulator import AmplifierWithStimulator
from guidance.stimulation.actions import Action, FirePulse, SwitchOutput

RETRY_S = 0.05


class LiveDevice:
    """A device that survives its loss. ``lost`` says why it is not there now; ``read`` keeps trying to reopen it.

    ``is_faulty``: it was given up because its data could not be true.
    """

    def __init__(
        self,
        amplifier: Amplifier,
        *,
        requests_pulses: bool,
        follow: Callable[[Sequence[Block]], None] | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        """Use ``amplifier``, and its stimulator only where the program ``requests_pulses``.

        ``follow`` also receives all blocks.
        """
        self._amplifier = amplifier
        self._stimulator = amplifier if requests_pulses and isinstance(amplifier, Stimulator) else None
        alone = amplifier.amplifier if isinstance(amplifier, AmplifierWithStimulator) else amplifier
        self._simulation = alone if isinstance(alone, Simulation) else None
        self._follow, self._clock = follow, clock
        self.lost: str | None = None
        self.is_faulty = False
        self._lost_at = self._retry_at = 0.0
        self._refused: list[str] = []
        self._skipped = 0

    @property
    def is_simulated(self) -> bool:
        """Whether the patient is simulated, and so can be steered."""
        return self._simulation is not None

    @property
    def origin(self) -> Origin:
        """Origin of the signal: live, from a person or from a simulation."""
        info = self._amplifier.info
        return Origin(live=True, simulated=self.is_simulated or reports_simulation(info.model, info.address))

    @property
    def replies_late(self) -> bool:
        """Whether the stimulator replies later than its protocol allows."""
        return self._stimulator is not None and self._stimulator.replies_late

    @property
    def lost_for_s(self) -> float:
        """How long the device has been lost, in s of the host's clock."""
        return 0.0 if self.lost is None else self._clock.monotonic() - self._lost_at

    def start(self) -> None:
        """Begin to stream, the stimulator off. Raises DeviceError."""
        self._amplifier.start()
        self.act([SwitchOutput(on=False)])

    def read(self, timeout_s: float) -> list[Block]:
        """Return the blocks that have arrived, waiting at most ``timeout_s``; none while the device is lost."""
        if self.lost is not None:
            self._clock.sleep(timeout_s)
            self._reopen()
            return []
        try:
            blocks = self._amplifier.read(timeout_s)
        except DeviceLost as fault:
            self.lost, self._lost_at = str(fault), self._clock.monotonic()
            self.is_faulty = isinstance(fault, DeviceFaulty)
            return []
        self._take_outcomes()
        if self._follow:
            self._follow(blocks)
        return blocks

    def act(self, actions: Sequence[Action]) -> str | None:
        """Request ``actions`` from the stimulator; returns what it refused since the last call, or None."""
        if self._stimulator is None or self.lost is not None:
            return None
        try:
            for action in actions:
                _request(self._stimulator, action)
        except DeviceLost:
            return None  # the next read reports it too, after what had arrived before
        except DeviceError as fault:
            self._refused.append(str(fault))
        self._take_outcomes()
        refused, self._refused = self._refused, []
        return refused[0] if refused else None

    def take_skipped(self) -> int:
        """Return how many pulses the stimulator skipped since the last call, as it was not ready in time."""
        skipped, self._skipped = self._skipped, 0
        return skipped

    def steer(self, words: str) -> None:
        """Steer a simulated patient; does nothing where the patient is real."""
        if self._simulation:
            self._simulation.steer(words)

    @property
    def needle_depth_mm(self) -> float | None:
        """How far a simulated needle is advanced, in mm; None where it is not known, as with a real patient."""
        return self._simulation.needle_depth_mm() if self._simulation else None

    def _take_outcomes(self) -> None:
        try:
            outcomes = self._stimulator.take_outcomes() if self._stimulator else []
        except DeviceLost:
            return  # the next read reports it too
        for error in (outcome.error for outcome in outcomes):
            if isinstance(error, PulseSkipped):
                self._skipped += 1
            elif error:
                self._refused.append(str(error))

    def _reopen(self) -> None:
        if self._clock.monotonic() < self._retry_at:
            return
        try:
            self._amplifier.reopen()
        except DeviceError as fault:
            self.lost = str(fault)
            self._retry_at = self._clock.monotonic() + RETRY_S
        else:
            self.lost = None
            self._refused.clear()
            self.act([SwitchOutput(on=False)])  # clears a fault that the device has stored since


def _request(stimulator: Stimulator, action: Action) -> None:
    if isinstance(action, SwitchOutput):
        stimulator.enable(action.on)
    elif isinstance(action, FirePulse):
        stimulator.pulse_once(action.current_ma, action.width_ms)
    else:
        stimulator.set_pulses(action.current_ma, action.width_ms, action.pulse_rate_hz)
