"""How link, sound, record and stimulator stand, and whether all is ready to begin: in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from guidance.harmless import clean
from guidance.snapshot import Snapshot
from guidance.ui.facts import is_led_by_emg
from guidance.ui.text import UNKNOWN

IMPEDANCE_KOHM = 30.0
NOISE_UV = 30.0
MAINS_UV = 20.0
CLIPPED = 0.01
LEAST_MINUTES = 30.0
"""What ``check`` has mended, and less room on the disk than a long procedure takes."""


class Standing(Enum):
    """How something stands. What is not known is neither good nor bad."""

    GOOD = auto()
    HEED = auto()
    BAD = auto()
    UNKNOWN = auto()
    PLAIN = auto()


SIGNS = {
    Standing.GOOD: "●",
    Standing.HEED: "◐",
    Standing.BAD: "✖",
    Standing.UNKNOWN: UNKNOWN,
    Standing.PLAIN: "○",
}


@dataclass(frozen=True, slots=True)
class State:
    """``name`` stands so, in ``words``; ``mend`` says more, or what to do."""

    name: str
    standing: Standing
    words: str
    mend: str = ""


def states(snapshot: Snapshot, *, silent: bool = False) -> tuple[State, ...]:
    """The four that are always in sight; of a ``silent`` engine nothing is known."""
    found = (_link(snapshot), _sound(snapshot), _record(snapshot), _stimulator(snapshot))
    if silent:
        return tuple(State(state.name, Standing.UNKNOWN, "not told") for state in found)
    return found


def checks(snapshot: Snapshot) -> tuple[State, ...]:
    """What is looked at before the needle goes in, in this order."""
    return (
        _link(snapshot),
        _signal(snapshot),
        _electrodes(snapshot),
        _impedance(snapshot),
        _stimulator(snapshot),
        _sound(snapshot),
        _record(snapshot),
        _dose(snapshot),
    )


def _link(snapshot: Snapshot) -> State:
    if not snapshot.live:
        return State("link", Standing.PLAIN, "a recording")
    if not snapshot.connected:
        return State("link", Standing.BAD, "LOST", "Plug the amplifier in again; it is looked for all the while.")
    if _holds(snapshot, "stale") and snapshot.rms_uv is None:
        return State("link", Standing.BAD, "no samples", "Switch the amplifier off and on.")
    lost = snapshot.lost_samples
    return State("link", Standing.GOOD, "connected", f"{lost} samples lost so far" if lost else "no sample lost")


def _sound(snapshot: Snapshot) -> State:
    sound = snapshot.sound
    if sound is None and not snapshot.live:
        return State("sound", Standing.PLAIN, "none")
    if sound is None:
        return State("sound", Standing.UNKNOWN, "not told", "Listen whether there is any.")
    level = f"{sound.volume:.0%}"
    if sound.state == "lost":
        return State("sound", Standing.BAD, "LOST", "Plug the loudspeaker in again; watch the screen meanwhile.")
    if sound.state == "paused":
        rest = "" if sound.paused_s is None else f" {sound.paused_s:.0f} s"
        return State("sound", Standing.HEED, f"paused{rest}", "It comes back by itself.")
    if sound.state == "muted":
        return State("sound", Standing.HEED, "muted", "Watch the screen: nothing is heard.")
    return State("sound", Standing.GOOD, f"{clean(sound.state)} {level}", f"tones: {clean(sound.mapping)}")


def _record(snapshot: Snapshot) -> State:
    journal = snapshot.journal
    if _holds(snapshot, "storage") or (journal is not None and journal.state != "ok"):
        return State("record", Standing.BAD, "FAILED", "Make room on the disk, or name another --store.")
    if journal is None and not snapshot.live:
        return State("record", Standing.PLAIN, "none")
    if journal is None:
        return State("record", Standing.UNKNOWN, "not told")
    minutes = journal.minutes_left
    if minutes is None:
        return State("record", Standing.GOOD, "kept", "room on the disk not known")
    words = f"kept {minutes:.0f} min" if minutes < 600 else f"kept {minutes / 60:.0f} h"
    if minutes < LEAST_MINUTES:
        return State("record", Standing.HEED, words, "The disk has room for so long: make more.")
    return State("record", Standing.GOOD, words, "room on the disk for so long")


def _stimulator(snapshot: Snapshot) -> State:
    stimulator = snapshot.stimulator
    if stimulator is None:
        is_beside = snapshot.mode == "listen" and snapshot.live and not is_led_by_emg(snapshot)
        words = "another maker's" if is_beside else "none"
        return State("stimulator", Standing.PLAIN, words)
    if stimulator.armed:
        return State("stimulator", Standing.GOOD, "ARMED", f"{stimulator.wanted_ma:.2f} mA next")
    if not snapshot.connected:
        return State("stimulator", Standing.UNKNOWN, "off?", "The amplifier does not answer.")
    if _holds(snapshot, "stimulus-not-delivered"):
        return State("stimulator", Standing.BAD, "off, fault", _alarm_text(snapshot, "stimulus-not-delivered"))
    limits = f"to {stimulator.max_ma:g} mA, {stimulator.width_ms:g} ms, {stimulator.rate_hz:g} a second"
    if stimulator.why:
        return State("stimulator", Standing.HEED, "off", f"Not armed: {clean(stimulator.why)}")
    return State("stimulator", Standing.PLAIN, "off", limits)


def _signal(snapshot: Snapshot) -> State:
    if not snapshot.connected or snapshot.rms_uv is None:
        return State("signal", Standing.UNKNOWN, "not measured yet", "A second of signal tells.")
    words = f"noise {snapshot.rms_uv:.1f} µV, mains {_microvolts(snapshot.mains_uv)}"
    faults = list(_faults(snapshot))
    return State("signal", Standing.HEED, words, " ".join(faults)) if faults else State("signal", Standing.GOOD, words)


def _faults(snapshot: Snapshot) -> Iterator[str]:
    if (snapshot.clipped or 0.0) > CLIPPED:
        yield f"At its limit {snapshot.clipped:.0%} of the time: check electrode and reference."
    if (snapshot.rms_uv or 0.0) > NOISE_UV:
        yield "Noisy: let the muscle rest, clean the skin, attach the electrode anew."
    if (snapshot.mains_uv or 0.0) > MAINS_UV:
        yield "Mains: attach the ground electrode, keep cables away from power leads."


def _electrodes(snapshot: Snapshot) -> State:
    off = ", ".join(str(number) for number, is_off in enumerate(snapshot.lead_off, 1) if is_off)
    if not snapshot.connected or not (snapshot.lead_off or off):
        return State("electrodes", Standing.UNKNOWN, "not told")
    if off:
        return State("electrodes", Standing.BAD, f"OFF: {off}", "Attach it; no pulse is given meanwhile.")
    return State("electrodes", Standing.GOOD, "on")


def _impedance(snapshot: Snapshot) -> State:
    stimulator = snapshot.stimulator
    kohm = stimulator.impedance_kohm if stimulator else None
    if kohm is None or not snapshot.connected:
        why = "Told with the first pulse." if stimulator else "Only this program's stimulator tells it."
        return State("impedance", Standing.UNKNOWN, "not known", why)
    if kohm > IMPEDANCE_KOHM:
        return State("impedance", Standing.HEED, f"{kohm:.1f} kΩ", "High: check needle cable and return electrode.")
    return State("impedance", Standing.GOOD, f"{kohm:.1f} kΩ")


def _dose(snapshot: Snapshot) -> State:
    dose = snapshot.dose
    if dose is None or not dose.solution:
        return State("dose plan", Standing.UNKNOWN, "none", "No dose is guarded; start with --solution and --weight.")
    if dose.left_ml is None:
        return State("dose plan", Standing.HEED, clean(dose.solution), "No weight: no limit for this patient is known.")
    standing = Standing.HEED if dose.level else Standing.GOOD
    return State("dose plan", standing, clean(dose.solution), f"{dose.left_ml:.1f} mL left up to the limit")


def _holds(snapshot: Snapshot, code: str) -> bool:
    return any(alarm.code == code and alarm.active for alarm in snapshot.alarms)


def _alarm_text(snapshot: Snapshot, code: str) -> str:
    return clean(next((alarm.text for alarm in snapshot.alarms if alarm.code == code), ""))


def _microvolts(value_uv: float | None) -> str:
    return UNKNOWN if value_uv is None else f"{value_uv:.1f} µV"
