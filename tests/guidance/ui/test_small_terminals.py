"""Small terminals: pages that scroll, and a few honest lines where no page fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Stop, StopAnswer
from guidance.contracts.snapshot import AlarmView, Snapshot
from guidance.dose.drugs import load
from guidance.dose.guard import DoseGuard
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.stop_moment import StopMoment, StopPlan
from guidance.ui.pages import ScreenPage
from guidance.ui.widgets.help import HelpPage
from tests.guidance.ui.seat import ARMED, FRESH, HELD, Seat, screen
from tests.guidance.ui.states import STATES
from tests.support.screens import FakeLink

CARD = DoseGuard(plan_of(load(), DosePatient(70.0), "ropivacaine 0.5%"), AlarmBoard()).rescue_lines
ALARM = (AlarmView("too-close", "high", "Withdraw: the tip may be in the nerve.", active=True),)


def words(text: str) -> str:
    return " ".join(text.split())


async def scrolled(seat: Seat, pilot: Pilot[str]) -> str:
    """Return all that is seen while the page is scrolled down to its end."""
    seen = [seat.text()]
    for _ in range(60):
        await seat.press("down")
        seen.append(seat.text())
    return "\n".join(seen)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_help_scrolls_and_shows_every_key_with_whole_words(link: FakeLink, size: tuple[int, int]) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("question_mark")
        assert "↑ ↓ more: lines 1 to " in seat.text()
        seen = await scrolled(seat, pilot)
        page = seat.app.screen.query_one(HelpPage)
        for key, does in page._entries():
            assert f"{key} {does}" in seen
        assert "alarms: !!! high" in seen
        assert seat.sent_commands() == []


async def test_the_help_needs_no_scrolling_where_it_fits(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("question_mark")
        assert "more: lines" not in seat.text()
        assert "alarms: !!! high" in seat.text()


async def test_no_instruction_of_the_rescue_card_is_lost_in_a_small_terminal(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(FRESH, rescue=CARD, patient_kg=70.0))
        await seat.press("l")
        assert "BOLUS about 100 mL over 2 to 3 min" in words(seat.text())
        seen = words(await scrolled(seat, pilot))
        for _, text, _ in CARD:
            assert text.split()[-1] in seen
        assert words(CARD[-1][1])[-30:] in seen


async def test_the_item_at_hand_of_the_stop_moment_stays_in_sight(link: FakeLink) -> None:
    moment = StopMoment(StopPlan(patient="A. Example", side="left"))
    async with screen(link).run_test(size=(60, 20)) as pilot:
        seat = Seat(link, pilot)
        list(moment.answer(StopAnswer("anticoagulant", "rivaroxaban", "10 h ago")))
        await seat.see(replace(FRESH, stop_moment=moment.view()))
        seat.app.turn_to(ScreenPage.STOP)
        view = moment.view()
        assert view is not None
        for item in view.items:
            await pilot.pause()
            assert f"{item.question[:30]}" in seat.text()
            await seat.press("down")


@pytest.mark.parametrize("snapshot", [ARMED, STATES["too close"], STATES["stale"], STATES["device lost"]])
async def test_where_no_page_fits_it_shows_that_and_stays_honest(link: FakeLink, snapshot: Snapshot) -> None:
    async with screen(link).run_test(size=(30, 8)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(snapshot)
        text = seat.text()
        assert "TOO SMALL: needs 60 x 20" in text
        is_known = snapshot in (ARMED, STATES["too close"])
        assert ("zone UNKNOWN" in text) != is_known
        assert ("zone TARGET" in text) == (snapshot is ARMED)
        assert ("zone CLOSE" in text) == (snapshot is STATES["too close"])
        armed = snapshot.stimulator is not None and snapshot.stimulator.armed
        assert ("stimulator ARMED" in text) == armed
        assert ("SPACE  STOP" in text) == armed
        await seat.press("z")
        assert seat.sent_commands() == [Stop()]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "TOO SMALL" not in seat.text()


async def test_an_alarm_keeps_its_first_words_where_almost_nothing_fits(link: FakeLink) -> None:
    async with screen(link).run_test(size=(30, 8)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, alarms=ALARM))
        assert "!!! HIGH  Withdraw: the tip" in seat.text()


async def test_the_reasons_offered_for_a_held_dose_are_whole(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(HELD)
        await seat.press("w")
        assert "1 already injected" in seat.text()
        assert "2 decided with the responsible physician" in seat.text()
        assert "3 aspirated again since, no blood" in seat.text()
