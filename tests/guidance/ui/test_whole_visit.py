"""A biofeedback visit from rest to the last trial, the engine in its own process, on a simulated person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import read_events
from guidance.journal.take_home_summary import take_home
from guidance.processes import start_engine
from guidance.protocol import load
from guidance.session.biofeedback import BiofeedbackJob
from guidance.ui.training import ExerciseApp
from tests.guidance.ui.running import shown
from tests.guidance.ui.whole import until
from tests.support.biofeedback_signals import exercise
from tests.support.screens import press_twice


def is_in(app: ExerciseApp, phase: str) -> bool:
    return app.newest is not None and app.newest.training is not None and app.newest.training.phase == phase


def line_uv(app: ExerciseApp) -> float | None:
    return app.newest.training.muscles[0].line_uv if app.newest and app.newest.training else None


async def visit(pilot: Pilot[str], app: ExerciseApp) -> None:
    await until(lambda: is_in(app, "rest"))
    await until(lambda: is_in(app, "effort"))
    await until(lambda: is_in(app, "work") and line_uv(app) is not None)
    assert "Trial 1 of 2" in shown(app)
    await pilot.press("space")
    await until(lambda: app.newest is not None and app.newest.paused)
    await pilot.press("space")
    before = line_uv(app)
    await pilot.press("down")
    await until(lambda: line_uv(app) != before)
    await until(lambda: is_in(app, "done"))
    await until(lambda: "WELL DONE" in shown(app) or "This visit is finished" in shown(app))
    await press_twice(pilot, "q")
    await until(lambda: not app.is_running)


@pytest.mark.slow
async def test_a_visit_from_rest_to_its_page_to_take_home(tmp_path: Path) -> None:
    """Run a whole visit in real time, about a minute, without any stimulus."""
    plan = exercise("contract-hold", trials=2, efforts=1)
    settings = Settings(load("contract-hold"), Mode.LISTEN, headless=False)
    engine, link = start_engine(BiofeedbackJob(settings, plan, str(tmp_path), address="sim:3", follows=True))
    assert link.first() is None
    app = ExerciseApp(link)
    async with app.run_test(size=(120, 40)) as pilot:
        await visit(pilot, app)
    link.drain(10.0)
    engine.join(10.0)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    _judge(read_events(folder))
    assert "a simulated person, not you" in take_home(tmp_path, folder)


def _judge(records: list[dict[str, Any]]) -> None:
    trials = [record for record in records if record["kind"] == "trial"]
    assert len(trials) == 2
    assert trials[-1]["reached"] is True
    assert not [record for record in records if record["kind"] in ("command", "stimulus")]
    assert records[-1]["kind"] == "end"
