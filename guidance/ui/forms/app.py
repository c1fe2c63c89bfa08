"""The app of these pages: one theme, no key that leaves at once, and a fault of the display in one sentence."""

from __future__ import annotations

import logging
import sys
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType

from guidance.common.text import clean
from guidance.ui.fault_file import LOGGER
from guidance.ui.theme import choose

Result = TypeVar("Result")


class PagesApp(App[Result]):
    """An app of pages without an engine; its result is what the operator chose, None where they left."""

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Leave", show=False, priority=True)]
    CSS = """
    Footer { background: $panel; }
    .head { height: 1; background: $foreground; color: $background; text-style: bold; padding: 0 1; }
    .rule { height: 1; color: $primary; padding: 0 1; }
    .message { height: auto; max-height: 4; color: $warning; padding: 0 1; }
    .about { height: auto; max-height: 5; padding: 0 1; color: $accent; }
    OptionList { border: none; background: $background; padding: 0; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, theme: str) -> None:
        """Begin with the palette ``theme``."""
        self._chosen = choose(theme)
        super().__init__()

    def on_mount(self) -> None:
        """Use the palette."""
        self.register_theme(self._chosen)
        self.theme = self._chosen.name

    def _fatal_error(self) -> None:
        """End with one sentence; Textual would print a traceback with all variables, such as the patient's name."""
        fault = sys.exc_info()[1]
        logging.getLogger(LOGGER).critical("the pages ended", exc_info=fault)
        self.bell()
        self.panic(Text(clean(f"display fault: {type(fault).__name__}. The pages end; what was entered is kept.")))
