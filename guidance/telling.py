"""Records of the event stream, out of what the signal path found."""

from __future__ import annotations

from dataclasses import asdict

from drivers.base import DeviceInfo, Outcome, Pulse
from guidance import __version__
from guidance.events import VERSION, Response, Signal, Start, Stimulus
from guidance.judge import judge
from guidance.protocol import Protocol
from guidance.proximity.evidence import Heard
from guidance.settings import Settings
from guidance.signal.align import Alignment
from guidance.signal.path import Answer, Second
from guidance.stimulation import Asked


def start_of(info: DeviceInfo, settings: Settings, wall_time: str) -> Start:
    """The record that opens the stream of a procedure on ``info``, begun at ``wall_time`` (RFC 3339)."""
    device = {
        "model": info.model,
        "serial": info.serial,
        "address": info.address,
        "sample_rate_hz": info.sample_rate_hz,
        "channels": [channel.name for channel in info.channels],
    }
    beside = info.stimulator
    if beside:
        device["stimulator"] = {"model": beside.model, "serial": beside.serial, "address": beside.address}
    protocol = settings.protocol
    changes = tuple(asdict(change) for change in protocol.changes)
    told = (changes, protocol.unsourced, protocol.assumed, settings.told)
    program = f"needle-guidance {__version__}"
    return Start(VERSION, program, protocol.id, device, wall_time, settings.mode.value, *told)


def channel_named(label: str | None, info: DeviceInfo) -> int | None:
    """Number of the channel that ``label`` names; None for none. Raises ValueError where there is no such channel."""
    return None if label is None else [channel.name for channel in info.channels].index(label)


def unconfirmed(asked: Asked, rate_hz: float) -> Pulse:
    """The stimulus that nothing is known of but that it was ``asked`` for, and when."""
    return Pulse(
        sample=round(asked.t * rate_hz),
        requested_ma=asked.current_ma,
        width_ms=asked.width_ms,
        outcome=Outcome.UNCONFIRMED,
    )


def stimulus_of(pulse: Pulse, alignment: Alignment | None = None) -> Stimulus:
    """The record of ``pulse``, and of how it was found."""
    return Stimulus(
        sample=pulse.sample,
        current_ma=pulse.current_ma,
        requested_ma=pulse.requested_ma,
        width_ms=pulse.width_ms,
        impedance_kohm=pulse.impedance_kohm,
        source=pulse.source,
        outcome=pulse.outcome.value,
        offset_ms=alignment.offset_ms if alignment else None,
        drift_ppm=alignment.drift_ppm if alignment else None,
    )


def response_of(answer: Answer, channel: str, protocol: Protocol) -> Response:
    """The record of ``answer`` of the channel so named; that of the main channel is judged by ``protocol``."""
    evoked, late = answer.evoked, answer.evoked.late
    latency_ms = late.latency_ms if late and evoked.latency_ms is None else evoked.latency_ms
    judgement = None if answer.channel else judge(latency_ms, protocol)
    return Response(
        sample=answer.pulse.sample,
        channel=channel,
        detected=evoked.detected,
        p_value=evoked.p_value,
        amplitude_uv=evoked.amplitude_uv,
        latency_ms=evoked.latency_ms,
        contaminated=evoked.contaminated,
        amplitude_sd_uv=evoked.amplitude_sd_uv,
        why=evoked.why,
        judged=judgement.kind.value if judgement else None,
        note=judgement.text if judgement else None,
        late_detected=late.detected if late else None,
        late_p_value=late.p_value if late else None,
        late_amplitude_uv=late.amplitude_uv if late else None,
        late_latency_ms=late.latency_ms if late else None,
        doubt=evoked.doubt.value if evoked.doubt else None,
    )


def signal_of(second: Second, lead_off: tuple[bool, ...], lost_samples: int, bad_frames: int) -> Signal:
    """The record of one ``second`` of signal; a channel that ``lead_off`` does not reach has no detector of that."""
    channels = [
        {
            "rms_uv": quality.rms_uv,
            "mains_uv": quality.mains_uv,
            "clipped_fraction": quality.clipped_fraction,
            "lead_off": lead_off[i] if i < len(lead_off) else None,
        }
        for i, quality in enumerate(second.channels)
    ]
    return Signal(channels, lost_samples, bad_frames)


def heard_of(answer: Answer, t: float) -> Heard:
    """What the estimate takes of an ``answer`` known at device time ``t``."""
    pulse, evoked = answer.pulse, answer.evoked
    return Heard(
        sample=pulse.sample,
        t=t,
        current_ma=pulse.current_ma if pulse.outcome is Outcome.DELIVERED else None,
        width_ms=pulse.width_ms,
        detected=evoked.detected,
        amplitude_uv=evoked.amplitude_uv,
        contaminated=evoked.contaminated,
        amplitude_sd_uv=evoked.amplitude_sd_uv,
        p_value=evoked.p_value,
    )
