"""Data that a device delivers: blocks of samples, and the pulses, states and button events beside them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from drivers.base.errors import DeviceError

Samples = NDArray[np.float32]
"""Microvolts of shape (samples, channels)."""


class Outcome(StrEnum):
    """Outcome of a requested stimulus."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not-delivered"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Pulse:
    """One stimulus, as the device reports it or as its artefact shows it.

    It began ``offset_ns`` after the instant of ``sample``. Values not known are None. ``compliance``: the stimulator
    reached its voltage limit, so that less current was delivered than requested. ``requested_ns`` is the host's clock
    when a stimulator on another clock was requested to give it: ``sample`` is then only where to search for it.
    ``single``: it was requested by itself (True) or belongs to a train (False). ``unrequested``: nobody requested it;
    the program sets this, never a driver.
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
    """Outcome of a command to a stimulator; ``error`` is None where the device carried it out."""

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
    """Press or release, at ``sample``, of a foot pedal or a button on the needle."""

    sample: int
    button: int
    pressed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Contiguous samples from ``first_sample`` on, and what else the device sent with them.

    ``lost_before`` counts the samples missing between the block before and this one. NaN in a channel is a value that
    did not come while other channels had theirs. ``clipped`` has one flag a channel: its input range was reached. A
    block without samples carries events alone.
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
