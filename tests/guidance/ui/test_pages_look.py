"""Pictures of every page in every state; after an intended change: pytest tests/guidance/ui --snapshot-update."""

from __future__ import annotations

import pytest

from guidance.ui.app import GuidanceApp
from guidance.ui.appearance import Appearance
from guidance.ui.estimate import EstimateReader
from guidance.ui.pages import ScreenPage
from guidance.ui.theme import NO_VALUE
from tests.guidance.ui.golden import differs, pictured
from tests.guidance.ui.running import PATIENT_S, until
from tests.guidance.ui.snapshots import SIZES
from tests.guidance.ui.states import STATES
from tests.support.screens import FakeLink


async def pictures(link: FakeLink, page: ScreenPage, size: tuple[int, int], theme: str = "dark") -> dict[str, str]:
    """Return the pictures of ``page`` in all states, one after the other on one screen."""
    app = GuidanceApp(link, PATIENT_S, Appearance(theme))
    seen: dict[str, str] = {}
    async with app.run_test(size=size) as pilot:
        for number, (state, snapshot) in enumerate(STATES.items(), 1):
            app._procedure_screen._reader = EstimateReader()
            link.feed(snapshot)
            await until(lambda number=number: len(link.sent) == number)  # type: ignore[misc]
            app.turn_to(page)
            await pilot.pause()
            seen[state] = pictured(app)
    return seen


@pytest.fixture(autouse=True)
def _true_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", ScreenPage)
async def test_every_page_in_every_state(
    link: FakeLink, page: ScreenPage, size: tuple[int, int], pytestconfig: pytest.Config
) -> None:
    seen = await pictures(link, page, size)
    update = pytestconfig.getoption("update_snapshots")
    assert not differs(f"{page}-{size[0]}x{size[1]}", seen, update=update)


@pytest.mark.parametrize("theme", ["light", "contrast"])
async def test_guiding_in_every_theme(link: FakeLink, theme: str, pytestconfig: pytest.Config) -> None:
    seen = await pictures(link, ScreenPage.GUIDE, (120, 40), theme)
    assert not differs(f"guide-{theme}", seen, update=pytestconfig.getoption("update_snapshots"))


async def test_what_is_unknown_is_never_green_nor_called_far(link: FakeLink) -> None:
    seen = await pictures(link, ScreenPage.GUIDE, (120, 40))
    for state in ("nothing connected", "searching", "lead off", "stale", "injectate", "device lost"):
        text, _, legend = seen[state].split("\n--\n")
        assert "FAR" not in text
        assert NO_VALUE * 3 in text
        assert not any(f"on {green}" in legend for green in ("#106440", "#0c2c20"))
