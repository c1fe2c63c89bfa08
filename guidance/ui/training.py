"""The screen of an exercise: large and calm, for a patient who watches it from a chair."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from guidance.contracts.commands import Acknowledge, PausePlayback, SimulatorCommand, SymptomScore, TurnDial
from guidance.contracts.snapshot import Snapshot
from guidance.ui.appearance import Appearance
from guidance.ui.link import Link
from guidance.ui.linked import SILENCE_S, LinkedApp, show_on_terminal
from guidance.ui.widgets.alarms import AlarmBars
from guidance.ui.widgets.effort import EffortBars
from guidance.ui.widgets.hints import Hints
from guidance.ui.widgets.leave import LeaveLine
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.prompt import Prompt
from guidance.ui.widgets.stopped import Stopped
from guidance.ui.widgets.title import Title


class ExerciseScreen(Screen[None], inherit_bindings=False):
    """The bars beside the prompt; the title at the top, the keys at the bottom."""

    DEFAULT_CSS = """
    ExerciseScreen { background: $background; layers: base banner; }
    ExerciseScreen Horizontal { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.title_line, self.alarms, self.hints, self.banner = Title(), AlarmBars(), Hints(), Stopped()
        self.leave, self.prompt = LeaveLine(), Prompt()

    def compose(self) -> ComposeResult:
        """Lay out the parts."""
        yield self.title_line
        yield self.alarms
        yield Horizontal(EffortBars(), self.prompt)
        yield self.leave
        yield self.hints
        yield self.banner

    def show(self, snapshot: Snapshot) -> None:
        """Draw ``snapshot``."""
        for panel in self.query(Panel):
            panel.show(snapshot)


class ExerciseApp(LinkedApp):
    """The screen of an exercise. Its engine is at the other end of ``link``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "end"),
        Binding("ctrl+c", "break_off", show=False, priority=True),
        Binding("space", "pause", "pause"),
        Binding("up", "line(1)", "line up"),
        Binding("down", "line(-1)", "line down"),
        Binding("a", "acknowledge", "acknowledge"),
        *(Binding(str(digit), f"effort({digit})", "effort") for digit in range(10)),
        Binding("enter", "enter_score", "enter the score"),
        Binding("s", "skip_score", "skip the score"),
        Binding("left", "second(-1)", "second muscle"),
        Binding("right", "second(1)", "second muscle"),
    ]

    def __init__(self, link: Link, silence_s: float = SILENCE_S, appearance: Appearance | None = None) -> None:
        super().__init__(link, silence_s, appearance or Appearance())
        self._exercise_screen = ExerciseScreen()
        self._second = 0
        self._score: int | None = None

    def get_default_screen(self) -> ExerciseScreen:
        """Return the one screen."""
        return self._exercise_screen

    def _show(self, snapshot: Snapshot) -> None:
        self._exercise_screen.show(snapshot)

    def _refresh_status(self) -> None:
        """Show how long the engine has been silent, and the question whether to end."""
        self._exercise_screen.leave.show_question("q" if self._leaving.pending_action(time.monotonic()) else "", "end")
        if not self._stopped:
            self._exercise_screen.alarms.show_silence(self._silent_s())

    @property
    def _is_at_rest(self) -> bool:
        return self.newest is None or self.newest.ended is not None

    def _show_stopped(self) -> None:
        self._exercise_screen.banner.display = True

    def _show_ending(self) -> None:
        self._exercise_screen.title_line.show_ending()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Return whether the key of ``action`` is active now: only a simulated person can be steered, only while a
        symptom score is awaited can it be entered, and the levels of an exercise cannot be moved.
        """
        del parameters
        training = self.newest.training if self.newest else None
        if action in ("enter_score", "skip_score"):
            return self._awaits_score
        if action == "effort":
            return self._awaits_score or (self.newest is not None and bool(self.newest.simulated))
        if action == "line":
            return self._awaits_score or training is None or training.exercise != "discriminate"
        return action != "second" or (self.newest is not None and bool(self.newest.simulated))

    @property
    def _awaits_score(self) -> bool:
        training = self.newest.training if self.newest else None
        return training is not None and training.phase == "symptom"

    def action_pause(self) -> None:
        """Pause the exercise, or resume it."""
        self._send(PausePlayback(on=not (self.newest is not None and self.newest.paused)))

    def action_line(self, steps: int) -> None:
        """Move the line up or down; or the symptom score while one is awaited."""
        if self._awaits_score:
            self._choose(0 if self._score is None else self._score + steps)
        else:
            self._send(TurnDial(steps))

    def action_enter_score(self) -> None:
        """Enter the symptom score that is chosen."""
        if self._score is not None:
            self._send(SymptomScore(self._score))
            self._choose(None)

    def action_skip_score(self) -> None:
        """Go on without a symptom score."""
        self._send(SymptomScore(None))
        self._choose(None)

    def _choose(self, score: int | None) -> None:
        self._score = None if score is None else min(max(score, 0), 10)
        self._exercise_screen.prompt.show_score(self._score)

    def action_acknowledge(self) -> None:
        """Acknowledge all alarms."""
        self._send(Acknowledge())

    def action_effort(self, tenths: int) -> None:
        """Choose the symptom score while one is awaited; else make the simulated person contract the first muscle by
        ``tenths`` of a full effort.
        """
        if self._awaits_score:
            self._choose(tenths)
            return
        self._send(SimulatorCommand(f"contract {tenths / 10:g} 0"))

    def action_second(self, tenths: int) -> None:
        """Make the simulated person contract the second muscle by ``tenths`` of a full effort more, or less."""
        self._second = min(max(self._second + tenths, 0), 10)
        self._send(SimulatorCommand(f"contract {self._second / 10:g} 1"))


def run_training_screen(link: Link, appearance: Appearance | None = None) -> None:
    """Show the screen on this process's terminal until the operator leaves.

    After a fault of the display it writes one sentence to the terminal and exits with a status other than 0.
    """
    show_on_terminal(ExerciseApp(link, appearance=appearance))
