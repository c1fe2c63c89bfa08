"""From a motor-unit potential's peak in the signal to its record, its tone and its own sound, each as one figure.

``uv run python -m tests.benchmarks.bench_needle_live [SECONDS]`` (40 of potentials for each of two runs). A scripted
amplifier on a pseudo-terminal plays made potentials at irregular times in real time; `run --headless` listens in
processes of its own and plays on PulseAudio's null sink, whose monitor is recorded. A peak's time is that at which its
sample is due, on the machine's monotonic clock, so that the wait for its frame is in the delay; a real loudspeaker adds
its own. Matched in time and pitch, or by shape; beside it, how many would match potentials at wrong times.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.paths import ona
from tests.benchmarks.potentials import Matched, Potentials, by_shape, by_tones
from tests.support.command_line import started
from tests.support.event_rules import read
from tests.support.pulse_audio import PulseServer, Recorder, Recording, missing_tools

SETTINGS = {
    "classic": "[sounds]\nmonitor = 0.0\n",
    "tempo": "[sounds]\nmonitor = 1.0\nvolume = 0.1\nfull_scale_uv = 1500.0\n",
}
"""By the mapping: tones alone, and the EMG with tones as low as may be."""

SOUNDS = re.compile(r'"underruns": ?\d')
STARTS_S, PATIENCE_S = 30.0, 20.0


@dataclass(frozen=True, slots=True)
class Run:
    """What was played, when each potential's record was made, and how often samples were missing."""

    recording: Recording
    made_s: list[float]
    lacked: int


def record(played: Potentials, mapping: str, server: PulseServer) -> Run:
    """Play ``played`` into a procedure sounding by ``mapping``. Raises RuntimeError where it begins too late."""
    with tempfile.TemporaryDirectory() as folder, ona(played) as (address, _):
        os.environ["XDG_CONFIG_HOME"] = folder
        config = Path(folder, "needle-guidance", "config.toml")
        config.parent.mkdir()
        config.write_text(SETTINGS[mapping], encoding="utf-8")
        events = Path(folder, "events")
        words = ["--protocol", "botulinum-fcr", "--mode", "listen", "--headless", "--sounds", mapping]
        program = started("run", "--device", address, *words, "--events", events, "--store", folder)
        try:
            recording = _recorded(played, events, server)
        finally:
            program.terminate()
            program.communicate(timeout=PATIENCE_S)
        lines = read(events.read_text(encoding="utf-8"))
    made_s = [line["mono_ns"] / 1e9 for line in lines if line["kind"] == "motor-unit" and not line["settled"]]
    return Run(recording, made_s, max(line["underruns"] or 0 for line in lines if line["kind"] == "signal"))


def _recorded(played: Potentials, events: Path, server: PulseServer) -> Recording:
    """From when the program sounds, for a sink that nobody plays on mixes far ahead, to the end of what is played."""
    until = time.monotonic() + STARTS_S
    while not (events.exists() and SOUNDS.search(events.read_text(encoding="utf-8"))):
        if time.monotonic() > until:
            raise RuntimeError("the procedure did not begin to sound")
        time.sleep(0.05)
    with Recorder(server) as recorder:
        if time.monotonic() > played.peaks_s[0]:
            raise RuntimeError("the machine is too busy: potentials came before the procedure sounded")
        time.sleep(max(float(played.peaks_s[-1]) + 1.0 - time.monotonic(), 0.0))
        return recorder.recording()


def records_ms(played: Potentials, made_s: list[float]) -> list[float]:
    """From each peak to the first record after it, where one comes within 70 ms."""
    made = np.array(made_s)
    after = np.searchsorted(made, played.peaks_s)
    delays = [1e3 * (made[i] - at_s) for i, at_s in zip(after, played.peaks_s, strict=True) if i < len(made)]
    return [delay for delay in delays if delay <= 70.0]


def frames_ms(played: Potentials) -> list[float]:
    """From each peak to the write of its frame, which is up to 2 ms where the machine is not too busy to play."""
    written = [played.written_ns(int(peak)) for peak in played.peaks]
    return [at_ns / 1e6 - 1e3 * at_s for at_ns, at_s in zip(written, played.peaks_s, strict=True) if at_ns]


def row(name: str, found: Matched) -> str:
    """One row of the table."""
    unexplained = "-" if found.unexplained is None else str(found.unexplained)
    chance = "-" if found.by_chance is None else f"{found.by_chance:.1f}"
    counts = f"{name:24} {len(found.delays_ms):4} of {found.potentials:4} {unexplained:>12} {chance:>12}"
    if not found.delays_ms:
        return f"{counts}   none was found"
    median, high, most = np.percentile(found.delays_ms, (50, 99, 100))
    return f"{counts} {median:8.1f} {high:6.1f} {most:6.1f}"


def main() -> None:
    """Play twice, and print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    why = missing_tools()
    if why:
        raise SystemExit(f"no way to record the sound: {why}")
    server = PulseServer()
    server.start()
    os.environ |= server.environment
    try:
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        print("from the peak in the signal                         matched at        ms")
        print("to                            matched  unexplained  wrong times   median    p99    max")
        played = Potentials(seconds, seed=1)
        run = record(played, "classic", server)
        to_record = records_ms(played, run.made_s)
        print(row("its frame, played", Matched(len(played.peaks), frames_ms(played), None, None)))
        print(row("its record", Matched(len(played.peaks), to_record, len(run.made_s) - len(to_record), None)))
        print(row("its tone (classic)", by_tones(played, run.recording)), flush=True)
        played = Potentials(seconds, seed=2)
        other = record(played, "tempo", server)
        print(row("its own sound", by_shape(played, other.recording)))
        print(
            f"load of the machine after: {os.getloadavg()[0]:.1f}; samples lacked {run.lacked} and {other.lacked} times"
        )
    finally:
        server.close()


if __name__ == "__main__":
    main()
