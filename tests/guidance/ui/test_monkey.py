"""Random keys, pastes, touches, sizes, alarms and losses, each from its seed: no fault, no pulse after a stop."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from guidance.alarms.board import PRIORITIES
from guidance.contracts.commands import Arm, CorrectEntry, Stop
from guidance.contracts.snapshot import AlarmView, EventView, Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.keys import KEY_ACTIONS
from guidance.ui.widgets.panel import Panel
from tests.guidance.ui.running import PATIENT_S
from tests.guidance.ui.states import OFF, STATES
from tests.support.screens import EVENTS, FakeLink, build_dose, build_past, build_stimulator, build_sweep, build_whole

SIZES = ((30, 8), (60, 20), (80, 24), (100, 30), (120, 40), (200, 50))
LEAVES = {"q", "Q", "g", "G"}
KEYS = sorted({key for action in KEY_ACTIONS for key in action.keys} - LEAVES)
OTHER_KEYS = ("escape", "tab", "f13", "z", "delete", "home", "ctrl+z", "é", "€", "5", "enter", "o", "o")
PASTES = ("q", "o\n", "oo\n\n", "\x1b[2J", "fds 30", "x" * 500, "漢字かな", "")
LONG = "Look at this, and do something about it now. " * 3
ENTRIES = (
    EventView(8.0, "note", "side: left", seq=3, what="side", value="left"),
    EventView(40.2, "note", "redirect", seq=9, what="redirect", mark="withdrawn"),
    EventView(100.0, "dose", "injected 5 mL", seq=31, what="injected", value="5 mL \x1b[2J", mark="corrected"),
)
"""Entries that can be corrected."""
ALARMS = [(code, priority) for code, priority in PRIORITIES.items() if code != "display-lost"]


class Engine:
    """The least engine: armed by Arm, off by Stop or a lost device, a stimulus in every Snapshot while armed."""

    def __init__(self, link: FakeLink, rng: random.Random) -> None:
        self.link, self.rng = link, rng
        self.taken, self.stimuli, self.t = 0, 0, 118.0
        self.armed = self.stopped = False
        self.states = list(STATES.values())
        self.base = self.states[0]

    def obey(self, last_keys: list[str]) -> None:
        """Carry out the commands sent since the last call; only arming's two keys, one after the other, may arm."""
        for command in self.link.sent[self.taken :]:
            if isinstance(command, Arm):
                assert [key.lower() for key in last_keys[-2:]] == ["o", "enter"], last_keys[-6:]
                self.armed, self.stopped = True, False
            elif isinstance(command, Stop):
                self.armed, self.stopped = False, True
        self.taken = len(self.link.sent)

    def feed(self) -> None:
        """Send a Snapshot of a random state."""
        if self.rng.random() < 0.3:
            self.base = self.rng.choice(self.states)
        self.t += 0.05
        self.armed = self.armed and self.base.connected
        assert not (self.armed and self.stopped)
        self.stimuli += self.armed
        codes = self.rng.sample(ALARMS, self.rng.choice((0, 0, 1, 2, 5)))
        alarms = tuple(AlarmView(code, priority, LONG, active=self.rng.random() < 0.8) for code, priority in codes)
        self.link.feed(self._snapshot(alarms))

    def _snapshot(self, alarms: tuple[AlarmView, ...]) -> Snapshot:
        held_ml = self.rng.choice((None, 10.0))
        return replace(
            self.base,
            t=self.t,
            alarms=alarms,
            past=build_past(events=(*EVENTS, *ENTRIES[: self.rng.randrange(4)])),
            stimuli=self.stimuli,
            stimulator=build_stimulator() if self.armed else OFF,
            notice=self.rng.choice(("", "", LONG)),
            dose=build_dose(held_ml=held_ml, blood=self.rng.random() < 0.2) if self.rng.random() < 0.8 else None,
            sweeps=(*build_whole().sweeps[:20], build_sweep(self.stimuli % 50, contaminated=self.rng.random() < 0.3)),
        )


class Monkey:
    """An operator who does anything, except end the procedure."""

    def __init__(self, link: FakeLink, pilot: Pilot[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.engine, self.pilot = Engine(link, self.rng), pilot
        self.keys: list[str] = []

    async def act(self) -> None:
        weights = {"key": 40, "other": 15, "arm": 8, "correct": 5, "paste": 6, "touch": 4, "size": 4}
        what = self.rng.choices(list(weights), list(weights.values()))[0]
        if what in {"key", "other"}:
            await self._press(self.rng.choice(KEYS if what == "key" else OTHER_KEYS))
        elif what == "arm":
            await self._press("o")
            await self._press("enter")
        elif what == "correct":
            for key in ("escape", "u", self.rng.choice("x7"), "enter", "1", "enter"):
                await self._press(key)
        elif what == "paste":
            self.keys.append("paste")
            self.pilot.app.post_message(Paste(self.rng.choice(PASTES)))
        elif what == "touch":
            self.keys.append("touch")
            await self.pilot.click(offset=(1, 1))
        else:
            await self.pilot.resize_terminal(*self.rng.choice(SIZES))
        await self.pilot.pause()
        self.engine.obey(self.keys)
        self.engine.feed()
        await self.pilot.pause()

    async def _press(self, key: str) -> None:
        self.keys.append(key)
        await self.pilot.press(key)
        self.engine.obey(self.keys)


async def run(link: FakeLink, seed: int, actions: int) -> Monkey:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        monkey = Monkey(link, pilot, seed)
        monkey.engine.feed()
        await pilot.pause()
        for _ in range(actions):
            await monkey.act()
            assert app.is_running
        screen = app._procedure_screen
        assert not [panel for panel in screen.query(Panel) if panel.fault]
    return monkey


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
async def test_nothing_that_an_operator_does_is_a_fault_or_a_pulse_after_a_stop(link: FakeLink, seed: int) -> None:
    monkey = await run(link, seed, 80)
    assert any(isinstance(command, Stop) for command in link.sent)
    assert monkey.engine.stimuli > 0
    assert any(isinstance(command, CorrectEntry) for command in link.sent)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
async def test_the_same_for_ten_thousand_actions(link: FakeLink, seed: int) -> None:
    await run(link, seed, 1000)
