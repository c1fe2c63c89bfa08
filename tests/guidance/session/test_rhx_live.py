"""Whole procedures on a simulated RHX: what is requested, given and recorded is the same current."""

from __future__ import annotations

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
    assert not [line for line in done.lines if line.get("code") == "stimulus-unrequested"]
    assert not rhx.running
    if mode == "auto":
        assert len({current_ma for _, current_ma in given}) > 1
