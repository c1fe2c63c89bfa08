"""What a Snapshot implies about the procedure, each said in one place."""

from __future__ import annotations

from guidance.snapshot import Snapshot

_SIMULATED = "SIMULATED PATIENT"


def is_simulated(snapshot: Snapshot) -> bool:
    """Whether the patient is a simulated one: the engine's notice then begins so."""
    return snapshot.notice.startswith(_SIMULATED)


def is_live(snapshot: Snapshot) -> bool:
    """Whether a device measures now; a replay has an end, and no stimulator."""
    return snapshot.stimulator is not None or snapshot.duration_s is None


def is_guided(snapshot: Snapshot) -> bool:
    """Whether currents are known, or a needle's own EMG guides, so that there may be an estimate to show."""
    known = snapshot.proximity is not None and snapshot.proximity.why != "current-unknown"
    return snapshot.stimulator is not None or snapshot.needle is not None or known


def is_led_by_emg(snapshot: Snapshot) -> bool:
    """Whether the needle's own EMG is all there is to go by: no stimulus now, from whomever."""
    if snapshot.needle is None:
        return False
    return not snapshot.stimulator.armed if snapshot.stimulator else not snapshot.sweeps


def notice(snapshot: Snapshot) -> str:
    """The engine's notice without the word that it is a simulation, which the title keeps in view."""
    return snapshot.notice.removeprefix(_SIMULATED).lstrip(". ") if is_simulated(snapshot) else snapshot.notice
