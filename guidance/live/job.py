"""What a live procedure runs with: the device opened, its limits and the protocol's brought together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from drivers import open_device, open_stimulator
from drivers.base import Amplifier, DeviceInfo, LimitExceeded, Limits, Simulation, Stimulator
from drivers.beside import SeparateStimulator
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import Mute, Sound
from guidance.controller import Controller, Dial
from guidance.engine import Engine
from guidance.faults import ArgumentFault, Fault
from guidance.interlock import Bounds, highest_step
from guidance.journal.key import of_file
from guidance.journal.note.case import Case, save_case
from guidance.journal.raw import RawLog
from guidance.live.lsl import LslOutlets
from guidance.live.opening import Opening
from guidance.live.paired import Paired
from guidance.live.session import LiveSession
from guidance.navigator import Navigator, Stimulus
from guidance.probing import probed_widths
from guidance.pulses import PulseTrain, SinglePulses, TriggeredPulses
from guidance.settings import Mode, Settings
from guidance.signal.path import LEAST_RATE_HZ
from guidance.stimulation import Stimulation

_ANY_DEVICE = Limits(1e3, 1e-3, 0.0, 1e3, 1e3)
"""Limits beyond all others: what is refused even so needs no device to be opened."""


@dataclass(frozen=True, slots=True)
class Live:
    """What to run, on the device at ``address``; ``sim:SEED`` is a simulated patient. Muted without ``sound``.

    ``case`` is kept apart from the events, encrypted where a ``key_file`` is named. ``stimulator`` is the address of
    one beside the amplifier; ``lsl_out`` streams all of it to LSL.
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
    stimulator: str | None = None
    lsl_out: bool = False

    def open(self) -> LiveSession:
        """The session, its device streaming. Raises Fault and DeviceError."""
        if self.settings.mode is not Mode.LISTEN:
            _bounds(self.settings, _ANY_DEVICE)
        with Opening(self.store, self.events) as opening:
            raw = RawLog() if self.raw_log else None
            if raw:
                opening.stack.callback(raw.close)
            amplifier = self._opened(opening.stack)
            if raw:
                amplifier.tap(raw.tap)
            info = amplifier.info
            _check_marker(self.settings, info)
            stimulation = _stimulation(self.settings, amplifier)
            lsl = LslOutlets(info) if self.lsl_out else None
            device = opening.streaming(amplifier, asks=stimulation is not None, lsl=lsl)
            outlets = opening.outlets(self.settings.protocol, info, self._sounded(info), raw, lsl)
            self._keep_case(outlets.record.folder)
            engine = Engine(self.settings, info, opening.wall_time, stimulation)
            notices = opening.notices(self.settings.protocol)
            notices += info.stimulator.notes if info.stimulator else ()
            return LiveSession(engine, device, outlets, self.duration_s, notices, opening.stack.pop_all())

    def _keep_case(self, folder: Path) -> None:
        if self.case:
            save_case(folder, self.case, of_file(Path(self.key_file)) if self.key_file else None)

    def _sounded(self, info: DeviceInfo) -> Sound | Mute:
        if self.sound is None:
            return Mute(self.settings.sounds)
        return Sound(replace(self.sound, mapping=self.settings.sounds), info.sample_rate_hz)

    def _opened(self, stack: ExitStack) -> Amplifier:
        """The amplifier, with the stimulator beside it if there is one; ``stack`` closes them."""
        amplifier = open_device(self.address)
        stack.callback(amplifier.close)
        if self.stimulator is None:
            return amplifier
        stimulator = open_stimulator(self.stimulator)
        stack.callback(stimulator.close)
        if isinstance(amplifier, Simulation) and stimulator.info.fires:
            raise ArgumentFault(f"{self.address} is a simulated patient, which {self.stimulator} does not reach.")
        _check_beside(self.settings, stimulator)
        return Paired(amplifier, stimulator)


def _stimulation(settings: Settings, amplifier: Amplifier) -> Stimulation | None:
    """Who asks ``amplifier`` for pulses; None where another maker's stimulator is listened to."""
    info = amplifier.info
    if info.sample_rate_hz < LEAST_RATE_HZ:
        raise Fault(
            f"{info.address} samples at {info.sample_rate_hz:g} Hz, too slow for evoked responses, which need at least "
            f"{LEAST_RATE_HZ:g} Hz; it is fit for the size of voluntary activity (biofeedback) alone."
        )
    if not info.scale_known:
        raise Fault(
            f"What {info.address} measures in microvolts is not known; needle-guidance check --device {info.address} "
            "--known-uv UV finds it from a calibration signal, and prints the address to type."
        )
    if settings.mode is Mode.LISTEN:
        return None
    if info.limits is None or not isinstance(amplifier, Stimulator):
        raise Fault(f"{info.address} does not stimulate; use --mode listen with another stimulator.")
    return stimulation_within(settings, info.limits, sets_current=_sets_current(info))


def _sets_current(info: DeviceInfo) -> bool:
    return info.stimulator is None or info.stimulator.sets_current


def _check_beside(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse what a stimulator beside the amplifier cannot do. Raises ArgumentFault."""
    info = stimulator.info
    listens = settings.mode is Mode.LISTEN
    if not info.fires and not listens:
        raise ArgumentFault("A stimulator set by hand is only listened to: add --mode listen.")
    if info.fires and listens:
        raise ArgumentFault(f"{info.address} is triggered by this program: take --mode manual, or --stimulator hand.")
    if info.fires and not info.sets_current and (settings.mode is not Mode.MANUAL or settings.current_ma is None):
        raise ArgumentFault(
            f"{info.address} does not set the current: take --mode manual, and say with --current what its dial shows."
        )
    if not listens:
        _check_first_pulse(settings, stimulator)


def _check_first_pulse(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse a first pulse that cannot be, or from which the controller could never rise. Raises ArgumentFault."""
    bounds, start_ma, width_ms, _ = _bounds(settings, stimulator.limits)
    try:
        stimulator.check(start_ma, width_ms)
    except LimitExceeded as fault:
        raise ArgumentFault(str(fault)) from None
    step_ma = bounds.current_step_ma
    if settings.mode is Mode.AUTO and bounds.stepped(highest_step(start_ma)) < bounds.stepped(start_ma) + step_ma:
        raise ArgumentFault(
            f"{stimulator.info.address} has steps of {step_ma:g} mA: from {start_ma:g} mA one up would be more than "
            "may follow a pulse. Begin higher, with --current."
        )


def _check_marker(settings: Settings, info: DeviceInfo) -> None:
    """Refuse a marker channel that is not there, or that is the muscle's. Raises ArgumentFault."""
    names = [channel.name for channel in info.channels]
    if settings.marker is not None and settings.marker not in names[1:]:
        others = ", ".join(names[1:]) or "none"
        raise ArgumentFault(
            f"--marker {settings.marker}: the amplifier's channels beside the first, the muscle's, are {others}."
        )


def stimulation_within(settings: Settings, limits: Limits, *, sets_current: bool = True) -> Stimulation:
    """Who asks a stimulator with ``limits`` for pulses. Raises ArgumentFault for a stimulus beyond them."""
    bounds, start_ma, width_ms, rate_hz = _bounds(settings, limits)
    controller: Controller = Dial(start_ma)
    if settings.mode is Mode.AUTO:
        probes = _probe_widths(settings, limits, bounds, width_ms)
        stimulus = Stimulus(start_ma, bounds.highest_ma(width_ms), width_ms, rate_hz, bounds.max_rate_hz, probes)
        controller = Navigator(stimulus, settings.protocol.lower_bound_ma)
    single = SinglePulses if sets_current else TriggeredPulses
    kind = single if limits.single_pulses else PulseTrain
    return kind(controller, bounds, width_ms, rate_hz)


def _probe_widths(settings: Settings, limits: Limits, bounds: Bounds, usual_ms: float) -> tuple[float, ...]:
    """The widths to be interleaved, if any. Raises ArgumentFault where the device cannot give them."""
    if not settings.probe_widths:
        return ()
    widths = probed_widths(usual_ms, bounds.min_width_ms, bounds.max_width_ms)
    if not limits.single_pulses:
        raise ArgumentFault("This stimulator gives trains of one width only; leave --probe-widths out.")
    if not widths:
        raise ArgumentFault(
            f"This stimulator gives {bounds.min_width_ms:g} to {bounds.max_width_ms:g} ms, which leaves no width to "
            f"probe with beside {usual_ms:g} ms; leave --probe-widths out."
        )
    return widths


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
