"""Units of toxin on the page Inject: a muscle and its units in one line, the share of the limits, a reason beyond."""

from __future__ import annotations

from dataclasses import replace

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import ToxinAliquot
from guidance.dose.drugs import load as load_drugs
from guidance.dose.toxin_session import ToxinGuard, toxin_plan
from tests.guidance.ui.seat import ARMED, Seat, screen
from tests.support.screens import FakeLink, press_twice

PLAN = toxin_plan(load_drugs(), "botox", "botulinum-fds")


class ToxinSeat(Seat):
    """A seat whose engine counts the units that the screen sends."""

    def sit(self) -> None:
        self.guard, self.taken = ToxinGuard(PLAN, AlarmBoard()), 0

    async def pass_on(self) -> None:
        commands = self.sent_commands()
        for command in commands[self.taken :]:
            if isinstance(command, ToxinAliquot):
                list(self.guard.obey(command))
        self.taken = len(commands)
        await self.see(replace(ARMED, dose=None, toxin=self.guard.view(), t=ARMED.t + self.taken))

    async def write(self, text: str) -> None:
        for character in text:
            await self.press("space" if character == " " else character)
        await self.press("enter")
        await self.pass_on()


async def test_a_muscle_and_its_units_are_entered_and_shown_with_their_shares(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = ToxinSeat(link, pilot)
        seat.sit()
        await seat.pass_on()
        await seat.press("enter")
        assert "enters the units of a muscle" in seat.text()
        await seat.press("i")
        assert "Muscle and units" in seat.text()
        await seat.write("fds 30")
        assert seat.sent_commands() == [ToxinAliquot("fds 30")]
        assert "onabotulinumtoxinA  session 30 of 400 U, 7.5 % (spasticity)" in seat.text()
        assert "30 U" in seat.text()
        assert "of 50 U, 60 %" in seat.text()
        await press_twice(pilot, "q")


async def test_units_beyond_a_limit_wait_for_a_reason(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = ToxinSeat(link, pilot)
        seat.sit()
        await seat.pass_on()
        await seat.press("enter", "i")
        await seat.write("fds 60")
        assert "its limit is 50 U" in seat.text()
        assert "HELD fds 60: w gives a reason" in seat.text()
        await seat.press("w")
        await seat.write("agreed")
        assert seat.sent_commands()[-1] == ToxinAliquot("fds 60", "agreed")
        assert "session 60 of 400 U" in seat.text()
        await press_twice(pilot, "q")


async def test_a_muscle_that_no_protocol_has_is_refused_on_the_screen(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = ToxinSeat(link, pilot)
        seat.sit()
        await seat.pass_on()
        await seat.press("enter", "i")
        await seat.write("fdx 30")
        assert "did you mean" in seat.text()
        assert "session 0 of 400 U" in seat.text()
        await press_twice(pilot, "q")
