"""A live procedure under way: the loop, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack

from drivers.base import CLOCK, Block, Clock, DeviceLost
from guidance.alarms.health import fault_text
from guidance.common.memory import RELEASE_S, release_free
from guidance.contracts.commands import OperatorCommand, Quit, SimulatorCommand
from guidance.contracts.events import Entry, TimedRecord
from guidance.contracts.snapshot import Snapshot
from guidance.engine.snapshot_builder import SessionState
from guidance.processes.screen_channel import ScreenChannel
from guidance.session.device import LiveDevice
from guidance.session.engine_loop import EngineLoop
from guidance.session.record_output import RecordOutput, SessionOutputs
from guidance.session.screen_loss import LOST_SENTENCE, ScreenLoss
from guidance.session.shutdown import READ_S, Shutdown

DRAW_S = 0.010
"""No Snapshot is drawn when a response is due within this time: the response would have to wait."""

GATHER_S = 0.004
"""While no response is due within ``DRAW_S``, samples gather for so long: a round of the loop costs as much as some ms
of signal, and a device may send every ms. All windows end later than this after their pulse, so no response waits; off
by key or by loss comes later by this at most.
"""

RECONNECT_S = 10.0
"""A device lost for longer ends a session that no operator sees."""

FIT_S = 1.0
"""A headless session arms the stimulator once the signal has been fit for this long."""

CLOCKS_DIFFER, CLOCKS_DIFFER_S = 0.05, 2.0
"""Share and seconds of the duration by which the two clocks may differ before the host's decides: the device starts
later, and a wrong clock runs twice as fast or slow (a judgement, unsourced).
"""

CHECK_S = 0.05
"""Time in s between two checks that the record is still there: the loop has hundreds of rounds a second, and the file
system is slow to ask.
"""

_REPLIES_LATE = "The amplifier replies later than its protocol allows: off comes late too. Have it inspected."
_REAL_TIME: float | None = 1.0


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
        clock: Clock = CLOCK,
    ) -> None:
        """Run ``engine`` on ``device`` for ``duration_s`` of its time; ``notices`` are shown at the start."""
        self._engine, self._device, self._clock = engine, device, clock
        self._origin, self._speed = device.origin, _REAL_TIME
        self._record, self._sound = outputs.record, outputs.sound
        self._output = RecordOutput(engine, outputs)
        self._shutdown = Shutdown(engine, device, self._output, clock)
        self._duration_s, self._notices, self._stack = duration_s, notices, stack
        self._began_s = clock.monotonic()
        self._lost: str | None = None
        self._status_received = False
        self._fit_since: tuple[float, float] | None = None
        self._release_due_s = clock.monotonic() + RELEASE_S
        self._check_due_s = clock.monotonic()
        self._screen_loss = ScreenLoss(engine, outputs.record.folder, clock)
        self._ended: str | None = None
        self._earlier_sessions: tuple[str, ...] = ()

    def record_earlier_sessions(self, remarks: tuple[str, ...]) -> None:
        """Record at the start what the earlier sessions of the case mean for this one."""
        self._earlier_sessions = remarks

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Run to the end; the stimulator is switched off and the journal closed whatever happens.

        Returns a sentence about what went wrong, first of all that the stimulator may still be on. Raises DeviceLost
        where the loss of the device ended it.
        """
        with self._stack:
            try:
                self._ended = self._loop(screen_channel, stopping)
                self._shutdown.switch_off()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the stimulator goes off and the journal ends
                self._output.fault_sentence = self._shutdown.stop_after_fault(fault, self._record.folder)
                self._ended = "error"
            not_off = self._shutdown.not_off
            if not_off:
                self._write(self._engine.update_condition("stimulator-not-off", not_off, disarm=False))
            self._write(self._engine.end(self._ended))
            self._device.act(self._engine.actions)
            if self._ended != "error":
                screen_channel.show(self._draw, at_once=True)
        if self._ended == "device-lost":
            raise DeviceLost(_sentences(not_off, self._output.fault_sentence, self._lost or "The amplifier was lost."))
        if not (not_off or self._output.fault_sentence):
            screen_channel.notify(f"{self._engine.t:.0f} s recorded in {self._record.folder}.")
        lost = LOST_SENTENCE if self._screen_loss.is_lost else None
        return _sentences(not_off, self._output.fault_sentence, lost) or None

    def _loop(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str:
        """Run until there is a reason to end, and return it."""
        for notice in self._notices:
            screen_channel.notify(notice)
        self._write([self._engine.begin(self._origin)])
        self._write(TimedRecord(0.0, Entry("earlier-sessions", {"text": text})) for text in self._earlier_sessions)
        while True:
            reason = self._step(screen_channel, stopping)
            if reason is not None:
                return reason

    def _step(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Do one round of the loop; returns the reason to end, or None."""
        blocks = self._read(screen_channel)
        self._record.write_blocks(blocks)
        self._check_storage()
        messages = screen_channel.messages()
        now_ns = self._clock.monotonic_ns()
        for _ in range(self._device.take_skipped()):
            self._write(self._engine.pulse_skipped())
        self._write(self._engine.step(blocks, now_ns, messages))
        self._steer(messages)
        self._update_sound(blocks, messages)
        if self._engine.settings.headless:
            self._arm_when_fit(now_ns)
        self._act()
        if not self._engine.response_due(DRAW_S):
            screen_channel.show(self._draw)
            self._release_memory()
        return self._end_reason(screen_channel, messages, stopping())

    def _end_reason(self, screen_channel: ScreenChannel, messages: list[OperatorCommand], stopping: bool) -> str | None:
        if stopping or any(isinstance(message, Quit) for message in messages):
            return "operator"
        if self._duration_s is not None and self._is_over(self._duration_s):
            return "duration"
        reason = self._screen_loss.end_reason(gone=screen_channel.gone)
        if reason is not None:
            return reason
        alone = self._engine.settings.headless or screen_channel.gone
        return "device-lost" if alone and self._device.lost_for_s > RECONNECT_S else None

    def _is_over(self, duration_s: float) -> bool:
        """Return whether ``duration_s`` have passed by the device's clock, unless the host's differs too much."""
        by_device = self._engine.t >= duration_s
        if not self._origin.live:
            return by_device
        passed_s, may_s = self._clock.monotonic() - self._began_s, duration_s * CLOCKS_DIFFER + CLOCKS_DIFFER_S
        return passed_s >= duration_s + may_s or (by_device and passed_s >= duration_s - may_s)

    def _check_storage(self) -> None:
        now_s = self._clock.monotonic()
        if now_s >= self._check_due_s:
            self._check_due_s = now_s + CHECK_S
            self._output.check_storage()

    def _release_memory(self) -> None:
        now_s = self._clock.monotonic()
        if now_s >= self._release_due_s:
            self._release_due_s = now_s + RELEASE_S
            release_free()

    def _gather(self) -> None:
        """Let samples gather, unless a response may wait for one of them or the loudspeaker plays them."""
        if not (self._sound.plays_emg or self._engine.response_due(DRAW_S)):
            self._clock.sleep(GATHER_S)

    def _read(self, screen_channel: ScreenChannel) -> list[Block]:
        self._gather()
        blocks = self._device.read(READ_S)
        if self._device.lost != self._lost:
            self._lost = self._device.lost
            self._fit_since = None
            is_faulty = self._device.is_faulty
            self._write(self._engine.update_condition("device-lost", None if is_faulty else self._lost))
            self._write(self._engine.update_condition("device-fault", self._lost if is_faulty else None, "stream"))
        if blocks and not self._status_received:
            self._report_first_status(blocks, screen_channel)
        return blocks

    def _report_first_status(self, blocks: list[Block], screen_channel: ScreenChannel) -> None:
        """Report a fault that the device had from before; it is cleared at once, so nothing else shows it."""
        first_faults = [status.fault for block in blocks for status in block.status][:1]
        self._status_received = bool(first_faults)
        if first_faults and first_faults[0] != "none":
            notice = fault_text(first_faults[0]) or ""
            self._notices.append(notice)
            screen_channel.notify(notice)

    def _arm_when_fit(self, now_ns: int) -> None:
        """Arm without an operator, once the signal has been fit for ``FIT_S`` by both clocks."""
        engine = self._engine
        stimulation = engine.stimulation
        if stimulation is None or stimulation.armed or stimulation.operator_must_arm:
            return
        if not engine.is_fit(now_ns):
            self._fit_since = None
        elif self._fit_since is None:
            self._fit_since = engine.t, now_ns / 1e9
        elif min(engine.t - self._fit_since[0], now_ns / 1e9 - self._fit_since[1]) >= FIT_S:
            self._write(engine.arm("controller", now_ns))
            self._fit_since = None

    def _act(self) -> None:
        """Carry out what the engine requests from the stimulator; a refusal by the stimulator disarms it."""
        refused = self._device.act(self._engine.actions)
        stimulation = self._engine.stimulation
        if stimulation and stimulation.armed:
            self._write(self._engine.update_condition("stimulus-not-delivered", refused, "refused"))
            late = _REPLIES_LATE if self._device.replies_late else None
            self._write(self._engine.update_condition("device-fault", late, "replies"))
            self._device.act(self._engine.actions)

    def _steer(self, messages: list[OperatorCommand]) -> None:
        for message in messages:
            if isinstance(message, SimulatorCommand):
                self._device.steer(message.words)

    def _update_sound(self, blocks: list[Block], messages: list[OperatorCommand]) -> None:
        engine, sound = self._engine, self._sound
        for sound_request in filter(None, map(sound.obey, messages)):
            self._write(engine.enter(Entry("sound", sound_request)))
        stimulation = engine.stimulation
        sound.feed(blocks, awaiting=stimulation is not None and stimulation.pulse_unreported)
        self._write(engine.update_condition("audio-lost", sound.tend(engine.alarms.signals()), disarm=False))

    def _write(self, records: Iterable[TimedRecord]) -> None:
        self._output.write(records)

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
            needle_depth_mm=self._device.needle_depth_mm,
            sound=self._sound.view(),
            journal=self._record.view(failed=not self._engine.journal_ok),
        )
        return self._engine.snapshot(state)


def _sentences(*parts: str | None) -> str:
    """Join those of ``parts`` that are there."""
    return " ".join(part for part in parts if part)
