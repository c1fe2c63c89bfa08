"""The screen's process: draws what the engine sends, at most 20 times a second, and says what the operator wants."""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import suppress

from textual import events
from textual.app import App

from guidance.messages import (
    Acknowledge,
    Arm,
    Aspiration,
    Credit,
    Dial,
    HandBack,
    Hold,
    Mark,
    Message,
    Pause,
    PauseAudio,
    Quit,
    Steer,
    Stop,
    TakeOver,
    TurnMonitor,
    TurnVolume,
)
from guidance.snapshot import Snapshot
from guidance.ui import keys
from guidance.ui.arming import Arming
from guidance.ui.bedside import Bedside
from guidance.ui.link import GONE, Link, Watch
from guidance.ui.text import clock
from guidance.ui.theme import THEME

FRAME_S = 0.05
QUIT_WAIT_S = 2.0
SILENCE_S = 1.0
REPEAT_S = 0.6
"""Longer than a keyboard waits before a key held down repeats itself."""


class GuidanceApp(App[None]):
    """Draws the newest Snapshot of ``link`` and pays a Credit for each drawn; ``silence_s`` without one is told.

    While a stimulator is there, every key that does not hold stops it.
    """

    TITLE = "needle guidance"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS = keys.BINDINGS

    newest: Snapshot | None = None
    """The Snapshot that came last."""

    def __init__(self, link: Link, silence_s: float = SILENCE_S) -> None:
        super().__init__()
        self._link = link
        self._silence_s = silence_s
        self._bedside = Bedside()
        self._arming = Arming()
        self._heard_s = self._drawn_s = time.monotonic()
        self._handed_s = -REPEAT_S
        self._frames = 0
        self._draw_is_due = False
        self._quitting = False
        self._stopped = False

    def get_default_screen(self) -> Bedside:
        """The one screen."""
        return self._bedside

    def on_mount(self) -> None:
        """Begin to listen to the engine."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self._watch = Watch(self._link, lambda: self.call_later(self._receive))
        self.set_interval(self._silence_s / 2, self._tell)

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
        self.newest = snapshot
        self._heard_s = time.monotonic()
        if snapshot.ended == "operator" or (snapshot.ended and self._quitting):
            self.exit()
        elif not self._draw_is_due:
            self._draw_is_due = True
            wait_s = max(self._drawn_s + FRAME_S - self._heard_s, 0.001)
            # Not set_timer: one that is late on a busy machine is never called, and the screen would stand still.
            asyncio.get_running_loop().call_later(wait_s, self.call_later, self._draw)

    def _draw(self) -> None:
        self._draw_is_due = False
        self._drawn_s = time.monotonic()
        self._frames += 1
        if self.newest is None:
            return
        self._bedside.show(self.newest)
        self._tell()
        self.call_after_refresh(self._send, Credit(self._frames))

    def _tell(self) -> None:
        """Show what the screen itself knows: silence, how far arming has come, and the keys."""
        silent_s = time.monotonic() - self._heard_s
        at_rest = self.newest is not None and (self.newest.paused or self.newest.ended is not None)
        is_long = silent_s > self._silence_s and not at_rest
        if not self._stopped:
            self._bedside.show_silence(round(silent_s) if is_long else None)
        if self._is_armed():
            self._arming.forget()
        self._bedside.output.show_stage(self._arming.stage(time.monotonic()))
        armed = self._is_armed()
        held = keys.words(self._bedside.active_bindings.values(), armed=armed, alone=self._stopped)
        self._bedside.keys.offer(held, keys.STOP if armed else None)

    def _is_armed(self) -> bool:
        stimulator = self.newest.stimulator if self.newest else None
        return stimulator is not None and stimulator.armed

    def _engine_gone(self) -> None:
        self._stopped = self.newest is None or self.newest.ended is None
        if self._stopped:
            self._bedside.show_stopped()
            self.call_after_refresh(self._tell)

    def _send(self, message: Message) -> None:
        with suppress(*GONE):  # receive() tells of it too, after what the engine still had to say
            self._link.send(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether the key of ``action`` holds now."""
        return keys.holds(action, parameters, self.newest)

    def on_key(self, event: events.Key) -> None:
        """See every key before what it does: a key that does not hold stops, and any but the second ends arming."""
        if event.key != "enter":
            self._arming.forget()
        if self.check_action("stop", ()) and event.key not in self._bedside.active_bindings:
            self.action_stop()
        self._tell()

    def action_stop(self) -> None:
        """Switch the stimulator off."""
        self._send(Stop())

    def action_ask_to_arm(self) -> None:
        """Ask whether to arm."""
        if not self._is_armed():
            self._arming.ask(time.monotonic())
        self._tell()

    def action_arm(self) -> None:
        """Arm, if that was just asked for."""
        if self._arming.confirm(time.monotonic()):
            self._send(Arm())
        self._tell()

    def action_dial(self, steps: int) -> None:
        """Turn the current up or down."""
        self._send(Dial(steps))

    def action_dial_said(self, steps: int) -> None:
        """Take it that the stimulator's own dial was turned up or down."""
        self._send(Dial(steps))

    def action_hold(self) -> None:
        """Hold the current where it is."""
        self._hand_over(Hold())

    def action_take_over(self) -> None:
        """Take the current over from the controller."""
        self._hand_over(TakeOver())

    def action_hand_back(self, _chooser: str) -> None:
        """Hand the current back to the controller."""
        self._hand_over(HandBack())

    def _hand_over(self, message: Message) -> None:
        """Send ``message``, once for each press: a key held down repeats itself, and would undo what it did."""
        now_s = time.monotonic()
        repeats, self._handed_s = now_s - self._handed_s < REPEAT_S, now_s
        if not repeats:
            self._send(message)

    def action_steer(self, words: str) -> None:
        """Move the simulated needle."""
        self._send(Steer(words))

    def action_acknowledge(self) -> None:
        """All alarms have been seen."""
        self._send(Acknowledge())

    def action_pause_audio(self) -> None:
        """Pause the sound of the alarms for a time, or end the pause."""
        self._send(PauseAudio())

    def action_volume(self, steps: int) -> None:
        """Turn the guidance up or down."""
        self._send(TurnVolume(steps))

    def action_monitor(self, steps: int) -> None:
        """Turn the EMG that is listened to up or down."""
        self._send(TurnMonitor(steps))

    def action_mark(self, what: str) -> None:
        """Note that ``what`` happened."""
        self._send(Mark(what))
        self._note(what)

    def action_ask_for(self, phase: str) -> None:
        """Note that the patient is asked for an effort; a simulated one obeys."""
        self.action_mark(phase)
        self.action_steer(f"contract {keys.EFFORTS[phase]:g}")

    def action_aspirate(self) -> None:
        """Note that nothing but air or solution came on aspiration."""
        self._send(Aspiration())
        self._note("aspiration")

    def _note(self, what: str) -> None:
        if self.newest is not None:
            self._bedside.status.note(f"noted {clock(self.newest.position_s)} {what}")

    async def action_quit(self) -> None:
        """Stop the stimulator, ask the engine to end and wait for it a little; at once if it has ended or was asked."""
        over = self._stopped or (self.newest is not None and self.newest.ended is not None)
        if over or self._quitting:
            self.exit()
            return
        self._quitting = True
        self._bedside.title_line.show_ending()
        if self.check_action("stop", ()):
            self.action_stop()
        self._send(Quit())
        self.set_timer(QUIT_WAIT_S, self._leave)

    def _leave(self) -> None:
        if not self._stopped:
            self.exit()

    def action_pause(self) -> None:
        """Hold the replay, or go on."""
        self._send(Pause(on=not (self.newest is not None and self.newest.paused)))

    def action_rescale(self, direction: int) -> None:
        """Show the sweeps smaller (+1) or larger (-1)."""
        self._bedside.sweeps.rescale(direction)

    def action_autoscale(self) -> None:
        """Let the sweeps' scale follow the signal."""
        self._bedside.sweeps.autoscale()


def run_screen(link: Link) -> None:
    """Show the screen on this process's terminal until the operator leaves or the procedure ends.

    Exits with a status other than 0 after a fault of the display, whose traceback is on the terminal by then.
    """
    gc.freeze()  # what is imported by now stays; walking through it would hold the screen for 75 ms at a time
    app = GuidanceApp(link)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
