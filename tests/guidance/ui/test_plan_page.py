"""The page of a plan: its parts are turned by key, and nothing in it is executed or cut off without a way to see it."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widgets import TabbedContent

from guidance.ui.plan_page import PlanApp, PlanTab

TABS = (
    PlanTab("Plan", (("Problem", "Clenched [bold]fist[/]"), ("", "a line alone"))),
    PlanTab("Targets: planned doses", table=(("muscle", "planned"), ("fds", "50 U"))),
    PlanTab("Progress", tuple(("", f"line {number}") for number in range(80))),
)


async def test_the_parts_are_turned_in_both_directions_and_around_the_end() -> None:
    app = PlanApp("Treatment plan arm-7", ["Research software."], TABS)
    async with app.run_test(size=(80, 24)) as pilot:
        tabs = app.query_one(TabbedContent)
        seen = []
        for key in ("right", "right", "right", "left"):
            await pilot.press(key)
            seen.append(tabs.active)
    assert seen == ["part-1", "part-2", "part-0", "part-2"]


async def test_a_long_part_scrolls_by_the_arrow_keys() -> None:
    app = PlanApp("Treatment plan arm-7", [], TABS)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("left")
        await pilot.pause()
        part = app.query_one("#part-2 VerticalScroll", VerticalScroll)
        await pilot.press(*["down"] * 5)
        await pilot.pause()
        assert part.scroll_offset.y > 0


async def test_text_of_the_plan_is_shown_as_written_and_q_leaves() -> None:
    app = PlanApp("Treatment plan \x1b[31marm-7", ["a\nb"], TABS)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = app.export_screenshot()
        assert "[bold]fist[/]".replace(" ", "&#160;") in shown
        assert "\x1b" not in shown
        await pilot.press("q")
    assert app.return_code == 0
