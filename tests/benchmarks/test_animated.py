"""Pictures of a terminal as one moving SVG."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.benchmarks.animated import animation


class Counting(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("always")
        yield Static("0", id="number")


async def pictures(count: int) -> list[str]:
    app, taken = Counting(), list[str]()
    async with app.run_test(size=(20, 4)) as pilot:
        for number in range(count):
            app.query_one("#number", Static).update(f"n{number}")
            await pilot.pause()
            taken.append(app.export_screenshot())
    return taken


async def test_what_stays_stands_once_and_what_changes_is_seen_in_its_turn() -> None:
    moving = animation(await pictures(4), 0.5)
    assert moving.count(">always<") == 1
    assert [moving.count(f">n{number}<") for number in range(4)] == [1] * 4
    assert moving.count("@keyframes") == 4
    assert "2s step-end infinite" in moving
    assert "50%{visibility:visible}75%{visibility:hidden}" in moving


async def test_one_picture_does_not_move() -> None:
    assert "@keyframes" not in animation(await pictures(1), 0.5)
