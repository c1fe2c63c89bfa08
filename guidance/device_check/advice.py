"""The findings of a check as text: the report line by line, and the faults to fix."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from guidance.alarms.health import fault_text
from guidance.audio.sound_check import SoundCheck
from guidance.common.text import digits
from guidance.contracts.signal_fitness import Unfit, is_high, signal_faults
from guidance.device_check.check import ChannelCheck, CheckResult
from guidance.device_check.front_end_advice import front_end_faults, front_end_lines
from guidance.signal.pipeline import LEAST_RATE_HZ

DRIFT_PPM = 200.0
"""A clock that drifts more than this is reported: quartz clocks usually stay within 100 ppm."""

BATTERY_PERCENT = 20
ROUND_TRIP_MS = 50.0
"""A command that takes longer is reported, because switching off would take as long."""

_SOUND_STATES = {
    "heard": "and recorded",
    "not heard": "and not recorded: listen yourself, the microphone may be off",
    "nothing to hear with": "there is nothing to record it with: listen yourself",
}


def faults_to_fix(result: CheckResult) -> list[str]:
    """Return sentences that say what is wrong and what to do; none where all is well."""
    return [
        *result.notes,
        *_line_faults(result),
        *_device_faults(result),
        *(text for c in result.channels for text in _channel_faults(c)),
        *front_end_faults(result.front_end),
    ]


def report(result: CheckResult) -> list[str]:
    """Format the findings as lines for an operator, without the faults to fix."""
    signal = f"{result.samples} samples in {result.seconds:g} s, {result.lost_samples} lost"
    device = f"{result.model} {result.serial}".rstrip()
    return [
        f"{device}, firmware {result.firmware or 'not known'}, at {result.address}",
        f"  rate        {result.nominal_rate_hz:g} Hz{_clock(result)}",
        *(_channel(channel) for channel in result.channels),
        f"  impedance   {_known(result.impedance_kohm, 'kOhm')}",
        f"  battery     {_known(result.battery_percent, '%')}",
        f"  signal      {signal}, {result.bad_frames} damaged frames",
        *(f"  front end   {line}" for line in front_end_lines(result.front_end)),
        f"  commands    {_commands(result)}",
        f"  stimulator  {_stimulator(result)}",
        *([f"Calibrated: --device {shlex.quote(result.address_to_type)}"] if result.address_to_type else []),
    ]


def sound_report(result: SoundCheck) -> list[str]:
    """Format the sound check as a line."""
    if result.state == "lost":
        return ["  sound       none"]
    lacking = f", samples lacked {result.underruns} times" if result.underruns else ""
    state, latency = _SOUND_STATES[result.state], _known(result.latency_ms, "ms")
    return [f"  sound       a tone was played, {state}; latency {latency}{lacking}"]


def _line_faults(result: CheckResult) -> Iterator[str]:
    if not result.samples:
        yield "No samples arrive: switch the amplifier off and on again."
    if result.lost_samples:
        share = result.lost_samples / (result.samples + result.lost_samples)
        yield f"{share:.2%} of the samples were lost: use a shorter cable or another port, without a hub."
    if result.bad_frames:
        yield f"{result.bad_frames} frames arrived damaged: use a shorter or better shielded cable."
    if result.round_trip and result.round_trip.max_ms > ROUND_TRIP_MS:
        yield (
            f"A command took {result.round_trip.max_ms:.0f} ms, and switching off would take as long: close other "
            "programs, or use another port."
        )
    clock = result.drift
    if clock and abs(clock.ppm) - clock.uncertainty_ppm > DRIFT_PPM:
        way = "fast" if clock.ppm > 0 else "slow"
        yield f"The amplifier's clock is {abs(clock.ppm):.0f} ppm {way}: ask its maker to check it."


def _device_faults(result: CheckResult) -> Iterator[str]:
    if result.nominal_rate_hz < LEAST_RATE_HZ:
        yield (
            f"The sample rate is too low for evoked responses, which need {LEAST_RATE_HZ:g} Hz: the device can only "
            "measure the size of voluntary activity (biofeedback); choose another amplifier."
        )
    if not result.scale_known and result.address_to_type is None:
        yield (
            "Its scale in microvolts is not known: connect a calibration signal and check again with --known-uv "
            "and the signal's peak-to-peak size."
        )
    fault = fault_text(result.fault)
    if fault:
        yield fault
    if result.battery_percent is not None and result.battery_percent < BATTERY_PERCENT:
        yield f"The battery is at {result.battery_percent} %: charge it."
    kohm = result.impedance_kohm
    if kohm is not None and is_high(kohm):
        yield f"The stimulator's circuit has {kohm:.0f} kOhm, too much for its voltage: {Unfit.IMPEDANCE.remedy}."


def _channel_faults(channel: ChannelCheck) -> Iterator[str]:
    if channel.lead_off:
        yield f"{channel.name}: the electrode is off; attach it."
    descriptions = {
        Unfit.FLAT: "the signal is flat",
        Unfit.CLIPPED: f"the input is at its limit for {channel.clipped_fraction or 0.0:.0%} of the time",
        Unfit.MAINS: f"mains interference of {channel.mains_uv or 0.0:.0f} uV",
        Unfit.NOISE: f"noise of {channel.rms_uv or 0.0:.0f} uV RMS",
    }
    for fault in signal_faults(channel.rms_uv, channel.mains_uv, channel.clipped_fraction):
        yield f"{channel.name}: {descriptions[fault]}; {fault.remedy}."


def _clock(result: CheckResult) -> str:
    if result.drift is None or result.measured_rate_hz is None:
        return "; its clock is not compared with this computer's: a recording, or too short a check"
    drift = result.drift
    return (
        f", measured {result.measured_rate_hz:.2f} Hz: its clock runs {drift.ppm:+.0f} ± {drift.uncertainty_ppm:.0f} "
        "ppm against this computer's"
    )


def _channel(channel: ChannelCheck) -> str:
    lead = {None: "electrode not known", True: "ELECTRODE OFF", False: "electrode on"}[channel.lead_off]
    clipped = "" if not channel.clipped_fraction else f", at its limit {channel.clipped_fraction:.1%} of the time"
    return (
        f"  {channel.name}: noise {_known(channel.rms_uv, 'uV RMS')}, mains {_known(channel.mains_uv, 'uV')}, "
        f"{lead}{clipped}"
    )


def _commands(result: CheckResult) -> str:
    trip = result.round_trip
    if trip is None:
        return "this kind of device does not reply to commands"
    return f"replies in {trip.median_ms:.1f} ms, at most {trip.max_ms:.1f} ms ({trip.count} commands)"


def _stimulator(result: CheckResult) -> str:
    limits = result.limits
    if limits is None:
        return "none"
    return (
        f"to {limits.max_current_ma:g} mA in steps of {limits.current_step_ma:g} mA, {limits.min_width_ms:g} to "
        f"{limits.max_width_ms:g} ms, to {limits.max_rate_hz:g} pulses a second; not tried"
    )


def _known(value: float | None, unit: str) -> str:
    return "not known" if value is None else f"{digits(value)} {unit}"
