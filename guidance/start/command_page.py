"""Forms whose end runs a command: any command by its own options, and a procedure with its case sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from string import ascii_lowercase
from typing import ClassVar

import click
from textual.binding import Binding, BindingType

from guidance.common.errors import UserError
from guidance.start.choice import SITE, StartChoice, StartMemory
from guidance.start.option_items import Finder, option_items, words_of
from guidance.start.procedure_form import (
    ENTRY,
    WORKLIST,
    dose_sentence,
    filled_in,
    kind_of,
    procedure_items,
    procedure_words,
)
from guidance.start.recent import keep_recent
from guidance.start.searches import DeviceSearch, EntrySearch, ProtocolSearch, find_files
from guidance.ui.forms import Form, FormItem, FormPage, MenuEntry, MenuPage

_FILES = ("file", "case_file", "key_file", "sheet_file")
"""Parameters that name a file that exists."""


class CommandPage(FormPage):
    """The form of the command at ``path``, such as ``replay``; Enter visits the parameters in ``usual``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10", "to_end", "Begin"),
        Binding("f5", "look", "Search devices", show=False),
    ]

    def __init__(self, memory: StartMemory, path: str, heading: str, usual: Sequence[str], **answers: str) -> None:
        self._memory, self._path, self._usual = memory, path, tuple(usual)
        self._devices = DeviceSearch(memory.recent["address"])
        self.HEADING, self.END_WORDS = heading, "Begin"
        super().__init__(self._new_form(answers))

    def _new_form(self, answers: dict[str, str]) -> Form:
        command = self._memory.command(self._path)
        given = {**self._memory.drafts.get(self._path, {}), **answers}
        try:
            defaults = {key: text for key, text in self._memory.defaults(command).items() if key not in given}
        except UserError as fault:
            defaults, self._memory.message = {}, str(fault)
        return Form(tuple(self._items({**defaults, **given})), {**defaults, **given}, dict.fromkeys(defaults, SITE))

    def _items(self, answers: dict[str, str]) -> Sequence[FormItem]:
        del answers
        return tuple(option_items(self._memory.command(self._path), usual=self._usual, find=self._finders))

    @property
    def _finders(self) -> dict[str, Finder]:
        protocols = ProtocolSearch(self._memory.recent["protocol_id"])
        files = dict.fromkeys(_FILES, find_files)
        return {"protocol_id": protocols, "address": self._devices, **files}

    def on_mount(self) -> None:
        """Show the form, and search for devices meanwhile if it has one."""
        super().on_mount()
        self.show_message(self._memory.message)
        self._memory.message = ""
        if any(item.key == "address" for item in self.form.items):
            self.action_look()

    def action_look(self) -> None:
        """Search for devices; a device that has gone is no longer offered."""
        self.run_worker(self._look, thread=True, exclusive=True)

    def _look(self) -> None:
        self._devices.look()
        self.app.call_from_thread(self._looked)

    def _looked(self) -> None:
        if self.is_mounted and self.form.here is not None and self.form.here.key == "address":
            self.show_message(self._devices.state)
            self.refresh_form()

    def answered(self, key: str) -> None:
        """Keep what was entered, so that nothing is lost when the page closes."""
        del key
        self._memory.drafts[self._path] = dict(self.form.answers)

    def finish(self) -> None:
        """Run the command."""
        words = words_of(self._memory.command(self._path), self.form.answers)
        self._run(StartChoice((*self._path.split(), *words), page=self._path))

    def _run(self, choice: StartChoice) -> None:
        self._memory.drafts[self._path] = dict(self.form.answers)
        keep_recent(self.form.answers)
        self.app.exit(choice)


class ProcedurePage(CommandPage):
    """The form that begins a procedure."""

    def __init__(self, memory: StartMemory) -> None:
        self._entries = EntrySearch()
        super().__init__(memory, "run", "BEGIN A PROCEDURE", ())

    def _items(self, answers: dict[str, str]) -> Sequence[FormItem]:
        run = self._memory.command("run")
        self._entries.path = answers.get(WORKLIST, "")
        find: dict[str, Finder] = {**self._finders, WORKLIST: find_files, ENTRY: self._entries}
        has_worklist = WORKLIST in answers
        return tuple(procedure_items(run, kind_of(answers), find, self._memory.recent, has_worklist=has_worklist))

    def answered(self, key: str) -> None:
        """Keep what was entered; another protocol may need other fields, a dose has its limit, and a worklist's entry
        fills in the patient.
        """
        if key in {WORKLIST, ENTRY} and {WORKLIST, ENTRY} <= self.form.answers.keys():
            self._fill_in()
        super().answered(key)
        if key in {"protocol_id", WORKLIST, ENTRY}:
            self.form.replace_items(self._items(self.form.answers))
        if key in {"solution", "weight_kg", "height_cm"}:
            self.call_later(partial(self.show_message, dose_sentence(self.form.answers)))

    def _fill_in(self) -> None:
        try:
            self.form.answers, sentence = filled_in(self.form.answers, datetime.now().astimezone())
        except UserError as fault:
            del self.form.answers[ENTRY]
            sentence = str(fault)
        self.form.origins.pop("protocol_id", None)
        self.call_later(partial(self.show_message, sentence))

    def finish(self) -> None:
        """Run the procedure."""
        words, case = procedure_words(self._memory.command("run"), self.form.answers)
        self._run(StartChoice(tuple(words), case, "run"))


class GroupPage(MenuPage):
    """The menu of a group of commands, such as ``plan``; each entry opens the form of its command."""

    def __init__(self, memory: StartMemory, path: str, heading: str) -> None:
        self._memory, self._path = memory, path
        group = memory.command(path)
        commands = group.commands if isinstance(group, click.Group) else {}
        entries = [
            MenuEntry(name, key, name.capitalize().replace("-", " "), command.get_short_help_str(200).rstrip("."))
            for key, (name, command) in zip(ascii_lowercase, sorted(commands.items()), strict=False)
        ]
        super().__init__(heading, entries)

    def chosen(self, name: str) -> None:
        """Open the form of the command ``name``."""
        path = f"{self._path} {name}"
        required = [param.name or "" for param in self._memory.command(path).params if param.required]
        self.app.push_screen(CommandPage(self._memory, path, path.upper(), required))
