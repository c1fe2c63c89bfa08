"""The page of a patient's plan: one tab for each part, read only. It stands alone, outside a procedure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static, TabbedContent, TabPane

from guidance.common.text import clean
from guidance.ui.appearance import Appearance
from guidance.ui.theme import choose


@dataclass(frozen=True, slots=True)
class PlanTab:
    """A part of the plan: its title, labelled lines (a label may be empty), and a table whose first row is the head."""

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


class PlanApp(App[None]):
    """The page: title and warnings above, the tabs below."""

    CSS = """
    #title { text-style: bold; padding: 0 1; }
    #banners { padding: 0 1; color: $warning; }
    TabbedContent { height: 1fr; }
    TabPane { padding: 0; }
    VerticalScroll { padding: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "leave"),
        Binding("escape", "quit", show=False),
        Binding("right,tab", "turn(1)", "next part", priority=True),
        Binding("left,shift+tab", "turn(-1)", "part before", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, title: str, banners: Sequence[str], tabs: Sequence[PlanTab], appearance: Appearance | None = None
    ) -> None:
        super().__init__()
        self._title, self._banners, self._tabs = clean(title), [clean(text) for text in banners], tuple(tabs)
        theme = choose((appearance or Appearance()).theme)
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        """Lay out title, warnings and tabs."""
        yield Static(Text(self._title), id="title")
        yield Static(Text("\n".join(self._banners)), id="banners")
        with TabbedContent():
            for number, tab in enumerate(self._tabs):
                with TabPane(Text(_short(tab.title)).plain, id=f"part-{number}"), VerticalScroll():
                    yield from _widgets(tab)
        yield Footer()

    def on_mount(self) -> None:
        """Let the arrow keys up and down scroll the first part."""
        self._focus_part()

    def action_turn(self, step: int) -> None:
        """Show the part ``step`` further on, around the end."""
        tabs = self.query_one(TabbedContent)
        at = int(tabs.active.removeprefix("part-"))
        tabs.active = f"part-{(at + step) % len(self._tabs)}"
        self._focus_part()

    def _focus_part(self) -> None:
        active = self.query_one(TabbedContent).active
        self.query_one(f"#{active} VerticalScroll", VerticalScroll).focus()


def _widgets(tab: PlanTab) -> Iterator[Static]:
    for label, line in tab.lines:
        head = Text(f"{clean(label)}: " if label else "", style="bold")
        yield Static(head + Text(clean(line), style="not bold"))
    if tab.table:
        table = Table(*map(clean, tab.table[0]), box=None, pad_edge=False, expand=False)
        for row in tab.table[1:]:
            table.add_row(*(Text(clean(cell)) for cell in row))
        yield Static(table)


def _short(title: str) -> str:
    """Return ``title`` up to its colon: a tab has little room."""
    return clean(title).partition(":")[0]


def run_plan_page(app: PlanApp) -> None:
    """Show the page on this process's terminal until the operator leaves it."""
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
