"""The pictures of the whole way, from Start to the signed note, and of a minute's guidance."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual.app import App
from textual.pilot import Pilot

from guidance.cli import main
from guidance.cli.command_table import COMMANDS, load_command
from guidance.cli.run import simulated_target
from guidance.common.config import Config
from guidance.contracts.snapshot import Snapshot
from guidance.note.site_defaults import site_defaults
from guidance.processes import start_engine
from guidance.protocol import load
from guidance.session import LiveJob
from guidance.start.choice import StartChoice, StartMemory
from guidance.start.signing_draft import SigningDraft
from guidance.start.signing_pages import NoteToSign, SignedPage, SigningPages
from guidance.start.start_app import StartApp
from guidance.ui.app import GuidanceApp
from guidance.ui.forms.form_page import FormPage
from tests.benchmarks.animated import animation

SIZE = (110, 34)
STOP_ITEMS = 10
_KEY_S = 0.35
"""Pause after a key: sooner it would count as pasted or held down."""
_FRAMES, _FRAME_S, _SHOWN_S = 16, 3.75, 0.75
"""Pictures of the minute, the time between two, and how long each is shown: five times as fast."""
_PATIENCE_S = 300.0
_CASE = ("A. Patient", "1951-07-23", "MRN-1")
Keep = Callable[[str, App[Any]], None]


def _site(device: str) -> Config:
    note = {
        "performer": "Dr A. Example", "supervisor": "not done: the performer is a specialist", "position": "supine",
        "premedication": "none", "sedation": "awake", "asepsis": "chlorhexidine", "skin_infiltration": "none",
        "needle_tip": "short bevel", "needle_maker": "Example", "needle_length_mm": 50, "needle_gauge": 22,
        "ultrasound": False, "epinephrine": "none", "adjunct": "none",
    }  # fmt: skip
    return Config(Path("config.toml"), start={"device": device, "solution": "ropivacaine 0.5%"}, note=note)


async def whole_way(store: Path, seed: int, keep: Keep, write: Callable[[str, str], None]) -> None:
    """Guide a femoral block of the simulated patient ``seed`` to a signed note; ``keep`` gets each picture by name."""
    protocol = load("femoral")
    site = _site(",".join([f"sim:{seed}", "stays", "waits", *simulated_target(protocol)]))
    choice = await _begun(site, store, keep)
    sheet = store / "case.toml"
    sheet.write_text(choice.case, "utf-8")
    jobs = list[LiveJob]()
    with patch("guidance.cli.run.run_job", lambda job, **_: jobs.append(job)):
        main(words=[*choice.words, "--case", str(sheet), "--store", str(store / "records")])
    folder = await _guided(jobs[0], keep, write)
    await _signed(folder, site, keep)


async def _begun(site: Config, store: Path, keep: Keep) -> StartChoice:
    memory = StartMemory(load_command, site, store, "dark", recent={"address": [], "protocol_id": []})
    app = StartApp(memory, frozenset(COMMANDS))
    async with app.run_test(size=SIZE) as pilot:
        await _press(pilot)
        keep("way-1-start", app)
        await _press(pilot, "b")
        for text, pick in (("femoral", "1"), *((text, "") for text in _CASE)):
            await _type(pilot, text, pick)
        await _press(pilot, "1")
        await _type(pilot, "70")
        await _type(pilot, "168", "2")
        keep("way-2-procedure", app)
        await _type(pilot, "osteoarthritis")
        await _press(pilot, "enter")
    assert app.return_value is not None
    return app.return_value


async def _guided(job: LiveJob, keep: Keep, write: Callable[[str, str], None]) -> Path:
    engine, link = start_engine(job)
    failed = link.first()
    if failed:
        raise SystemExit(failed.sentence)
    app = GuidanceApp(link)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await _until(app, lambda now: now.rms_uv is not None)
            await _press(pilot)
            keep("way-3-prepare", app)
            await _press(pilot, "enter")
            for number in range(1, STOP_ITEMS + 1):
                await _press(pilot, "1")
                await _until(app, lambda now, number=number: _answered(now) == number)  # type: ignore[misc]
                if number == STOP_ITEMS // 2:
                    keep("way-4-stop-moment", app)
            await _press(pilot, "o", "enter")
            await _until(app, lambda now: now.stimuli > 0)
            frames = list[str]()
            for _ in range(_FRAMES):
                frames.append(app.export_screenshot())
                await asyncio.sleep(_FRAME_S)
            if not app.is_armed():
                raise SystemExit("The stimulator was switched off meanwhile; is the computer busy?")
            write("minute", animation(frames, _SHOWN_S))
            await _until(app, _is_estimated)
            keep("way-5-guide", app)
            await _press(pilot, "k", "enter", "d", "up", "up", "i")
            await _until(app, lambda now: now.dose is not None and now.dose.volume_ml > 0)
            await _press(pilot)
            keep("way-6-inject", app)
            await _press(pilot, "space", "enter")
            await _until(app, lambda _: not app.is_armed())
            await _press(pilot)
            keep("way-7-review", app)
            await _press(pilot, "g", "g")
            await _until(app, lambda _: not app.is_running)
        link.drain(10.0)
        engine.join(10.0)
    finally:
        engine.terminate()
    assert app.return_value is not None
    return Path(app.return_value)


def _answered(snapshot: Snapshot) -> int:
    return sum(item.answer is not None for item in snapshot.stop_moment.items) if snapshot.stop_moment else 0


def _is_estimated(snapshot: Snapshot) -> bool:
    """Return whether a response was just found, and the zone is known."""
    near = snapshot.proximity
    return near is not None and near.valid and near.zone in {"approach", "target"} and snapshot.sweeps[-1].detected


async def _signed(folder: Path, site: Config, keep: Keep) -> None:
    app = SigningPages(SigningDraft(folder, None, site_defaults(site)), "dark")
    async with app.run_test(size=SIZE) as pilot:
        await _press(pilot)
        keep("way-8-answers", app)
        while isinstance(page := app.screen, FormPage) and (item := page.form.here) is not None:
            if item.choices:
                await _press(pilot, *(["1"] if item.quick else ["1", "enter"]))
            else:
                await _type(pilot, "72, 128/76")
        note = app.screen
        assert isinstance(note, NoteToSign)
        while not note.is_read:
            await _press(pilot, "enter")
        await _press(pilot, "enter")
        keep("way-9-note-to-sign", app)
        await _press(pilot, "enter")
        while not isinstance(app.screen, SignedPage):
            await _press(pilot)
        keep("way-10-signed", app)


async def _press(pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await asyncio.sleep(_KEY_S)
    await pilot.pause(_KEY_S)


async def _type(pilot: Pilot[Any], text: str, pick: str = "") -> None:
    await pilot.press(*text)
    await _press(pilot, "enter", *pick)


async def _until(app: GuidanceApp, holds: Callable[[Snapshot], bool]) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while app.newest is None or not holds(app.newest):
        if time.monotonic() > deadline_s:
            raise SystemExit(f"It did not come to that within {_PATIENCE_S:g} s.")
        await asyncio.sleep(0.05)
