"""The app Start: the menu, and the pages that its entries open. Its result is the choice of a command."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from guidance.start.choice import StartChoice, StartMemory
from guidance.start.command_page import CommandPage, GroupPage, ProcedurePage
from guidance.start.review_pages import ReviewPage
from guidance.start.settings_pages import SettingsPage
from guidance.ui.forms import MenuEntry, MenuPage, PagesApp, TextPage

ENTRIES = (
    MenuEntry("run", "b", "Begin a procedure", "protocol, device, patient, drug, case sheet"),
    MenuEntry("demo", "d", "Demo", "a procedure on a simulated patient"),
    MenuEntry("replay", "r", "Replay a file", "a recorded signal through the same engine"),
    MenuEntry("biofeedback", "f", "Biofeedback", "an exercise with a muscle's EMG"),
    MenuEntry("review", "v", "Review", "recorded procedures: note, sign, export"),
    MenuEntry("attach", "a", "Attach", "take over the screen of a procedure that runs"),
    MenuEntry("settings", "s", "Settings", "keys, pedal, sound, colours, site, device"),
    MenuEntry("quit", "q", "Quit"),
)
LATER = (
    MenuEntry("learn", "l", "Learn", "how EMG works, in five pages with their sound"),
    MenuEntry("plan", "p", "Treatment plans", "goals, doses, scores, sessions of a patient"),
)
"""Entries of commands that are offered where the program has them."""
_FORMS = {
    "demo": ("DEMO", ("protocol_id",)),
    "replay": ("REPLAY A FILE", ("file", "protocol_id")),
    "biofeedback": ("BIOFEEDBACK", ("address", "protocol_id")),
}
_ABOUT = "Research software, not a medical device. Tried on a simulated patient and on recordings, never on a patient."


class StartPage(MenuPage):
    """The first page."""

    def __init__(self, memory: StartMemory, names: frozenset[str]) -> None:
        self._memory = memory
        offered = [entry for entry in LATER if entry.name in names]
        super().__init__("NEEDLE GUIDANCE   Start", (*ENTRIES[:-2], *offered, *ENTRIES[-2:]), _ABOUT, memory.message)
        memory.message = ""

    def chosen(self, name: str) -> None:
        """Open the page of the entry, or run its command."""
        if name == "quit":
            self.app.exit()
        elif name in {"run", "review", "settings"}:
            self.app.push_screen(
                {"run": ProcedurePage, "review": ReviewPage, "settings": SettingsPage}[name](self._memory)
            )
        elif name == "plan":
            self.app.push_screen(GroupPage(self._memory, name, "TREATMENT PLANS"))
        elif name in _FORMS:
            self.app.push_screen(CommandPage(self._memory, name, *_FORMS[name]))
        else:
            self.app.exit(StartChoice((name,)))

    def action_leave(self) -> None:
        """Leave the program."""
        self.app.exit()


class StartApp(PagesApp[StartChoice]):
    """The app of the start pages. ``names`` are the commands that the program has; ``output`` is what the last one
    printed; ``topics`` are the documents of the command ``help``, each with its summary.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+p", "search_all", "Search", key_display="CTRL+P")]

    def __init__(
        self, memory: StartMemory, names: frozenset[str], output: str = "", topics: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(memory.theme)
        self._memory, self._names, self._output, self._topics = memory, names, output, topics or {}

    def on_mount(self) -> None:
        """Open the menu, then the page that the last command came from, then what it printed."""
        super().on_mount()
        page, message = self._memory.page, self._memory.message
        if page:
            self._memory.message = ""
        menu = StartPage(self._memory, self._names)
        self.push_screen(menu)
        if page:
            self._memory.message = message
            self._reopen(menu, page)
        self._memory.page = ""
        if self._output:
            self.push_screen(TextPage("RESULT", self._output))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether ``action`` is offered: the search on Start alone, where no form would lose what is typed."""
        return (
            isinstance(self.screen, StartPage) if action == "search_all" else super().check_action(action, parameters)
        )

    def action_search_all(self) -> None:
        """Search in the entries of Start and in the documents."""
        menu = self.screen
        if not isinstance(menu, StartPage):
            return
        found = [
            (f"{entry.words}   {entry.key}", partial(menu.chosen, entry.name), entry.details) for entry in menu.entries
        ]
        read = [
            (f"Help: {topic}", partial(self.exit, StartChoice(("help", topic))), summary)
            for topic, summary in self._topics.items()
        ]
        self.search_commands([*found, *read], "Search commands and help")

    def _reopen(self, menu: StartPage, page: str) -> None:
        if page in {"run", "review", "settings", *_FORMS}:
            menu.chosen(page)
