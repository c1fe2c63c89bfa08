"""The stop moment on the screen: single keys, arming that waits, reasons in words; and the rescue card everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Arm, OperatorCommand, Quit, Stop, StopAnswer
from guidance.contracts.events import Entry
from guidance.contracts.snapshot import Snapshot
from guidance.dose.guard import DoseGuard
from guidance.stop_moment import StopMoment, StopPlan
from guidance.ui.pages import ScreenPage
from tests.guidance.note.note_pages import note_of, text_of
from tests.guidance.ui.seat import ARMED, FRESH, Seat, screen
from tests.support.screens import FakeLink, press_twice
from tests.support.scripted_procedure import ScriptedProcedure

CARD = (
    ("STOP", "injecting local anaesthetic", False),
    ("CALL", "for help", False),
    ("BOLUS", "about 100 mL over 2 to 3 min", True),
    ("", "Propofol is no substitute for lipid emulsion.", False),
)


class StopSeat(Seat):
    """A seat whose engine holds a real stop moment: each answer that the screen sends comes back in a Snapshot."""

    def sit(self, moment: StopMoment, base: Snapshot = FRESH) -> None:
        self.moment, self.base, self.taken = moment, base, 0
        self.recorded: list[Entry] = []

    async def pass_on(self) -> None:
        commands = self.sent_commands()
        for command in commands[self.taken :]:
            if isinstance(command, StopAnswer):
                self.recorded += self.moment.answer(command)
        self.taken = len(commands)
        await self.see(replace(self.base, stop_moment=self.moment.view(), rescue=CARD, t=self.base.t + self.taken))

    async def key(self, *pressed: str) -> None:
        for one in pressed:
            await self.press(one)
        await self.pass_on()

    def of(self, kind: type[OperatorCommand]) -> list[OperatorCommand]:
        return [command for command in self.sent_commands() if isinstance(command, kind)]


async def test_arming_is_refused_until_side_and_patient_are_answered(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan(patient="A. Example")))
        await seat.pass_on()
        await seat.key("o")
        assert seat.page() is ScreenPage.STOP
        assert "Patient's identity: A. Example" in seat.text()
        await seat.key("enter", "o", "enter")
        assert seat.of(Arm) == []
        await seat.key("backspace", "1", "2")
        await seat.key("2")
        for _ in range(9):
            await seat.key("1")
            await seat.press("plus")
        assert seat.moment.arming_refusal() is None
        assert "complete: o, then ENTER arms" in seat.text()
        await seat.key("o", "enter")
        assert seat.of(Arm) == [Arm()]
        await press_twice(pilot, "q")
    assert seat.sent_commands()[-1] == Quit()


async def test_an_answer_pressed_again_too_soon_is_not_given_and_the_screen_shows_why(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan(patient="A. Example")))
        await seat.pass_on()
        await seat.press("o")
        await seat.press("1")
        await seat.press("1")
        assert len(seat.of(StopAnswer)) == 1
        assert "key 1 again within 0.6 s: no answer" in seat.text()


async def test_not_done_asks_why_and_the_reason_is_recorded_and_stands_in_the_note(
    link: FakeLink, tmp_path: Path
) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan()))
        await seat.pass_on()
        await seat.key("enter")
        await seat.key("1")
        await seat.key("2")
        await seat.key("x")
        assert "Consent: not done, because" in seat.text()
        await seat.key(*"urgent", "enter")
        assert seat.of(StopAnswer)[-1] == StopAnswer("consent", "not done", "urgent")
        assert seat.recorded[-1].fields["reason"] == "urgent"
        assert "✖" in seat.text()
        await press_twice(pilot, "q")
    procedure = ScriptedProcedure()
    for number, entry in enumerate(seat.recorded):
        procedure.add(0.1 * number, entry)
    page = note_of(procedure, tmp_path)
    assert "Not done: consent (urgent)." in text_of(page, "Stop before you block: side and site checked")
    assert "Not done: urgent" in text_of(page, "Consent")


async def test_an_item_that_must_be_answered_offers_no_way_round(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan()))
        await seat.pass_on()
        await seat.key("enter")
        await seat.key("x")
        assert not seat.app.screen.entry.what  # type: ignore[attr-defined]
        await press_twice(pilot, "q")


async def test_a_stop_moment_left_half_way_is_as_it_was_on_the_way_back(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan()))
        await seat.pass_on()
        await seat.key("enter")
        await seat.key("1")
        await seat.key("enter")
        await seat.key("backspace")
        assert seat.page() is ScreenPage.STOP
        assert "1/10" in seat.text()
        await press_twice(pilot, "q")


async def test_hours_are_written_and_the_guidelines_interval_stands_below(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = StopSeat(link, pilot)
        seat.sit(StopMoment(StopPlan(depth="deep")))
        await seat.pass_on()
        await seat.key("enter")
        for key in ("1", "2", "1", "1"):
            await seat.key(key)
            await seat.press("plus")
        await seat.key("2")
        await seat.key("1")
        await seat.press("plus")
        await seat.key("1", *"soon", "enter")
        assert "'soon' is no number of hours" in seat.text()
        await seat.key("1", *"8", "enter")
        await seat.key("1")
        assert "ONLY 8 h HAVE PASSED" in seat.text()
        assert "interval is 12 h" in seat.text()
        assert "ESAIC/ESRA 2022" in seat.text()
        await press_twice(pilot, "q")


async def test_a_procedure_without_a_stop_moment_has_no_such_page(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("enter")
        assert seat.page() is ScreenPage.GUIDE
        await press_twice(pilot, "q")


async def test_the_rescue_card_is_one_key_away_on_every_page_and_leads_back(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(FRESH, rescue=CARD, patient_kg=70.0))
        for page in (ScreenPage.PREPARE, ScreenPage.GUIDE, ScreenPage.INJECT, ScreenPage.REVIEW):
            assert seat.page() is page
            await seat.press("l")
            assert seat.page() is ScreenPage.RESCUE
            assert "about 100 mL over 2 to 3 min" in seat.text()
            await seat.press("L")
            assert seat.page() is page
            await seat.press("enter")
        await press_twice(pilot, "q")


async def test_the_card_has_the_title_that_the_engine_sends(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        guard = DoseGuard(None, AlarmBoard(), agents=("phenol", "alcohol"))
        await seat.see(replace(FRESH, rescue=guard.rescue_lines, rescue_title=guard.rescue_title, patient_kg=70.0))
        await seat.press("l")
        text = " ".join(seat.text().split())
        assert "PHENOL OR ALCOHOL: NO LOCAL ANAESTHETIC, NO LIPID RESCUE" in text
        assert "no source that was read gives lipid emulsion for phenol or alcohol" in text
        assert "BOLUS" not in text
        await press_twice(pilot, "q")


async def test_the_rescue_card_switches_an_armed_stimulator_off(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, rescue=CARD))
        await seat.press("l")
        assert seat.sent_commands() == [Stop()]
        assert seat.page() is ScreenPage.RESCUE
        await press_twice(pilot, "q")


async def test_the_rescue_card_comes_also_while_a_line_takes_text_and_from_the_help(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(FRESH, rescue=CARD))
        await seat.press("n", "a", "f2")
        assert seat.page() is ScreenPage.RESCUE
        assert "injecting local anaesthetic" in seat.text()
        await seat.press("question_mark", "f2")
        assert seat.page() is ScreenPage.RESCUE
        await press_twice(pilot, "q")
