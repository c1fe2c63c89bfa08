"""Where the event stream goes while it is made: the procedure's journal, and the copy that ``--events`` asks for."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TextIO

from guidance.events import Made, Numbering
from guidance.faults import ArgumentFault, StorageFault


class EventWriter:
    """Numbers, stamps and writes every record to all its targets, flushed line by line."""

    def __init__(self, *targets: str | None) -> None:
        """Write to each of ``targets``: a path, or "-" for standard output. Raises ArgumentFault."""
        self._numbering = Numbering()
        self._files = {target: _opened(target) for target in targets if target is not None}

    def write(self, made: Made) -> None:
        """Stamp and write one record. Raises StorageFault for a target that fails, and lets go of it."""
        line = self._numbering.line(made, time.monotonic_ns())
        failed: StorageFault | None = None
        for target, file in list(self._files.items()):
            try:
                file.write(line + "\n")
                file.flush()
            except OSError as fault:
                del self._files[target]
                failed = StorageFault(
                    f"Writing events to {target} failed ({fault.strerror}); what was written before stays there."
                )
        if failed:
            raise failed

    def close(self) -> None:
        """Close the files; standard output stays open."""
        for file in self._files.values():
            if file is not sys.stdout:
                file.close()
        self._files = {}


def _opened(target: str) -> TextIO:
    if target == "-":
        return sys.stdout
    try:
        return Path(target).open("w", encoding="utf-8", newline="\n")
    except OSError as fault:
        raise ArgumentFault(
            f"Events cannot be written to {target} ({fault.strerror}); name a file in a folder you may write to."
        ) from None
