"""Pictures of the screen; after an intended change: pytest tests/guidance/ui/test_looks.py --snapshot-update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.snapshot import AlarmView
from tests.guidance.ui.snapshots import SIZES, Compare, matches_golden, with_newest
from tests.support.screens import FakeLink, build_snapshot

ALARMS = (
    AlarmView("audio-lost", "low", "Sound is off: the loudspeaker was unplugged.", active=True),
    AlarmView("too-close", "high", "Too close: 0.18 mA at 0.1 ms. Withdraw a little.", active=True),
    AlarmView("lead-off", "medium", "Lead off: FDI right.", active=True),
)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_response(snap_compare: Compare, link: FakeLink, size: tuple[int, int]) -> None:
    assert matches_golden(snap_compare, link, with_newest(), size, dies=False)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_response(snap_compare: Compare, link: FakeLink, size: tuple[int, int]) -> None:
    assert matches_golden(snap_compare, link, with_newest(detected=False), size, dies=False)


def test_contaminated_and_paused(snap_compare: Compare, link: FakeLink) -> None:
    snapshot = replace(with_newest(contaminated=True), paused=True)
    assert matches_golden(snap_compare, link, snapshot, (120, 40), dies=False)


def test_alarms_and_notice(snap_compare: Compare, link: FakeLink) -> None:
    snapshot = replace(with_newest(), alarms=ALARMS, notice="0.4 s are missing at 01:12.0.", lost_samples=1200)
    assert matches_golden(snap_compare, link, snapshot, (80, 24), dies=False)


def test_before_the_first_pulse(snap_compare: Compare, link: FakeLink) -> None:
    snapshot = build_snapshot(sweeps=(), stimuli=0, responses=0, detections=0, rms_uv=None, mains_uv=None)
    assert matches_golden(snap_compare, link, snapshot, (80, 24), dies=False)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_guidance_stopped(snap_compare: Compare, link: FakeLink, size: tuple[int, int]) -> None:
    assert matches_golden(snap_compare, link, with_newest(), size, dies=True)


def test_without_colour(snap_compare: Compare, link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert matches_golden(snap_compare, link, replace(with_newest(), alarms=ALARMS), (120, 40), dies=False)
