"""The pictures of the README, out of the running program: ``python -m tests.benchmarks.screenshots``.

``demo.svg``: the engine in its own process guides on a simulated patient, armed by its two keys, until the tip is in
the target zone, which takes one to two minutes. ``replay.svg``: a recording is replayed. Both go to
tests/guidance/ui/pictures.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from guidance.host import Job, start_engine
from guidance.live import Live
from guidance.protocol import load
from guidance.replay import Replay
from guidance.settings import Mode, Settings
from guidance.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from tests.shared import shared

_PICTURES = Path(__file__).parent.parent / "guidance" / "ui" / "pictures"
_SIZE = (120, 40)
_SEED = 11
_PATIENCE_S = 240.0
_ENOUGH_RESPONSES = 60
_MEP_WINDOW_MS = (13.0, 50.0)
_FONTS = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


def _in_target(snapshot: Snapshot) -> bool:
    proximity = snapshot.proximity
    shares = proximity.zone_probability if proximity else None
    return shares is not None and shares["target"] > 0.7 and snapshot.sweeps[-1].detected


def _well_under_way(snapshot: Snapshot) -> bool:
    return snapshot.responses >= _ENOUGH_RESPONSES and snapshot.sweeps[-1].detected


async def _picture(job: Job, keys: tuple[str, ...], is_worth_it: Callable[[Snapshot], bool], path: Path) -> None:
    """Run ``job`` with its screen in ``_SIZE``, press ``keys``, and keep the screen once it is worth it."""
    engine, link = start_engine(job)
    failed = link.first()
    if failed:
        raise SystemExit(failed.sentence)
    app = GuidanceApp(link)
    async with app.run_test(size=_SIZE) as pilot:
        await _until(app, lambda _: True)
        await pilot.press(*keys)
        await _until(app, is_worth_it)
        await pilot.pause()
        path.write_text(_FONTS.sub("", app.export_screenshot()), encoding="utf-8")
        await pilot.press("q")
        await _until(app, lambda _: not app.is_running)
    engine.join()


async def _until(app: GuidanceApp, holds: Callable[[Snapshot], bool]) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while app.newest is None or not holds(app.newest):
        if time.monotonic() > deadline_s:
            raise SystemExit(f"It did not come to that within {_PATIENCE_S:g} s.")
        await asyncio.sleep(0.05)


def main() -> None:
    """Make both pictures."""
    os.environ["COLORTERM"] = "truecolor"
    _PICTURES.mkdir(exist_ok=True)
    protocol = load("generic-block")
    with tempfile.TemporaryDirectory() as store:
        demo = Live(Settings(protocol, Mode.AUTO, headless=False), store, f"sim:{_SEED}")
        asyncio.run(_picture(demo, ("o", "enter"), _in_target, _PICTURES / "demo.svg"))
    recording = shared("data/streams/mep_human_recruitment_7intensities.edf")
    os.chdir(recording.parent)  # the title names the file as it was given
    replay = Replay(recording.name, Settings(protocol, Mode.MANUAL, _MEP_WINDOW_MS, headless=False), speed=4.0)
    asyncio.run(_picture(replay, (), _well_under_way, _PICTURES / "replay.svg"))


if __name__ == "__main__":
    main()
