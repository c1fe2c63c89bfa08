"""Live or recorded, simulated or not: the session reports it to record and screen; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.snapshot import Snapshot
from guidance.engine.settings import Mode
from guidance.ui.keys import holds
from guidance.ui.pages import PageState, ScreenPage
from guidance.ui.states import checks
from tests.guidance.session.virtual import VirtualBench
from tests.support.some import some


@pytest.fixture
def shown(bench: VirtualBench) -> list[Snapshot]:
    """Return the Snapshots of a listening run of fixed duration whose amplifier is lost for a while."""
    bench.after(2.0, bench.unplug)
    bench.after(4.0, bench.replug)
    bench.run(5.0, Mode.LISTEN, screen=True)
    return bench.seat.shown


def test_a_listening_run_of_fixed_duration_is_live_and_its_lost_amplifier_is_bad(shown: list[Snapshot]) -> None:
    links = [checks(snapshot)[0].words for snapshot in shown]
    assert "LOST" in links
    assert "a recording" not in links


def test_the_keys_of_a_listening_run_of_fixed_duration_work(shown: list[Snapshot]) -> None:
    assert all(holds("add_note", (1,), PageState(snapshot, ScreenPage.GUIDE)) for snapshot in some(shown))


@pytest.mark.parametrize(("model", "simulated"), [("ONA-2", False), ("Simulated ONA amplifier", True)])
def test_record_and_screen_show_that_a_device_measures_and_whether_it_is_a_simulation(
    bench: VirtualBench, model: str, *, simulated: bool
) -> None:
    bench.device.info = replace(bench.device.info, model=model)
    bench.run(1.0, screen=True)
    (start,) = bench.of("start")
    assert (start["live"], start["simulated"]) == (True, simulated)
    assert {(snapshot.live, snapshot.simulated) for snapshot in bench.seat.shown} == {(True, simulated)}
