"""Classes that a driver derives from: amplifier, stimulator, and what an amplifier may be besides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, Self

from drivers.base.block import Block, CommandOutcome
from drivers.base.description import DeviceInfo, Limits
from drivers.base.errors import DeviceLost, DeviceRefused


class Tap(Protocol):
    """Receiver of a copy of every byte on a device's line; no call may wait."""

    def __call__(self, data: bytes, *, sent: bool) -> None:
        """Record ``data``, which the host received, or which it ``sent``."""


class Amplifier(ABC):
    """Source of blocks.

    The constructor checks its arguments and opens nothing. ``connect`` opens the device and changes none of its
    outputs; ``info`` is known from then on. ``close`` may be called twice.

    Threads: one thread calls every method, and calls ``read`` every few ms while the device streams. A driver decodes,
    sends and changes its state in these calls alone. A thread of its own may wait for bytes or samples and queue them
    with their arrival times, and does nothing else. So nothing goes on stimulating when the program hangs.
    """

    info: DeviceInfo

    def connect(self) -> Self:
        """Connect to the device and return this; a driver without a connection has nothing to do.

        Raises DeviceNotFound, DeviceRefused, DeviceLost.
        """
        return self

    @abstractmethod
    def start(self) -> None:
        """Start streaming; the sample count starts at 0. Raises DeviceLost, DeviceRefused."""

    @abstractmethod
    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Return blocks that have arrived, in order; wait at most ``timeout_s`` for the first. Raises DeviceLost."""

    @abstractmethod
    def close(self) -> None:
        """Stop streaming and release the device."""

    def reopen(self) -> None:
        """Connect to the same lost device again and start it, its stimulator off.

        Sample indices go on; samples missed meanwhile show as ``lost_before``. Raises DeviceError; DeviceLost where
        this kind of device does not come back.
        """
        raise DeviceLost(f"{self.info.address} does not come back by itself; start again when it is there.")

    def tap(self, take: Tap) -> None:
        """Pass every byte of the device's line to ``take`` from now on. Raises DeviceRefused where it has no line."""
        del take
        raise DeviceRefused(f"{self.info.address} has no line whose bytes could be kept; leave --raw-log out.")

    def probe(self) -> float | None:
        """Return the seconds from a command without effect to its reply, None where it has none. Raises DeviceLost."""
        return None


class Stimulator(ABC):
    """Source of bounded pulses. A value out of range raises LimitExceeded and changes nothing.

    No call waits for the device: ``take_outcomes`` returns the outcomes later. All may raise DeviceRefused, DeviceLost.
    """

    limits: Limits

    @property
    def replies_late(self) -> bool:
        """Whether the device replies to commands later than its protocol allows, time after time."""
        return False

    @abstractmethod
    def enable(self, on: bool) -> None:
        """Arm or disarm the output."""

    @abstractmethod
    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse at once; only while enabled."""

    @abstractmethod
    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train that is delivered while enabled; with ``rate_hz`` 0 only single pulses are delivered.

        The train lapses by itself when the program no longer calls ``read``.
        """

    @abstractmethod
    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of commands since the last call, in order."""


class Calibrated(ABC):
    """Ability of an Amplifier whose address carries the scale of its microvolts."""

    @abstractmethod
    def rescaled(self, factor: float) -> str:
        """Return the address at which every value is ``factor`` times what it is now."""


class Simulation(ABC):
    """Mark and controls of an Amplifier that a simulated patient, and no person, is connected to."""

    @abstractmethod
    def steer(self, words: str) -> None:
        """Move the needle or change the patient, such as ``advance 1``; words not understood change nothing."""

    def needle_depth_mm(self) -> float | None:
        """Return how far the needle is advanced from where it began; None where that is not known. It never waits."""
        return None
