"""The states of link, sound, record and stimulator, and the checks before the start: in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from guidance.common.text import clean
from guidance.contracts.signal_fitness import Unfit, is_high, signal_faults
from guidance.contracts.snapshot import Snapshot, StimulatorView
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
    "starting": ShownState("sound", StatusLevel.UNKNOWN, "starting", "It is not known yet whether it plays."),
    "lost": ShownState("sound", StatusLevel.BAD, "LOST", "Connect a loudspeaker; watch the screen."),
    "muted": ShownState("sound", StatusLevel.HEED, "muted", "Watch the screen: there is no sound."),
}
_FAILED = ShownState("record", StatusLevel.BAD, "FAILED", "End soon; then free disk space or set --store.")
_NO_RECORD = ShownState("record", StatusLevel.PLAIN, "none")
_STIMULATOR_FAULTS = {"stimulus-unrequested": "STRAY PULSE", "stimulus-not-delivered": "off, fault"}


def states(snapshot: Snapshot, *, silent: bool = False) -> tuple[ShownState, ...]:
    """Return the four states that are always in sight; none is known while the engine is ``silent``."""
    known = (link_state(snapshot), _sound(snapshot), _record(snapshot), _stimulator(snapshot))
    if silent:
        return tuple(ShownState(state.name, StatusLevel.UNKNOWN, "no data") for state in known)
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
        return ShownState("link", StatusLevel.PLAIN, "a recording")
    if not snapshot.connected:
        return ShownState("link", StatusLevel.BAD, "LOST", "Plug it in again; it reconnects by itself.")
    if _holds(snapshot, "stale") and snapshot.rms_uv is None:
        return ShownState("link", StatusLevel.BAD, "no samples", "Switch the amplifier off and on.")
    lost = snapshot.lost_samples
    return ShownState(
        "link", StatusLevel.GOOD, "connected", f"{lost} samples lost so far" if lost else "no samples lost"
    )


def _sound(snapshot: Snapshot) -> ShownState:
    sound = snapshot.sound
    if sound is None and not snapshot.live:
        return ShownState("sound", StatusLevel.PLAIN, "none")
    if sound is None:
        return ShownState("sound", StatusLevel.UNKNOWN, "not known", "Check that you can hear it.")
    volume = f"{sound.volume:.0%}"
    if sound.state in _SOUNDLESS:
        return _SOUNDLESS[sound.state]
    if sound.state == "paused":
        rest = "" if sound.paused_s is None else f" {sound.paused_s:.0f} s"
        return ShownState("sound", StatusLevel.HEED, f"paused{rest}", "It comes back by itself.")
    return ShownState("sound", StatusLevel.GOOD, f"{clean(sound.state)} {volume}", f"tones: {clean(sound.mapping)}")


def _record(snapshot: Snapshot) -> ShownState:
    journal = snapshot.journal
    if journal is None:
        return _unknown_record(snapshot)
    if journal.state == "events-only":
        return ShownState("record", StatusLevel.BAD, "EVENTS ONLY", "The signal is not recorded: free disk space.")
    if journal.state != "ok":
        return _FAILED
    minutes = journal.minutes_left
    if minutes is None:
        return ShownState("record", StatusLevel.GOOD, "on", "disk space not known")
    words = f"{minutes:.0f} min left" if minutes < 600 else f"{minutes / 60:.0f} h left"
    if minutes < LEAST_MINUTES:
        return ShownState("record", StatusLevel.HEED, words, "Little disk space: free some.")
    return ShownState("record", StatusLevel.GOOD, words, "on the disk")


def _unknown_record(snapshot: Snapshot) -> ShownState:
    if _holds(snapshot, "storage"):
        return _FAILED
    return ShownState("record", StatusLevel.UNKNOWN, "not known") if snapshot.live else _NO_RECORD


def _stimulator(snapshot: Snapshot) -> ShownState:
    stimulator = snapshot.stimulator
    if stimulator is None:
        is_external = snapshot.mode == "listen" and snapshot.live and not is_led_by_emg(snapshot)
        words = "external" if is_external else "none"
        return ShownState("stimulator", StatusLevel.PLAIN, words)
    if _holds(snapshot, "stimulator-not-off"):
        return ShownState("stimulator", StatusLevel.BAD, "NOT OFF", _alarm_text(snapshot, "stimulator-not-off"))
    return _output(snapshot, stimulator)


def _output(snapshot: Snapshot, stimulator: StimulatorView) -> ShownState:
    if stimulator.armed:
        return ShownState("stimulator", StatusLevel.GOOD, "ARMED", f"{stimulator.wanted_ma:.2f} mA next")
    if not snapshot.connected:
        return ShownState("stimulator", StatusLevel.UNKNOWN, "off?", "The amplifier does not respond.")
    fault = next((code for code in _STIMULATOR_FAULTS if _holds(snapshot, code)), None)
    if fault:
        return ShownState("stimulator", StatusLevel.BAD, _STIMULATOR_FAULTS[fault], _alarm_text(snapshot, fault))
    limits = f"up to {stimulator.max_ma:g} mA, {stimulator.width_ms:g} ms, {stimulator.pulse_rate_hz:g} per s"
    if stimulator.why:
        return ShownState("stimulator", StatusLevel.HEED, "off", f"Not armed: {clean(stimulator.why)}")
    return ShownState("stimulator", StatusLevel.PLAIN, "off", limits)


def _signal(snapshot: Snapshot) -> ShownState:
    if not snapshot.connected or snapshot.rms_uv is None:
        return ShownState("signal", StatusLevel.UNKNOWN, "not measured yet", "This takes one second.")
    words = f"noise {snapshot.rms_uv:.1f} µV, mains {_microvolts(snapshot.mains_uv)}"
    faults = list(_faults(snapshot))
    return (
        ShownState("signal", StatusLevel.HEED, words, " ".join(faults))
        if faults
        else ShownState("signal", StatusLevel.GOOD, words)
    )


def _faults(snapshot: Snapshot) -> Iterator[str]:
    names = {
        Unfit.FLAT: "Flat",
        Unfit.CLIPPED: f"Clipped {snapshot.clipped or 0.0:.0%} of the time",
        Unfit.MAINS: "Mains",
        Unfit.NOISE: "Noisy",
    }
    for fault in signal_faults(snapshot.rms_uv, snapshot.mains_uv, snapshot.clipped):
        yield f"{names[fault]}: {fault.remedy}."


def _electrodes(snapshot: Snapshot) -> ShownState:
    off = ", ".join(str(number) for number, is_off in enumerate(snapshot.lead_off, 1) if is_off)
    if not snapshot.connected or not (snapshot.lead_off or off):
        return ShownState("electrodes", StatusLevel.UNKNOWN, "not known")
    if off:
        return ShownState("electrodes", StatusLevel.BAD, f"OFF: {off}", "Attach it; no pulses until then.")
    return ShownState("electrodes", StatusLevel.GOOD, "on")


def _impedance(snapshot: Snapshot) -> ShownState:
    stimulator = snapshot.stimulator
    kohm = stimulator.impedance_kohm if stimulator else None
    if kohm is None or not snapshot.connected:
        why = "Measured with the first pulse." if stimulator else "An external stimulator does not report it."
        return ShownState("impedance", StatusLevel.UNKNOWN, "not known", why)
    if is_high(kohm):
        return ShownState("impedance", StatusLevel.HEED, f"{kohm:.1f} kΩ", f"High: {Unfit.IMPEDANCE.remedy}.")
    return ShownState("impedance", StatusLevel.GOOD, f"{kohm:.1f} kΩ")


def _dose(snapshot: Snapshot) -> ShownState:
    dose, toxin = snapshot.dose, snapshot.toxin
    if toxin is not None:
        level = StatusLevel.HEED if toxin.fraction is None or toxin.fraction >= 1.0 else StatusLevel.GOOD
        return ShownState("dose plan", level, clean(toxin.product), session_words(toxin))
    if dose is None or not dose.solution:
        return ShownState("dose plan", StatusLevel.UNKNOWN, "none", "Not checked: give --solution and --weight.")
    if dose.left_ml is None:
        return ShownState(
            "dose plan", StatusLevel.HEED, clean(dose.solution), "No weight: the limit for this patient is not known."
        )
    level = StatusLevel.HEED if dose.level else StatusLevel.GOOD
    return ShownState("dose plan", level, clean(dose.solution), f"{dose.left_ml:.1f} mL left to the limit")


def _holds(snapshot: Snapshot, code: str) -> bool:
    return any(alarm.code == code and alarm.active for alarm in snapshot.alarms)


def _alarm_text(snapshot: Snapshot, code: str) -> str:
    return clean(next((alarm.text for alarm in snapshot.alarms if alarm.code == code), ""))


def _microvolts(value_uv: float | None) -> str:
    return UNKNOWN if value_uv is None else f"{value_uv:.1f} µV"
