"""Searches of the forms: protocols by the words of clinicians, devices of this machine, files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from drivers.base import DeviceError
from guidance.common.errors import UserError
from guidance.common.text import clean
from guidance.device_check.check import find_devices
from guidance.note.worklist import read_worklist
from guidance.protocol import ProtocolError
from guidance.protocol.library import all_names, load_sheet
from guidance.protocol.search import search
from guidance.ui.forms import FormChoice

_MOST = 30
SIMULATED = FormChoice("sim:7", "sim:7   a simulated patient")


class ProtocolSearch:
    """Protocols: ``recent`` first, or those that the typed words may mean, the most likely first."""

    def __init__(self, recent: Sequence[str] = ()) -> None:
        self._recent = tuple(recent)

    def __call__(self, typed: str) -> list[FormChoice]:
        """Return the choices for what is typed."""
        words = typed.strip().lower()
        if not words:
            known = [*self._recent, *(name for name in all_names() if name not in self._recent)]
        else:
            begun = [name for name in all_names() if name.startswith(words)]
            known = [*begun, *(name for name in search(words) if name not in begun)]
        return [FormChoice(name, f"{name:<28} {_title(name)}") for name in known[:_MOST]]


class DeviceSearch:
    """Devices: ``recent`` addresses, those that were found on this machine, and a simulated patient.

    ``look`` searches, which takes seconds; ``state`` then says what was found.
    """

    def __init__(self, recent: Sequence[str] = ()) -> None:
        self._recent, self._found = tuple(recent), list[FormChoice]()
        self.state = "Searching for devices."

    def look(self) -> None:
        """Search this machine, and query the ports whose opening resets nothing."""
        try:
            result = find_devices(probe=True)
        except (DeviceError, UserError, OSError) as fault:
            self._found, self.state = [], f"The search for devices failed: {clean(str(fault))}"
            return
        self._found = [
            FormChoice(device.address, f"{device.address}   {device.confidence}: {clean(device.description)}")
            for device in result.devices
        ]
        count = len(self._found)
        found = "No device was found: connect the amplifier, then F5" if not count else f"{count} found; F5 looks again"
        self.state = f"{found}. {result.notes[0] if result.notes else ''}"

    def __call__(self, typed: str) -> list[FormChoice]:
        """Return the choices for what is typed; an address of another form may be typed too."""
        seen = {choice.value for choice in self._found}
        recent = [FormChoice(name, f"{name}   used before") for name in self._recent if name not in seen]
        known = {choice.value: choice for choice in [*self._found, *recent, SIMULATED]}
        low = typed.strip().lower()
        return [choice for choice in known.values() if low in choice.shown.lower()]


def find_files(typed: str) -> list[FormChoice]:
    """Return the files and folders whose path begins with what is typed."""
    begun = Path(typed.strip() or ".").expanduser()
    folder, start = (begun, "") if typed.strip() in {"", "~"} or typed.endswith(os.sep) else (begun.parent, begun.name)
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith(start))
    except OSError:
        return []
    shown = (path for path in found if path.name.isprintable() and (start or not path.name.startswith(".")))
    return [FormChoice(f"{path}{os.sep}" if path.is_dir() else str(path)) for path in list(shown)[:_MOST]]


class EntrySearch:
    """Entries of the worklist at ``path``, by number or by a part of their line."""

    path = ""

    def __call__(self, typed: str) -> list[FormChoice]:
        """Return the entries for what is typed; none of a worklist that cannot be read."""
        try:
            entries = read_worklist(Path(self.path).expanduser(), datetime.now().astimezone()) if self.path else []
        except UserError:
            return []
        lines = {str(number): clean(f"{number}  {entry.line}") for number, entry in enumerate(entries, 1)}
        low = typed.strip().lower()
        if low in lines:
            return [FormChoice(low, lines[low])]
        return [FormChoice(number, line) for number, line in lines.items() if low in line.lower()][:_MOST]


@cache
def _title(name: str) -> str:
    try:
        return clean(load_sheet(name).sheet.title)
    except ProtocolError:
        return "is invalid; protocols validate says why"
