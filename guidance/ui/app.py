"""The screen's process: draws what the engine sends, at most 20 times a second, and says what the operator wants."""

from __future__ import annotations

import gc
import time
from contextlib import suppress
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer

from guidance.messages import Credit, Message, Pause, Quit
from guidance.snapshot import Snapshot
from guidance.ui.link import GONE, Link, Watch
from guidance.ui.theme import BACKGROUND, THEME
from guidance.ui.widgets.alarms import Alarms
from guidance.ui.widgets.bars import Bars
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.reading import Reading
from guidance.ui.widgets.status import Status
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.sweeps import Sweeps
from guidance.ui.widgets.title import Title

FRAME_S = 0.05
QUIT_WAIT_S = 2.0
SILENCE_S = 1.0

_BREAKPOINTS = [(0, "-tight"), (36, "-roomy")]


class GuidanceApp(App[None]):
    """Draws the newest Snapshot of ``link`` and pays a Credit for each drawn; ``silence_s`` without one is told."""

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = f"""
    Screen {{ background: {BACKGROUND}; layers: base banner; }}
    #main {{ height: 12fr; }}
    .-roomy Bars, .-roomy EmgStrip {{ margin-top: 1; }}
    .-stopped Panel {{ opacity: 40%; }}
    .-stopped Stopped {{ opacity: 100%; }}
    """
    VERTICAL_BREAKPOINTS = _BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True),
        Binding("space", "pause", "Pause / go on"),
        Binding("plus,equals_sign", "rescale(-1)", "Larger", key_display="+"),
        Binding("minus", "rescale(1)", "Smaller", key_display="-"),
        Binding("a", "autoscale", "Auto scale"),
    ]

    def __init__(self, link: Link, silence_s: float = SILENCE_S) -> None:
        super().__init__()
        self._link = link
        self._silence_s = silence_s
        self._title, self._alarms, self._sweeps = Title(), Alarms(), Sweeps()
        self._banner = Stopped()
        self._panels: list[Panel] = [self._title, self._alarms, self._sweeps, Reading(), Bars(), EmgStrip(), Status()]
        self._newest: Snapshot | None = None
        self._heard_s = self._drawn_s = time.monotonic()
        self._frames = 0
        self._draw_is_due = False
        self._quitting = False
        self._stopped = False

    def compose(self) -> ComposeResult:
        """Lay out the parts from top to bottom."""
        title, alarms, sweeps, reading, *below = self._panels
        yield title
        yield alarms
        yield Horizontal(sweeps, reading, id="main")
        yield from below
        yield Footer()
        yield self._banner

    def on_mount(self) -> None:
        """Begin to listen to the engine."""
        self.register_theme(THEME)
        self.theme = THEME.name
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
        self._newest = snapshot
        self._heard_s = time.monotonic()
        if snapshot.ended == "operator" or (snapshot.ended and self._quitting):
            self.exit()
        elif not self._draw_is_due:
            self._draw_is_due = True
            self.set_timer(max(self._drawn_s + FRAME_S - self._heard_s, 0.001), self._draw)

    def _draw(self) -> None:
        self._draw_is_due = False
        self._drawn_s = time.monotonic()
        self._frames += 1
        if self._newest is None:
            return
        for panel in self._panels:
            panel.show(self._newest)
        self._tell_silence()
        self.call_after_refresh(self._send, Credit(self._frames))

    def _tell_silence(self) -> None:
        silent_s = time.monotonic() - self._heard_s
        at_rest = self._newest is not None and (self._newest.paused or self._newest.ended is not None)
        is_long = silent_s > self._silence_s and not at_rest and not self._stopped
        self._alarms.show_silence(round(silent_s) if is_long else None)

    def _engine_gone(self) -> None:
        self._stopped = self._newest is None or self._newest.ended is None
        self._banner.display = self._stopped
        if self._stopped:
            self.call_after_refresh(self.screen.add_class, "-stopped")  # dims the rest, which takes longer

    def _send(self, message: Message) -> None:
        with suppress(*GONE):  # receive() tells of it too, after what the engine still had to say
            self._link.send(message)

    async def action_quit(self) -> None:
        """Ask the engine to end and wait for it a little; at once if it has ended or was asked before."""
        over = self._stopped or (self._newest is not None and self._newest.ended is not None)
        if over or self._quitting:
            self.exit()
            return
        self._quitting = True
        self._title.show_ending()
        self._send(Quit())
        self.set_timer(QUIT_WAIT_S, self._leave)

    def _leave(self) -> None:
        if not self._stopped:
            self.exit()

    def action_pause(self) -> None:
        """Hold the replay, or go on."""
        self._send(Pause(on=not (self._newest is not None and self._newest.paused)))

    def action_rescale(self, direction: int) -> None:
        """Show the sweeps smaller (+1) or larger (-1)."""
        self._sweeps.rescale(direction)

    def action_autoscale(self) -> None:
        """Let the sweeps' scale follow the signal."""
        self._sweeps.autoscale()


def run_screen(link: Link) -> None:
    """Show the screen on this process's terminal until the operator leaves or the procedure ends.

    Exits with a status other than 0 after a fault of the display, whose traceback is on the terminal by then.
    """
    gc.freeze()  # what is imported by now stays; walking through it would hold the screen for 75 ms at a time
    app = GuidanceApp(link)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
