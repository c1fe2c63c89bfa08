"""What every device hands out and takes in: blocks of samples, pulses, limits, and the errors it may raise.

Samples are float32 microvolts of shape (samples, channels). The device's sample index is the only clock of the
signal; host times (``arrived_ns``) are the monotonic clock and serve staleness and lags alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class DeviceError(Exception):
    """A device or a recording cannot do what was asked; the message is one sentence for the operator."""


class DeviceNotFound(DeviceError):
    """There is nothing at this address: no such file, port or driver."""


class DeviceRefused(DeviceError):
    """Something is there, but it is not usable: foreign, damaged, busy, or too slow for the purpose."""


class OptionRefused(DeviceRefused):
    """An option names what this device does not have, or leaves out what it needs."""


class DeviceLost(DeviceError):
    """A device that was in use no longer answers or was unplugged."""


class LimitExceeded(DeviceError):
    """A value outside the device's, the protocol's or the absolute limits; nothing was changed."""


class Outcome(StrEnum):
    """What became of a stimulus that was asked for."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not-delivered"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Channel:
    """One signal of a device: its label, its input range and the step of its samples in uV (None: not known)."""

    name: str
    range_uv: float | None = None
    step_uv: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stimulator can do: currents in mA, widths in ms, rate in pulses a second, single pulses on command."""

    max_current_ma: float
    current_step_ma: float
    min_width_ms: float
    max_width_ms: float
    max_rate_hz: float
    single_pulses: bool = True


@dataclass(frozen=True, slots=True)
class StimulatorInfo:
    """Who a stimulator on a clock of its own is. ``sets_current`` is False where the dial on its front does, ``fires``
    where a hand triggers it. ``notes`` are sentences that its operator must know.
    """

    model: str
    serial: str
    address: str
    limits: Limits
    firmware: str = ""
    sets_current: bool = True
    fires: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who a device is and what it measures; ``limits`` is None where it does not stimulate. ``stimulator`` is the one
    beside it, where there is one.

    Where ``scale_known`` is false nobody has said what a step of the device is in uV, and samples are in those steps.
    ``marks_pulses``: it tells of every pulse of the stimulator that is listened to. ``reports_state``: it reports by
    ``Status`` whether its own stimulator is on, at every change and at least once a second.
    """

    model: str
    serial: str
    address: str
    sample_rate_hz: float
    channels: tuple[Channel, ...]
    firmware: str = ""
    limits: Limits | None = None
    stimulator: StimulatorInfo | None = None
    measures_impedance: bool = False
    has_buttons: bool = False
    scale_known: bool = True
    marks_pulses: bool = False
    reports_state: bool = False


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """What may be a device: its ``address`` for ``open_device``, and what is known of it without opening it.

    ``confidence`` is sure, likely or possible.
    """

    address: str
    description: str
    confidence: str = "possible"
    vendor_product: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """Devices that were found; ``notes`` are sentences on what could not be looked for, or should be left alone."""

    devices: tuple[FoundDevice, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One stimulus, as the device reports it or as its artefact shows it.

    It began ``offset_ns`` after the instant of ``sample``. Values not known are None. ``compliance``: the stimulator
    reached its voltage limit, so that less was delivered than requested. ``requested_ns`` is the host's clock when a
    stimulator on another clock was asked for it: ``sample`` is then no more than where it is to be looked for.
    ``single``: it was requested by itself (True) or is one of a train (False). ``unrequested`` is set by the program,
    never by a driver: nobody requested it so.
    """

    sample: int
    offset_ns: int = 0
    current_ma: float | None = None
    requested_ma: float | None = None
    width_ms: float | None = None
    impedance_kohm: float | None = None
    outcome: Outcome = Outcome.DELIVERED
    source: str = "device"
    compliance: bool = False
    requested_ns: int | None = None
    single: bool | None = None
    unrequested: bool = False


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """What became of a command to a stimulator; ``error`` is None where the device carried it out."""

    command: str
    error: DeviceError | None


@dataclass(frozen=True, slots=True)
class Status:
    """State of a live device at ``sample``; ``fault`` and ``state`` are words, ``lead_off`` one flag a channel.

    ``state`` is idle, streaming, enabled (streaming with the stimulator on) or fault; None where it is not reported.
    """

    sample: int
    state: str | None
    fault: str
    lead_off: tuple[bool, ...]
    battery_percent: int | None = None
    impedance_kohm: float | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A foot pedal or needle button, pressed or released at ``sample``."""

    sample: int
    button: int
    pressed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Contiguous samples from ``first_sample`` on, and what else the device said with them.

    ``lost_before`` counts the samples missing between the block before and this one; ``clipped`` has one flag a
    channel (its input range was reached). A block may be empty of samples and only carry events.
    """

    first_sample: int
    samples: Samples
    pulses: tuple[Pulse, ...] = ()
    clipped: tuple[bool, ...] = ()
    lost_before: int = 0
    bad_frames: int = 0
    arrived_ns: int = 0
    status: tuple[Status, ...] = ()
    buttons: tuple[Button, ...] = ()

    @property
    def end_sample(self) -> int:
        """Index of the first sample after this block."""
        return self.first_sample + len(self.samples)


class Tap(Protocol):
    """Takes the bytes of a line as they come; no call may wait."""

    def __call__(self, data: bytes, *, sent: bool) -> None:
        """Take ``data``, which was received, or ``sent``."""


class Amplifier(ABC):
    """A source of blocks. The constructor checks its arguments and opens nothing; ``connect`` opens, and changes none
    of the device's outputs. ``info`` is known once connected. ``close`` may be called twice.

    Threads: one thread calls every method, and calls ``read`` every few ms while the device streams. A driver decodes,
    sends and changes its state in these calls alone. A thread of its own may wait for bytes or samples and queue them
    with the time of their arrival, and does nothing else: then a program that hangs keeps nothing going.
    """

    info: DeviceInfo

    def connect(self) -> Self:
        """Connect to the device and return this; a driver without a connection has nothing to do.

        Raises DeviceNotFound, DeviceRefused, DeviceLost.
        """
        return self

    @abstractmethod
    def start(self) -> None:
        """Begin to stream; the sample count starts at 0. Raises DeviceLost, DeviceRefused."""

    @abstractmethod
    def read(self, timeout_s: float = 0.0) -> list[Block]:
        """Blocks that have arrived, in order, waiting at most ``timeout_s`` for the first. Raises DeviceLost."""

    @abstractmethod
    def close(self) -> None:
        """Stop streaming and release the device."""

    def reopen(self) -> None:
        """Connect to the same lost device again and start it, its stimulator off.

        Sample indices go on; what is missing between shows as ``lost_before``. Raises DeviceError, DeviceLost where
        this kind of device does not come back.
        """
        raise DeviceLost(f"{self.info.address} does not come back by itself; start again when it is there.")

    def tap(self, take: Tap) -> None:
        """Hand every byte of the device's line to ``take`` from now on. Raises DeviceRefused where there is none."""
        del take
        raise DeviceRefused(f"{self.info.address} has no line whose bytes could be kept; leave --raw-log out.")

    def probe(self) -> float | None:
        """Seconds from a command without effect to its answer, None where there is none. Raises DeviceLost."""
        return None


class Stimulator(ABC):
    """Something that delivers bounded pulses. A value out of range raises LimitExceeded and changes nothing.

    No call waits for the device: ``take_outcomes`` tells what became of it. All may raise DeviceRefused, DeviceLost.
    """

    limits: Limits

    @abstractmethod
    def enable(self, on: bool) -> None:
        """Arm or disarm the output."""

    @abstractmethod
    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse at once; only while enabled."""

    @abstractmethod
    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train that is delivered while enabled; ``rate_hz`` 0 leaves single pulses only.

        The train lapses by itself when the program no longer calls ``read``.
        """

    @abstractmethod
    def take_outcomes(self) -> list[CommandOutcome]:
        """What became of the commands since the last call, in order."""


class Calibrated(ABC):
    """What an Amplifier is besides where its microvolts rest on a scale that its address carries."""

    @abstractmethod
    def rescaled(self, factor: float) -> str:
        """The address to type so that every value is ``factor`` times what it is now."""


class Simulation(ABC):
    """What an Amplifier is besides where no person is connected to it but a simulated patient."""

    @abstractmethod
    def steer(self, words: str) -> None:
        """Steer needle or patient, such as ``advance 1``; words that are not understood change nothing."""
