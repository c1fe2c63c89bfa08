"""The exit status of a command, and the sentence that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import DeviceError, DeviceLost, OptionRefused
from guidance.common.errors import BAD_ARGUMENTS, DEVICE_LOST, FAILED, UserError


@dataclass(frozen=True, slots=True)
class ExitOutcome:
    """How a command ended: the exit status, a sentence if anything went wrong, and the folder of the procedure whose
    note the operator wants to sign, if any. ``is_taken_over``: only the screen ended, because another took over.
    """

    status: int
    sentence: str | None = None
    folder_to_sign: str | None = None
    is_taken_over: bool = False


def outcome_of(fault: UserError | DeviceError) -> ExitOutcome:
    """Return exit status and sentence for ``fault``."""
    if isinstance(fault, UserError):
        return ExitOutcome(fault.status, str(fault))
    if isinstance(fault, OptionRefused):
        return ExitOutcome(BAD_ARGUMENTS, str(fault))
    return ExitOutcome(DEVICE_LOST if isinstance(fault, DeviceLost) else FAILED, str(fault))
