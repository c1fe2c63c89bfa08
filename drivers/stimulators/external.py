"""A stimulator beside the amplifier, on a clock of its own: what it takes in and hands out."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from drivers.base import Outcome, Stimulator, StimulatorInfo


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one pulse that a stimulator on a clock of its own was asked for at ``requested_ns`` (the host's
    monotonic clock); ``current_ma`` as it was measured, or set where it is not measured; None where it is not known.
    The outcome is UNCONFIRMED where the device does not tell.
    """

    requested_ns: int
    requested_ma: float
    width_ms: float
    current_ma: float | None
    outcome: Outcome = Outcome.DELIVERED
    compliance: bool = False


class SeparateStimulator(Stimulator):
    """A stimulator beside the amplifier, on a clock of its own. The constructor checks its arguments and opens nothing;
    ``connect`` opens, and changes none of the device's outputs; ``close`` switches them off and may be called twice.

    Threads: as for an Amplifier. One thread calls every method, and ``service`` every few ms: only there responses are
    taken and trains go on, so that those of a program that hangs lapse.
    """

    info: StimulatorInfo

    def connect(self) -> Self:
        """Connect to the device and return this; a driver without a connection has nothing to do.

        Raises DeviceNotFound, DeviceRefused, DeviceLost.
        """
        return self

    @abstractmethod
    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where it cannot deliver such a pulse."""

    @abstractmethod
    def service(self) -> None:
        """Take what has arrived and send what is due. Raises DeviceLost."""

    @abstractmethod
    def take_deliveries(self) -> list[Delivery]:
        """The pulses of which it is known by now what became of them, in order; each once."""

    @abstractmethod
    def close(self) -> None:
        """Switch the output off and release the device."""

    @abstractmethod
    def reopen(self) -> None:
        """Connect to the same lost device again, its output off. Raises DeviceError."""
