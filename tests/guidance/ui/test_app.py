from __future__ import annotations

import asyncio
import time
from functools import partialmethod
from typing import Any

import pytest
from textual.pilot import Pilot

from guidance.contracts.commands import FrameAck, PausePlayback, Quit
from guidance.ui import linked
from guidance.ui.app import GuidanceApp, run_screen
from guidance.ui.widgets.sweeps import Sweeps
from tests.guidance.ui.running import PATIENT_S, commands, shown, until
from tests.support.screens import FakeLink, build_snapshot, press_twice


def acknowledged_frames(link: FakeLink) -> int:
    return len(link.sent) - len(commands(link))


async def draw(link: FakeLink, pilot: Pilot[str], **changes: Any) -> None:
    frames = acknowledged_frames(link)
    link.feed(build_snapshot(**changes))
    await until(lambda: acknowledged_frames(link) > frames)
    await pilot.pause()


async def feed_steadily(link: FakeLink) -> None:
    snapshot = build_snapshot()
    while True:
        link.feed(snapshot)
        await asyncio.sleep(0.02)


async def test_each_snapshot_drawn_is_acknowledged_once(link: FakeLink) -> None:
    async with GuidanceApp(link).run_test() as pilot:
        for _ in range(3):
            await draw(link, pilot)
    assert link.sent == [FrameAck(1), FrameAck(2), FrameAck(3)]


async def test_a_screen_whose_timers_are_lost_as_on_a_busy_machine_still_draws(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replace a one-shot timer by one that is late when it starts and so is never called (textual 8, Timer._run)."""
    monkeypatch.setattr(GuidanceApp, "set_timer", lambda *_, **__: None)
    async with GuidanceApp(link, PATIENT_S).run_test() as pilot:
        await draw(link, pilot)
    assert link.sent == [FrameAck(1)]


async def test_only_the_newest_is_drawn_and_at_most_twenty_a_second(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    snapshots = [build_snapshot(stimuli=number) for number in range(1000, 1100)]
    async with app.run_test():
        started_s = time.monotonic()
        for snapshot in snapshots:
            link.feed(snapshot)
            await asyncio.sleep(0.004)
        await until(lambda: "stimuli 1099" in shown(app))
        assert acknowledged_frames(link) <= (time.monotonic() - started_s) * 20 + 1


async def ms_from_death_to_banner() -> float:
    link = FakeLink()
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(200, 50)) as pilot:
        await draw(link, pilot)
        started_s = time.monotonic()
        link.die()
        await until(lambda: "The engine has died" in shown(app))
        return (time.monotonic() - started_s) * 1000


async def test_the_death_of_the_engine_is_shown_within_100_ms() -> None:
    assert min([await ms_from_death_to_banner() for _ in range(3)]) < 100


async def test_the_banner_states_what_to_do_and_q_leaves_it(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        link.die()
        await until(lambda: "switch the stimulator" in shown(app))
        await until(lambda: "space" not in shown(app))
        assert "q Quit" in shown(app)
        await pilot.press("q")
        await until(lambda: not app.is_running, 1.0)
    assert commands(link) == []


async def test_an_engine_that_dies_before_its_first_snapshot_is_reported(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test():
        link.die()
        await until(lambda: "The engine has died" in shown(app))


async def test_a_snapshot_that_arrives_with_the_death_is_not_taken_for_an_orderly_end(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test():
        link.feed(build_snapshot(stimuli=4711))
        link.die()
        await until(lambda: "The engine has died" in shown(app))
        await until(lambda: "stimuli 4711" in shown(app))


async def test_an_ended_replay_stays_with_its_reason_until_q(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)) as pilot:
        await draw(link, pilot, ended="end of recording")
        link.die()
        await pilot.pause(0.05)
        assert "ENDED: end of recording" in shown(app)
        assert "died" not in shown(app)
        await pilot.press("q")
    assert commands(link) == []


async def test_a_message_that_no_longer_arrives_is_not_taken_for_a_crash(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)) as pilot:
        await draw(link, pilot)
        link.feed(build_snapshot(ended="end of recording"))
        link.die()
        await pilot.press("space")
        await until(lambda: "ENDED" in shown(app))
        assert "died" not in shown(app)


async def test_an_end_by_the_operator_closes_the_screen(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test():
        link.feed(build_snapshot(ended="operator"))
        await until(lambda: not app.is_running)


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_q_requests_the_end_and_leaves_when_the_engine_has_ended(link: FakeLink, key: str) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        await press_twice(pilot, key)
        assert commands(link) == [Quit()]
        assert "ENDING" in shown(app)
        assert app.is_running
        link.feed(build_snapshot(ended="operator"))
        await until(lambda: not app.is_running)


async def test_a_third_q_leaves_at_once(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        await press_twice(pilot, "q")
        await pilot.press("q")
        await until(lambda: not app.is_running, 1.0)
    assert commands(link) == [Quit()]


async def test_an_engine_that_does_not_react_to_q_is_not_waited_for(
    link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "QUIT_WAIT_S", 0.1)
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        await press_twice(pilot, "q")
        await until(lambda: not app.is_running, 2.0)


async def test_an_engine_that_dies_after_q_is_still_reported(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "QUIT_WAIT_S", 0.5)
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        await press_twice(pilot, "q")
        link.die()
        await until(lambda: "The engine has died" in shown(app))
        await pilot.pause(0.6)
        assert app.is_running


async def test_space_requests_the_other_of_paused_and_running(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        await pilot.press("space")
        await draw(link, pilot, paused=True)
        assert "PAUSED" in shown(app)
        await pilot.press("space")
    assert commands(link) == [PausePlayback(on=True), PausePlayback(on=False)]


async def test_a_key_pressed_after_the_death_shows_the_banner_and_does_not_crash(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        link.die()
        await pilot.press("space")
        assert "The engine has died" in shown(app)


async def test_plus_and_minus_change_the_scale_and_0_gives_it_back(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        await draw(link, pilot)
        by_itself_uv = app.query_one(Sweeps).scale.half_uv
        await pilot.press("plus", "plus")
        assert "by hand" in shown(app)
        assert "OFF SCALE" in shown(app)
        assert app.query_one(Sweeps).scale.half_uv < by_itself_uv
        await pilot.press("minus", "minus", "minus")
        assert app.query_one(Sweeps).scale.half_uv > by_itself_uv
        await pilot.press("0")
        await pilot.pause()
        assert f"±{by_itself_uv:g} µV auto" in shown(app)


async def test_a_silent_engine_is_reported_and_one_that_reports_again_is_believed(link: FakeLink) -> None:
    app = GuidanceApp(link, silence_s=0.2)
    async with app.run_test():
        await until(lambda: "No data from the engine" in shown(app))
        feeding = asyncio.create_task(feed_steadily(link))
        await until(lambda: "No data" not in shown(app))
        feeding.cancel()
        await until(lambda: "No data from the engine" in shown(app))


@pytest.mark.parametrize("changes", [{"paused": True}, {"ended": "end of recording"}])
async def test_a_paused_or_ended_engine_may_be_silent(link: FakeLink, changes: dict[str, object]) -> None:
    app = GuidanceApp(link, silence_s=0.05)
    async with app.run_test() as pilot:
        await draw(link, pilot, **changes)
        await pilot.pause(0.2)
        assert "No data" not in shown(app)


@pytest.mark.parametrize("size", [(300, 100), (80, 24), (60, 16), (30, 8), (8, 3)])
async def test_any_size_is_drawn_and_may_change(link: FakeLink, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(100, 30)) as pilot:
        await draw(link, pilot)
        await pilot.resize_terminal(*size)
        await draw(link, pilot, last_pulse=71)
        assert len(app.screen._compositor.render_strips()) == size[1]
        link.die()
        await pilot.pause(0.05)


def fail(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.display_fault
def test_a_fault_of_the_display_ends_the_process_with_a_status(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuidanceApp, "_show", fail)
    monkeypatch.setattr(GuidanceApp, "run", partialmethod(GuidanceApp.run, headless=True))
    link.feed(build_snapshot())
    with pytest.raises(SystemExit) as exit_info:
        run_screen(link)
    assert exit_info.value.code == 1
