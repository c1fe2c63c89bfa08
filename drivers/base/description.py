"""Descriptions of devices: identity, channels, limits, and what discovery found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """One signal of a device: its label, half its input range and the step of its samples, in uV (None: not known).

    The input reaches from ``-range_uv`` to ``range_uv``; a sample at or beyond either is flagged as clipped.
    """

    name: str
    range_uv: float | None = None
    step_uv: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Abilities of a stimulator: currents in mA, widths in ms, rate in pulses a second, single pulses on command."""

    max_current_ma: float
    current_step_ma: float
    min_width_ms: float
    max_width_ms: float
    max_rate_hz: float
    single_pulses: bool = True


@dataclass(frozen=True, slots=True)
class StimulatorInfo:
    """Identity of a stimulator beside the amplifier, on a clock of its own.

    ``sets_current`` is False where the operator sets the current at the stimulator's dial. ``fires`` is False where the
    operator triggers it by hand. ``notes`` are sentences that the operator must know.
    """

    model: str
    serial: str
    address: str
    limits: Limits
    firmware: str = ""
    sets_current: bool = True
    fires: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Identity of an amplifier and what it measures.

    ``limits`` is None where it does not stimulate. ``stimulator`` is the stimulator beside it, if there is one.
    ``scale_known`` is False where nobody stated the uV of one converter step: samples are then in converter steps.
    ``marks_pulses``: the device reports every pulse of the stimulator that it listens to. ``reports_state``: it reports
    by ``Status`` whether its own stimulator is on, at every change and at least once a second. ``notes`` are sentences
    that the operator must know.
    """

    model: str
    serial: str
    address: str
    sample_rate_hz: float
    channels: tuple[Channel, ...]
    firmware: str = ""
    limits: Limits | None = None
    stimulator: StimulatorInfo | None = None
    measures_impedance: bool = False
    has_buttons: bool = False
    scale_known: bool = True
    marks_pulses: bool = False
    reports_state: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """Possible device: its ``address`` for ``open_device``, and what is known of it without opening it.

    ``confidence`` is sure, likely or possible. ``vendor_product`` is the USB id, such as ``2E73:0004``.
    """

    address: str
    description: str
    confidence: str = "possible"
    vendor_product: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """Devices found; ``notes`` are sentences on what could not be searched, or should be left alone."""

    devices: tuple[FoundDevice, ...]
    notes: tuple[str, ...]
