"""A plan over four toxin sessions and two biofeedback visits on the screen's page, as its user turns it."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import TabbedContent

from guidance.cli.plan_documents import plan_screen
from guidance.treatment.sessions import sessions_of
from guidance.ui.plan_page import PlanApp
from tests.guidance.ui.golden import pictured
from tests.support.made_course import LABEL, TODAY, made_course, made_plan, toxin_session

SIZE = (120, 60)


def page(store: Path) -> PlanApp:
    """Return the page of the made plan, with the sessions that are in ``store``."""
    return plan_screen(made_plan(store), sessions_of(store, LABEL, TODAY))


async def parts_of(app: PlanApp) -> dict[str, str]:
    """Turn ``app`` through its parts; return what is shown of each, by its title."""
    found = {}
    async with app.run_test(size=SIZE) as pilot:
        tabs = app.query_one(TabbedContent)
        for _ in range(tabs.tab_count):
            await pilot.pause()
            found[str(tabs.get_tab(tabs.active).label)] = pictured(app).partition("\n--\n")[0]  # type: ignore[arg-type]
            await pilot.press("right")
    return found


async def test_each_part_of_the_plan_is_shown_when_it_is_turned_to(tmp_path: Path) -> None:
    made_course(tmp_path)
    parts = await parts_of(page(tmp_path))
    assert list(parts) == ["Plan", "Targets", "Scores", "Sessions", "Progress"]
    assert "Goal in the patient's words: I want to open my hand" in parts["Plan"]
    assert "Review: 2027-02-15" in parts["Plan"]
    (row,) = (line for line in parts["Targets"].splitlines() if "flexor carpi radialis" in line)
    assert " ".join(row.split()) == "flexor carpi radialis right 50 U 30 U +20 U 50 U Wrist flexed not recorded"
    scores = [" ".join(line.split()) for line in parts["Scores"].splitlines()]
    assert "Modified Ashworth, finger flexors 3 (2026-01-12) 1+ (2026-10-12)" in scores
    assert parts["Sessions"].count("Botulinum toxin, ") == 4
    assert parts["Sessions"].count("Biofeedback, ") == 2


async def test_progress_draws_scores_doses_rest_range_relaxing_and_symptoms(tmp_path: Path) -> None:
    made_course(tmp_path)
    shown = (await parts_of(page(tmp_path)))["Progress"]
    for title in (
        "Modified Ashworth: finger flexors, grade (less is better)",
        "Tardieu: R2 - R1, finger flexors, degrees (less is better)",
        "Range of motion: wrist extension, degrees (more is better)",
        "Goal attainment: washing, of -2 to 2 (more is better)",
        "Pain (NRS): of 10 (less is better)",
        "Toxin in all muscles: onabotulinumtoxinA, units",
        "Muscle at rest: work-rest, uV (less is better)",
        "Time to relax: work-rest, s, median (less is better)",
        "Symptom after work-rest: of 10 (less is better)",
    ):
        assert title in shown
    assert "2026-10-12        70 U  " + "\u2588" * 15 + "\u2591" * 9 in shown


async def test_a_session_of_another_patient_is_named_on_the_page_and_not_counted(tmp_path: Path) -> None:
    toxin_session(tmp_path, 0.0, {"fds": 50}, birth_date="1951-07-23")
    wrong = toxin_session(tmp_path, 13.0, {"fds": 60}, birth_date="1970-01-01")
    parts = await parts_of(page(tmp_path))
    assert parts["Sessions"].count("Botulinum toxin, ") == 1
    assert wrong.name in parts["Left out"]
    assert "Two patients under one label" in parts["Left out"]
