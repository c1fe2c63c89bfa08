"""What a frame of the screen costs: ``python -m tests.benchmarks.bench_screen``."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle, islice

from textual._compositor import CompositorUpdate

from guidance.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.raster import Canvas
from guidance.ui.widgets.bars import Bars
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.sweeps import Sweeps
from tests.guidance.ui.fakes import FakeLink, build_emg, build_snapshot

_FRAMES = 200
_SIZES = ((80, 24), (120, 40), (200, 50), (300, 100))


def _snapshots() -> list[Snapshot]:
    """Twenty different states; a fifth of them with a new sweep."""
    return [replace(build_snapshot(60 + moment // 5), emg=build_emg(moment)) for moment in range(20)]


def _cpu_ms(work: Callable[[Snapshot], object], snapshots: list[Snapshot]) -> float:
    started_s = time.process_time()
    for snapshot in islice(cycle(snapshots), _FRAMES):
        work(snapshot)
    return (time.process_time() - started_s) / _FRAMES * 1000


def _draw(panel: Panel, snapshot: Snapshot) -> None:
    panel.snapshot = snapshot
    canvas = Canvas(*panel.size)
    panel.paint(canvas)
    canvas.strips()


async def _measure(size: tuple[int, int]) -> None:
    link = FakeLink()
    app = GuidanceApp(link)
    snapshots = _snapshots()
    async with app.run_test(size=size) as pilot:
        link.feed(snapshots[0])
        await pilot.pause(0.2)
        plots = [panel for panel in app.query(Panel) if isinstance(panel, Sweeps | Bars | EmgStrip)]
        costs = [_cpu_ms(partial(_draw, panel), snapshots) for panel in plots]
        whole_ms = await _whole_ms(app, snapshots)
    link.close()
    each = " + ".join(f"{cost:.2f}" for cost in costs)
    print(
        f"{size[0]}x{size[1]}: plots {sum(costs):.2f} ms a frame (sweeps, bars, EMG: {each}); "
        f"whole screen to terminal codes {whole_ms:.1f} ms, {1000 / whole_ms:.0f} frames/s possible"
    )


async def _whole_ms(app: GuidanceApp, snapshots: list[Snapshot]) -> float:
    """CPU of a frame from Snapshot to the codes a terminal would get, all panels redrawn."""
    started_s = time.process_time()
    for snapshot in islice(cycle(snapshots), _FRAMES):
        for panel in app.query(Panel):
            panel.show(snapshot)
        update = app.screen._compositor.render_update(full=True)
        assert isinstance(update, CompositorUpdate)
        update.render_segments(app.console)
        await asyncio.sleep(0)
    return (time.process_time() - started_s) / _FRAMES * 1000


async def _banner_ms() -> float:
    """Time from the engine's death to the banner on the composed screen."""
    link = FakeLink()
    app = GuidanceApp(link)
    async with app.run_test(size=(200, 50)) as pilot:
        link.feed(build_snapshot())
        await pilot.pause(0.2)
        started_s = time.monotonic()
        link.die()
        while not any("stimulator off by hand" in strip.text for strip in app.screen._compositor.render_strips()):
            await asyncio.sleep(0.01)
        return (time.monotonic() - started_s) * 1000


def main() -> None:
    """Print the costs at four sizes, and how soon the banner stands."""
    os.environ.setdefault("COLORTERM", "truecolor")
    for size in _SIZES:
        asyncio.run(_measure(size))
    print(f"GUIDANCE STOPPED after {max(asyncio.run(_banner_ms()) for _ in range(5)):.0f} ms (longest of 5)")


if __name__ == "__main__":
    main()
