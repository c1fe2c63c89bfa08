"""The driver knows what has not left the process, and no frame is drawn before it has."""

from __future__ import annotations

import io

from textual.drivers.headless_driver import HeadlessDriver

from guidance.contracts.commands import FrameAck
from guidance.ui.app import GuidanceApp
from guidance.ui.driver import Metered, metered
from tests.guidance.ui.running import PATIENT_S, until
from tests.support.screens import FakeLink, build_live


def test_what_was_written_is_out_only_once_it_is_flushed() -> None:
    meter = Metered(io.StringIO())
    meter.write("twelve chars")
    assert meter.out == 0
    meter.flush()
    assert meter.out == 12
    assert meter.getvalue() == "twelve chars"


def test_other_drivers_are_left_as_they_are() -> None:
    assert metered(HeadlessDriver) is HeadlessDriver


async def test_a_frame_is_acknowledged_when_the_terminal_has_it_and_none_is_drawn_before(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        link.feed(build_live())
        await until(lambda: link.sent == [FrameAck(1)])
        app._driver.__dict__["backlog"] = 1
        link.feed(build_live(stimuli=72))
        await pilot.pause(0.2)
        assert app._frames == 1
        del app._driver.__dict__["backlog"]
        await until(lambda: link.sent == [FrameAck(1), FrameAck(2)])
