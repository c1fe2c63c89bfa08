"""Pictures of the screen while it guides; after an intended change: pytest tests/guidance/ui --snapshot-update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.snapshot import AlarmView
from guidance.contracts.zones import Edges
from tests.guidance.ui.painting import HOSTILE
from tests.guidance.ui.snapshots import Compare, matches_golden, with_newest
from tests.support.screens import (
    FakeLink,
    build_live,
    build_proximity,
    build_stimulator,
    build_sweep,
    unknown_proximity,
)

OFF = build_stimulator(armed=False, current_ma=None)
SEARCHING = build_stimulator(delivered_ma=3.04, current_ma=3.04, wanted_ma=3.79)
TOO_CLOSE = AlarmView(
    "too-close",
    "high",
    "The threshold is at or below the lower bound: the tip may be in the nerve. Withdraw.",
    active=True,
)
LOST_SAMPLES = AlarmView("samples-lost", "low", "40 ms of the signal were lost; check the cable.", active=True)
LEAD_OFF = AlarmView("lead-off", "medium", "Electrode of channel 1 is off; attach it again.", active=True)
STALE = AlarmView("stale", "medium", "No answer for 3 s: the estimate is stale.", active=True)
DEVICE_LOST = AlarmView("device-lost", "high", "/dev/ttyACM0 is gone; plug the amplifier in again.", active=True)
PASSED = AlarmView("stimulus-not-delivered", "medium", "Nothing was delivered: the circuit is open.", active=False)

STATES = {
    "searching": build_live(
        proximity=unknown_proximity("no-response-yet", "none"),
        stimulator=SEARCHING,
        sweeps=with_newest(detected=False).sweeps,
    ),
    "far": build_live(proximity=build_proximity("far", 2.7)),
    "approach": build_live(proximity=build_proximity("approach", 0.74)),
    "target": build_live(),
    "too_close": build_live(proximity=build_proximity("close", 0.16), alarms=(TOO_CLOSE, LOST_SAMPLES, PASSED)),
    "lead_off": build_live(alarms=(LEAD_OFF,), stimulator=OFF),
    "stale": build_live(alarms=(STALE,)),
    "device_lost": build_live(connected=False, alarms=(DEVICE_LOST,), stimulator=OFF),
    "off": build_live(
        stimulator=build_stimulator(armed=False, current_ma=None, delivered_ma=None, impedance_kohm=None),
        proximity=None,
        sweeps=(),
    ),
    "simulation": build_live(simulated=True, mode="manual", proximity=build_proximity("approach", 0.62)),
}

LATE = replace(
    build_sweep(70, detected=True),
    judged="other-nerve",
    note="20.6 ms is late: may be another nerve's muscle or a reflex (quadriceps 5-8 ms)",
)
RARER_STATES = {
    "judged": build_live(sweeps=(*build_live().sweeps[:-1], LATE), unsourced=("start current", "target", "window")),
    "beyond": build_live(proximity=build_proximity("none", 6.4)),
    "injectate": build_live(proximity=unknown_proximity("injectate")),
    "recorded_currents": build_live(live=False, stimulator=None, duration_s=190.0, mode="manual"),
    "held": build_live(stimulator=build_stimulator(current_owner="held", wanted_ma=0.52, doing="")),
    "taken_over": build_live(stimulator=build_stimulator(current_owner="operator", wanted_ma=0.57, doing="")),
    "other_edges": build_live(proximity=build_proximity("target", 0.62), zone_edges_ma=Edges(1.5, 0.8, 0.3)),
    "hostile_names": build_live(source=HOSTILE, protocol=HOSTILE, channel=HOSTILE, notice=HOSTILE),
}


@pytest.mark.parametrize("state", STATES)
def test_guiding(snap_compare: Compare, link: FakeLink, state: str) -> None:
    assert matches_golden(snap_compare, link, STATES[state], (120, 40))


@pytest.mark.parametrize("state", RARER_STATES)
def test_rarer_states(snap_compare: Compare, link: FakeLink, state: str) -> None:
    assert matches_golden(snap_compare, link, RARER_STATES[state], (120, 40))


def test_arming_requested(snap_compare: Compare, link: FakeLink) -> None:
    assert matches_golden(snap_compare, link, STATES["off"], (80, 24), keys="o")


def test_engine_died(snap_compare: Compare, link: FakeLink) -> None:
    assert matches_golden(snap_compare, link, STATES["target"], (80, 24), dies=True)


def test_guiding_without_colour(snap_compare: Compare, link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert matches_golden(snap_compare, link, STATES["too_close"], (120, 40))
