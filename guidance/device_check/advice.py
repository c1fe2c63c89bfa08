"""What a check found, in words: the report line by line, and what is to be mended."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from guidance.alarms.health import fault_text
from guidance.audio.sound_check import SoundCheck
from guidance.contracts.signal_fitness import Unfit, is_high, signal_faults
from guidance.device_check.check import ChannelCheck, CheckResult
from guidance.signal.pipeline import LEAST_RATE_HZ

DRIFT_PPM = 200.0
BATTERY_PERCENT = 20
ROUND_TRIP_MS = 50.0
_HEARD = {
    "heard": "and heard",
    "not heard": "and not heard: listen for yourself, the microphone may be off",
    "nothing to hear with": "there is nothing to hear it with: listen for yourself",
}


def to_mend(found: CheckResult) -> list[str]:
    """Sentences that say what is wrong and what to do; none where all is well."""
    return [
        *_line_faults(found),
        *_device_faults(found),
        *(text for c in found.channels for text in _channel_faults(c)),
    ]


def report(found: CheckResult) -> list[str]:
    """The findings as lines for an operator, without what is to be mended."""
    signal = f"{found.samples} samples in {found.seconds:g} s, {found.lost_samples} lost"
    return [
        f"{found.model} {found.serial}, firmware {found.firmware or 'not told'}, at {found.address}",
        f"  rate        {found.nominal_rate_hz:g} Hz{_clock(found)}",
        *(_channel(channel) for channel in found.channels),
        f"  impedance   {_known(found.impedance_kohm, 'kOhm')}",
        f"  battery     {_known(found.battery_percent, '%')}",
        f"  signal      {signal}, {found.bad_frames} damaged frames",
        f"  commands    {_commands(found)}",
        f"  stimulator  {_stimulator(found)}",
        *([f"Calibrated: --device {shlex.quote(found.address_to_type)}"] if found.address_to_type else []),
    ]


def sound_report(found: SoundCheck) -> list[str]:
    """How the sound was, as a line."""
    if found.state == "lost":
        return ["  sound       none"]
    lacking = f", samples lacked {found.underruns} times" if found.underruns else ""
    return [
        f"  sound       a tone was played, {_HEARD[found.state]}; latency {_known(found.latency_ms, 'ms')}{lacking}"
    ]


def _line_faults(found: CheckResult) -> Iterator[str]:
    if not found.samples:
        yield "No samples arrive: switch the amplifier off and on."
    if found.lost_samples:
        share = found.lost_samples / (found.samples + found.lost_samples)
        yield f"{share:.2%} of the samples were lost: take a shorter cable or another port, without a hub."
    if found.bad_frames:
        yield f"{found.bad_frames} frames came damaged: take a shorter or better shielded cable."
    if found.round_trip and found.round_trip.max_ms > ROUND_TRIP_MS:
        yield (
            f"A command took {found.round_trip.max_ms:.0f} ms, and so would switching off: close other programs, take "
            "another port."
        )
    clock = found.drift
    if clock and abs(clock.ppm) - clock.uncertainty_ppm > DRIFT_PPM:
        way = "fast" if clock.ppm > 0 else "slow"
        yield f"The amplifier's clock is {abs(clock.ppm):.0f} ppm {way}: have it looked at by its maker."


def _device_faults(found: CheckResult) -> Iterator[str]:
    if found.nominal_rate_hz < LEAST_RATE_HZ:
        yield (
            f"The rate is too low for evoked responses, which need {LEAST_RATE_HZ:g} Hz: it is fit for the size of "
            "voluntary activity (biofeedback) alone; choose another amplifier."
        )
    if not found.scale_known and found.address_to_type is None:
        yield (
            "What it measures in microvolts is not known: feed a calibration signal in and check again with --known-uv "
            "and its peak-to-peak size."
        )
    fault = fault_text(found.fault)
    if fault:
        yield fault
    if found.battery_percent is not None and found.battery_percent < BATTERY_PERCENT:
        yield f"The battery holds {found.battery_percent} %: charge it."
    kohm = found.impedance_kohm
    if kohm is not None and is_high(kohm):
        yield f"The stimulator's circuit has {kohm:.0f} kOhm, too many for its voltage: {Unfit.IMPEDANCE.remedy}."


def _channel_faults(channel: ChannelCheck) -> Iterator[str]:
    if channel.lead_off:
        yield f"{channel.name}: the electrode is off; attach it."
    found = {
        Unfit.FLAT: "the signal is flat",
        Unfit.CLIPPED: f"the input is at its limit for {channel.clipped_fraction or 0.0:.0%} of the time",
        Unfit.MAINS: f"mains interference of {channel.mains_uv or 0.0:.0f} uV",
        Unfit.NOISE: f"noise of {channel.rms_uv or 0.0:.0f} uV RMS",
    }
    for fault in signal_faults(channel.rms_uv, channel.mains_uv, channel.clipped_fraction):
        yield f"{channel.name}: {found[fault]}; {fault.remedy}."


def _clock(found: CheckResult) -> str:
    if found.drift is None or found.measured_rate_hz is None:
        return "; listened too briefly to compare its clock with this computer's"
    drift = found.drift
    return (
        f", measured {found.measured_rate_hz:.2f} Hz: its clock runs {drift.ppm:+.0f} ± {drift.uncertainty_ppm:.0f} "
        "ppm against this computer's"
    )


def _channel(channel: ChannelCheck) -> str:
    lead = {None: "electrode not told", True: "ELECTRODE OFF", False: "electrode on"}[channel.lead_off]
    clipped = "" if not channel.clipped_fraction else f", at its limit {channel.clipped_fraction:.1%} of the time"
    return (
        f"  {channel.name}: noise {_known(channel.rms_uv, 'uV RMS')}, mains {_known(channel.mains_uv, 'uV')}, "
        f"{lead}{clipped}"
    )


def _commands(found: CheckResult) -> str:
    trip = found.round_trip
    if trip is None:
        return "not answered by this kind of device"
    return f"answered in {trip.median_ms:.1f} ms, at most {trip.max_ms:.1f} ms ({trip.count} asked)"


def _stimulator(found: CheckResult) -> str:
    limits = found.limits
    if limits is None:
        return "none"
    return (
        f"to {limits.max_current_ma:g} mA in steps of {limits.current_step_ma:g} mA, {limits.min_width_ms:g} to "
        f"{limits.max_width_ms:g} ms, to {limits.max_rate_hz:g} a second; not tried"
    )


def _known(value: float | None, unit: str) -> str:
    return "not told" if value is None else f"{value:.3g} {unit}"
