"""How soon a cue sounds, and whether samples are missing, through PortAudio on a sound server's null sink that is
recorded.

``python -m tests.benchmarks.bench_sound [--cues N] [--minutes M] [--choices] [--no-screen]``. A procedure runs on a
simulated patient with the screen at 20 frames a second in a terminal beside it; in this process the sound is given a
`proximity` record's cue as a session would, and the lag is to the first changed sample at the sink. ``--choices``: the
same for other buffers. ``--minutes``: then idle for so long, counting the times that samples lacked. A sink's monitor
hands samples on as they are mixed; a real loudspeaker adds its own delay.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drivers.base import Block
from guidance.audio.output import LATENCIES_S
from guidance.audio.settings import SoundSettings
from guidance.audio.sound import Sound
from guidance.contracts.events import Cue, Proximity
from guidance.contracts.zones import Edges
from guidance.cue import MAPPINGS, CueChooser
from tests.benchmarks.bench_live import Terminal, armed
from tests.support.pulse_audio import PulseServer, Recorder, own_sound

EMG_HZ = 10_000.0
EDGES_MA = Edges(1.0, 0.5, 0.2)
LEVEL = 2e-4
QUIET_S = 0.25


def proximity(zone: str, threshold_ma: float) -> Proximity:
    """A record as the engine makes it."""
    interval = (threshold_ma * 0.9, threshold_ma, threshold_ma * 1.1)
    return Proximity(0, interval, interval, None, zone, None, valid=True, why=None)


class Session:
    """What a session does with the sound: it is tended, and receives the needle's EMG as it comes."""

    def __init__(self, sound: Sound) -> None:
        self._sound, self._began_s, self._fed = sound, time.monotonic(), 0
        self._uv = np.random.default_rng(1).normal(0.0, 10.0, (round(EMG_HZ), 1)).astype(np.float32)

    def tend(self, seconds: float) -> None:
        """Go on for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._sound.tend(())
            due = int((time.monotonic() - self._began_s) * EMG_HZ)
            rows = self._uv[np.arange(self._fed, due) % len(self._uv)]
            self._sound.feed([Block(self._fed, rows)], awaiting=False)
            self._fed = due
            time.sleep(0.004)


def lags_ms(sound: Sound, session: Session, recorder: Recorder, cues: int) -> tuple[list[float], list[float], int]:
    """From a record to the first changed sample; that sample against the record's ``sounded_ns``; cues never found."""
    chooser, requested = CueChooser(MAPPINGS["tempo"], EDGES_MA), []
    for _ in range(cues):
        sound.play(Cue("none", 0.5, 1200.0))
        session.tend(QUIET_S + random.random() * 0.05)
        chooser.changed(proximity("far", 3.0))
        at_s = time.monotonic()
        cue = chooser.changed(proximity("close", 0.15))
        assert cue is not None
        requested.append((at_s, sound.play(cue)))
        session.tend(0.15)
    session.tend(0.3)
    recording, found, off, missed = recorder.recording(), [], [], 0
    for at_s, sounded_ns in requested:
        first_s = recording.first_after(at_s, LEVEL)
        if first_s is None or first_s - at_s > 0.4:
            missed += 1
            continue
        found.append((first_s - at_s) * 1e3)
        if sounded_ns is not None:
            off.append((sounded_ns / 1e9 - first_s) * 1e3)
    return found, off, missed


def row(latency_s: float | None, cues: int, server: PulseServer) -> str:
    """One row of the table: the lags for what is buffered."""
    sound = Sound(SoundSettings(monitor=0.0, latency_s=latency_s), EMG_HZ)
    session = Session(sound)
    try:
        while sound.play(Cue("none", 0.5, 1200.0)) is None:
            session.tend(0.1)
        with Recorder(server) as recorder:
            session.tend(1.0)
            found, off, missed = lags_ms(sound, session, recorder, cues)
        buffered = f"{latency_s * 1e3:5.1f} ms" if latency_s else "as built"
        if not found:
            return f"{buffered:9} none was found; lost: {sound.lost or 'never'}"
        low, median, high, most = np.percentile(found, [1, 50, 99, 100])
        latency = f"{sound.latency_ms:8.1f}" if sound.latency_ms else "       -"
        offset = f"{float(np.median(off)):+5.1f}" if off else "    -"
        return (
            f"{buffered:9} {median:7.1f} {high:6.1f} {most:6.1f} {high - low:8.1f} {offset:>10} {missed:7d} "
            f"{sound.underruns:9d} {latency}{'  it broke off' if sound.lost else ''}"
        )
    finally:
        sound.close()


@contextlib.contextmanager
def screen() -> Iterator[None]:
    """A procedure on a simulated patient, armed, with its screen on a terminal that is read all the while."""
    import threading

    with tempfile.TemporaryDirectory() as store:
        terminal = Terminal("demo", "--no-audio", "--store", store)
        armed(terminal, Path(store))
        stop = threading.Event()

        def follow() -> None:
            while not stop.is_set() and terminal.read_for(0.1):
                pass

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            terminal.end()


def idle(minutes: float, server: PulseServer) -> None:
    """Say how often samples lacked in ``minutes`` of a steady sound."""
    sound = Sound(SoundSettings(monitor=0.0), EMG_HZ)
    session = Session(sound)
    try:
        with Recorder(server):
            sound.play(Cue("close", None, 880.0))
            session.tend(3.0)
            before = sound.underruns or 0
            session.tend(minutes * 60)
        lacked = (sound.underruns or 0) - before
        print(f"{minutes:g} min idle: samples lacked {lacked} times; lost: {sound.lost or 'never'}")
    finally:
        sound.close()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cues", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--choices", action="store_true")
    parser.add_argument("--no-screen", action="store_true")
    options = parser.parse_args()
    with own_sound(sys.exit) as server:
        print(f"{options.cues} cues, {'no screen' if options.no_screen else 'a procedure with its screen'} beside it")
        print("                 lag, ms                           sounded_ns    cues   samples   device")
        print("buffered   median    p99    max   jitter   off by  missing    lacked  latency")
        with contextlib.nullcontext() if options.no_screen else screen():
            for latency_s in (0.0054, 0.008, *LATENCIES_S) if options.choices else (None,):
                print(row(latency_s, options.cues, server), flush=True)
        if options.minutes:
            idle(options.minutes, server)


if __name__ == "__main__":
    main()
