"""The keys of an exercise, in one line."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel

ShownKey = tuple[str, str]
"""A key, and what it does."""

_KEYS: tuple[ShownKey, ...] = (("space", "pause"), ("up down", "move the line"), ("a", "acknowledge"), ("q", "end"))
_SCORE: tuple[ShownKey, ...] = (("0-9 up down", "score"), ("enter", "enter it"), ("s", "skip"), ("q", "end"))
_SIMULATED = (("0-9", "effort"), ("left right", "second muscle"))


class Hints(Panel):
    """The keys and what they do; after the end, only the key to leave."""

    DEFAULT_CSS = "Hints { height: 1; dock: bottom; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what decides which keys are active."""
        return snapshot.simulated, snapshot.paused, snapshot.ended, _exercise(snapshot), _awaits_score(snapshot)

    def paint(self, canvas: Canvas) -> None:
        """Write the keys side by side."""
        if self.snapshot is None:
            return
        active = (*_KEYS, *(_SIMULATED if self.snapshot.simulated else ()))
        if _exercise(self.snapshot) == "discriminate":
            active = tuple(key for key in active if key[0] != "up down")
        if _awaits_score(self.snapshot):
            active = _SCORE
        if self.snapshot.ended is not None:
            active = (("q", "leave"),)
        paused = self.snapshot.paused
        _write_keys(canvas, tuple((name, "resume" if does == "pause" and paused else does) for name, does in active))


class KeyLine(Panel):
    """Keys that never change, and what they do."""

    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; }"

    def __init__(self, keys: tuple[ShownKey, ...]) -> None:
        super().__init__()
        self._keys = keys

    def paint(self, canvas: Canvas) -> None:
        """Write the keys side by side."""
        _write_keys(canvas, self._keys)


def _write_keys(canvas: Canvas, keys: tuple[ShownKey, ...]) -> None:
    """Write as many of ``keys`` as fit."""
    column = 1
    for name, does in keys:
        if column + len(name) + len(does) + 1 > canvas.width:
            return
        column = canvas.write(0, column, name, Ink.STRONG) + 1
        column = canvas.write(0, column, beginning(does, canvas.width), Ink.MUTED) + 3


def _exercise(snapshot: Snapshot) -> str:
    return snapshot.training.exercise if snapshot.training else ""


def _awaits_score(snapshot: Snapshot) -> bool:
    return snapshot.training is not None and snapshot.training.phase == "symptom"
