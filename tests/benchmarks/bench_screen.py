"""What a frame of the screen costs: ``python -m tests.benchmarks.bench_screen``."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from textual._compositor import CompositorUpdate

from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.procedure_screen import ProcedureScreen
from guidance.ui.raster import Canvas
from guidance.ui.widgets.bars import ResponseBars
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.gauge import GaugePanel
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.sweeps import Sweeps
from guidance.ui.widgets.zone import ZoneWord
from tests.support.screens import FakeLink, build_emg, build_live, build_proximity, build_snapshot

_FRAMES = 200
_FRAMES_PER_S = 20
_SIZES = ((80, 24), (120, 40), (200, 50), (300, 100))
_PLOTS = (GaugePanel, ZoneWord, Sweeps, ResponseBars, EmgStrip)


def _replayed() -> list[Snapshot]:
    """Twenty different states; a fifth of them with a new sweep."""
    return [replace(build_snapshot(60 + moment // 5), emg=build_emg(moment)) for moment in range(20)]


def _guided() -> list[Snapshot]:
    """The same of a live procedure, with a new estimate for each sweep."""
    return [_guided_at(60 + moment // 5, build_emg(moment)) for moment in range(20)]


def _guided_at(pulse: int, emg: NDArray[np.float32]) -> Snapshot:
    proximity = build_proximity("target", 0.3 + 0.02 * (pulse % 5), sample=pulse)
    return replace(build_live(pulse), emg=emg, proximity=proximity)


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


async def _measure(what: str, snapshots: list[Snapshot], size: tuple[int, int]) -> None:
    link = FakeLink()
    app = GuidanceApp(link)
    async with app.run_test(size=size) as pilot:
        link.feed(snapshots[0])
        await pilot.pause(0.2)
        plots = [panel for panel in app.query(Panel) if isinstance(panel, _PLOTS) and panel.size.height]
        costs = [_cpu_ms(partial(_draw, panel), snapshots) for panel in plots]
        assert isinstance(app.screen, ProcedureScreen)
        whole_ms = await _whole_ms(app.screen, app.console, snapshots)
    link.close()
    each = ", ".join(f"{type(plot).__name__} {cost:.2f}" for plot, cost in zip(plots, costs, strict=True))
    print(
        f"{what} {size[0]}x{size[1]}: all redrawn to terminal codes {whole_ms:.1f} ms a frame, "
        f"{whole_ms * _FRAMES_PER_S / 10:.0f} % of a core at {_FRAMES_PER_S} frames/s; "
        f"plots {sum(costs):.2f} ms ({each})"
    )


async def _whole_ms(screen: ProcedureScreen, console: Console, snapshots: list[Snapshot]) -> float:
    """CPU of a frame from Snapshot to the codes a terminal would get, all panels redrawn."""
    started_s = time.process_time()
    for snapshot in islice(cycle(snapshots), _FRAMES):
        screen.show(snapshot)
        screen.show_silence(None)
        update = screen._compositor.render_update(full=True)
        assert isinstance(update, CompositorUpdate)
        update.render_segments(console)
        await asyncio.sleep(0)
    return (time.process_time() - started_s) / _FRAMES * 1000


async def _banner_ms() -> float:
    """Time from the engine's death to the banner on the composed screen."""
    link = FakeLink()
    app = GuidanceApp(link)
    async with app.run_test(size=(200, 50)) as pilot:
        link.feed(build_live())
        await pilot.pause(0.2)
        started_s = time.monotonic()
        link.die()
        while not any("The engine has died" in strip.text for strip in app.screen._compositor.render_strips()):
            await asyncio.sleep(0.01)
        return (time.monotonic() - started_s) * 1000


def main() -> None:
    """Print the costs at four sizes, and how soon the banner stands."""
    os.environ.setdefault("COLORTERM", "truecolor")
    for size in _SIZES:
        asyncio.run(_measure("replay", _replayed(), size))
        asyncio.run(_measure("guiding", _guided(), size))
    print(f"GUIDANCE STOPPED after {max(asyncio.run(_banner_ms()) for _ in range(5)):.0f} ms (longest of 5)")


if __name__ == "__main__":
    main()
