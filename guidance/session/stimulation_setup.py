"""The set-up of stimulation, within the limits of device, protocol and operator; what exceeds them is refused."""

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
"""Limits wider than any device's (mA, mA, ms, ms, Hz): a stimulus beyond these is refused before a device opens."""


def check_stimulus(settings: Settings) -> None:
    """Refuse a stimulus that no device could deliver. Raises UsageError."""
    if settings.mode is not Mode.LISTEN:
        _bounds(settings, _ANY_DEVICE)


def stimulation_for(amplifier: Amplifier, settings: Settings) -> Stimulation | None:
    """Set up the stimulation by ``amplifier``; None in listen mode.

    Raises UserError where the amplifier is not fit for evoked responses, UsageError for a stimulus beyond its limits.
    """
    info = amplifier.info
    if info.sample_rate_hz < LEAST_RATE_HZ:
        raise UserError(
            f"{info.address} samples at {info.sample_rate_hz:g} Hz, too slow for evoked responses, which need at least "
            f"{LEAST_RATE_HZ:g} Hz; it can only measure the size of voluntary activity (biofeedback)."
        )
    if not info.scale_known:
        raise UserError(
            f"The scale of {info.address} in microvolts is not known; needle-guidance check --device {info.address} "
            "--known-uv UV measures it with a calibration signal, and prints the address to use."
        )
    if settings.mode is Mode.LISTEN:
        return None
    if info.limits is None or not isinstance(amplifier, Stimulator):
        raise UserError(f"{info.address} does not stimulate; use --mode listen with another stimulator.")
    return stimulation_within(settings, info.limits, sets_current=_sets_current(info))


def _sets_current(info: DeviceInfo) -> bool:
    return info.stimulator is None or info.stimulator.sets_current


def check_external_stimulator(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse what an external stimulator cannot do. Raises UsageError."""
    info = stimulator.info
    listens = settings.mode is Mode.LISTEN
    if not info.fires and not listens:
        raise UsageError("A manual stimulator can only be listened to: add --mode listen.")
    if info.fires and listens:
        raise UsageError(f"{info.address} is triggered by this program: use --mode manual, or --stimulator hand.")
    if info.fires and not info.sets_current and (settings.mode is not Mode.MANUAL or settings.current_ma is None):
        raise UsageError(
            f"{info.address} does not set the current: use --mode manual, and give its set current with --current."
        )
    if not listens:
        _check_first_pulse(settings, stimulator)


def _check_first_pulse(settings: Settings, stimulator: SeparateStimulator) -> None:
    """Refuse a first pulse that is out of range, or from which the controller could never rise. Raises UsageError."""
    bounds, start_ma, width_ms, _ = _bounds(settings, stimulator.limits)
    try:
        stimulator.check(start_ma, width_ms)
    except LimitExceeded as fault:
        raise UsageError(str(fault)) from None
    step_ma = bounds.current_step_ma
    if settings.mode is Mode.AUTO and bounds.stepped(highest_step(start_ma)) < bounds.stepped(start_ma) + step_ma:
        raise UsageError(
            f"{stimulator.info.address} has steps of {step_ma:g} mA: one step up from {start_ma:g} mA is more than the "
            "interlock allows after a pulse. Begin higher, with --current."
        )


def stimulation_within(settings: Settings, limits: Limits, *, sets_current: bool = True) -> Stimulation:
    """Set up the stimulation by a stimulator with ``limits``. Raises UsageError for a stimulus beyond them."""
    bounds, start_ma, width_ms, pulse_rate_hz = _bounds(settings, limits)
    controller: Controller = ManualDial(start_ma)
    if settings.mode is Mode.AUTO:
        probes = _probe_widths(settings, limits, bounds, width_ms)
        pulse_limits = PulseLimits(
            start_ma, bounds.highest_ma(width_ms), width_ms, pulse_rate_hz, bounds.max_rate_hz, probes,
            asks=not settings.headless,
        )  # fmt: skip
        controller = ClosedLoopController(pulse_limits, settings.protocol.lower_bound_ma)
    single = SinglePulses if sets_current else TriggeredPulses
    kind = single if limits.single_pulses else PulseTrain
    return kind(controller, bounds, width_ms, pulse_rate_hz)


def _probe_widths(settings: Settings, limits: Limits, bounds: PulseBounds, usual_ms: float) -> tuple[float, ...]:
    """Return the widths to interleave, if any. Raises UsageError where the device cannot deliver them."""
    if not settings.probe_widths:
        return ()
    widths = probed_widths(usual_ms, bounds.min_width_ms, bounds.max_width_ms)
    if not limits.single_pulses:
        raise UsageError("This stimulator delivers trains of one width only; leave --probe-widths out.")
    if not widths:
        raise UsageError(
            f"This stimulator delivers {bounds.min_width_ms:g} to {bounds.max_width_ms:g} ms, which leaves no width to "
            f"probe with beside {usual_ms:g} ms; leave --probe-widths out."
        )
    return widths


def _bounds(settings: Settings, limits: Limits) -> tuple[PulseBounds, float, float, float]:
    """Return the least of all limits, and the first current (mA), pulse width (ms) and pulse rate (Hz) within them.

    A current from an option is used as given; the protocol's is lowered to the limit. Raises UsageError for a value
    beyond the limits.
    """
    protocol = settings.protocol
    if protocol.stimulation == "never":
        raise UsageError(f"The protocol {protocol.id} does not stimulate; leave --mode out, or use --mode listen.")
    bounds = PulseBounds.least(limits, protocol, settings.max_current_ma)
    width_ms = settings.width_ms or protocol.width_ms
    pulse_rate_hz = settings.pulse_rate_hz or protocol.rate_hz
    start_ma = settings.current_ma or min(protocol.start_current_ma, bounds.highest_ma(width_ms))
    why = bounds.refusal(start_ma, width_ms, pulse_rate_hz)
    if why:
        raise UsageError(f"The requested stimulus is refused: {why}.")
    return bounds, start_ma, width_ms, pulse_rate_hz
