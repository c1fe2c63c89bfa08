"""What ends a command early, each with the exit status that the README documents."""

from __future__ import annotations

DONE, FAILED, BAD_ARGUMENTS, DEVICE_LOST = 0, 1, 2, 3


class UserError(Exception):
    """An error in one sentence: what, where, and what to do."""

    status = FAILED


class UsageError(UserError):
    """What was asked for on the command line cannot be."""

    status = BAD_ARGUMENTS


class StorageError(UserError):
    """What was to be written to ``target`` could not be."""

    def __init__(self, sentence: str, target: str) -> None:
        super().__init__(sentence)
        self.target = target
