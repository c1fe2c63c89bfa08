"""The terminal's driver with a meter: how many characters drawn have not left this process yet.

Textual queues what it draws. On a slow connection the queue would fill, and frames and keys would be seconds late. So
the screen draws no further frame, and acknowledges none, before the last one has left the process.
"""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, cast

from textual.driver import Driver

if TYPE_CHECKING:
    from textual.app import App


class Metered:
    """A text file that counts the characters written to it; ``out`` counts those that the terminal has taken."""

    def __init__(self, file: IO[str]) -> None:
        """Write to ``file``."""
        self._file = file
        self.out = self._written = 0

    def write(self, text: str) -> int:
        """Write ``text`` to the file."""
        self._written += len(text)
        return self._file.write(text)

    def flush(self) -> None:
        """Flush everything written so far; return once the terminal has taken it."""
        written = self._written
        self._file.flush()
        self.out = written

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the file."""
        return getattr(self._file, name)


def metered(driver: type[Driver]) -> type[Driver]:
    """Return ``driver`` with a ``backlog`` where that is possible: on the terminals of Unix."""
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:  # Windows
        return driver
    if driver is not LinuxDriver:
        return driver

    class MeteredDriver(LinuxDriver):
        """A terminal whose ``backlog`` is the number of characters drawn that have not left the process."""

        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, **options)
            self._meter = Metered(sys.__stderr__ or sys.stderr)
            self._file = cast("Any", self._meter)
            self._drawn = 0

        def write(self, data: str) -> None:
            """Queue ``data``."""
            self._drawn += len(data)
            super().write(data)

        @property
        def backlog(self) -> int:
            """Number of characters that have not left the process yet."""
            return int(self._drawn - self._meter.out)

    return MeteredDriver
