"""The terminal before and after a screen: whether it can show one; what is typed meanwhile is not echoed. It imports
next to nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

_SCREENS = {"run", "demo", "replay", "biofeedback", "watch", "attach", "learn"}
_NO_SCREEN = {"--headless", "-h", "--help"}
_DUMB = "dumb"
_LOCAL_MODES = 3
"""Index of the local modes in what ``termios.tcgetattr`` returns."""


def opens_screen(words: Sequence[str]) -> bool:
    """Return whether the command line ``words`` opens a screen if it has no fault."""
    return (not words or words[0] in _SCREENS) and not _NO_SCREEN.intersection(words)


def require_screen() -> None:
    """Check that the terminal at standard error, where the screen draws, can show one. Raises UsageError."""
    from guidance.common.errors import UsageError

    stream = sys.__stderr__
    if stream is None or not stream.isatty():
        return
    if not stream.encoding.lower().startswith("utf"):
        raise UsageError(
            f"The screen needs UTF-8, and this terminal's output is set to {stream.encoding}; choose a UTF-8 locale, "
            "such as LANG=C.UTF-8, and unset PYTHONIOENCODING."
        )
    if os.environ.get("TERM") == _DUMB:
        raise UsageError(
            "The screen needs a terminal that can move its cursor, and TERM is dumb; set TERM to the terminal's kind, "
            "such as xterm-256color."
        )


@contextmanager
def without_echo(*, wanted: bool) -> Iterator[None]:
    """Keep a terminal at standard input from echoing what is typed, where that is ``wanted`` and possible."""
    before = _modes() if wanted else None
    if before is None:
        yield
        return
    import termios

    quiet = [*before]
    quiet[_LOCAL_MODES] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, quiet)
    try:
        yield
    finally:
        with suppress(termios.error, OSError, ValueError):  # the terminal may be closed
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, before)


def _modes() -> list[Any] | None:
    """Return the modes of the terminal at standard input; None where there is none, or on Windows."""
    try:
        import termios
    except ImportError:
        return None
    with suppress(termios.error, OSError, ValueError, AttributeError):
        return termios.tcgetattr(sys.stdin.fileno())
    return None
