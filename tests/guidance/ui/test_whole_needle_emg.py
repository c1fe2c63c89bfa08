"""A toxin injection from the first page to the record: the needle guided by its own EMG, on the simulated patient."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import read_events
from guidance.processes import start_engine
from guidance.protocol import load
from guidance.session import LiveJob
from guidance.ui.app import GuidanceApp
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.running import shown
from tests.guidance.ui.whole import until
from tests.support.screens import press_twice

OUT_STEPS, MOST_STEPS, STEP_S = 16, 60, 1.2


def pattern(app: GuidanceApp) -> str | None:
    return app.newest.needle.pattern if app.newest and app.newest.needle else None


def is_inside(app: GuidanceApp) -> bool:
    """Return whether a motor unit's rise time, not the end-plates, shows that the tip is in its territory."""
    near = app.newest.proximity if app.newest else None
    return near is not None and near.valid and near.zone == "target" and near.rise_time_us is not None


async def move(pilot: Pilot[str], key: str) -> None:
    await pilot.press(key)
    await asyncio.sleep(STEP_S)


async def search(pilot: Pilot[str], app: GuidanceApp) -> None:
    """Withdraw until the effort is no longer recorded from inside; then advance until it is."""
    for _ in range(OUT_STEPS):
        await move(pilot, "left")
    assert not is_inside(app)
    for _ in range(MOST_STEPS):
        await move(pilot, "right")
        if is_inside(app):
            return
    pytest.fail("the territory of a unit was not reached")


async def procedure(pilot: Pilot[str], app: GuidanceApp) -> None:
    await until(lambda: app.newest is not None and app.newest.rms_uv is not None)
    assert app.page is ScreenPage.PREPARE
    await pilot.press("enter")
    await pilot.press("7")
    await until(lambda: "REST" in shown(app) and pattern(app) == "silent")
    await pilot.press("8")
    await until(lambda: "SLIGHT" in shown(app) and pattern(app) not in (None, "silent"))
    await search(pilot, app)
    await pilot.press("enter")
    await until(lambda: app.page is ScreenPage.INJECT)
    await pilot.press("d", "i")
    await until(lambda: app.newest is not None and app.newest.dose is not None and app.newest.dose.volume_ml == 1)
    await pilot.press("enter")
    await until(lambda: app.page is ScreenPage.REVIEW)
    await until(lambda: "injected 1 mL" in shown(app))
    await press_twice(pilot, "q")
    await until(lambda: not app.is_running)


@pytest.mark.slow
async def test_a_toxin_injection_led_by_needle_emg_from_the_first_page_to_its_record(tmp_path: Path) -> None:
    """Run a whole injection in real time, about a minute, without any stimulus."""
    settings = Settings(load("botulinum-fcr"), Mode.LISTEN, headless=False)
    engine, link = start_engine(LiveJob(settings, str(tmp_path), "sim:1,needle"))
    assert link.first() is None
    app = GuidanceApp(link)
    async with app.run_test(size=(120, 40)) as pilot:
        await procedure(pilot, app)
    link.drain(10.0)
    engine.join(10.0)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    _judge(read_events(folder))


def _judge(records: list[dict[str, Any]]) -> None:
    """Check that efforts, search and aliquots are in the record in their order."""
    entries = [record for record in records if record["kind"] == "entry"]
    assert [entry["what"] for entry in entries] == ["activation", "activation", "aspiration", "injection"]
    assert [entry["fields"]["phase"] for entry in entries[:2]] == ["rest", "slight"]
    assert any(record["kind"] == "motor-unit" for record in records)
    near = [record for record in records if record["kind"] == "proximity" and record["by"] == "needle-emg"]
    slight, given = entries[1]["t"], entries[-1]["t"]
    assert "target" in {record["zone"] for record in near if slight < record["t"] < given}
    assert not [record for record in records if record["kind"] in ("command", "stimulus")]
    assert records[-1]["kind"] == "end"
    assert records[-1]["reason"] == "operator"
