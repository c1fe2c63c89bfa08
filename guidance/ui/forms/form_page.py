"""A page with a form: all items in a list, the item at hand with its choices, and one line for the answer."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from guidance.common.text import clean
from guidance.ui.forms.line import AnswerLine
from guidance.ui.forms.model import Form, FormChoice, FormItem
from guidance.ui.text import beginning

_END = "end-of-form"
_MOST_CHOICES = 7
"""Most choices in sight at once: what leaves room for the items on 24 rows."""
_LABEL_CELLS = 34
_ROW_EDGES = 6
"""Cells of a row beside label, answer and origin: the mark, the gaps, the scroll bar."""


class FormPage(Screen[None]):
    """A form. A subclass says what happens at its end (``finish``), after an answer (``answered``) and on leaving
    (``leave``).
    """

    HEADING = "FORM"
    END_WORDS = "Done"
    DEFAULT_CSS = """
    FormPage #items { height: 1fr; min-height: 4; }
    FormPage #choices { height: auto; max-height: 7; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "item(1)", "Other item", key_display="TAB ↑ ↓"),
        Binding("f4", "clear", "Clear"),
        Binding("f10", "to_end", "Show and sign"),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self._picked = ("", "")

    def compose(self) -> ComposeResult:
        """Lay out heading, items, the item at hand, choices, line, message and keys."""
        yield Static(classes="head", id="head", markup=False)
        yield OptionList(id="items")
        yield Static(classes="about", id="about", markup=False)
        yield OptionList(id="choices")
        yield AnswerLine(
            {
                "enter": self.action_submit,
                "down": partial(self._step, 1),
                "up": partial(self._step, -1),
                "tab": partial(self.action_item, 1),
                "shift+tab": partial(self.action_item, -1),
            },
            self._pick,
            self._unpick,
        )
        yield Static(classes="message", id="message", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the form, the line ready for an answer."""
        for options in self.query(OptionList):
            options.can_focus = False
        self.line.focus()
        self.refresh_form()

    def on_resize(self) -> None:
        """Shorten the rows to the new width."""
        self.refresh_form()

    @property
    def line(self) -> AnswerLine:
        """The line that takes the answer."""
        return self.query_one(AnswerLine)

    def finish(self) -> None:
        """Act at the end of the form, when nothing required is missing."""

    def answered(self, key: str) -> None:
        """Act after the item ``key`` was answered or cleared."""

    def accepted(self) -> None:
        """Act after an answer is shown, and the next item is at hand."""

    def leave(self) -> None:
        """Leave the page; what was entered stays."""
        self.dismiss()

    def heading(self) -> str:
        """Return the words of the top line beside the count."""
        return self.HEADING

    def missing_sentence(self) -> str:
        """Return which required items have no answer, as a sentence; empty if none is missing."""
        labels = [item.label for item in self.form.missing]
        return f"Missing: {'; '.join(labels)}." if labels else ""

    def show_message(self, text: str) -> None:
        """Show ``text`` above the keys; an empty one clears the last."""
        self.query_one("#message", Static).update(Text(clean(text)))

    def refresh_form(self) -> None:
        """Draw everything anew."""
        done, required = self.form.counts
        count = f"{done} of {required}" if required else ""
        self.query_one("#head", Static).update(Text(f"{self.heading()}   {count}", no_wrap=True, overflow="ellipsis"))
        self._draw_items()
        self._draw_here()

    def _draw_items(self) -> None:
        items = self.query_one("#items", OptionList)
        width = min(max((len(item.label) for item in self.form.items), default=10) + 2, _LABEL_CELLS)
        items.clear_options()
        section = ""
        for item in self.form.items:
            if item.section != section:
                section = item.section
                items.add_option(Option(Text(section, style="bold underline"), disabled=True))
            items.add_option(Option(self._row(item, width), id=item.key))
        items.add_option(Option(Text(f"▶ {self.END_WORDS}", style="bold"), id=_END))
        items.highlighted = items.get_option_index(self.form.here.key if self.form.here else _END)

    def _row(self, item: FormItem, width: int) -> Text:
        answer = self.form.answers.get(item.key)
        mark = "✔" if answer is not None else ("*" if item.required else "○")
        row = Text(f"{mark} {beginning(item.label, width):<{width}} ", no_wrap=True, overflow="ellipsis")
        origin = f"  ({clean(self.form.origins[item.key])})" if item.key in self.form.origins else ""
        room = self.app.size.width - width - len(origin) - _ROW_EDGES
        row.append(beginning(clean(self._shown(item, answer or "")), max(room, 1)), style="bold")
        row.append(origin, style="dim")
        return row

    def _shown(self, item: FormItem, answer: str) -> str:
        return next((choice.shown for choice in item.choices if choice.value == answer), answer)

    def _draw_here(self) -> None:
        item = self.form.here
        about = self.query_one("#about", Static)
        if item is None:
            about.update(Text(self.missing_sentence() or f"ENTER: {self.END_WORDS}."))
        else:
            needed = "" if item.required else " (may stay open)"
            about.update(Text(f"{item.label}: {item.allowed}{needed}"))
        self.line.picks = len(item.choices) if item and (item.quick or item.closed) and not item.find else 0
        self._draw_choices(item)

    def _draw_choices(self, item: FormItem | None) -> None:
        choices = self.query_one("#choices", OptionList)
        choices.clear_options()
        self._searched = self.line.value
        self._offered = item.offered(self.line.value) if item else ()
        choices.display = bool(self._offered)
        numbered = item is not None and item.find is None
        for number, choice in enumerate(self._offered, 1):
            sign = f"{number:>2} " if numbered else "   "
            choices.add_option(Option(Text(f" {sign}{clean(choice.shown)}", no_wrap=True, overflow="ellipsis")))
        if item is not None and item.find and self._offered and self.line.value:
            choices.highlighted = 0

    @property
    def _searches(self) -> bool:
        return self.form.here is not None and self.form.here.find is not None and bool(self._offered)

    @on(Input.Changed)
    def _typed(self) -> None:
        """Search for what is typed now, unless that was done already."""
        if self.form.here is not None and self.form.here.find and self._searched != self.line.value:
            self._draw_choices(self.form.here)

    @on(AnswerLine.NotTaken)
    def _refused(self, message: AnswerLine.NotTaken) -> None:
        self.show_message(message.why)

    @on(OptionList.OptionSelected, "#items")
    def _item_clicked(self, message: OptionList.OptionSelected) -> None:
        key = message.option.id or ""
        was_end = self.form.here is None
        self._turn_to(key)
        if key == _END and was_end:
            self.action_submit()

    @on(OptionList.OptionSelected, "#choices")
    def _choice_clicked(self, message: OptionList.OptionSelected) -> None:
        self._take_choice(self._offered[message.option_index])

    def action_submit(self) -> None:
        """Take what is in the line; without it go on, but never past a required item that has no answer."""
        item, typed = self.form.here, self.line.value
        self._typed()
        if item is None:
            self._finish()
        elif self._searches and (at := self.query_one("#choices", OptionList).highlighted) is not None:
            self._take_choice(self._offered[at])
        elif typed.strip():
            self._take(typed)
        elif item.required and item.key not in self.form.answers:
            self.show_message(f"{item.label} needs an answer: {item.allowed}.")
        else:
            self._on()

    def _finish(self) -> None:
        if self.form.missing:
            self.form.go_to(self.form.missing[0].key)
            self.refresh_form()
            self.show_message(
                f"{len(self.form.missing)} without an answer; the first is at hand. {self.missing_sentence()}"
            )
        else:
            self.finish()

    def _take_choice(self, choice: FormChoice) -> None:
        item = self.form.here
        if item is None:
            return
        self.form.answers[item.key] = choice.value
        self.form.origins.pop(item.key, None)
        self._accepted(item.key)

    def _pick(self, number: int) -> None:
        self._picked = (self.form.here.key if self.form.here else "", str(number))
        self._take(str(number))

    def _unpick(self) -> str:
        """Take back the choice of the last digit, which began a text; return the digit."""
        key, digit = self._picked
        self.form.go_to(key)
        self.action_clear()
        return digit

    def _take(self, typed: str) -> None:
        try:
            key = self.form.answer(typed)
        except ValueError as fault:
            self.show_message(f"Not taken: {fault}")
            self.line.action_select_all()
            return
        self._accepted(key)

    def _accepted(self, key: str) -> None:
        self.show_message("")
        self.answered(key)
        self.form.go_to(key)
        self._on()
        self.accepted()

    def _on(self) -> None:
        self.line.value = ""
        self.form.to_next_open()
        self.refresh_form()

    def _turn_to(self, key: str) -> None:
        self.line.value = ""
        self.form.go_to(key)
        self.show_message("")
        self.refresh_form()

    def _step(self, step: int) -> None:
        """Move in the choices of a search, or to another item."""
        choices = self.query_one("#choices", OptionList)
        if not self._searches:
            self.action_item(step)
        elif choices.highlighted is None:
            choices.highlighted = 0
        else:
            choices.highlighted = min(max(choices.highlighted + step, 0), len(self._offered) - 1)

    def action_item(self, step: int) -> None:
        """Go to another item; the answer stays as it is."""
        self.form.move(step)
        self._turn_to(self.form.here.key if self.form.here else "")

    def action_clear(self) -> None:
        """Remove the answer to the item at hand."""
        self.form.clear()
        self.line.value = ""
        if self.form.here is not None:
            self.answered(self.form.here.key)
        self.refresh_form()

    def action_to_end(self) -> None:
        """Go to the end of the form, and finish it if nothing required is missing."""
        self.form.go_to("")
        self.refresh_form()
        self._finish()

    def action_leave(self) -> None:
        """Leave the page."""
        self.leave()
