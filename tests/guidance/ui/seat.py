"""An operator at the screen: what is shown, which keys are pressed, and which commands the engine receives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from guidance.common.config import Config
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.appearance import Appearance
from guidance.ui.keymap import keymap_of
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.running import PATIENT_S, commands, shown, until
from tests.support.screens import FakeLink, build_dose, build_past, build_stimulator, build_whole

OFF = build_stimulator(armed=False, current_ma=None)
FRESH = build_whole(stimulator=OFF, stimuli=0, past=build_past(8.1))
ARMED = build_whole()
HELD = build_whole(dose=build_dose(held_ml=25.0, next_step="Held: 25 mL more would be 107.1 % of the limit."))


class Seat:
    """An operator at a screen whose engine is the test."""

    def __init__(self, link: FakeLink, pilot: Pilot[str]) -> None:
        self.link, self.pilot = link, pilot

    @property
    def app(self) -> GuidanceApp:
        assert isinstance(self.pilot.app, GuidanceApp)
        return self.pilot.app

    def page(self) -> ScreenPage:
        return self.app.page

    async def see(self, snapshot: Snapshot) -> None:
        self.link.feed(snapshot)
        await until(lambda: self.app.newest is snapshot)
        await self.pilot.pause(0.06)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def text(self) -> str:
        return shown(self.app)

    def sent_commands(self) -> list[OperatorCommand]:
        return commands(self.link)


def screen(link: FakeLink, **appearance: Any) -> GuidanceApp:
    return GuidanceApp(link, PATIENT_S, Appearance(**appearance))


def pedal(name: str) -> dict[str, Any]:
    return {"keymap": keymap_of(Config(Path("config.toml"), keys={"pedal": name}))}
