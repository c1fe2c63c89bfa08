"""What single keys and pedals do: each sends a command to the engine, or opens the line that takes text."""

from __future__ import annotations

from guidance.common.text import clean
from guidance.contracts.commands import (
    Acknowledge,
    Aliquot,
    Aspiration,
    HoldCurrent,
    OperatorCommand,
    OperatorNote,
    PauseAudio,
    PausePlayback,
    ReleaseControl,
    SimulatorCommand,
    Stop,
    StopAnswer,
    TakeControl,
    ToxinAliquot,
    TurnDial,
    TurnMonitor,
    TurnVolume,
)
from guidance.contracts.snapshot import TimelineView
from guidance.language import mark, recorded, tr
from guidance.ui import keys
from guidance.ui.appearance import Appearance
from guidance.ui.correcting import REASONS, Correcting, last_entry
from guidance.ui.key_timing import REPEAT_S, Repeats
from guidance.ui.link import Link
from guidance.ui.linked import LinkedApp
from guidance.ui.pages import PageState, ScreenPage
from guidance.ui.procedure_screen import ProcedureScreen
from guidance.ui.text import clock
from guidance.ui.widgets.syringe import Volumes

_REASONS = (
    mark("already injected"),
    mark("decided with the responsible physician"),
    mark("aspirated again since, no blood"),
)
_SIDES = ("left", "right", "midline")
_NOT_DONE = "not done"
_ENTRIES = ("dose", "note")
"""Kinds of events that are entries."""


class CommandActions(LinkedApp):
    """The actions of the screen's app that concern the procedure: current, sound, notes, dose, stop moment."""

    page = ScreenPage.GUIDE

    def __init__(self, link: Link, silence_s: float, appearance: Appearance, procedure_screen: ProcedureScreen) -> None:
        super().__init__(link, silence_s, appearance)
        self._procedure_screen = procedure_screen
        self._repeats, self._volumes = Repeats(), Volumes()
        self._prompted: tuple[str, str] | None = None
        self._held_units = ""
        self._correcting = Correcting()

    @property
    def page_state(self) -> PageState:
        """What decides which keys are active."""
        return PageState(self.newest, self.page, self._is_observer)

    def is_armed(self) -> bool:
        """Return whether the stimulator is armed by the newest Snapshot."""
        stimulator = self.newest.stimulator if self.newest else None
        return stimulator is not None and stimulator.armed

    def _stop(self) -> None:
        if keys.holds("stop", (), self.page_state):
            self._send(Stop())

    def action_stop(self) -> None:
        """Switch the stimulator off."""
        self._send(Stop())

    def action_answer(self, number: int) -> None:
        """Give the answer ``number`` to the item at hand of the stop moment, or open the line that it needs."""
        item = self._procedure_screen.stop_page.item
        if item is None or number > len(item.choices):
            return
        if self._repeats.is_repeat:
            self._noted(
                tr(
                    "key {key} again within {seconds} s: no answer; press it once more",
                    key=number,
                    seconds=f"{REPEAT_S:g}",
                )
            )
            return
        value, _, ask = item.choices[number - 1]
        if ask:
            self._prompted = (item.key, value)
            self._open("answer", recorded(ask))
        else:
            self._send(StopAnswer(item.key, value))

    def action_not_done(self) -> None:
        """Open the line for the reason why the item at hand was not done."""
        item = self._procedure_screen.stop_page.item
        if item is not None and not item.is_required:
            self._prompted = (item.key, _NOT_DONE)
            self._open("answer", tr("{question}: not done, because", question=recorded(item.question)))

    def action_stop_item(self, step: int) -> None:
        """Choose another item of the stop moment."""
        self._procedure_screen.stop_page.move(step)

    def action_dial(self, steps: int) -> None:
        """Turn the current up or down."""
        self._send(TurnDial(steps))

    def action_external_dial(self, steps: int) -> None:
        """Record that the operator turned the external dial up or down."""
        self._send(TurnDial(steps))

    def action_hold(self) -> None:
        """Hold the current where it is."""
        self._once(HoldCurrent())

    def action_take_control(self) -> None:
        """Let the operator own the current."""
        self._once(TakeControl())

    def action_release_control(self, _chooser: str) -> None:
        """Release the current to the controller."""
        self._once(ReleaseControl())

    def action_search_on(self) -> None:
        """Answer the controller's question: search up to the limit once more."""
        self._once(OperatorNote("search-on"))

    def action_steer(self, words: str) -> None:
        """Move the simulated needle."""
        self._send(SimulatorCommand(words))

    def action_acknowledge(self) -> None:
        """Acknowledge all alarms."""
        self._once(Acknowledge())

    def action_pause_audio(self) -> None:
        """Pause the sound of the alarms for a time, or end the pause."""
        self._once(PauseAudio())

    def action_volume(self, steps: int) -> None:
        """Turn the guidance's sound up or down."""
        self._send(TurnVolume(steps))

    def action_monitor(self, steps: int) -> None:
        """Turn the sound of the EMG up or down."""
        self._send(TurnMonitor(steps))

    def action_add_note(self, number: int) -> None:
        """Note the protocol's entry ``number``; the entry ``blood`` is an aspiration with blood."""
        what = self.page_state.notes[number - 1]
        self._once(Aspiration(blood=True) if what == "blood" else OperatorNote(what))

    def action_request_effort(self, phase: str) -> None:
        """Note that the operator requests an effort; a simulated patient makes it."""
        if not self._repeats.is_repeat:
            self._once(OperatorNote(phase))
            self.action_steer(f"contract {keys.EFFORTS[phase]:g}")

    def action_aspirate(self) -> None:
        """Note an aspiration without blood."""
        self._once(Aspiration())

    def action_aliquot(self, steps: int) -> None:
        """Choose a larger or smaller aliquot."""
        self._volumes.step(steps)
        self._procedure_screen.syringe.choose(self._volumes.chosen_ml)

    def action_inject(self) -> None:
        """Enter the chosen aliquot as injected, or open the line for the units of a toxin."""
        if self.newest is not None and self.newest.toxin is not None:
            if not self._repeats.is_repeat:
                self._open("units", tr("Muscle and units, such as 'fds 30'"))
            return
        self._once(Aliquot(self._volumes.chosen_ml))

    def action_give_reason(self) -> None:
        """Open the line for the reason to enter the held aliquot all the same."""
        toxin = self.newest.toxin if self.newest else None
        if toxin is not None and toxin.held:
            self._held_units = toxin.held
            self._open("units-reason", tr("Why {entry}", entry=clean(toxin.held)), _REASONS)
            return
        dose = self.newest.dose if self.newest else None
        if dose is not None and dose.held_ml is not None:
            self._volumes.held_ml = dose.held_ml
            self._open("reason", tr("Why {entry}", entry=f"{dose.held_ml:g} mL"), _REASONS)

    def action_write_note(self) -> None:
        """Open the line for a note in words."""
        self._open("note", tr("Note"))

    def action_correct(self) -> None:
        """Open the line that corrects an entry: the one chosen on the page Review, else the newest."""
        past = self.newest.past if self.newest else TimelineView()
        chosen = self._procedure_screen.past.chosen if self.page is ScreenPage.REVIEW else None
        event = chosen if chosen is not None and chosen.seq is not None else last_entry(past)
        if event is not None:
            self._open("correct", self._correcting.choose(event))

    def action_side(self) -> None:
        """Enter the next side."""
        side = self.newest.side if self.newest else None
        following = _SIDES.index(side) + 1 if side in _SIDES else 0
        self._once(OperatorNote("side", _SIDES[following % len(_SIDES)]))

    def action_scroll(self, steps: int) -> None:
        """Move the cursor through responses and events, or scroll the help or the rescue card."""
        self._procedure_screen.scroll(self.page, steps)

    def action_leap(self, direction: int) -> None:
        """Move the cursor to the next or previous event, past the responses."""
        self._procedure_screen.past.leap(direction)

    def action_pause(self) -> None:
        """Pause the replay, or resume it."""
        self._send(PausePlayback(on=not (self.newest is not None and self.newest.paused)))

    def action_rescale(self, direction: int) -> None:
        """Draw the sweeps smaller (+1) or larger (-1)."""
        self._procedure_screen.sweeps.rescale(direction)

    def action_autoscale(self) -> None:
        """Let the sweeps' scale follow the signal."""
        self._procedure_screen.sweeps.autoscale()

    def _once(self, message: OperatorCommand) -> None:
        """Send ``message`` once for each press: repeats of a key that is held down would repeat or undo it."""
        if not self._repeats.is_repeat:
            self._send(message)

    def _open(self, what: str, label: str, ready: tuple[str, ...] = ()) -> None:
        """Open the line that takes text, and show at once what keys do now."""
        self._procedure_screen.entry.open(what, label, ready)
        self._refresh_status()

    def announce(self, before: TimelineView, past: TimelineView) -> None:
        """Show the newest entry that the record received since ``before``: what was held back is then shown as such."""
        added = past.dropped + len(past.events) - before.dropped - len(before.events)
        events = [event for event in past.events[-added:] if event.kind in _ENTRIES] if added > 0 else []
        if events:
            self._procedure_screen.status.note(f"{clock(events[-1].t)} {recorded(clean(events[-1].text))}")

    def _noted(self, noted: str) -> None:
        """Show what the screen itself did at a key."""
        if self.newest is not None:
            self._procedure_screen.status.note(f"{clock(self.newest.position_s)} {clean(noted)}")

    def _written(self, what: str, text: str) -> None:
        held_ml = self._volumes.held_ml
        if what == "answer" and self._prompted is not None:
            self._send(StopAnswer(*self._prompted, text))
        elif what == "units":
            self._send(ToxinAliquot(text))
        elif what == "units-reason":
            self._send(ToxinAliquot(self._held_units, text))
        elif what == "correct":
            self._open("correct-reason", self._correcting.take(text), REASONS)
        elif what == "correct-reason":
            self._send(self._correcting.command(text))
        elif what == "reason" and held_ml is not None:
            self._send(Aliquot(held_ml, text))
        else:
            self._send(OperatorNote(what, text))
