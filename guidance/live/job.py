"""What a live procedure runs with: the device opened, its limits and the protocol's brought together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from drivers import open_device
from drivers.base import Amplifier, DeviceInfo, Limits, Stimulator
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import Mute, Sound
from guidance.controller import Controller, Dial
from guidance.engine import Engine
from guidance.faults import ArgumentFault, Fault
from guidance.interlock import Bounds
from guidance.journal.key import of_file
from guidance.journal.note.case import Case, save_case
from guidance.journal.raw import RawLog
from guidance.journal.record import ProcedureRecord
from guidance.journal.recover import recover
from guidance.journal.store import end_alone, mark_told, new_procedure, newly_unfinished, set_back
from guidance.journal.text import printable
from guidance.live.device import LiveDevice
from guidance.live.session import LiveSession, Outlets
from guidance.navigator import Navigator, Stimulus
from guidance.protocol import Protocol
from guidance.pulses import PulseTrain, SinglePulses
from guidance.settings import Mode, Settings
from guidance.signal.path import LEAST_RATE_HZ
from guidance.stimulation import Stimulation
from guidance.writer import Detached, EventWriter

_ANY_DEVICE = Limits(1e3, 1e-3, 0.0, 1e3, 1e3)
"""Limits beyond all others: what is refused even so needs no device to be opened."""


@dataclass(frozen=True, slots=True)
class Live:
    """What to run, on the device at ``address``; ``sim:SEED`` is a simulated patient. Muted without ``sound``.

    ``case`` is kept apart from the events, encrypted where a ``key_file`` is named.
    """

    settings: Settings
    store: str
    address: str
    events: str | None = None
    duration_s: float | None = None
    sound: SoundSettings | None = None
    raw_log: bool = False
    case: Case | None = None
    key_file: str | None = None

    def open(self) -> LiveSession:
        """The session, its device streaming. Raises Fault and DeviceError."""
        if self.settings.mode is not Mode.LISTEN:
            _bounds(self.settings, _ANY_DEVICE)
        store = Path(self.store)
        notices = [_went_on(folder) for folder in end_alone(store)]
        cut_off = newly_unfinished(store)
        notices += filter(None, [set_back(store, datetime.now().astimezone())])
        with ExitStack() as stack:
            copy = Detached(self.events) if self.events else None
            if copy:
                stack.callback(copy.close)
            amplifier = open_device(self.address)
            raw = RawLog() if self.raw_log else None
            if raw:
                stack.callback(raw.close)
                amplifier.tap(raw.tap)
            stack.callback(amplifier.close)
            stimulation = _stimulation(self.settings, amplifier)
            notices += [_cut_off(folder) for folder in cut_off]
            device = LiveDevice(amplifier, asks=stimulation is not None)
            device.start()
            now = datetime.now().astimezone()
            sound = self._sounded(amplifier.info)
            stack.callback(sound.close)
            folder = new_procedure(store, self.settings.protocol.id, now)
            record = ProcedureRecord(folder, amplifier.info, now, raw)
            writer = EventWriter(record.journal, copy)
            stack.callback(writer.close)
            stack.callback(record.close)
            if self.case:
                save_case(folder, self.case, of_file(Path(self.key_file)) if self.key_file else None)
            engine = Engine(self.settings, amplifier.info, now.isoformat(timespec="seconds"), stimulation)
            for found in cut_off:
                mark_told(found)
            notices += changes_told(self.settings.protocol)
            outlets = Outlets(writer, record, sound)
            return LiveSession(engine, device, outlets, self.duration_s, notices, stack.pop_all())

    def _sounded(self, info: DeviceInfo) -> Sound | Mute:
        if self.sound is None:
            return Mute(self.settings.sounds)
        return Sound(replace(self.sound, mapping=self.settings.sounds), info.sample_rate_hz)


def changes_told(protocol: Protocol) -> list[str]:
    """What the site changed in ``protocol``, a sentence for each author."""
    authors = dict.fromkeys(change.author for change in protocol.changes)
    return [
        f"{protocol.id} as changed by {author}: "
        + "; ".join(f"{c.key} {c.new} instead of {c.old}" for c in protocol.changes if c.author == author)
        + "."
        for author in authors
    ]


def _went_on(folder: Path) -> str:
    return f"The procedure {folder.name} had gone on without its screen; it has been ended, and its record is whole."


def _cut_off(folder: Path) -> str:
    try:
        recovered = recover(folder)
    except Fault as fault:
        return printable(str(fault))
    what = recovered.sentence if recovered else "its record is whole"
    return printable(f"The procedure {folder.name} was cut off: {what}.")


def _stimulation(settings: Settings, amplifier: Amplifier) -> Stimulation | None:
    """Who asks ``amplifier`` for pulses; None where another maker's stimulator is listened to."""
    info = amplifier.info
    if info.sample_rate_hz < LEAST_RATE_HZ:
        raise Fault(
            f"{info.address} samples at {info.sample_rate_hz:g} Hz, too slow for evoked responses, which need at least "
            f"{LEAST_RATE_HZ:g} Hz."
        )
    if settings.mode is Mode.LISTEN:
        return None
    if info.limits is None or not isinstance(amplifier, Stimulator):
        raise Fault(f"{info.address} does not stimulate; use --mode listen with another stimulator.")
    return stimulation_within(settings, info.limits)


def stimulation_within(settings: Settings, limits: Limits) -> Stimulation:
    """Who asks a stimulator with ``limits`` for pulses. Raises ArgumentFault for a stimulus beyond them."""
    bounds, start_ma, width_ms, rate_hz = _bounds(settings, limits)
    controller: Controller = Dial(start_ma)
    if settings.mode is Mode.AUTO:
        stimulus = Stimulus(start_ma, bounds.highest_ma(width_ms), width_ms, rate_hz, bounds.max_rate_hz)
        controller = Navigator(stimulus, settings.protocol.lower_bound_ma)
    kind = SinglePulses if limits.single_pulses else PulseTrain
    return kind(controller, bounds, width_ms, rate_hz)


def _bounds(settings: Settings, limits: Limits) -> tuple[Bounds, float, float, float]:
    """The limits of all, and the first current, width and rate within them. Raises ArgumentFault for one that is not.

    The current that an option names is taken as it stands; the protocol's gives way to a lower limit.
    """
    protocol = settings.protocol
    if protocol.stimulation == "never":
        raise ArgumentFault(f"The protocol {protocol.id} does not stimulate; leave --mode out, or say --mode listen.")
    bounds = Bounds.least(limits, protocol, settings.max_current_ma)
    width_ms = settings.width_ms or protocol.width_ms
    rate_hz = settings.rate_hz or protocol.rate_hz
    start_ma = settings.current_ma or min(protocol.start_current_ma, bounds.highest_ma(width_ms))
    why = bounds.refusal(start_ma, width_ms, rate_hz)
    if why:
        raise ArgumentFault(f"The stimulus asked for is refused: {why}.")
    return bounds, start_ma, width_ms, rate_hz
