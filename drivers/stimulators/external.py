"""Contract of a stimulator beside the amplifier, on a clock of its own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from drivers.base import Outcome, Stimulator, StimulatorInfo


@dataclass(frozen=True, slots=True)
class Delivery:
    """Outcome of one pulse that was requested at ``requested_ns`` (the host's monotonic clock).

    ``current_ma`` is the current measured, or the current set where none is measured; None where it is not known. The
    outcome is UNCONFIRMED where the device does not report it.
    """

    requested_ns: int
    requested_ma: float
    width_ms: float
    current_ma: float | None
    outcome: Outcome = Outcome.DELIVERED
    compliance: bool = False


class SeparateStimulator(Stimulator):
    """A stimulator beside the amplifier, on a clock of its own.

    The constructor checks its arguments and opens nothing. ``connect`` opens the device and changes none of its
    outputs. ``close`` switches them off and may be called twice.

    Threads: as for an Amplifier. One thread calls every method, and ``service`` every few ms: only there replies are
    read and trains go on, so trains lapse when the program hangs.
    """

    info: StimulatorInfo

    def connect(self) -> Self:
        """Connect to the device and return this; a driver without a connection has nothing to do.

        Raises DeviceNotFound, DeviceRefused, DeviceLost.
        """
        return self

    @abstractmethod
    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where the stimulator cannot deliver such a pulse."""

    @abstractmethod
    def service(self) -> None:
        """Read what has arrived and send what is due. Raises DeviceLost."""

    @abstractmethod
    def take_deliveries(self) -> list[Delivery]:
        """Return the pulses whose outcome is known and was not returned before, in order."""

    @abstractmethod
    def close(self) -> None:
        """Switch the output off and release the device."""

    @abstractmethod
    def reopen(self) -> None:
        """Connect to the same lost device again, its output off. Raises DeviceError."""
