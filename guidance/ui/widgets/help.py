"""All keys, what stops the current, and the meaning of the signs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.binding import Binding

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.ui.keys import KEY_ACTIONS, shown
from guidance.ui.raster import Canvas
from guidance.ui.text import shorten
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.panel import Panel
from guidance.ui.zones import ZONES

_STOPS = "ANY OTHER KEY STOPS: also an unset pedal, a touch, the amplifier's button."
_WORDS = {
    "stop": "STOP (a replay: pause)",
    "arm": "arm, first key",
    "go": "arm, 2nd key; next page",
    "back": "previous page",
    "inject": "enter the aliquot (Inject)",
    "reason": "reason for a held aliquot",
    "aspirated": "aspirated, no blood",
    "up": "current, aliquot, list: up",
    "down": "current, aliquot, list: down",
    "hold": "hold the current, release",
    "take-over": "take the current, release",
    "side": "enter the side (Prepare)",
    "acknowledge": "acknowledge",
    "right": "sim. needle in; next event",
    "left": "sim. needle out; prev. event",
    "aside": "sim. needle sideways",
    "aside-back": "sim. needle sideways, back",
    "help": "this page, or back",
    "rescue": "lipid rescue card, stops",
    "not-done": "not done: why (stop moment)",
    "quit": "end, pressed twice",
    "sign": "end and sign, twice (Review)",
    "note": "write a note",
    "pause-alarms": "pause the alarms' sound",
    "louder": "guidance louder",
    "quieter": "guidance quieter",
    "emg-louder": "EMG louder",
    "emg-quieter": "EMG quieter",
    "rest": "request rest (needle EMG)",
    "slight": "request a slight effort",
    "full": "request a full effort",
    "larger": "sweeps larger; dial up",
    "smaller": "sweeps smaller; dial down",
    "autoscale": "sweeps: automatic scale",
}
_MOST_COLUMNS = 46
_KEY, _KEYS = 9, 15


class HelpPage(Panel):
    """The page of all keys, in as many columns as fit."""

    DEFAULT_CSS = "HelpPage { height: 1fr; }"

    def __init__(self, bindings: Sequence[Binding]) -> None:
        """Show the keys of ``bindings``."""
        super().__init__()
        self._keys: dict[str, list[str]] = {}
        by_action: dict[str, list[str]] = {}
        for binding in bindings:
            by_action.setdefault(binding.action, binding.key.split(","))
        for key_action in KEY_ACTIONS:
            self._keys.setdefault(key_action.name, _without_capitals(by_action.get(key_action.action, [])))

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the notes, which have keys of their own."""
        return snapshot.notes

    def paint(self, canvas: Canvas) -> None:
        """Draw what stops the current, then the keys, then the signs."""
        canvas.shade(Ground.CHIP, slice(1))
        canvas.write(0, 1, shorten(_STOPS, canvas.width - 2), Ink.DARK)
        entries = self._entries()
        rows = max(canvas.height - 5, 1)
        width = max(min((canvas.width - 2) // -(-len(entries) // rows), _MOST_COLUMNS), 1)
        for index, (key, words) in enumerate(entries):
            column, row = divmod(index, rows)
            _paint_entry(canvas, (row + 2, 1 + column * width), width, key, words)
        _paint_signs(canvas)

    def _entries(self) -> list[tuple[str, str]]:
        notes = self.snapshot.notes if self.snapshot else ()
        named = _WORDS | {f"note-{number}": f"note: {clean(note)}" for number, note in enumerate(notes, 1)}
        used = [(name, keys) for name, keys in self._keys.items() if name in named and keys]
        return [(" ".join(map(shown, keys)), named[name]) for name, keys in used]


def _without_capitals(keys: list[str]) -> list[str]:
    """Return ``keys`` without the capitals of others among them."""
    return [key for key in keys if key == key.lower() or key.lower() not in keys]


def _paint_entry(canvas: Canvas, at: tuple[int, int], width: int, key: str, words: str) -> None:
    row, column = at
    left = _KEYS if width >= _MOST_COLUMNS else _KEY
    canvas.write_right(row, column + left, shorten(key, left), Ink.STRONG)
    canvas.write(row, column + left + 1, shorten(words, width - left - 2), Ink.TEXT)


def _paint_signs(canvas: Canvas) -> None:
    row, column = canvas.height - 2, 1
    for zone in ZONES.values():
        column = canvas.write(row, column, f" {zone.sign} {zone.word} ", zone.on_now, zone.now) + 1
    canvas.write(row, column, f"{NO_VALUE * 3} not known", Ink.UNSURE)
    text = "alarms: !!! high  !! medium  ! low   thresholds are for 0.1 ms"
    canvas.write(row + 1, 1, shorten(text, canvas.width - 2), Ink.MUTED)
