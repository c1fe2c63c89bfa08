"""What the operator's hands and feet do: every action of the keys, and the line that is written to."""

from __future__ import annotations

import time

from textual import events

from guidance.common.text import clean
from guidance.contracts.commands import (
    Acknowledge,
    Aliquot,
    Arm,
    Aspiration,
    HoldCurrent,
    OperatorCommand,
    OperatorNote,
    PauseAudio,
    PausePlayback,
    ReleaseControl,
    SimulatorCommand,
    Stop,
    TakeControl,
    TurnDial,
    TurnMonitor,
    TurnVolume,
)
from guidance.ui import keys
from guidance.ui.appearance import Appearance
from guidance.ui.arming import Arming, Repeats, Stage
from guidance.ui.link import Link
from guidance.ui.linked import LinkedApp
from guidance.ui.pages import PageState, ScreenPage
from guidance.ui.procedure_screen import ProcedureScreen
from guidance.ui.text import clock
from guidance.ui.widgets.entry import EntryResult
from guidance.ui.widgets.syringe import Volumes

_REASONS = ("already injected", "decided with the responsible physician", "aspirated again since, no blood")
_SIDES = ("left", "right", "midline")


class KeyActions(LinkedApp):
    """The keys' half of the screen's app. While a stimulator is there, every key that does not hold stops it."""

    page = ScreenPage.GUIDE

    def __init__(self, link: Link, silence_s: float, appearance: Appearance, procedure_screen: ProcedureScreen) -> None:
        super().__init__(link, silence_s, appearance)
        self._procedure_screen = procedure_screen
        self._arming, self._repeats, self._volumes = Arming(), Repeats(), Volumes()
        self._before_help = ScreenPage.GUIDE

    @property
    def page_state(self) -> PageState:
        """What decides which keys hold."""
        return PageState(self.newest, self.page, self._is_observer)

    def turn_to(self, page: ScreenPage) -> None:
        """Show ``page``."""
        self.page = page
        self._procedure_screen.turn_to(page, self.newest)
        self._refresh_status()

    def is_armed(self) -> bool:
        """Whether the stimulator is armed, as far as is known."""
        stimulator = self.newest.stimulator if self.newest else None
        return stimulator is not None and stimulator.armed

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether the key of ``action`` holds now; while a line is written, no key but those that break off do."""
        is_blocked = bool(self._procedure_screen.entry.what) and action != "break_off"
        return not is_blocked and keys.holds(action, parameters, self.page_state)

    def on_key(self, event: events.Key) -> None:
        """See every key before what it does: a key that does not hold stops, and any but the second ends arming."""
        self._repeats.see(event.key, time.monotonic())
        if self._procedure_screen.entry.what:
            self._write(event)
            return
        binding = self._procedure_screen.active_bindings.get(event.key)
        if binding is None or binding.binding.action != "go":
            self._arming.forget()
        if binding is None:
            self._stop()
        self._refresh_status()

    def on_paste(self, event: events.Paste) -> None:
        """Take text into the line that is being written; anywhere else it is a key that does not hold."""
        if self._procedure_screen.entry.what:
            self._procedure_screen.entry.paste(event.text)
        else:
            self._stop()

    def on_click(self) -> None:
        """A touch stops, wherever it falls: the largest key there is."""
        if self.is_armed():
            self._stop()

    def _stop(self) -> None:
        if keys.holds("stop", (), self.page_state):
            self._send(Stop())

    def action_stop(self) -> None:
        """Switch the stimulator off."""
        self._send(Stop())

    def action_go(self) -> None:
        """Arm, if that was just asked for; otherwise turn to the next page."""
        now_s = time.monotonic()
        if self._arming.confirm(now_s):
            self._send(Arm())
        elif not self._repeats.is_repeat and self._arming.stage(now_s) is not Stage.CONFIRMED:
            self._turn(1)
        self._refresh_status()

    def action_previous(self) -> None:
        """Turn to the page before."""
        if not self._repeats.is_repeat:
            self._turn(-1)

    def action_help(self) -> None:
        """Show all keys, or no longer."""
        if self.page is ScreenPage.HELP:
            self.turn_to(self._before_help)
        else:
            self._before_help = self.page
            self.turn_to(ScreenPage.HELP)

    def _turn(self, step: int) -> None:
        beside = self._before_help if self.page is ScreenPage.HELP else self.page_state.beside(step)
        if beside is not None:
            self.turn_to(beside)

    def action_request_arm(self) -> None:
        """Ask whether to arm."""
        if not self.is_armed():
            self._arming.request(time.monotonic())
        self._refresh_status()

    def action_dial(self, steps: int) -> None:
        """Turn the current up or down."""
        self._send(TurnDial(steps))

    def action_external_dial(self, steps: int) -> None:
        """Take it that the stimulator's own dial was turned up or down."""
        self._send(TurnDial(steps))

    def action_hold(self) -> None:
        """Hold the current where it is."""
        self._once(HoldCurrent())

    def action_take_control(self) -> None:
        """Take the current over from the controller."""
        self._once(TakeControl())

    def action_release_control(self, _chooser: str) -> None:
        """Hand the current back to the controller."""
        self._once(ReleaseControl())

    def action_steer(self, words: str) -> None:
        """Move the simulated needle."""
        self._send(SimulatorCommand(words))

    def action_acknowledge(self) -> None:
        """All alarms have been seen."""
        self._once(Acknowledge())

    def action_pause_audio(self) -> None:
        """Pause the sound of the alarms for a time, or end the pause."""
        self._once(PauseAudio())

    def action_volume(self, steps: int) -> None:
        """Turn the guidance up or down."""
        self._send(TurnVolume(steps))

    def action_monitor(self, steps: int) -> None:
        """Turn the EMG that is listened to up or down."""
        self._send(TurnMonitor(steps))

    def action_add_note(self, number: int) -> None:
        """Note what the protocol's list has under ``number``; blood is what came on aspiration."""
        what = self.page_state.notes[number - 1]
        self._once(Aspiration(blood=True) if what == "blood" else OperatorNote(what), f"noted: {what}")

    def action_request_effort(self, phase: str) -> None:
        """Note that the patient is asked for an effort; a simulated one obeys."""
        if not self._repeats.is_repeat:
            self._once(OperatorNote(phase), f"noted: {phase}")
            self.action_steer(f"contract {keys.EFFORTS[phase]:g}")

    def action_aspirate(self) -> None:
        """Note that no blood came on aspiration."""
        self._once(Aspiration(), "noted: aspirated, no blood")

    def action_aliquot(self, steps: int) -> None:
        """Choose a larger or smaller aliquot."""
        self._volumes.step(steps)
        self._procedure_screen.syringe.choose(self._volumes.chosen_ml)

    def action_inject(self) -> None:
        """Enter that the chosen aliquot is injected."""
        volume_ml = self._volumes.chosen_ml
        self._once(Aliquot(volume_ml), f"entered: {volume_ml:g} mL")

    def action_give_reason(self) -> None:
        """Ask why the aliquot that is held is to be taken in all the same."""
        dose = self.newest.dose if self.newest else None
        if dose is not None and dose.held_ml is not None:
            self._volumes.held_ml = dose.held_ml
            self._procedure_screen.entry.open("reason", f"Why {dose.held_ml:g} mL", _REASONS)

    def action_write_note(self) -> None:
        """Open the line for a note."""
        self._procedure_screen.entry.open("note", "Note")

    def action_side(self) -> None:
        """Name the next side."""
        side = self.newest.side if self.newest else None
        following = _SIDES.index(side) + 1 if side in _SIDES else 0
        self._once(OperatorNote("side", _SIDES[following % len(_SIDES)]))

    def action_scroll(self, steps: int) -> None:
        """Go through all that happened."""
        self._procedure_screen.past.scroll(steps)

    def action_leap(self, direction: int) -> None:
        """Go to the next or last event, past the responses."""
        self._procedure_screen.past.leap(direction)

    def action_pause(self) -> None:
        """Hold the replay, or go on."""
        self._send(PausePlayback(on=not (self.newest is not None and self.newest.paused)))

    def action_rescale(self, direction: int) -> None:
        """Show the sweeps smaller (+1) or larger (-1)."""
        self._procedure_screen.sweeps.rescale(direction)

    def action_autoscale(self) -> None:
        """Let the sweeps' scale follow the signal."""
        self._procedure_screen.sweeps.autoscale()

    def _once(self, message: OperatorCommand, noted: str = "") -> None:
        """Send ``message``, once for each press: a key held down repeats itself, and would do it again or undo it."""
        if self._repeats.is_repeat:
            return
        self._send(message)
        if noted:
            self._noted(noted)

    def _noted(self, noted: str) -> None:
        if self.newest is not None:
            self._procedure_screen.status.note(f"{clock(self.newest.position_s)} {clean(noted)}")

    def _write(self, event: events.Key) -> None:
        """Give a key to the line that is being written; one that writes nothing stops."""
        self._leaving.forget()
        entry = self._procedure_screen.entry
        done = entry.take(event.key, event.character)
        if done in {EntryResult.FOREIGN, EntryResult.LEFT}:
            self._stop()
        if done is EntryResult.SUBMITTED and entry.written_text:
            self._written(entry.what, entry.written_text)
        if done in {EntryResult.SUBMITTED, EntryResult.LEFT}:
            entry.close()
        event.prevent_default()
        self._refresh_status()

    def _written(self, what: str, text: str) -> None:
        held_ml = self._volumes.held_ml
        if what == "reason" and held_ml is not None:
            self._send(Aliquot(held_ml, text))
            self._noted(f"entered: {held_ml:g} mL, with a reason")
        else:
            self._send(OperatorNote(what, text))
            self._noted(f"noted: {what}")
