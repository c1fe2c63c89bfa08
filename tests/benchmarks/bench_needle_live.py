"""From a motor-unit potential's peak in the signal to its record, its tone and its own sound, each as one figure.

``uv run python -m tests.benchmarks.bench_needle_live [SECONDS]`` (40 of potentials for each of two runs). A scripted
amplifier on a pseudo-terminal plays made potentials at irregular times in real time; `run --headless` listens in
processes of its own and plays on PulseAudio's null sink, whose monitor is recorded. A peak's time is that at which its
sample is due, on the machine's monotonic clock, so that the wait for its frame is in the delay; a real loudspeaker adds
its own. Matched in time and pitch, or by shape; beside it, how many would match potentials at wrong times.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.paths import ona
from tests.benchmarks.potentials import Matched, Potentials, by_shape, by_tones
from tests.guidance.audio.pulse import PulseServer, Recorder, Recording, lacking
from tests.guidance.command_line import started
from tests.guidance.event_rules import read

SETTINGS = {
    "classic": "[sounds]\nmonitor = 0.0\n",
    "tempo": "[sounds]\nmonitor = 1.0\nvolume = 0.1\nfull_scale_uv = 1500.0\n",
}
"""By the mapping: tones alone, and the EMG with tones as low as may be."""

STARTS_S, PATIENCE_S = 30.0, 20.0


def heard(played: Potentials, mapping: str, server: PulseServer) -> tuple[Recording, list[float]]:
    """What was heard of ``played``, and when each potential's record was made. Raises RuntimeError."""
    with tempfile.TemporaryDirectory() as folder, ona(played) as (address, _):
        config = Path(folder, "config", "needle-guidance")
        config.mkdir(parents=True)
        (config / "config.toml").write_text(SETTINGS[mapping], encoding="utf-8")
        os.environ["XDG_CONFIG_HOME"] = str(config.parent)
        events = Path(folder, "events")
        words = ["--protocol", "botulinum-fcr", "--mode", "listen", "--headless", "--sounds", mapping]
        program = started("run", "--device", address, *words, "--events", events, "--store", folder)
        with contextlib.ExitStack() as stack:
            stack.callback(program.wait)
            stack.callback(program.kill)
            until = time.monotonic() + STARTS_S
            while played.began_s is None and time.monotonic() < until and program.poll() is None:
                time.sleep(0.01)
            if played.began_s is None:
                raise RuntimeError("the procedure did not begin")
            with Recorder(server) as recorder:
                time.sleep(max(played.began_s + played.lasts_s - time.monotonic(), 0.0))
                recording = recorder.recording()
            program.terminate()
            program.communicate(timeout=PATIENCE_S)
        lines = read(events.read_text(encoding="utf-8"))
    return recording, [line["mono_ns"] / 1e9 for line in lines if line["kind"] == "motor-unit"]


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
        return f"{counts}   not one was heard"
    median, high, most = np.percentile(found.delays_ms, (50, 99, 100))
    return f"{counts} {median:8.1f} {high:6.1f} {most:6.1f}"


def main() -> None:
    """Play twice, and print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    why = lacking()
    if why:
        raise SystemExit(f"nothing to hear with: {why}")
    server = PulseServer()
    server.start()
    os.environ |= server.environment
    try:
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        print("from the peak in the signal                         matched at        ms")
        print("to                            matched  unexplained  wrong times   median    p99    max")
        played = Potentials(seconds, seed=1)
        recording, made_s = heard(played, "classic", server)
        to_record = records_ms(played, made_s)
        print(row("its frame, played", Matched(len(played.peaks), frames_ms(played), None, None)))
        print(row("its record", Matched(len(played.peaks), to_record, len(made_s) - len(to_record), None)))
        print(row("its tone (classic)", by_tones(played, recording)), flush=True)
        played = Potentials(seconds, seed=2)
        recording, _ = heard(played, "tempo", server)
        print(row("its own sound", by_shape(played, recording)))
        print(f"load of the machine after: {os.getloadavg()[0]:.1f}")
    finally:
        server.close()


if __name__ == "__main__":
    main()
