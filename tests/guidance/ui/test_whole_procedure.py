"""From the first page to the signed note, the engine in its own process, on the simulated patient."""

from __future__ import annotations

import itertools
import shlex
import tomllib
from pathlib import Path

import pytest
from textual.pilot import Pilot

from guidance.common.config import Config
from guidance.dose.drugs import load as drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.engine.settings import Mode, Settings
from guidance.journal.event_reader import read_events
from guidance.processes import start_engine
from guidance.protocol import load
from guidance.session import LiveJob
from guidance.ui.app import GuidanceApp
from guidance.ui.appearance import Appearance
from guidance.ui.keymap import keymap_of
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.running import shown
from tests.guidance.ui.whole import until
from tests.support.case_sheets import BLOCK_SHEET, PERFORMER
from tests.support.command_line import command
from tests.support.screens import press_twice

KEYS = {"arm": "o", "go": "enter", "aspirated": "d", "inject": "i", "up": "up", "stop": "space"}
PEDAL = {"arm": "f13", "go": "f14", "aspirated": "f19", "inject": "f20", "up": "f21", "stop": "f15"}
NOT_REACHED = ("minimum_current", "no_response_below", "twitch_loss")
AFTER = "after the end: "


async def procedure(pilot: Pilot[str], app: GuidanceApp, keys: dict[str, str]) -> list[str]:
    await until(lambda: app.newest is not None and app.newest.rms_uv is not None)
    assert app.page is ScreenPage.PREPARE
    await pilot.press(keys["arm"], keys["go"])
    await until(app.is_armed)
    await until(lambda: app.newest is not None and app.newest.responses > 4)
    await pilot.press("1")
    await pilot.press(keys["go"])
    await pilot.press(keys["aspirated"], keys["up"], keys["up"], keys["inject"])
    await until(lambda: app.newest is not None and app.newest.dose is not None and app.newest.dose.volume_ml > 0)
    await pilot.press(keys["stop"])
    await until(lambda: not app.is_armed())
    await pilot.press(keys["go"])
    await until(lambda: "injected 2 mL" in shown(app))
    words = signing_command(shown(app))
    await press_twice(pilot, "q")
    await until(lambda: not app.is_running)
    return words


def signing_command(text: str) -> list[str]:
    """Return the words of the command that the page Review shows, from as many rows as it takes."""
    rows = text.splitlines()
    first = next(number for number, row in enumerate(rows) if AFTER in row)
    begin = rows[first].index(AFTER) + len(AFTER)
    more = itertools.takewhile(lambda row: not row[:begin].strip(), rows[first + 1 :])
    command, *store = (row[begin:].partition("   ")[0] for row in (rows[first], *more))
    return shlex.split(f"{command} {''.join(store)}")


def answers() -> list[str]:
    """Return what the record does not contain, as an operator answers it on the command line."""
    fields = tomllib.loads(BLOCK_SHEET) | dict.fromkeys(NOT_REACHED, "not assessed: a test of keys, far from the nerve")
    return [f"--set={key}={'no' if answer is False else answer}" for key, answer in fields.items()]


def signed_by_command(words: list[str]) -> None:
    """Complete, sign and verify a note on the command line; ``words`` is the screen's command with its program."""
    _, group, sign, *which = words
    assert (group, sign) == ("procedures", "sign")
    refused = command(group, sign, *which, "--by", PERFORMER)
    assert refused.status != 0
    assert "without an answer" in refused.err
    assert "NOT SIGNED" in command(group, "note", *which, *answers()).out
    signed = command(group, sign, *which, "--by", PERFORMER)
    assert signed.status == 0, signed.err
    assert f"Signed by {PERFORMER}" in signed.out
    note = command(group, "note", *which)
    assert note.status == 0, note.err
    assert f"Signed by {PERFORMER}" in note.out
    assert "NOT SIGNED" not in note.out
    assert "2 mL" in note.out
    verified = command(group, "verify", *which)
    assert verified.status == 0, verified.out
    assert command(group, sign, *which, "--by", PERFORMER).status != 0, "it is signed once"


@pytest.mark.slow
@pytest.mark.parametrize(("keys", "table"), [(KEYS, {}), (PEDAL, {"pedal": "f13-f24"})], ids=["keys", "pedal"])
async def test_a_procedure_from_the_first_page_to_its_signed_note(
    tmp_path: Path, keys: dict[str, str], table: dict[str, str]
) -> None:
    plan = plan_of(drugs(), DosePatient(70.0), "ropivacaine 0.5%")
    settings = Settings(load("generic-block"), Mode.AUTO, headless=False, dose=plan)
    engine, link = start_engine(LiveJob(settings, str(tmp_path), "sim:11"))
    assert link.first() is None
    app = GuidanceApp(link, appearance=Appearance(keymap=keymap_of(Config(Path("config.toml"), keys=table))))
    async with app.run_test(size=(120, 40)) as pilot:
        words = await procedure(pilot, app, keys)
    link.drain(10.0)
    engine.join(10.0)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    records = read_events(folder)
    entries = [record["what"] for record in records if record["kind"] == "entry"]
    assert [what for what in entries if what in {"redirect", "aspiration", "injection"}] == [
        "redirect",
        "aspiration",
        "injection",
    ]
    assert records[-1]["kind"] == "end"
    assert records[-1]["reason"] == "operator"
    signed_by_command(words)
