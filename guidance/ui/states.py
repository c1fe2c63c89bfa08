"""The states of link, sound, record and stimulator, and the checks before the start: in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from guidance.common.text import clean
from guidance.contracts.signal_fitness import Unfit, is_high, signal_faults
from guidance.contracts.snapshot import Snapshot, StimulatorView
from guidance.language import mark, recorded, tr, trn
from guidance.ui.estimate import is_led_by_emg
from guidance.ui.text import UNKNOWN, session_words

LEAST_MINUTES = 30.0
"""Disk space, in minutes of recording, below which a long procedure may not fit. By judgement."""


class StatusLevel(Enum):
    """Level of a state. What is not known is neither good nor bad."""

    GOOD = auto()
    HEED = auto()
    BAD = auto()
    UNKNOWN = auto()
    PLAIN = auto()


SIGNS = {
    StatusLevel.GOOD: "●",
    StatusLevel.HEED: "◐",
    StatusLevel.BAD: "✖",
    StatusLevel.UNKNOWN: UNKNOWN,
    StatusLevel.PLAIN: "○",
}


@dataclass(frozen=True, slots=True)
class ShownState:
    """One state: its ``name``, its ``level``, the state in ``words``, and ``advice``: details, or what to do."""

    name: str
    level: StatusLevel
    words: str
    advice: str = ""


_SOUNDLESS = {
    "starting": (StatusLevel.UNKNOWN, mark("starting"), mark("It is not known yet whether it plays.")),
    "lost": (StatusLevel.BAD, mark("LOST"), mark("Connect a loudspeaker; watch the screen.")),
    "muted": (StatusLevel.HEED, mark("muted"), mark("Watch the screen: there is no sound.")),
}
_STIMULATOR_FAULTS = {"stimulus-unrequested": mark("STRAY PULSE"), "stimulus-not-delivered": mark("off, fault")}


def states(snapshot: Snapshot, *, silent: bool = False) -> tuple[ShownState, ...]:
    """Return the four states that are always in sight; none is known while the engine is ``silent``."""
    known = (link_state(snapshot), _sound(snapshot), _record(snapshot), _stimulator(snapshot))
    if silent:
        return tuple(ShownState(state.name, StatusLevel.UNKNOWN, tr("no data")) for state in known)
    return known


def checks(snapshot: Snapshot) -> tuple[ShownState, ...]:
    """Return the checks before the needle goes in, in their order."""
    return (
        link_state(snapshot),
        _signal(snapshot),
        _electrodes(snapshot),
        _impedance(snapshot),
        _stimulator(snapshot),
        _sound(snapshot),
        _record(snapshot),
        _dose(snapshot),
    )


def link_state(snapshot: Snapshot) -> ShownState:
    """Return the state of the link to the amplifier."""
    if not snapshot.live:
        return ShownState(tr("link"), StatusLevel.PLAIN, tr("a recording"))
    if not snapshot.connected:
        return ShownState(tr("link"), StatusLevel.BAD, tr("LOST"), tr("Plug it in again; it reconnects by itself."))
    if _holds(snapshot, "stale") and snapshot.rms_uv is None:
        return ShownState(tr("link"), StatusLevel.BAD, tr("no samples"), tr("Switch the amplifier off and on."))
    lost = snapshot.lost_samples
    advice = trn("{count} sample lost so far", "{count} samples lost so far", lost) if lost else tr("no samples lost")
    return ShownState(tr("link"), StatusLevel.GOOD, tr("connected"), advice)


def _sound(snapshot: Snapshot) -> ShownState:
    sound = snapshot.sound
    if sound is None and not snapshot.live:
        return ShownState(tr("sound"), StatusLevel.PLAIN, tr("none"))
    if sound is None:
        return ShownState(tr("sound"), StatusLevel.UNKNOWN, tr("not known"), tr("Check that you can hear it."))
    volume = f"{sound.volume:.0%}"
    if sound.state in _SOUNDLESS:
        level, words, advice = _SOUNDLESS[sound.state]
        return ShownState(tr("sound"), level, tr(words), tr(advice))
    if sound.state == "paused":
        paused = tr("paused") if sound.paused_s is None else tr("paused {seconds} s", seconds=f"{sound.paused_s:.0f}")
        return ShownState(tr("sound"), StatusLevel.HEED, paused, tr("It comes back by itself."))
    return ShownState(
        tr("sound"),
        StatusLevel.GOOD,
        f"{recorded(clean(sound.state))} {volume}",
        tr("tones: {mapping}", mapping=clean(sound.mapping)),
    )


def _record(snapshot: Snapshot) -> ShownState:
    journal = snapshot.journal
    if journal is None:
        return _unknown_record(snapshot)
    if journal.state == "events-only":
        return ShownState(
            tr("record"), StatusLevel.BAD, tr("EVENTS ONLY"), tr("The signal is not recorded: free disk space.")
        )
    if journal.state != "ok":
        return _failed()
    minutes = journal.minutes_left
    if minutes is None:
        return ShownState(tr("record"), StatusLevel.GOOD, tr("on"), tr("disk space not known"))
    words = tr("{minutes} min left", minutes=f"{minutes:.0f}")
    if minutes >= 600:
        words = tr("{hours} h left", hours=f"{minutes / 60:.0f}")
    if minutes < LEAST_MINUTES:
        return ShownState(tr("record"), StatusLevel.HEED, words, tr("Little disk space: free some."))
    return ShownState(tr("record"), StatusLevel.GOOD, words, tr("on the disk"))


def _failed() -> ShownState:
    advice = tr("End soon; then free disk space or set --store.")
    return ShownState(tr("record"), StatusLevel.BAD, tr("FAILED"), advice)


def _unknown_record(snapshot: Snapshot) -> ShownState:
    if _holds(snapshot, "storage"):
        return _failed()
    if snapshot.live:
        return ShownState(tr("record"), StatusLevel.UNKNOWN, tr("not known"))
    return ShownState(tr("record"), StatusLevel.PLAIN, tr("none"))


def _stimulator(snapshot: Snapshot) -> ShownState:
    stimulator = snapshot.stimulator
    if stimulator is None:
        is_external = snapshot.mode == "listen" and snapshot.live and not is_led_by_emg(snapshot)
        words = tr("external") if is_external else tr("none")
        return ShownState(tr("stimulator"), StatusLevel.PLAIN, words)
    if _holds(snapshot, "stimulator-not-off"):
        return ShownState(tr("stimulator"), StatusLevel.BAD, tr("NOT OFF"), _alarm_text(snapshot, "stimulator-not-off"))
    return _output(snapshot, stimulator)


def _output(snapshot: Snapshot, stimulator: StimulatorView) -> ShownState:
    if stimulator.armed:
        return ShownState(
            tr("stimulator"), StatusLevel.GOOD, tr("ARMED"), tr("{ma} mA next", ma=f"{stimulator.wanted_ma:.2f}")
        )
    if not snapshot.connected:
        return ShownState(tr("stimulator"), StatusLevel.UNKNOWN, tr("off?"), tr("The amplifier does not respond."))
    fault = next((code for code in _STIMULATOR_FAULTS if _holds(snapshot, code)), None)
    if fault:
        return ShownState(
            tr("stimulator"), StatusLevel.BAD, tr(_STIMULATOR_FAULTS[fault]), _alarm_text(snapshot, fault)
        )
    limits = tr(
        "up to {ma} mA, {ms} ms, {rate} per s",
        ma=f"{stimulator.max_ma:g}",
        ms=f"{stimulator.width_ms:g}",
        rate=f"{stimulator.pulse_rate_hz:g}",
    )
    if stimulator.why:
        return ShownState(
            tr("stimulator"), StatusLevel.HEED, tr("off"), tr("Not armed: {why}", why=recorded(clean(stimulator.why)))
        )
    return ShownState(tr("stimulator"), StatusLevel.PLAIN, tr("off"), limits)


def _signal(snapshot: Snapshot) -> ShownState:
    if not snapshot.connected or snapshot.rms_uv is None:
        return ShownState(tr("signal"), StatusLevel.UNKNOWN, tr("not measured yet"), tr("This takes one second."))
    words = tr("noise {noise} µV, mains {mains}", noise=f"{snapshot.rms_uv:.1f}", mains=_microvolts(snapshot.mains_uv))
    faults = list(_faults(snapshot))
    return (
        ShownState(tr("signal"), StatusLevel.HEED, words, " ".join(faults))
        if faults
        else ShownState(tr("signal"), StatusLevel.GOOD, words)
    )


def _faults(snapshot: Snapshot) -> Iterator[str]:
    names = {
        Unfit.FLAT: tr("Flat"),
        Unfit.CLIPPED: tr("Clipped {share} of the time", share=f"{snapshot.clipped or 0.0:.0%}"),
        Unfit.MAINS: tr("Mains"),
        Unfit.NOISE: tr("Noisy"),
    }
    for fault in signal_faults(snapshot.rms_uv, snapshot.mains_uv, snapshot.clipped):
        yield f"{names[fault]}: {recorded(fault.remedy)}."


def _electrodes(snapshot: Snapshot) -> ShownState:
    off = ", ".join(str(number) for number, is_off in enumerate(snapshot.lead_off, 1) if is_off)
    if not snapshot.connected or not (snapshot.lead_off or off):
        return ShownState(tr("electrodes"), StatusLevel.UNKNOWN, tr("not known"))
    if off:
        return ShownState(
            tr("electrodes"), StatusLevel.BAD, tr("OFF: {numbers}", numbers=off), tr("Attach it; no pulses until then.")
        )
    return ShownState(tr("electrodes"), StatusLevel.GOOD, tr("on", context="electrodes"))


def _impedance(snapshot: Snapshot) -> ShownState:
    stimulator = snapshot.stimulator
    kohm = stimulator.impedance_kohm if stimulator else None
    if kohm is None or not snapshot.connected:
        why = tr("Measured with the first pulse.")
        why = why if stimulator else tr("An external stimulator does not report it.")
        return ShownState(tr("impedance"), StatusLevel.UNKNOWN, tr("not known"), why)
    if is_high(kohm):
        return ShownState(
            tr("impedance"),
            StatusLevel.HEED,
            f"{kohm:.1f} kΩ",
            tr("High: {remedy}.", remedy=recorded(Unfit.IMPEDANCE.remedy)),
        )
    return ShownState(tr("impedance"), StatusLevel.GOOD, f"{kohm:.1f} kΩ")


def _dose(snapshot: Snapshot) -> ShownState:
    name, dose, toxin = tr("dose plan"), snapshot.dose, snapshot.toxin
    if toxin is not None:
        level = StatusLevel.HEED if toxin.fraction is None or toxin.fraction >= 1.0 else StatusLevel.GOOD
        return ShownState(name, level, clean(toxin.product), session_words(toxin))
    if dose is None or not dose.solution:
        return ShownState(name, StatusLevel.UNKNOWN, tr("none"), tr("Not checked: give --solution and --weight."))
    if dose.left_ml is None:
        advice = tr("No weight: the limit for this patient is not known.")
        return ShownState(name, StatusLevel.HEED, clean(dose.solution), advice)
    level = StatusLevel.HEED if dose.level else StatusLevel.GOOD
    return ShownState(name, level, clean(dose.solution), tr("{ml} mL left to the limit", ml=f"{dose.left_ml:.1f}"))


def _holds(snapshot: Snapshot, code: str) -> bool:
    return any(alarm.code == code and alarm.active for alarm in snapshot.alarms)


def _alarm_text(snapshot: Snapshot, code: str) -> str:
    return recorded(clean(next((alarm.text for alarm in snapshot.alarms if alarm.code == code), "")))


def _microvolts(value_uv: float | None) -> str:
    return UNKNOWN if value_uv is None else f"{value_uv:.1f} µV"
