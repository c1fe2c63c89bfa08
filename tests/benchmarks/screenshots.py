"""The pictures of the documents, out of the running program: ``python -m tests.benchmarks.screenshots [NAME ...]``.

The engine runs in its own process, and the screen is worked by its keys, on simulated patients but for the replay:

- ``demo``: a block, armed, until the tip is in the target zone, and ``inject.svg`` after it; one to two minutes;
- ``needle-emg``: a toxin injection led by its EMG, at a slight effort, inside a unit's territory;
- ``biofeedback``: a trial of an exercise, after rest and one effort; a minute;
- ``replay``: a recording;
- ``plan``: the progress of a made plan, without an engine;
- ``way``: a femoral block from Start to the signed note, ``way-1-start.svg`` and so on, and ``minute.svg``, a minute of
  its guidance as a moving picture; three minutes.

All go to tests/guidance/ui/pictures.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.app import App

from guidance.biofeedback.plan import plan_of
from guidance.cli.plan_documents import plan_screen
from guidance.contracts.snapshot import Snapshot
from guidance.dose.drugs import load as drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of as dose_plan_of
from guidance.engine.settings import Mode, Settings
from guidance.processes import EngineJob, EngineLink, start_engine
from guidance.protocol import load
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from guidance.session import LiveJob
from guidance.session.biofeedback import BiofeedbackJob
from guidance.session.replay import ReplayJob
from guidance.treatment.sessions import sessions_of
from guidance.ui.app import GuidanceApp
from guidance.ui.training import ExerciseApp
from tests.benchmarks.way_pictures import whole_way
from tests.support.made_course import LABEL, TODAY, made_course, made_plan
from tests.support.screens import press_twice
from tests.support.shared import shared

_PICTURES = Path(__file__).parent.parent / "guidance" / "ui" / "pictures"
_SIZE = (120, 40)
_SEED, _PERSON = 11, 3
_PATIENCE_S = 240.0
_ENOUGH_RESPONSES = 60
_IN_TRIAL_S = 4.0
_MEP_WINDOW_MS = (13.0, 50.0)
_FONTS = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)

Screen = GuidanceApp | ExerciseApp


@dataclass(frozen=True, slots=True)
class Screenshot:
    """Press ``keys``, wait until the screen ``is_worth_it``, and keep it as ``name``; without one, only go on."""

    keys: tuple[str, ...]
    is_worth_it: Callable[[Snapshot], bool]
    name: str | None = None


def _is_known(snapshot: Snapshot) -> bool:
    return snapshot.rms_uv is not None


def _in_target(snapshot: Snapshot) -> bool:
    proximity = snapshot.proximity
    shares = proximity.zone_probability if proximity else None
    return shares is not None and shares["target"] > 0.7 and snapshot.sweeps[-1].detected


def _given(snapshot: Snapshot) -> bool:
    return snapshot.dose is not None and snapshot.dose.volume_ml > 0


def _contracts(snapshot: Snapshot) -> bool:
    return snapshot.needle is not None and snapshot.needle.potentials_per_s > 5


def _inside(snapshot: Snapshot) -> bool:
    near = snapshot.proximity
    shares = near.zone_probability if near else None
    return shares is not None and shares["target"] > 0.7 and near is not None and near.rise_time_us is not None


def _in_trial(snapshot: Snapshot) -> bool:
    now = snapshot.training
    if now is None or not (now.scoring and now.trial and now.left_s) or now.left_s > now.seconds - _IN_TRIAL_S:
        return False
    muscle = now.muscles[0]
    return muscle.envelope_uv is not None and muscle.line_uv is not None and muscle.envelope_uv > muscle.line_uv


def _well_under_way(snapshot: Snapshot) -> bool:
    return snapshot.responses >= _ENOUGH_RESPONSES and snapshot.sweeps[-1].detected


async def _pictures(job: EngineJob, screen: Callable[[EngineLink], Screen], screenshots: Iterable[Screenshot]) -> None:
    """Run ``job`` with its ``screen`` in ``_SIZE``, take the ``screenshots`` in turn, and leave."""
    engine, link = start_engine(job)
    failed = link.first()
    if failed:
        raise SystemExit(failed.sentence)
    try:
        await _taken(screen(link), screenshots)
        engine.join()
    finally:
        engine.terminate()


async def _taken(app: Screen, screenshots: Iterable[Screenshot]) -> None:
    async with app.run_test(size=_SIZE) as pilot:
        await _until(app, lambda _: True)
        for screenshot in screenshots:
            if screenshot.keys:
                await pilot.press(*screenshot.keys)
            await _until(app, screenshot.is_worth_it)
            await pilot.pause(0.2)
            if screenshot.name:
                _keep(screenshot.name, app)
        await press_twice(pilot, "q")
        await _until(app, lambda _: not app.is_running)


def _keep(name: str, app: App[Any]) -> None:
    _write(name, _FONTS.sub("", app.export_screenshot()))


def _write(name: str, picture: str) -> None:
    (_PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


async def _until(app: Screen, holds: Callable[[Snapshot], bool]) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while app.newest is None or not holds(app.newest):
        if time.monotonic() > deadline_s:
            raise SystemExit(f"It did not come to that within {_PATIENCE_S:g} s.")
        await asyncio.sleep(0.05)


async def _demo(store: str) -> None:
    """A block to the target, and an aliquot entered there."""
    plan = dose_plan_of(drugs(), DosePatient(70.0), "ropivacaine 0.5%")
    settings = Settings(load("generic-block"), Mode.AUTO, headless=False, dose=plan)
    screenshots = (
        Screenshot((), _is_known),
        Screenshot(("o", "enter"), _in_target, "demo"),
        Screenshot(("k", "enter", "d", "up", "up", "i"), _given, "inject"),
    )
    await _pictures(LiveJob(settings, store, f"sim:{_SEED}"), GuidanceApp, screenshots)


async def _needle_emg(store: str) -> None:
    """The needle of a toxin injection inside the territory of a unit."""
    settings = Settings(load("botulinum-fcr"), Mode.LISTEN, headless=False)
    screenshots = (
        Screenshot((), _is_known),
        Screenshot(("enter", "8"), _contracts),
        Screenshot(("k",), _inside, "needle-emg"),
    )
    await _pictures(LiveJob(settings, store, "sim:1,needle"), GuidanceApp, screenshots)


async def _biofeedback(store: str) -> None:
    """A trial in which the muscle is held above its line."""
    sheet = load_sheet("contract-hold").sheet
    assert isinstance(sheet, BiofeedbackProtocol)
    settings = Settings(load("contract-hold"), Mode.LISTEN, headless=False)
    plan = replace(plan_of(sheet)[0], efforts=1)
    job = BiofeedbackJob(settings, plan, store, address=f"sim:{_PERSON}", follows=True)
    await _pictures(job, ExerciseApp, [Screenshot((), _in_trial, "biofeedback")])


async def _replay(_store: str) -> None:
    """A recording of motor evoked potentials."""
    recording = shared("data/streams/mep_human_recruitment_7intensities.edf")
    os.chdir(recording.parent)  # the title names the file as it was given
    settings = Settings(load("generic-block"), Mode.MANUAL, _MEP_WINDOW_MS, headless=False)
    replay = ReplayJob(recording.name, settings, speed=4.0)
    await _pictures(replay, GuidanceApp, [Screenshot((), _well_under_way, "replay")])


async def _plan(store: str) -> None:
    """The progress of a made case: nobody was treated."""
    made_course(Path(store))
    app = plan_screen(made_plan(Path(store)), sessions_of(Path(store), LABEL, TODAY))
    async with app.run_test(size=_SIZE) as pilot:
        await pilot.press("left")
        await pilot.pause(0.2)
        _keep("plan", app)


async def _way(store: str) -> None:
    """A whole procedure, from Start to the signed note, which is offered to be written to the working directory."""
    os.chdir(store)
    await whole_way(Path(store), _SEED, _keep, _write)


_MAKERS = {
    "demo": _demo,
    "needle-emg": _needle_emg,
    "biofeedback": _biofeedback,
    "replay": _replay,
    "plan": _plan,
    "way": _way,
}


def main() -> None:
    """Make the pictures named, or all."""
    os.environ["COLORTERM"] = "truecolor"
    _PICTURES.mkdir(exist_ok=True)
    wrong = [name for name in sys.argv[1:] if name not in _MAKERS]
    if wrong:
        raise SystemExit(f"There is no picture {wrong[0]}; there are {', '.join(_MAKERS)}.")
    for name in sys.argv[1:] or _MAKERS:
        with tempfile.TemporaryDirectory() as store:
            asyncio.run(_MAKERS[name](store))


if __name__ == "__main__":
    main()
