"""All keys, what stops the current, and the meaning of the signs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from textwrap import wrap

from rich.cells import cell_len
from textual.binding import Binding

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import ENGLISH, in_use, mark, recorded, tr
from guidance.ui.keys import KEY_ACTIONS, shown
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.scrolled import ScrolledPage
from guidance.ui.zones import ZONES

_STOPS = mark("ANY OTHER KEY STOPS: also an unset pedal, a touch, the amplifier's button.")
_WORDS = {
    "stop": mark("STOP (a replay: pause)"),
    "arm": mark("arm, first key"),
    "go": mark("arm, 2nd key; next page"),
    "back": mark("previous page"),
    "inject": mark("enter the aliquot (Inject)"),
    "reason": mark("reason for a held aliquot"),
    "aspirated": mark("aspirated, no blood"),
    "up": mark("current, aliquot, list: up"),
    "down": mark("current, aliquot, list: down"),
    "hold": mark("hold the current, release"),
    "take-over": mark("take the current, release"),
    "side": mark("enter the side (Prepare)"),
    "acknowledge": mark("acknowledge"),
    "right": mark("sim. needle in; next event"),
    "left": mark("sim. needle out; prev. event"),
    "aside": mark("sim. needle sideways"),
    "aside-back": mark("sim. needle sideways, back"),
    "help": mark("this page, or back"),
    "commands": mark("search keys and commands"),
    "rescue": mark("rescue card, stops"),
    "not-done": mark("not done: why (stop moment)"),
    "quit": mark("end, pressed twice"),
    "sign": mark("end and sign, twice (Review)"),
    "note": mark("write a note"),
    "correct": mark("correct an entry"),
    "pause-alarms": mark("pause the alarms' sound"),
    "louder": mark("guidance louder"),
    "quieter": mark("guidance quieter"),
    "emg-louder": mark("EMG louder"),
    "emg-quieter": mark("EMG quieter"),
    "rest": mark("request rest (needle EMG)"),
    "slight": mark("request a slight effort"),
    "full": mark("request a full effort"),
    "larger": mark("sweeps larger; dial up"),
    "smaller": mark("sweeps smaller; dial down"),
    "autoscale": mark("sweeps: automatic scale"),
}
_SIGN_ROWS = 3
"""Rows of the signs, with the blank row before them."""


class HelpPage(ScrolledPage):
    """The page of all keys, in as many columns as fit, and as far as it is in sight."""

    DEFAULT_CSS = "HelpPage { height: 1fr; }"

    def __init__(self, bindings: Sequence[Binding]) -> None:
        """Show the keys of ``bindings``."""
        super().__init__()
        self._key_bindings = tuple(bindings)

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the notes, which have keys of their own."""
        return snapshot.notes

    def paint_whole(self, canvas: Canvas, height: int) -> int:
        """Draw what stops the current, then the keys, then the signs."""
        stops = wrap(tr(_STOPS), max(canvas.width - 2, 1))
        canvas.shade(Ground.CHIP, slice(len(stops)))
        for row, line in enumerate(stops):
            canvas.write(row, 1, line, Ink.DARK)
        entries, top = self._entries(), len(stops) + 1
        left = max(cell_len(key) for key, _ in entries)
        width = min(left + 3 + max(cell_len(words) for _, words in entries), canvas.width - 2)
        columns = max((canvas.width - 2) // width, 1)
        rows = max(-(-len(entries) // columns), min(height - top - _SIGN_ROWS, len(entries)))
        for index, (key, words) in enumerate(entries):
            column, row = divmod(index, rows)
            at = 1 + column * width
            canvas.write_right(top + row, at + left, key, Ink.STRONG)
            canvas.write(top + row, at + left + 1, beginning(words, width - left - 2), Ink.TEXT)
        return _paint_signs(canvas, top + rows + 1)

    def _entries(self) -> list[tuple[str, str]]:
        notes = self.snapshot.notes if self.snapshot else ()
        return [(keys, words) for _, keys, words in named_keys(self._key_bindings, notes)]


def named_keys(bindings: Sequence[Binding], notes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return name, keys and words of each action that has a key in ``bindings``; ``notes`` are those with a key."""
    by_action: dict[str, list[str]] = {}
    for binding in bindings:
        by_action.setdefault(binding.action, binding.key.split(","))
    by_name: dict[str, list[str]] = {}
    for key_action in KEY_ACTIONS:
        by_name.setdefault(key_action.name, _without_capitals(by_action.get(key_action.action, [])))
    words = {name: tr(english) for name, english in _WORDS.items()}
    for number, note in enumerate(notes, 1):
        words[f"note-{number}"] = tr("note: {text}", text=recorded(clean(note)))
    used = [(name, keys) for name, keys in by_name.items() if name in words and keys]
    return [(name, " ".join(map(shown, keys)), words[name]) for name, keys in used]


def _without_capitals(keys: list[str]) -> list[str]:
    """Return ``keys`` without the capitals of others among them."""
    return [key for key in keys if key == key.lower() or key.lower() not in keys]


def _paint_signs(canvas: Canvas, row: int) -> int:
    """Draw the signs from ``row`` on; return the row after them."""
    column = 1
    signs = [(f" {zone.sign} {zone.word} ", zone.on_now, zone.now) for zone in ZONES.values()]
    for text, ink, ground in (*signs, (f"{NO_VALUE * 3} {tr('not known')}", Ink.UNSURE, None)):
        if column + cell_len(text) > canvas.width:
            row, column = row + 1, 1
        column = canvas.write(row, column, text, ink, ground) + 1
    sentences = [tr("alarms: !!! high  !! medium  ! low   thresholds are for 0.1 ms")]
    sentences += [] if in_use() == ENGLISH else [tr("No clinician has reviewed this translation.")]
    for line in (line for sentence in sentences for line in wrap(sentence, max(canvas.width - 2, 1))):
        row += 1
        canvas.write(row, 1, line, Ink.MUTED)
    return row + 1
