"""The same data as the page that guides shows, drawn by textual-plot: the peer of ``bench_frames``."""

from __future__ import annotations

from typing import Any

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual_plot import HiResMode, PlotWidget

from guidance.contracts.commands import FrameAck
from guidance.contracts.snapshot import Snapshot
from guidance.ui.link import LinkWatcher
from tests.benchmarks.framed import Feed


class Plotted(App[str]):
    """Sweeps above, threshold and impedance beside them, EMG below; all redrawn for each Snapshot."""

    CSS = "#above { height: 3fr; } #sweeps { width: 3fr; } #emg { height: 1fr; }"

    measured: Any = None

    def __init__(self, feed: Feed) -> None:
        """Draw what ``feed`` sends."""
        super().__init__()
        self._feed = feed
        self._frames = 0

    def compose(self) -> ComposeResult:
        """Four plots."""
        yield Horizontal(PlotWidget(id="sweeps"), PlotWidget(id="threshold"), PlotWidget(id="impedance"), id="above")
        yield PlotWidget(id="emg")

    def on_ready(self) -> None:
        """Begin to draw."""
        self._watch = LinkWatcher(self._feed, lambda: self.call_later(self._receive))
        self.measured.begin()

    def _receive(self) -> None:
        snapshot = self._feed.receive()
        if snapshot is not None:
            self._draw(snapshot)
        self._watch.arm()

    def _draw(self, snapshot: Snapshot) -> None:
        self._frames += 1
        for name, lines in _lines(snapshot).items():
            plot = self.query_one(f"#{name}", PlotWidget)
            plot.clear()
            for x, y in lines:
                plot.plot(x, y, hires_mode=HiResMode.BRAILLE)
        self.call_after_refresh(self._feed.send, FrameAck(self._frames))


def _lines(snapshot: Snapshot) -> dict[str, list[tuple[Any, Any]]]:
    trail = snapshot.past.trail
    known = trail[np.isfinite(trail["median_ma"])]
    times = np.linspace(0.0, snapshot.emg_span_s, len(snapshot.emg))
    return {
        "sweeps": [(s.start_ms + s.step_ms * np.arange(len(s.uv)), s.uv) for s in snapshot.sweeps[-12:]],
        "threshold": [(known["t"], known[name]) for name in ("low_ma", "median_ma", "high_ma")],
        "impedance": [(trail["t"], trail["kohm"])],
        "emg": [(times, snapshot.emg[:, 0]), (times, snapshot.emg[:, 1])],
    }
