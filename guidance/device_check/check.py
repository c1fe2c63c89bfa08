"""The check of whether a device is fit for use: it is opened and read for some seconds, and never stimulates."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from statistics import median

import drivers
from drivers.base import Amplifier, Block, Calibrated, DeviceInfo, Discovery, Limits, Status
from drivers.recording import Recording
from guidance.common.errors import UsageError, UserError
from guidance.device_check.clock import ClockDrift, drift
from guidance.device_check.front_end import FrontEndFinding
from guidance.device_check.level import CalibrationLevel
from guidance.device_check.pulse_collector import PulseCollector
from guidance.signal.pipeline import QualitySecond, SignalPipeline
from guidance.signal.sweep.monitor import ChannelQuality

_READ_S = 0.05
_PROBE_EVERY_S = 0.1
_WINDOW_MS = (2.0, 25.0)


@dataclass(frozen=True, slots=True)
class ChannelCheck:
    """One channel: RMS above 20 Hz and peak mains amplitude in uV, share of clipped samples; None where not known."""

    name: str
    rms_uv: float | None
    mains_uv: float | None
    clipped_fraction: float | None
    lead_off: bool | None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Time in ms from a command to its reply, of ``count`` commands."""

    count: int
    median_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Findings about a device in ``seconds``; None where it does not report them.

    ``address_to_type`` is the device's address with the scale that a calibration signal showed.
    """

    address: str
    model: str
    serial: str
    firmware: str
    seconds: float
    nominal_rate_hz: float
    measured_rate_hz: float | None
    drift: ClockDrift | None
    channels: tuple[ChannelCheck, ...]
    samples: int
    lost_samples: int
    bad_frames: int
    impedance_kohm: float | None
    battery_percent: int | None
    fault: str | None
    limits: Limits | None
    round_trip: RoundTrip | None
    scale_known: bool = True
    address_to_type: str | None = None
    front_end: FrontEndFinding | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Received:
    """What has been received so far."""

    level: CalibrationLevel
    pulses: PulseCollector
    quality: list[tuple[ChannelQuality, ...]] = field(default_factory=list)
    status: list[Status] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    arrived_ns: list[int] = field(default_factory=list)
    trips_s: list[float] = field(default_factory=list)
    samples: int = 0
    lost_samples: int = 0
    bad_frames: int = 0

    def take(self, block: Block, pipeline: SignalPipeline) -> None:
        self.quality += [found.channels for found in pipeline.feed(block) if isinstance(found, QualitySecond)]
        self.pulses.take(block)
        self.status += block.status
        self.samples += len(block.samples)
        self.lost_samples += block.lost_before
        self.bad_frames += block.bad_frames
        if len(block.samples):
            self.level.take(block.samples)
            self.ends.append(block.end_sample)
            self.arrived_ns.append(block.arrived_ns)


def find_devices(*, probe: bool) -> Discovery:
    """List the devices of this machine, none opened; ``probe`` also queries ports that opening does not reset."""
    return drivers.discover(probe=probe)


def check_device(address: str, seconds: float, known_uv: float | None = None) -> CheckResult:
    """Read the device at ``address`` for ``seconds``.

    ``known_uv`` is the peak-to-peak size of a calibration signal now at its first input; the result then holds the
    address with the scale that follows. Raises DeviceError, UsageError where the device knows its own scale, and
    UserError where no signal arrived.
    """
    with closing(drivers.open_device(address)) as amplifier:
        if known_uv is not None and not isinstance(amplifier, Calibrated):
            raise UsageError(f"{address} knows its own scale in microvolts; leave --known-uv out.")
        received = _listen(amplifier, seconds)
        if isinstance(amplifier, Recording):  # it is read as fast as the disk gives it: it has no clock
            received.ends, received.arrived_ns = [], []
        result = _result(amplifier.info, seconds, received)
        if known_uv is None or not isinstance(amplifier, Calibrated):
            return result
        size = received.level.peak_to_peak
        if not size:
            raise UserError(f"No signal arrived from {address}: switch the calibration signal on, then check again.")
        return replace(result, address_to_type=amplifier.rescaled(known_uv / size))


def _listen(amplifier: Amplifier, seconds: float) -> _Received:
    """Start the device and read it for ``seconds``; all that takes time is made before, so that no samples wait."""
    received = _Received(CalibrationLevel(amplifier.info.sample_rate_hz), PulseCollector(amplifier.info))
    pipeline = SignalPipeline(amplifier.info, _WINDOW_MS, None, listen=False)
    amplifier.start()
    begun = probed = time.monotonic()
    while (now := time.monotonic()) - begun < seconds:
        blocks = amplifier.read(_READ_S)
        for block in blocks:
            received.take(block, pipeline)
        if not blocks and isinstance(amplifier, Recording):
            break
        if now - probed >= _PROBE_EVERY_S:
            probed = now
            trip_s = amplifier.probe()
            received.trips_s += [] if trip_s is None else [trip_s]
    return received


def _result(info: DeviceInfo, seconds: float, received: _Received) -> CheckResult:
    clock = drift(received.ends, received.arrived_ns, info.sample_rate_hz)
    last = received.status[-1] if received.status else None
    first_fault = next((status.fault for status in received.status if status.fault != "none"), None)
    return CheckResult(
        address=info.address,
        model=info.model,
        serial=info.serial,
        firmware=info.firmware,
        seconds=seconds,
        nominal_rate_hz=info.sample_rate_hz,
        measured_rate_hz=None if clock is None else info.sample_rate_hz * (1 + clock.ppm * 1e-6),
        drift=clock,
        channels=tuple(_channel(i, info, received, last) for i in range(len(info.channels))),
        samples=received.samples,
        lost_samples=received.lost_samples,
        bad_frames=received.bad_frames,
        impedance_kohm=last.impedance_kohm if last else None,
        battery_percent=last.battery_percent if last else None,
        fault=first_fault,
        limits=info.limits,
        round_trip=_round_trip(received.trips_s),
        scale_known=info.scale_known,
        notes=info.notes,
        front_end=received.pulses.finding(),
    )


def _channel(number: int, info: DeviceInfo, received: _Received, last: Status | None) -> ChannelCheck:
    """Summarise a channel by its median second; the first, in which filters settle, counts only if it is alone."""
    seconds = [quality[number] for quality in received.quality[1:] or received.quality]
    return ChannelCheck(
        name=info.channels[number].name,
        rms_uv=_typical([second.rms_uv for second in seconds]) if info.scale_known else None,
        mains_uv=_typical([second.mains_uv for second in seconds]) if info.scale_known else None,
        clipped_fraction=_typical([second.clipped_fraction for second in seconds]),
        lead_off=last.lead_off[number] if last and number < len(last.lead_off) else None,
    )


def _typical(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _round_trip(trips_s: list[float]) -> RoundTrip | None:
    return RoundTrip(len(trips_s), median(trips_s) * 1e3, max(trips_s) * 1e3) if trips_s else None
