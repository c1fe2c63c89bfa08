"""Errors that end a command early, each with the exit status that the README documents."""

from __future__ import annotations

DONE, FAILED, BAD_ARGUMENTS, DEVICE_LOST = 0, 1, 2, 3

EXIT_STATUSES = """\b
Exit status: 0 done; 1 an error, reported in one sentence; 2 bad arguments; 3 the device was lost."""
"""The statuses, as the help of a command ends."""


class UserError(Exception):
    """An error in one sentence: what, where, and what to do."""

    status = FAILED


class UsageError(UserError):
    """A request on the command line that cannot be met."""

    status = BAD_ARGUMENTS


class StorageError(UserError):
    """A failure to write to ``target``."""

    def __init__(self, sentence: str, target: str) -> None:
        super().__init__(sentence)
        self.target = target
