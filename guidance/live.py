"""A live procedure: an amplifier read, the engine stepped, the stimulator asked, the screen served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drivers import open_device
from drivers.base import Amplifier, Block, DeviceError, DeviceLost, LimitExceeded
from drivers.ona import OnaAmplifier
from drivers.simulated import SimulatedDevice
from guidance.controller import Controller, Dial, Staircase
from guidance.desk import Desk
from guidance.engine import Engine
from guidance.events import Made
from guidance.faults import ArgumentFault, Fault, StorageFault
from guidance.interlock import Bounds
from guidance.journal import EVENTS_NAME, new_procedure, unfinished
from guidance.messages import Message, Quit, Steer
from guidance.settings import Mode, Settings
from guidance.signal.path import LEAST_RATE_HZ
from guidance.snapshot import Snapshot
from guidance.stimulation import Fire, Output, Stimulation, Train
from guidance.view import Position, snapshot
from guidance.writer import EventWriter

READ_S = 0.004
RECONNECT_S = 10.0
RETRY_S = 0.25
SOUND_S = 1.0
SCREENLESS_S = 600.0


@dataclass(frozen=True, slots=True)
class Demo:
    """The simulated patient of a demo."""

    seed: int
    sample_rate_hz: int = 10_000
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Live:
    """What to run, on the device at ``address`` or on a simulated patient."""

    settings: Settings
    store: str
    address: str | None = None
    demo: Demo | None = None
    events: str | None = None
    duration_s: float | None = None

    def open(self) -> LiveSession:
        """The session, ready to run. Raises Fault and DeviceError."""
        with ExitStack() as stack:
            simulated = None
            if self.demo:
                demo = self.demo
                simulated = SimulatedDevice(demo.seed, channels=demo.channels, sample_rate_hz=demo.sample_rate_hz)
                stack.callback(simulated.close)
            amplifier = open_device(simulated.address if simulated else self.address or "")
            stack.callback(amplifier.close)
            if amplifier.info.sample_rate_hz < LEAST_RATE_HZ:
                raise Fault(
                    f"{amplifier.info.address} samples at {amplifier.info.sample_rate_hz:g} Hz, too slow for evoked "
                    f"responses, which need at least {LEAST_RATE_HZ:g} Hz."
                )
            stimulation = _stimulation(self.settings, amplifier)
            cut_off = unfinished(Path(self.store))
            now = datetime.now().astimezone()
            folder = new_procedure(Path(self.store), self.settings.protocol.id, now)
            writer = EventWriter(str(folder / EVENTS_NAME), self.events)
            stack.callback(writer.close)
            engine = Engine(self.settings, amplifier.info, now.isoformat(timespec="seconds"), stimulation)
            return LiveSession(self, amplifier, engine, writer, stack.pop_all(), simulated, _notice(cut_off))


def _notice(cut_off: list[Path]) -> str:
    if not cut_off:
        return ""
    return f"The procedure {cut_off[-1].name} was cut off; what it recorded is in {cut_off[-1]}."


def _stimulation(settings: Settings, amplifier: Amplifier) -> Stimulation | None:
    if settings.mode is Mode.LISTEN:
        return None
    limits = amplifier.info.limits
    if limits is None or not isinstance(amplifier, OnaAmplifier):
        raise Fault(f"{amplifier.info.address} does not stimulate; use --mode listen with another stimulator.")
    protocol = settings.protocol
    bounds = Bounds.least(limits, protocol, settings.max_current_ma)
    start_ma = settings.current_ma if settings.current_ma is not None else protocol.start_current_ma
    width_ms = settings.width_ms or protocol.width_ms
    rate_hz = settings.rate_hz or protocol.rate_hz
    if settings.current_ma is None:
        start_ma = min(start_ma, bounds.max_current_ma)
    why = bounds.refusal(start_ma, width_ms, rate_hz)
    if why:
        raise ArgumentFault(f"The stimulus asked for is refused: {why}.")
    controller: Controller = Dial(start_ma)
    if settings.mode is Mode.AUTO:
        controller = Staircase(start_ma, bounds.max_current_ma)
    return Stimulation(controller, bounds, width_ms, rate_hz, single_pulses=limits.single_pulses)


class LiveSession:
    """A procedure under way."""

    def __init__(
        self,
        job: Live,
        amplifier: Amplifier,
        engine: Engine,
        writer: EventWriter,
        stack: ExitStack,
        simulated: SimulatedDevice | None,
        notice: str,
    ) -> None:
        """Own all of these; ``stack`` closes them."""
        self._job, self._amplifier, self._engine, self._writer = job, amplifier, engine, writer
        self._stack, self._simulated, self._notice = stack, simulated, notice
        self._lost_at: float | None = None
        self._retry_at = 0.0
        self._sound_since: float | None = None
        self._screen_gone_at: float | None = None
        self._amiss: str | None = None
        self._ended: str | None = None

    def run(self, desk: Desk, stopping: Callable[[], bool]) -> str | None:
        """Run to its end; the stimulator is off and the journal closed whatever happens."""
        with self._stack:
            self._write([self._engine.begin()])
            self._amplifier.start()
            self._act([Output(on=False)])
            reason = None
            while reason is None:
                reason = self._turn(desk, stopping)
            self._write(self._engine.end(reason))
            self._act(self._engine.actions)
            self._ended = reason
            desk.show(self._draw, at_once=True)
        if reason == "device-lost":
            raise DeviceLost(self._amiss or "The amplifier was lost.")
        return self._amiss

    def _turn(self, desk: Desk, stopping: Callable[[], bool]) -> str | None:
        """One round of the loop; the reason to end, or None."""
        blocks = self._read()
        messages = desk.messages()
        now_ns = time.monotonic_ns()
        self._write(self._engine.step(blocks, now_ns, messages))
        self._steer(messages)
        if self._engine.settings.headless:
            self._arm_when_sound(now_ns)
        self._act(self._engine.actions)
        desk.show(self._draw)
        if stopping() or any(isinstance(message, Quit) for message in messages):
            return "operator"
        if self._job.duration_s is not None and self._engine.t >= self._job.duration_s:
            return "duration"
        if desk.gone and self._without_screen():
            return "error"
        lost = self._lost_at is not None and time.monotonic() - self._lost_at > RECONNECT_S
        return "device-lost" if lost and (self._engine.settings.headless or desk.gone) else None

    def _without_screen(self) -> bool:
        """Note that the screen is gone; whether it has been for too long."""
        now = time.monotonic()
        if self._screen_gone_at is None:
            self._screen_gone_at = now
            self._engine.watch.screen_seen_ns = 0
        self._amiss = f"The screen was gone for {SCREENLESS_S:g} s; the procedure was ended."
        return now - self._screen_gone_at > SCREENLESS_S

    def _read(self) -> list[Block]:
        if self._lost_at is not None:
            self._reconnect()
            return []
        try:
            return self._amplifier.read(READ_S)
        except DeviceLost as fault:
            self._lost_at, self._amiss = time.monotonic(), str(fault)
            self._write(self._engine.trouble("device-lost", str(fault)))
            return []

    def _reconnect(self) -> None:
        time.sleep(READ_S)
        if time.monotonic() < self._retry_at or not isinstance(self._amplifier, OnaAmplifier):
            return
        try:
            self._amplifier.reopen()
        except DeviceError as fault:
            self._amiss = str(fault)
            self._retry_at = time.monotonic() + RETRY_S
            return
        self._lost_at = self._sound_since = self._amiss = None
        self._write(self._engine.trouble("device-lost", None))

    def _arm_when_sound(self, now_ns: int) -> None:
        """Nobody is there to arm: do it once the device streams and its signal has been sound for a second."""
        engine = self._engine
        stimulation = engine.stimulation
        if stimulation is None or stimulation.armed or stimulation.suspect:
            return
        sound = self._lost_at is None and bool(engine.tally.quality) and engine.watch.sound(now_ns)
        if not sound:
            self._sound_since = None
        elif self._sound_since is None:
            self._sound_since = engine.t
        elif engine.t - self._sound_since >= SOUND_S:
            self._write(engine.arm("controller", now_ns))
            self._sound_since = None

    def _act(self, actions: list[Output | Fire | Train]) -> None:
        """Carry out what the engine asked of the stimulator; what is refused disarms it."""
        amplifier = self._amplifier
        if not isinstance(amplifier, OnaAmplifier) or self._engine.stimulation is None or self._lost_at is not None:
            return
        try:
            for action in actions:
                if isinstance(action, Output):
                    amplifier.enable(action.on)
                elif isinstance(action, Fire):
                    amplifier.pulse_once(action.current_ma, action.width_ms)
                else:
                    amplifier.set_pulses(action.current_ma, action.width_ms, action.rate_hz)
            errors = [outcome.error for outcome in amplifier.take_outcomes() if outcome.error]
        except DeviceLost:
            return  # the next read says so too, after what had arrived before
        except (DeviceError, LimitExceeded) as fault:
            errors = [fault]
        if errors and self._engine.stimulation.armed:
            self._write(self._engine.trouble("stimulus-not-delivered", str(errors[0])))
            amplifier.enable(on=False)

    def _steer(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Steer) and self._simulated:
                self._simulated.command(message.words)

    def _write(self, records: Iterator[Made] | list[Made]) -> None:
        for made in records:
            try:
                self._writer.write(made)
            except StorageFault as fault:
                self._amiss = str(fault)
                self._engine.watch.storage_ok = False
                self._write(self._engine.trouble("storage", str(fault)))

    def _draw(self) -> Snapshot:
        info = self._engine.info
        source = f"{info.model} {info.serial}".strip()
        simulated = "SIMULATED PATIENT. " if self._simulated else ""
        position = Position(
            source=source,
            duration_s=self._job.duration_s,
            speed=1.0,
            ended=self._ended,
            notice=simulated + self._notice,
            connected=self._lost_at is None,
        )
        return snapshot(self._engine, position)
