"""Records of the event stream, made from what the signal pipeline found."""

from __future__ import annotations

from dataclasses import asdict

from drivers.base import DeviceInfo, Outcome, Pulse
from guidance import __version__
from guidance.contracts.events import VERSION, Response, Signal, Start, Stimulus
from guidance.contracts.origin import Origin
from guidance.engine.settings import Settings
from guidance.protocol import Protocol
from guidance.signal.pipeline import ChannelResponse, QualitySecond
from guidance.signal.response.latency import classify_latency
from guidance.signal.sweep.pulse_alignment import Alignment
from guidance.stimulation.actions import PendingPulse


def start_of(info: DeviceInfo, settings: Settings, wall_time: str, origin: Origin) -> Start:
    """Return the record that opens the stream of a procedure on ``info``, of ``origin``, begun at ``wall_time`` (RFC
    3339).
    """
    device = {
        "model": info.model,
        "serial": info.serial,
        "address": info.address,
        "sample_rate_hz": info.sample_rate_hz,
        "channels": [channel.name for channel in info.channels],
    }
    external = info.stimulator
    if external:
        device["stimulator"] = {"model": external.model, "serial": external.serial, "address": external.address}
    protocol = settings.protocol
    changes = tuple(asdict(change) for change in protocol.changes)
    recorded = (changes, protocol.unsourced, protocol.assumed, settings.recorded, origin.live, origin.simulated)
    program = f"needle-guidance {__version__}"
    return Start(VERSION, program, protocol.id, device, wall_time, settings.mode.value, *recorded)


def channel_named(label: str | None, info: DeviceInfo) -> int | None:
    """Return the number of the channel that ``label`` names; None for None. Raises ValueError if there is no such
    channel.
    """
    return None if label is None else [channel.name for channel in info.channels].index(label)


def unconfirmed_stimulus(pending: PendingPulse, sample_rate_hz: float) -> Stimulus:
    """Return the record of a pulse of which only the request ``pending`` is known."""
    pulse = Pulse(
        sample=round(pending.t * sample_rate_hz),
        requested_ma=pending.current_ma,
        width_ms=pending.width_ms,
        outcome=Outcome.UNCONFIRMED,
    )
    return stimulus_of(pulse)


def stimulus_of(pulse: Pulse, alignment: Alignment | None = None) -> Stimulus:
    """Return the record of ``pulse``, with the clock offset and drift by which ``alignment`` found it."""
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
        unrequested=pulse.unrequested,
    )


def response_of(measured: ChannelResponse, channel: str, protocol: Protocol) -> Response:
    """Return the record of what was ``measured`` on ``channel``; ``protocol`` classifies the main channel's latency."""
    evoked, late = measured.evoked, measured.evoked.late
    latency_ms = late.latency_ms if late and evoked.latency_ms is None else evoked.latency_ms
    judgement = None if measured.channel else classify_latency(latency_ms, protocol)
    return Response(
        sample=measured.pulse.sample,
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
        significant=evoked.significant,
    )


def signal_of(second: QualitySecond, lead_off: tuple[bool, ...], lost_samples: int, bad_frames: int) -> Signal:
    """Return the record of one ``second`` of signal; ``lead_off`` is None for a channel without electrode detection."""
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
