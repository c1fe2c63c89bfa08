"""A live procedure under way: the loop, and what ends it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Protocol

from drivers.base import Block, DeviceError, DeviceInfo, DeviceLost
from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import fault_text
from guidance.audio.sound import Mute, Sound
from guidance.common.errors import StorageError, UserError
from guidance.contracts.commands import OperatorCommand, Quit, SimulatorCommand
from guidance.contracts.events import Cue, Entry, Signal, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import Snapshot
from guidance.engine.settings import Settings
from guidance.engine.snapshot_builder import SessionState
from guidance.journal.record import ProcedureRecord
from guidance.journal.store import mark_without_screen
from guidance.processes.screen_channel import ScreenChannel
from guidance.session.device import LiveDevice
from guidance.session.event_writer import EventWriter
from guidance.stimulation.actions import Action, SwitchOutput
from guidance.stimulation.control import Stimulation
from guidance.stimulation.output_state import NOT_KNOWN

READ_S = 0.004
DRAW_S = 0.010
"""No Snapshot is drawn when an answer is due so soon: it would have to wait."""

RECONNECT_S = 10.0
FIT_S = 1.0
SCREENLESS_S = 600.0
_REAL_TIME: float | None = 1.0


@dataclass(frozen=True, slots=True)
class SessionOutputs:
    """Where a procedure goes: the event stream, the record that is kept, and the loudspeaker."""

    writer: EventWriter
    record: ProcedureRecord
    sound: Sound | Mute


class EngineLoop(Protocol):
    """What runs on the device: the engine of a procedure, or of an exercise."""

    settings: Settings
    info: DeviceInfo
    alarms: AlarmBoard
    stimulation: Stimulation | None

    @property
    def t(self) -> float:
        """Device time in s."""

    @property
    def actions(self) -> list[Action]:
        """What is to be asked of the stimulator now."""

    @property
    def journal_ok(self) -> bool:
        """Whether the journal still takes what happens."""

    def is_fit(self, now_ns: int) -> bool:
        """Whether the signal is fit to begin stimulation."""

    def response_due(self, within_s: float) -> bool:
        """Whether something that may not wait comes so soon."""

    def begin(self, origin: Origin) -> TimedRecord:
        """The record that opens the stream."""

    def step(
        self, blocks: Sequence[Block], now_ns: int | None, messages: Sequence[OperatorCommand]
    ) -> Iterable[TimedRecord]:
        """Records that these give rise to."""

    def end(self, reason: str) -> Iterable[TimedRecord]:
        """The records that close the stream."""

    def arm(self, by: str, now_ns: int) -> Iterable[TimedRecord]:
        """Arm the stimulator, if there is one."""

    def update_condition(
        self, code: str, text: str | None, cause: str = "", *, disarm: bool = True
    ) -> Iterable[TimedRecord]:
        """Take in what the host knows of trouble."""

    def enter(self, entry: Entry) -> Iterable[TimedRecord]:
        """Put an entry of the host on record."""

    def snapshot(self, session: SessionState) -> Snapshot:
        """All that a screen shows now."""

    def screen_lost(self) -> None:
        """Note that nobody sees the screen any more."""

    def journal_failed(self) -> None:
        """Note that nothing goes on record any more."""


class LiveSession:
    """A procedure under way. It owns what ``stack`` closes: the device, the record, the copy of the events."""

    def __init__(
        self,
        engine: EngineLoop,
        device: LiveDevice,
        outputs: SessionOutputs,
        duration_s: float | None,
        notices: list[str],
        stack: ExitStack,
    ) -> None:
        """Run ``engine`` on ``device`` for ``duration_s`` of its time; ``notices`` are what was found at the start."""
        self._engine, self._device = engine, device
        self._origin, self._speed = device.origin, _REAL_TIME
        self._writer, self._record, self._sound = outputs.writer, outputs.record, outputs.sound
        self._duration_s, self._notices, self._stack = duration_s, notices, stack
        self._lost: str | None = None
        self._status_received = False
        self._fit_since: float | None = None
        self._screen_gone_at: float | None = None
        self._fault_sentence: str | None = None
        self._ended: str | None = None
        self._not_off: str | None = None

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Run to its end; the stimulator is off and the journal closed whatever happens.

        A sentence says what was amiss, first of all that the stimulator may still be on. Raises DeviceLost where that
        was the end of it.
        """
        with self._stack:
            try:
                self._ended = self._procedure(screen_channel, stopping)
                self._switch_off()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the stimulator goes off and the journal ends
                self._ended = self._break_off(fault)
            if self._not_off:
                self._write(self._engine.update_condition("stimulator-not-off", self._not_off, disarm=False))
            self._write(self._engine.end(self._ended))
            self._device.act(self._engine.actions)
            if self._ended != "error":
                screen_channel.show(self._draw, at_once=True)
        if self._ended == "device-lost":
            raise DeviceLost(_sentences(self._not_off, self._lost or "The amplifier was lost."))
        return _sentences(self._not_off, self._fault_sentence) or None

    def _switch_off(self) -> None:
        """Request off, and wait for the device to report it: no longer than it may take, whether it does or not."""
        stimulation = self._engine.stimulation
        if stimulation is None:
            return
        self._write(
            TimedRecord(self._engine.t, record) for record in stimulation.disarm("safety", "the procedure ends")
        )
        self._device.act(self._engine.actions)
        self._await_off(stimulation)

    def _await_off(self, stimulation: Stimulation) -> None:
        output = stimulation.output
        self._not_off = None if output.is_off else NOT_KNOWN
        while self._device.lost is None:
            output.follow(self._engine.t, time.monotonic_ns(), wanted=False)
            if output.is_off or output.not_off:
                self._not_off = output.not_off
                return
            for block in self._device.read(READ_S):
                for status in block.status:
                    output.report(status.state)

    def _procedure(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str:
        for notice in self._notices:
            screen_channel.notify(notice)
        self._write([self._engine.begin(self._origin)])
        while True:
            reason = self._turn(screen_channel, stopping)
            if reason is not None:
                return reason

    def _turn(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """One round of the loop; the reason to end, or None."""
        blocks = self._read(screen_channel)
        self._record.blocks(blocks)
        self._storage()
        messages = screen_channel.messages()
        now_ns = time.monotonic_ns()
        self._write(self._engine.step(blocks, now_ns, messages))
        self._steer(messages)
        self._tend_sound(blocks, messages)
        if self._engine.settings.headless:
            self._arm_when_fit(now_ns)
        self._act()
        if not self._engine.response_due(DRAW_S):
            screen_channel.show(self._draw)
        return self._end_reason(screen_channel, messages, stopping())

    def _end_reason(self, screen_channel: ScreenChannel, messages: list[OperatorCommand], stopping: bool) -> str | None:
        if stopping or any(isinstance(message, Quit) for message in messages):
            return "operator"
        if self._duration_s is not None and self._engine.t >= self._duration_s:
            return "duration"
        if screen_channel.gone and self._screen_lost_too_long():
            return "error"
        alone = self._engine.settings.headless or screen_channel.gone
        return "device-lost" if alone and self._device.lost_for_s > RECONNECT_S else None

    def _screen_lost_too_long(self) -> bool:
        """Note that the screen is gone; whether it has been for too long."""
        now = time.monotonic()
        if self._screen_gone_at is None:
            self._screen_gone_at = now
            self._engine.screen_lost()
            mark_without_screen(self._record.folder)
            self._fault_sentence = "The screen was gone; the procedure was recorded without it."
        return now - self._screen_gone_at > SCREENLESS_S

    def _read(self, screen_channel: ScreenChannel) -> list[Block]:
        blocks = self._device.read(READ_S)
        if self._device.lost != self._lost:
            self._lost = self._device.lost
            self._fit_since = None
            self._write(self._engine.update_condition("device-lost", self._lost))
        if blocks and not self._status_received:
            self._first_status(blocks, screen_channel)
        return blocks

    def _first_status(self, blocks: list[Block], screen_channel: ScreenChannel) -> None:
        """A fault that the device has from before is told as found, for it is cleared at once."""
        first_faults = [status.fault for block in blocks for status in block.status][:1]
        self._status_received = bool(first_faults)
        if first_faults and first_faults[0] != "none":
            notice = fault_text(first_faults[0]) or ""
            self._notices.append(notice)
            screen_channel.notify(notice)

    def _arm_when_fit(self, now_ns: int) -> None:
        """Nobody is there to arm: do it once the device streams and its signal has been sound for a second."""
        engine = self._engine
        stimulation = engine.stimulation
        if stimulation is None or stimulation.armed or stimulation.operator_must_arm:
            return
        if not engine.is_fit(now_ns):
            self._fit_since = None
        elif self._fit_since is None:
            self._fit_since = engine.t
        elif engine.t - self._fit_since >= FIT_S:
            self._write(engine.arm("controller", now_ns))
            self._fit_since = None

    def _act(self) -> None:
        """Carry out what the engine asks of the stimulator; what is refused disarms it."""
        refused = self._device.act(self._engine.actions)
        stimulation = self._engine.stimulation
        if stimulation and stimulation.armed:
            self._write(self._engine.update_condition("stimulus-not-delivered", refused, "refused"))
            self._device.act(self._engine.actions)

    def _steer(self, messages: list[OperatorCommand]) -> None:
        for message in messages:
            if isinstance(message, SimulatorCommand):
                self._device.steer(message.words)

    def _tend_sound(self, blocks: list[Block], messages: list[OperatorCommand]) -> None:
        engine, sound = self._engine, self._sound
        for sound_request in filter(None, map(sound.obey, messages)):
            self._write(engine.enter(Entry("sound", sound_request)))
        stimulation = engine.stimulation
        sound.feed(blocks, awaiting=stimulation is not None and stimulation.pulse_unreported)
        self._write(engine.update_condition("audio-lost", sound.tend(engine.alarms.signals()), disarm=False))

    def _write(self, records: Iterable[TimedRecord]) -> None:
        for timed in records:
            stamped = self._stamped(timed)
            self._record.note(stamped)
            try:
                self._writer.write(stamped)
            except StorageError as fault:
                self._unwritten(fault)

    def _stamped(self, timed: TimedRecord) -> TimedRecord:
        """``timed``, sounded, with what only the sound knows: when a cue leaves the loudspeaker, how often that lacked
        samples.
        """
        record, sounded_ns = timed.record, self._sound.play(timed.record)
        if isinstance(record, Cue):
            return replace(timed, record=replace(record, sounded_ns=sounded_ns))
        if isinstance(record, Signal):
            return replace(timed, record=replace(record, underruns=self._sound.underruns))
        return timed

    def _storage(self) -> None:
        """Alarm what is amiss with the record beside the journal; the guidance goes on without it."""
        for cause, text in self._record.troubles():
            if text and cause != "space" and self._engine.journal_ok:
                self._fault_sentence = text
            self._write(self._engine.update_condition("storage", text, cause, disarm=False))

    def _unwritten(self, fault: StorageError) -> None:
        """Without a journal there is no stimulation; without the copy there is."""
        is_journal = fault.target == self._record.journal.name
        if self._engine.journal_ok:  # what the copy meets does not hide that the journal has ended
            self._fault_sentence = str(fault)
        if is_journal:
            self._engine.journal_failed()
        self._write(self._engine.update_condition("storage", str(fault), fault.target, disarm=is_journal))

    def _break_off(self, fault: Exception) -> str:
        """After a fault of the program: the stimulator off before anything else, and a trace of it for its makers."""
        self._device.act([SwitchOutput(on=False)])
        if self._engine.stimulation:
            self._engine.stimulation.actions.clear()
            try:
                self._await_off(self._engine.stimulation)
            except Exception:  # noqa: BLE001 - it was not known then whether the stimulator is off, and that is told
                self._not_off = NOT_KNOWN
        self._fault_sentence = str(fault) if isinstance(fault, UserError | DeviceError) else self._trace(fault)
        return "error"

    def _trace(self, fault: Exception) -> str:
        off = "" if self._not_off else "; the stimulator is off"
        sentence = f"The program failed ({type(fault).__name__}: {fault}){off}."
        path = self._record.folder / "fault.txt"
        try:
            path.touch(0o600)
            path.write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
        except OSError:
            return sentence
        return f"{sentence} Particulars are in {path}."

    def _draw(self) -> Snapshot:
        info = self._engine.info
        state = SessionState(
            source=f"{info.model} {info.serial}".strip(),
            origin=self._origin,
            duration_s=self._duration_s,
            speed=self._speed,
            ended=self._ended,
            notice=" ".join(self._notices),
            connected=self._lost is None,
            sound=self._sound.view(),
            journal=self._record.view(failed=not self._engine.journal_ok),
        )
        return self._engine.snapshot(state)


def _sentences(*parts: str | None) -> str:
    """Those of ``parts`` that are there, one after the other."""
    return " ".join(part for part in parts if part)
