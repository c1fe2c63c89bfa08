"""What a Snapshot implies about the procedure, each said in one place."""

from __future__ import annotations

from guidance.contracts.snapshot import Snapshot


def is_guided(snapshot: Snapshot) -> bool:
    """Whether currents are known, or a needle's own EMG guides, so that there may be an estimate to show."""
    known = snapshot.proximity is not None and snapshot.proximity.why != "current-unknown"
    return snapshot.stimulator is not None or snapshot.needle is not None or known


def is_led_by_emg(snapshot: Snapshot) -> bool:
    """Whether the needle's own EMG is all there is to go by: no stimulus now, from whomever."""
    if snapshot.needle is None:
        return False
    return not snapshot.stimulator.armed if snapshot.stimulator else not snapshot.sweeps
