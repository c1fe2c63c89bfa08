"""Whole procedures on a simulated RHX: what is requested, given and recorded is the same current."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.drivers.rhx.playing_rhx import PlayingRhx
from tests.support.command_line import command

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", ["manual", "auto"])
@pytest.mark.parametrize("before_ua", [0, 300, 400, 1000], ids=["zero", "smaller", "equal", "larger"])
def test_currents_are_equal_in_each_mode_whatever_amplitude_was_set_before(
    tmp_path: Path, mode: str, before_ua: int
) -> None:
    rhx = PlayingRhx()
    rhx.use("a-010", firstphaseamplitudemicroamps=before_ua, secondphaseamplitudemicroamps=before_ua)
    done = command(
        "run", "--device", f"{rhx.address}&stimulate=a-010", "--headless", "--no-audio", "--mode", mode,
        "--current", "0.4", "--width", "0.1", "--duration", "12", "--events", "-", "--store", tmp_path,
    )  # fmt: skip
    given = [(each.sample, round(each.current_ma, 6)) for each in rhx.given]
    rhx.close()
    stimuli = [line for line in done.lines if line["kind"] == "stimulus" and line["outcome"] == "delivered"]
    recorded = [(line["sample"], round(line["current_ma"], 6)) for line in stimuli]
    requested = [(line["sample"], round(line["requested_ma"], 6)) for line in stimuli]
    assert done.status == 0, done.err
    assert len(recorded) >= 5
    assert recorded == requested
    assert set(recorded) <= set(given)
    assert not [line for line in done.lines if line.get("unrequested")]
    codes = {line["code"] for line in done.lines if line["kind"] == "alarm"}
    assert "stimulus-unrequested" not in codes
    assert "stimulus-not-delivered" not in codes or "computer-slow" in codes
    assert not rhx.running
    if mode == "auto":
        assert len({current_ma for _, current_ma in given}) > 1


def test_replies_that_are_late_now_and_then_raise_no_alarm_and_do_not_switch_off(tmp_path: Path) -> None:
    rhx, late = PlayingRhx(), random.Random(3)
    rhx.round_s = lambda: 0.345 if rhx.running and late.random() < 0.06 else 0.011
    done = command(
        "run", "--device", f"{rhx.address}&stimulate=a-010", "--headless", "--no-audio", "--mode", "auto",
        "--duration", "20", "--events", "-", "--store", tmp_path,
    )  # fmt: skip
    rhx.close()
    commands = [line for line in done.lines if line["kind"] == "command"]
    skipped = [line for line in commands if "not ready in time" in (line.get("why") or "")]
    codes = {line["code"] for line in done.lines if line["kind"] == "alarm"}
    assert done.status == 0, done.err
    assert skipped
    assert [line["enabled"] for line in commands].count(False) == 1
    assert "stimulus-not-delivered" not in codes or "computer-slow" in codes
