"""What a procedure does without its screen: it goes on recording, waits for another screen, and ends after a time."""

from __future__ import annotations

from pathlib import Path

from drivers.base import Clock
from guidance.journal.store import end_is_requested, mark_with_screen, mark_without_screen
from guidance.session.engine_loop import EngineLoop

SCREENLESS_S = 600.0
"""A session whose screen is lost goes on for at most this long, unless another screen attaches."""

LOST_SENTENCE = "The screen was lost; the procedure was recorded without it."

_REQUEST_S = 0.5
"""Time between two searches for a request to end, in s; a start waits some seconds for the end."""


class ScreenLoss:
    """Watch over the screen of the procedure in ``folder``, and over requests of other processes to end it."""

    def __init__(self, engine: EngineLoop, folder: Path, clock: Clock) -> None:
        """Begin with a screen."""
        self._engine, self._folder, self._clock = engine, folder, clock
        self._lost_at: float | None = None
        self._request_due = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether the procedure goes on without a screen now."""
        return self._lost_at is not None

    def end_reason(self, *, gone: bool) -> str | None:
        """Note whether the screen is ``gone``; return the reason to end, or None."""
        now = self._clock.monotonic()
        if gone and self._lost_at is None:
            self._lost_at = now
            self._engine.screen_lost()
            mark_without_screen(self._folder)
        elif not gone and self._lost_at is not None:
            self._lost_at = None
            mark_with_screen(self._folder)
        if self._lost_at is not None and now - self._lost_at > SCREENLESS_S:
            return "error"
        return "operator" if self._end_requested(now) else None

    def _end_requested(self, now: float) -> bool:
        """Return whether another process requests the end; the folder is searched every ``_REQUEST_S``."""
        if now < self._request_due:
            return False
        self._request_due = now + _REQUEST_S
        return end_is_requested(self._folder)
