"""The screen of an exercise: large and calm, for a patient who looks on from a chair."""

from __future__ import annotations

import gc
import time
from contextlib import suppress
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from guidance.messages import Acknowledge, Credit, Dial, Message, Pause, Quit, Steer
from guidance.snapshot import Snapshot
from guidance.ui.facts import is_simulated
from guidance.ui.link import GONE, Link, Watch
from guidance.ui.look import Look
from guidance.ui.theme import choose
from guidance.ui.widgets.alarms import Alarms
from guidance.ui.widgets.effort import EffortBars
from guidance.ui.widgets.hints import Hints
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.prompt import Prompt
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.title import Title

FRAME_S = 0.05
SILENCE_S = 1.0
QUIT_WAIT_S = 2.0


class Room(Screen[None], inherit_bindings=False):
    """Bars beside the words; across the top what runs, across the bottom the keys."""

    DEFAULT_CSS = """
    Room { background: $background; layers: base banner; }
    Room Horizontal { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.title_line, self.alarms, self.hints, self.banner = Title(), Alarms(), Hints(), Stopped()

    def compose(self) -> ComposeResult:
        """Lay out the parts."""
        yield self.title_line
        yield self.alarms
        yield Horizontal(EffortBars(), Prompt())
        yield self.hints
        yield self.banner

    def show(self, snapshot: Snapshot) -> None:
        """Draw ``snapshot``."""
        for panel in self.query(Panel):
            panel.show(snapshot)


class TrainingApp(App[None]):
    """Draws the newest Snapshot of ``link`` and pays a Credit for each drawn; ``silence_s`` without one is told."""

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c", "quit", "end", priority=True),
        Binding("space", "pause", "pause"),
        Binding("up", "line(1)", "line up"),
        Binding("down", "line(-1)", "line down"),
        Binding("a", "acknowledge", "alarms seen"),
        *(Binding(str(digit), f"effort({digit})", "effort") for digit in range(10)),
        Binding("left", "second(-1)", "second muscle"),
        Binding("right", "second(1)", "second muscle"),
    ]

    newest: Snapshot | None = None
    """The Snapshot that came last."""

    def __init__(self, link: Link, silence_s: float = SILENCE_S, look: Look | None = None) -> None:
        self._chosen = choose((look or Look()).theme)
        super().__init__()
        self._link, self._silence_s = link, silence_s
        self._room = Room()
        self._heard_s = self._drawn_s = time.monotonic()
        self._frames = self._second = 0
        self._draw_is_due = self._quitting = self._stopped = False

    def get_default_screen(self) -> Room:
        """The one screen."""
        return self._room

    def on_mount(self) -> None:
        """Begin to listen to the engine."""
        self.register_theme(self._chosen)
        self.theme = self._chosen.name
        self._watch = Watch(self._link, lambda: self.call_later(self._receive))
        self.set_interval(self._silence_s / 2, self._tell_silence)

    def on_unmount(self) -> None:
        """Listen no longer."""
        self._watch.close()

    def _receive(self) -> None:
        try:
            snapshot = self._link.receive()
        except GONE:
            self._engine_gone()
            return
        if snapshot is not None:
            self._take(snapshot)
        self._watch.arm()

    def _take(self, snapshot: Snapshot) -> None:
        self.newest, self._heard_s = snapshot, time.monotonic()
        if snapshot.ended == "operator" or (snapshot.ended and self._quitting):
            self.exit()
        elif not self._draw_is_due:
            self._draw_is_due = True
            self.set_timer(max(self._drawn_s + FRAME_S - self._heard_s, 0.001), self._draw)

    def _draw(self) -> None:
        self._draw_is_due, self._drawn_s = False, time.monotonic()
        self._frames += 1
        if self.newest is not None:
            self._room.show(self.newest)
            self._tell_silence()
            self.call_after_refresh(self._send, Credit(self._frames))

    def _tell_silence(self) -> None:
        silent_s = time.monotonic() - self._heard_s
        at_rest = self.newest is None or self.newest.ended is not None
        if not self._stopped:
            self._room.alarms.show_silence(round(silent_s) if silent_s > self._silence_s and not at_rest else None)

    def _engine_gone(self) -> None:
        self._stopped = self.newest is None or self.newest.ended is None
        if self._stopped:
            self._room.banner.display = True

    def _send(self, message: Message) -> None:
        with suppress(*GONE):  # receive() tells of it too, after what the engine still had to say
            self._link.send(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether the key of ``action`` holds now: a person who is not simulated cannot be steered."""
        del parameters
        return action not in ("effort", "second") or (self.newest is not None and is_simulated(self.newest))

    def action_pause(self) -> None:
        """Hold the exercise, or go on."""
        self._send(Pause(on=not (self.newest is not None and self.newest.paused)))

    def action_line(self, steps: int) -> None:
        """Move the line up or down."""
        self._send(Dial(steps))

    def action_acknowledge(self) -> None:
        """All alarms have been seen."""
        self._send(Acknowledge())

    def action_effort(self, tenths: int) -> None:
        """Have the simulated person tense the first muscle by so many tenths."""
        self._send(Steer(f"contract {tenths / 10:g} 0"))

    def action_second(self, tenths: int) -> None:
        """Have the simulated person tense the second muscle more, or less."""
        self._second = min(max(self._second + tenths, 0), 10)
        self._send(Steer(f"contract {self._second / 10:g} 1"))

    async def action_quit(self) -> None:
        """Ask the engine to end and wait for it a little; at once if it has ended or was asked."""
        over = self._stopped or (self.newest is not None and self.newest.ended is not None)
        if over or self._quitting:
            self.exit()
            return
        self._quitting = True
        self._room.title_line.show_ending()
        self._send(Quit())
        self.set_timer(QUIT_WAIT_S, self.exit)


def run_training_screen(link: Link, look: Look | None = None) -> None:
    """Show the screen on this process's terminal until the operator leaves.

    Exits with a status other than 0 after a fault of the display, whose traceback is on the terminal by then.
    """
    gc.freeze()  # what is imported by now stays; walking through it would hold the screen for 75 ms at a time
    app = TrainingApp(link, look=look)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
