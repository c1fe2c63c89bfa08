"""What a session uses of its computer: the clock, the ways to open devices, the file system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers import open_device, open_stimulator
from drivers.base import CLOCK, Amplifier, Clock
from drivers.stimulators.external import SeparateStimulator
from guidance.journal.files import DISK, Disk


@dataclass(frozen=True, slots=True)
class Host:
    """The computer that a session runs on. Tests pass one with a virtual clock, a device of their own, a faulty disk.

    ``open_device`` and ``open_stimulator`` return what lies at an address, connected.
    """

    clock: Clock = CLOCK
    open_device: Callable[[str], Amplifier] = open_device
    open_stimulator: Callable[[str], SeparateStimulator] = open_stimulator
    disk: Disk = DISK


HOST = Host()
