"""The first frame of a command: what is being started, each line turning good once the engine reports it.

It is written before the command's program is loaded, which takes longer than an operator should see nothing; so this
module imports next to nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from guidance.common.terminal import opens_screen

AMPLIFIER, SOUND, RECORD, RECORDING, PAGES = "amplifier", "sound", "record", "recording", "pages"
LIVE_STAGES = (AMPLIFIER, SOUND, RECORD)
START_STAGES = (PAGES,)
STARTING, GOOD, OFF, FAILED = "...", "good", "off", "FAILED"

_STAGES = {"run": LIVE_STAGES, "demo": LIVE_STAGES, "biofeedback": LIVE_STAGES, "replay": (RECORDING,)}
"""Commands whose lines are shown before they are loaded; they print nothing of their own before the screen."""

StageReporter = Callable[[str, str], None]
"""Receives the name of a stage and its state."""


@dataclass(frozen=True, slots=True)
class StageReport:
    """What the engine reports while it opens: the ``state`` of a ``stage``."""

    stage: str
    state: str


def report_nowhere(stage: str, state: str) -> None:
    """Receive a report that nobody shows."""
    del stage, state


class StartLines:
    """Lines on a terminal, one for each stage; on any other output, nothing."""

    def __init__(self, stages: tuple[str, ...], out: TextIO | None = None) -> None:
        """Write the lines of ``stages`` to ``out`` (standard error)."""
        self._states = dict.fromkeys(stages, STARTING)
        self._out = getattr(sys.stderr, "unrecorded", sys.stderr) if out is None else out
        self._is_shown = bool(stages) and self._out is not None and self._out.isatty()
        self._can_move = os.environ.get("TERM", "dumb") != "dumb"
        if self._is_shown:
            self._write("starting:\n")
            self._draw()

    def report(self, stage: str, state: str) -> None:
        """Show the ``state`` of ``stage``."""
        if stage not in self._states or not self._is_shown:
            return
        self._states[stage] = state
        if self._can_move:
            self._write(f"\x1b[{len(self._states)}A")
            self._draw()
        else:
            self._write(f"  {stage}: {state}\n")

    def fail(self) -> None:
        """Mark the stage at which the start failed; the reason is the sentence that the command prints below."""
        pending = next((stage for stage, state in self._states.items() if state == STARTING), None)
        if pending is not None:
            self.report(pending, FAILED)
        self._is_shown = False

    def erase(self) -> None:
        """Remove the lines, for the screen."""
        if self._is_shown and self._can_move:
            self._write(f"\x1b[{len(self._states) + 1}A\r\x1b[J")
        self._is_shown = False

    def is_of(self, stages: tuple[str, ...]) -> bool:
        """Return whether these are the lines of ``stages``, still shown."""
        return self._is_shown and tuple(self._states) == stages

    def _draw(self) -> None:
        self._write("".join(f"\r\x1b[K  {stage:10} {state}\n" for stage, state in self._states.items()))

    def _write(self, text: str) -> None:
        try:
            self._out.write(text if self._can_move else text.replace("\r\x1b[K", ""))
            self._out.flush()
        except OSError:  # the terminal is closed: the engine reports that itself
            self._is_shown = False


_early: list[StartLines] = []
"""The lines that ``early_lines`` shows."""


@contextmanager
def early_lines(words: Sequence[str]) -> Iterator[None]:
    """Show the lines of the command line ``words`` at once, if it opens Start or the screen of a session.

    They are removed at the end, unless they show a failure.
    """
    stages = _stages_of(words)
    if not stages:
        yield
        return
    lines = StartLines(stages)
    _early.append(lines)
    try:
        yield
    finally:
        _early.remove(lines)
        lines.erase()


def _stages_of(words: Sequence[str]) -> tuple[str, ...]:
    """Return the stages of the command line ``words``; none where it opens no screen."""
    if not opens_screen(words):
        return ()
    if not words:
        terminals = (sys.stdin, sys.stdout)
        return START_STAGES if all(stream is not None and stream.isatty() for stream in terminals) else ()
    if words[0] == "replay" and not any(os.path.isfile(word) for word in words[1:]):  # noqa: PTH113 (imports little)
        return ()  # a recorded procedure: its differences are printed
    return _STAGES.get(words[0], ())


def lines_of(stages: tuple[str, ...]) -> StartLines:
    """Return the lines of ``stages``: those that are shown already, or new ones."""
    shown = [lines for lines in _early if lines.is_of(stages)]
    return shown[-1] if shown else StartLines(stages)
