"""A screen that is fed and measured, on whatever terminal it is started: see ``bench_frames``."""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from textual.app import App

from guidance.contracts.commands import FrameAck, OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.pages import ScreenPage
from tests.support.screens import build_emg, build_past, build_proximity, build_whole

FRAME_S = 0.05
_WARM_UP_S = 2.0
_STATES = 100


def snapshots() -> list[Snapshot]:
    """Five seconds of a live procedure: the EMG rolls with each, every fourth has a new sweep and a new estimate."""
    made = []
    for moment in range(_STATES):
        pulse = 60 + moment // 4
        median_ma = 0.38 * (1.0 + 0.2 * ((moment // 4) % 5 - 2))
        proximity = build_proximity("target", median_ma, sample=pulse)
        whole = build_whole(pulse, proximity=proximity, past=build_past(60.0 + pulse), t=100.0 + moment * FRAME_S)
        made.append(replace(whole, emg=build_emg(moment), position_s=100.0 + moment * FRAME_S))
    return made


class Feed:
    """A Link whose engine is a thread: a Snapshot for each FrameAck, a frame after the last one at the earliest."""

    def __init__(self, states: list[Snapshot]) -> None:
        """Send ``states``, over and over."""
        self._states = states
        self._read_fd, self._write_fd = os.pipe()
        self._paid = threading.Event()
        self._paid.set()
        self._newest: Snapshot | None = None
        self.frames = 0
        self.delays_s: list[float] = []
        self._sent_at = 0.0
        threading.Thread(target=self._send, daemon=True).start()

    def _send(self) -> None:
        while True:
            for state in self._states:
                self._paid.wait()
                self._paid.clear()
                self._newest, self._sent_at = state, time.monotonic()
                os.write(self._write_fd, b"s")
                time.sleep(FRAME_S)

    def fileno(self) -> int:
        """Readable when a Snapshot waits."""
        return self._read_fd

    def receive(self) -> Snapshot | None:
        """The newest Snapshot."""
        os.read(self._read_fd, 4096)
        return self._newest

    def send(self, message: OperatorCommand) -> None:
        """Receive a FrameAck: the Snapshot before it has reached the terminal."""
        if isinstance(message, FrameAck):
            self.frames += 1
            self.delays_s.append(time.monotonic() - self._sent_at)
            self._paid.set()


def peer(feed: Feed) -> App[str]:
    """The same data in textual-plot's widgets: sweeps, threshold, impedance and EMG, redrawn for each Snapshot."""
    from tests.benchmarks.plotted import Plotted

    return Plotted(feed)


class Measured:
    """Ends ``app`` after ``seconds``, and reports what it cost from the end of the warm-up on."""

    def __init__(self, app: App[str], feed: Feed, seconds: float) -> None:
        """Measure ``app``, which ``feed`` feeds."""
        self._app, self._feed, self._seconds = app, feed, seconds
        self.report: dict[str, float] = {}

    def begin(self) -> None:
        """Call once the app runs."""
        self._app.set_timer(_WARM_UP_S, self._start)

    def _start(self) -> None:
        self._began = time.monotonic(), time.process_time(), self._feed.frames
        self._app.set_timer(self._seconds - _WARM_UP_S, self._stop)

    def _stop(self) -> None:
        wall_s, cpu_s, frames = self._began
        passed_s = time.monotonic() - wall_s
        self.report = {
            "seconds": passed_s,
            "frames_per_s": (self._feed.frames - frames) / passed_s,
            "cpu_percent": (time.process_time() - cpu_s) / passed_s * 100.0,
        }
        self._app.exit()


class Framed(GuidanceApp):
    """The screen on one page, measured."""

    shown_page = ScreenPage.GUIDE
    measured: Measured | None = None

    def on_ready(self) -> None:
        """Begin to measure."""
        if self.measured:
            self.measured.begin()
        self.set_timer(0.5, lambda: self.turn_to(self.shown_page))


def main() -> None:
    """Run the screen named by the first argument for as many seconds as the second states; report on the descriptor."""
    who, seconds, descriptor = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    feed = Feed(snapshots())
    if who == "peer":
        app: Any = peer(feed)
    else:
        app = Framed(feed)
        app.shown_page = ScreenPage(who)
    app.measured = Measured(app, feed, seconds)
    app.run()
    cuts = statistics.quantiles(feed.delays_s[2:], n=20)
    report = app.measured.report | {"delay_p50_ms": cuts[9] * 1e3, "delay_p95_ms": cuts[18] * 1e3}
    with os.fdopen(descriptor, "w") as pipe:
        pipe.write(json.dumps(report))


if __name__ == "__main__":
    main()
