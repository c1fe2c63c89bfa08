"""The screen of the course: its pages by keys, its sound, and leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from guidance.lessons.course import PAGES, lesson
from guidance.ui.learn import LearnApp
from guidance.ui.leaving import LEAST_GAP_S
from tests.guidance.ui.running import shown, until

Compare = Callable[..., bool]


class FakeSound:
    """A player that does what it is set to, and counts what it was given."""

    def __init__(self, then: str = "playing") -> None:
        self.played: list[int] = []
        self.state, self._then = "", then
        self.is_stopped = False

    def start(self, page: int) -> None:
        self.played.append(page)
        self.state = self._then

    def poll(self) -> str:
        return self.state

    def stop(self) -> None:
        self.state, self.is_stopped = "", True


def course(sound: FakeSound | None = None, page: int = 1) -> LearnApp:
    return LearnApp(lesson, PAGES, sound or FakeSound(), page)


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_appearance(snap_compare: Compare, page: int) -> None:
    async def settle(pilot: Pilot[str]) -> None:
        await pilot.pause()

    assert snap_compare(course(page=page), terminal_size=(80, 24), run_before=settle)


async def test_the_keys_go_forward_back_and_to_a_page_and_stay_at_the_ends() -> None:
    app = course()
    async with app.run_test(size=(80, 24)) as pilot:
        pages = [app.page]
        for key in ("backspace", "n", "enter", "backspace", "5", "n", "6", "3"):
            await pilot.press(key)
            pages.append(app.page)
        assert pages == [1, 1, 2, 3, 2, 5, 5, 5, 3]
        assert "3 of 5  Insertion and end-plate" in shown(app)


async def test_every_page_fits_80_by_24_with_its_traces() -> None:
    app = course()
    async with app.run_test(size=(80, 24)) as pilot:
        for page in range(1, PAGES + 1):
            await pilot.press(str(page))
            await pilot.pause()
            text = shown(app)
            assert all(trace.name in text for trace in lesson(page).traces)
            assert "space plays" in text
            assert "SIMULATED SIGNALS" in text
            assert "display fault" not in text


async def test_a_window_too_small_for_the_traces_is_reported() -> None:
    app = course()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        assert "too small for the traces" in shown(app)


async def test_space_plays_the_page_and_stops_it_and_turning_the_page_ends_it() -> None:
    sound = FakeSound()
    app = course(sound)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "space")
        assert sound.played == [2]
        await pilot.pause()
        assert "playing the near unit" in shown(app)
        await pilot.press("space")
        assert sound.state == ""
        await pilot.press("space", "n")
        assert (sound.played, sound.state) == ([2, 2], "")


async def test_without_sound_the_page_states_it_and_goes_on() -> None:
    app = course(FakeSound("no sound, the page works without it: No sound device responds."))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space")
        await until(lambda: "no sound, the page works without it" in shown(app))
        await pilot.press("n")
        assert app.page == 2


async def test_q_leaves_at_the_second_press_and_silences_the_sound() -> None:
    sound = FakeSound()
    app = course(sound)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert "LEAVE? press q again" in shown(app)
        await pilot.press("n")
        assert app.is_running
        await pilot.press("q")
        await asyncio.sleep(2 * LEAST_GAP_S)
        await pilot.press("q")
        await until(lambda: not app.is_running)
    assert sound.is_stopped
