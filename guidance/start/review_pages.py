"""The list of recorded procedures, unsigned first, with a search; and what can be done with one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from guidance.common.errors import UserError
from guidance.common.text import clean, one_line
from guidance.journal.index import IndexedProcedure, StoreIndex
from guidance.journal.index_filter import ProcedureFilter
from guidance.start.choice import StartChoice, StartMemory
from guidance.start.command_page import CommandPage
from guidance.ui.forms import MenuEntry, MenuPage
from guidance.ui.forms.line import AnswerLine
from guidance.ui.text import beginning

_PROTOCOL_CELLS, _OTHER_CELLS = 34, 48
"""Cells of the protocol in a row of the list, and of what stands beside it without the device."""
_SIGNED = {"signed": True, "unsigned": False}


def matching(rows: list[IndexedProcedure], typed: str) -> list[IndexedProcedure]:
    """Return the rows that ``typed`` finds, unsigned first, then the newest.

    Every word must occur in name, date, protocol, mode, device or state; ``signed`` and ``unsigned`` are taken apart.
    """
    words = one_line(typed).lower().split()
    signed = next((_SIGNED[word] for word in words if word in _SIGNED), None)
    found = ProcedureFilter(" ".join(word for word in words if word not in _SIGNED), signed=signed).of(rows)
    newest = sorted(found, key=lambda row: row.summary.name, reverse=True)
    return sorted(newest, key=lambda row: row.signed)


def row_words(row: IndexedProcedure, width: int) -> str:
    """Return one line about a procedure in ``width`` cells: whether it is signed, when, what, and its state; the device
    where it fits whole.
    """
    one = row.summary
    began = (one.began or "began ?")[:16].replace("T", " ")
    signed = "signed  " if row.signed else "UNSIGNED"
    lasted = "" if one.lasted_s is None else f"{one.lasted_s / 60:.0f} min"
    protocol_cells = min(_PROTOCOL_CELLS, max(width - _OTHER_CELLS, 1))
    protocol = beginning(clean(one.protocol or "?"), protocol_cells)
    line = f"{signed}  {began}  {protocol:<{protocol_cells}} {one.state:<10} {lasted:>7}"
    device = clean(one.device or "")
    return f"{line}  {device}" if cell_len(line) + 2 + cell_len(device) <= width else line


class ReviewPage(Screen[None]):
    """All recorded procedures of a store."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Move", key_display="↑ ↓"),
        Binding("escape", "leave", "Back"),
    ]
    DEFAULT_CSS = "ReviewPage OptionList { height: 1fr; }"

    def __init__(self, memory: StartMemory) -> None:
        super().__init__()
        self._memory = memory
        self._rows: list[IndexedProcedure] = []
        self._shown: list[IndexedProcedure] = []

    def compose(self) -> ComposeResult:
        """Lay out heading, list, search line, message and keys."""
        yield Static(classes="head", id="head", markup=False)
        yield OptionList()
        yield Static("Search: words, a date such as 2026-03, a protocol, a state, signed, unsigned", classes="about")
        yield AnswerLine(
            {"enter": self.action_submit, "down": partial(self.action_move, 1), "up": partial(self.action_move, -1)}
        )
        yield Static(classes="message", id="message", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Read the index in the background; the records of a large store take a while."""
        self.query_one(OptionList).can_focus = False
        self.query_one(AnswerLine).focus()
        self.query_one("#head", Static).update("REVIEW   reading the store")
        self.run_worker(self._read, thread=True)

    def on_resize(self) -> None:
        """Fit the rows into the new width."""
        if self._rows:
            self._show()

    def _read(self) -> None:
        fault = ""
        try:
            with StoreIndex(self._memory.store) as index:
                self._rows = index.rows()
        except UserError as problem:
            fault = str(problem)
        self.app.call_from_thread(self._show, fault)

    def _show(self, fault: str = "") -> None:
        self._shown = matching(self._rows, self.query_one(AnswerLine).value)
        unsigned = sum(not row.signed for row in self._rows)
        head = f"REVIEW   {len(self._shown)} of {len(self._rows)} procedures, {unsigned} not signed"
        self.query_one("#head", Static).update(Text(head))
        options = self.query_one(OptionList)
        options.clear_options()
        width = self.app.size.width - 2  # beside the scroll bar
        options.add_options([Option(Text(row_words(row, width), no_wrap=True)) for row in self._shown])
        options.highlighted = 0 if self._shown else None
        empty = f"There is no recorded procedure in {self._memory.store}." if not self._rows else ""
        self.query_one("#message", Static).update(Text(clean(fault or empty)))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._show()

    @on(OptionList.OptionSelected)
    def _clicked(self, message: OptionList.OptionSelected) -> None:
        self._open(message.option_index)

    def action_submit(self) -> None:
        """Open the highlighted procedure."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self._open(at)

    def _open(self, at: int) -> None:
        self.app.push_screen(RecordedPage(self._memory, self._shown[at]))

    def action_move(self, step: int) -> None:
        """Move in the list."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = min(max(options.highlighted + step, 0), len(self._shown) - 1)

    def action_leave(self) -> None:
        """Go back to Start."""
        self.dismiss()


class RecordedPage(MenuPage):
    """One recorded procedure: its summary, and what can be done with it."""

    def __init__(self, memory: StartMemory, row: IndexedProcedure) -> None:
        self._memory, self._procedure, self._store = memory, row.summary.name, str(memory.store)
        one = row.summary
        about = (
            f"{one.protocol or '?'}, mode {one.mode or '?'}, on {one.device or 'an unknown device'}; began "
            f"{one.began or '?'}, {one.stimuli if one.stimuli is not None else '?'} pulses, {one.state}, "
            f"{one.megabytes:.1f} MB, {'signed' if row.signed else 'not signed'}."
        )
        sign = MenuEntry("sign", "s", "Sign the note", "what is missing, the note, the signature")
        entries = [
            *([] if row.signed else [sign]),
            MenuEntry("note", "n", "Show the note"),
            MenuEntry("write", "w", "Write the note", "as PDF, HTML or Markdown"),
            MenuEntry("show", "e", "Entries and alarms"),
            MenuEntry("verify", "v", "Verify the record"),
            MenuEntry("replay", "r", "Replay", "through today's engine, and compare"),
            MenuEntry("export", "x", "Export", "BDF, EDF, CSV, Parquet, FHIR, BIDS"),
        ]
        super().__init__(f"REVIEW  {one_line(self._procedure)}", entries, about)

    def chosen(self, name: str) -> None:
        """Run the command of the entry, or open its form."""
        known = {"name": self._procedure, "store": self._store}
        if name == "export":
            self.app.push_screen(CommandPage(self._memory, "procedures export", "EXPORT", ("form", "to"), **known))
        elif name == "write":
            to = str(Path.cwd() / f"{self._procedure}.pdf")
            self.app.push_screen(
                CommandPage(self._memory, "procedures note", "WRITE THE NOTE", ("to",), to=to, **known)
            )
        else:
            command = ("replay",) if name == "replay" else ("procedures", name)
            self.app.exit(StartChoice((*command, "--store", self._store, self._procedure), page="review"))
