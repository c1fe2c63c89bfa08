"""Who asks for pulses, within the limits of device, protocol and operator; what cannot be is refused."""

from __future__ import annotations

from drivers.base import Amplifier, DeviceInfo, LimitExceeded, Limits, Stimulator
from drivers.stimulators.external import SeparateStimulator
from guidance.common.errors import UsageError, UserError
from guidance.engine.settings import Mode, Settings
from guidance.signal.pipeline import LEAST_RATE_HZ
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from guidance.stimulation.control import Stimulation
from guidance.stimulation.controller import Controller, ManualDial
from guidance.stimulation.interlock import PulseBounds, highest_step
from guidance.stimulation.pulse_modes import PulseTrain, SinglePulses, TriggeredPulses
from guidance.stimulation.width_probing import probed_widths

_ANY_DEVICE = Limits(1e3, 1e-3, 0.0, 1e3, 1e3)
"""Limits beyond all others: what is refused even so needs no device to be opened."""


def check_stimulus(settings: Settings) -> None:
    """Refuse a stimulus that no device could give. Raises UsageError."""
    if settings.mode is not Mode.LISTEN:
        _bounds(settings, _ANY_DEVICE)


def stimulation_for(amplifier: Amplifier, settings: Settings) -> Stimulation | None:
    """Who asks ``amplifier`` for pulses; None where another maker's stimulator is listened to.

    Raises UserError where the amplifier is not fit for evoked responses, UsageError for a stimulus beyond its limits.
    """
    info = amplifier.info
    if info.sample_rate_hz < LEAST_RATE_HZ:
        raise UserError(
            f"{info.address} samples at {info.sample_rate_hz:g} Hz, too slow for evoked responses, which need at least "
            f"{LEAST_RATE_HZ:g} Hz; it is fit for the size of voluntary activity (biofeedback) alone."
        )
    if not info.scale_known:
        raise UserError(
            f"What {info.address} measures in microvolts is not known; needle-guidance check --device {info.address} "
            "--known-uv UV finds it from a calibration signal, and prints the address to type."
        )
    if settings.mode is Mode.LISTEN:
        return None
    if info.limits is None or not isinstance(amplifier, Stimulator):
        raise UserError(f"{info.address} does not stimulate; use --mode listen with another stimulator.")
    return stimulation_within(settings, info.limits, sets_current=_sets_current(info))


def _sets_current(info: DeviceInfo) -> bool:
    return info.stimulator is None or info.stimulator.sets_current


def check_external_stimulator(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse what a stimulator beside the amplifier cannot do. Raises UsageError."""
    info = stimulator.info
    listens = settings.mode is Mode.LISTEN
    if not info.fires and not listens:
        raise UsageError("A stimulator set by hand is only listened to: add --mode listen.")
    if info.fires and listens:
        raise UsageError(f"{info.address} is triggered by this program: take --mode manual, or --stimulator hand.")
    if info.fires and not info.sets_current and (settings.mode is not Mode.MANUAL or settings.current_ma is None):
        raise UsageError(
            f"{info.address} does not set the current: take --mode manual, and say with --current what its dial shows."
        )
    if not listens:
        _check_first_pulse(settings, stimulator)


def _check_first_pulse(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse a first pulse that cannot be, or from which the controller could never rise. Raises UsageError."""
    bounds, start_ma, width_ms, _ = _bounds(settings, stimulator.limits)
    try:
        stimulator.check(start_ma, width_ms)
    except LimitExceeded as fault:
        raise UsageError(str(fault)) from None
    step_ma = bounds.current_step_ma
    if settings.mode is Mode.AUTO and bounds.stepped(highest_step(start_ma)) < bounds.stepped(start_ma) + step_ma:
        raise UsageError(
            f"{stimulator.info.address} has steps of {step_ma:g} mA: from {start_ma:g} mA one up would be more than "
            "may follow a pulse. Begin higher, with --current."
        )


def stimulation_within(settings: Settings, limits: Limits, *, sets_current: bool = True) -> Stimulation:
    """Who asks a stimulator with ``limits`` for pulses. Raises UsageError for a stimulus beyond them."""
    bounds, start_ma, width_ms, rate_hz = _bounds(settings, limits)
    controller: Controller = ManualDial(start_ma)
    if settings.mode is Mode.AUTO:
        probes = _probe_widths(settings, limits, bounds, width_ms)
        pulse_limits = PulseLimits(start_ma, bounds.highest_ma(width_ms), width_ms, rate_hz, bounds.max_rate_hz, probes)
        controller = ClosedLoopController(pulse_limits, settings.protocol.lower_bound_ma)
    single = SinglePulses if sets_current else TriggeredPulses
    kind = single if limits.single_pulses else PulseTrain
    return kind(controller, bounds, width_ms, rate_hz)


def _probe_widths(settings: Settings, limits: Limits, bounds: PulseBounds, usual_ms: float) -> tuple[float, ...]:
    """The widths to be interleaved, if any. Raises UsageError where the device cannot give them."""
    if not settings.probe_widths:
        return ()
    widths = probed_widths(usual_ms, bounds.min_width_ms, bounds.max_width_ms)
    if not limits.single_pulses:
        raise UsageError("This stimulator gives trains of one width only; leave --probe-widths out.")
    if not widths:
        raise UsageError(
            f"This stimulator gives {bounds.min_width_ms:g} to {bounds.max_width_ms:g} ms, which leaves no width to "
            f"probe with beside {usual_ms:g} ms; leave --probe-widths out."
        )
    return widths


def _bounds(settings: Settings, limits: Limits) -> tuple[PulseBounds, float, float, float]:
    """The limits of all, and the first current, width and rate within them. Raises UsageError for one that is not.

    The current that an option names is taken as it stands; the protocol's gives way to a lower limit.
    """
    protocol = settings.protocol
    if protocol.stimulation == "never":
        raise UsageError(f"The protocol {protocol.id} does not stimulate; leave --mode out, or say --mode listen.")
    bounds = PulseBounds.least(limits, protocol, settings.max_current_ma)
    width_ms = settings.width_ms or protocol.width_ms
    rate_hz = settings.pulse_rate_hz or protocol.rate_hz
    start_ma = settings.current_ma or min(protocol.start_current_ma, bounds.highest_ma(width_ms))
    why = bounds.refusal(start_ma, width_ms, rate_hz)
    if why:
        raise UsageError(f"The stimulus asked for is refused: {why}.")
    return bounds, start_ma, width_ms, rate_hz
