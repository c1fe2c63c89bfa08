"""How a command ended, as its exit status tells it."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import DeviceError, DeviceLost, OptionRefused
from guidance.faults import BAD_ARGUMENTS, DEVICE_LOST, FAILED, Fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: the exit status, and a sentence where something was amiss."""

    status: int
    sentence: str | None = None


def outcome_of(fault: Fault | DeviceError) -> Outcome:
    """Exit status and sentence of ``fault``."""
    if isinstance(fault, Fault):
        return Outcome(fault.status, str(fault))
    if isinstance(fault, OptionRefused):
        return Outcome(BAD_ARGUMENTS, str(fault))
    return Outcome(DEVICE_LOST if isinstance(fault, DeviceLost) else FAILED, str(fault))
