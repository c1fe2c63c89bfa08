"""What ends a command early, each with the exit status that the README documents."""

from __future__ import annotations

DONE, FAILED, BAD_ARGUMENTS, DEVICE_LOST = 0, 1, 2, 3


class Fault(Exception):
    """An error in one sentence: what, where, and what to do."""

    status = FAILED


class ArgumentFault(Fault):
    """What was asked for on the command line cannot be."""

    status = BAD_ARGUMENTS


class StorageFault(Fault):
    """What was to be written to ``target`` could not be."""

    def __init__(self, sentence: str, target: str) -> None:
        super().__init__(sentence)
        self.target = target
