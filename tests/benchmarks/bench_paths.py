"""From the peer's write of a sweep's last sample to its `response`: ``python -m tests.benchmarks.bench_paths``.

``[--pulses N]`` a path (100; the 99 % of fewer is all but the largest). Each peer plays the same noise, artefact and
M-wave in real time into its driver; ``needle-guidance run --mode listen --headless`` follows it in a process of its
own, and both stamp by the machine's monotonic clock. The lag beside it is the record's own, from the arrival of
the bytes. No cable, converter or USB adapter is in it: those come on top.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceInfo
from guidance.signal.response.detector import ResponseDetector
from tests.benchmarks.paths import INTERVAL_S, Peer, Played, lsl, ona, open_ephys, quattrocento, rhx, sound, spikerbox
from tests.support.command_line import started
from tests.support.event_rules import Line, read

Array = NDArray[np.int64]
WINDOW_MS = (2.0, 25.0)
PATIENCE_S = 60.0
LEARNED = 5
"""So many pulses are given before those that count: their rhythm is learned first, and those responses come late."""
PATHS: dict[str, tuple[Peer, str]] = {
    "ona": (ona, "frames of 20 samples at 10 kHz, pseudo-terminal"),
    "spikerbox": (spikerbox, "10 kHz written every 2 ms, pseudo-terminal"),
    "rhx": (rhx, "blocks of 128 frames at 30 kHz, TCP on this machine"),
    "quattrocento": (quattrocento, "120 channels at 10,240 Hz written every 2 ms, TCP on this machine"),
    "openephys": (open_ephys, "blocks of 20 ms at 10 kHz, ZeroMQ on this machine"),
    "lsl": (lsl, "chunks every 4 ms at 5 kHz, pylsl on this machine"),
    "sound": (
        sound,
        "PortAudio's callback, PulseAudio's null sink and monitor at 48 kHz; the player's buffer of 50 ms is in it",
    ),
}
UNMEASURED = {
    "sim": "its device writes in another process, which does not report when; driver and path are those of ona",
    "file": "nobody writes: the recording is complete, and is read as fast as possible",
    "brainflow": "the Cyton's 250 Hz are too few for evoked responses: there is no `response`",
    "bitalino": "its 1000 Hz are too few for evoked responses: there is no `response`",
    "trigno": "its usual 1926 Hz are too few for evoked responses: there is no `response`",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds from write to record and from arrival to record, of those of ``pulses`` with a response record."""

    pulses: int
    from_write_ms: list[float]
    from_arrival_ms: list[float]


def sweep_samples(rate_hz: float) -> int:
    """How many samples from its pulse on a sweep is judged by."""
    info = DeviceInfo("made", "", "made:", rate_hz, (Channel("EMG"),))
    return ResponseDetector(0, WINDOW_MS, info, None, 0).samples_after[0]


def measure(peer: Peer, pulses: int) -> Measured:
    """Play ``pulses`` by ``peer`` into a procedure. Raises RuntimeError, with the program's words, where it ends."""
    with tempfile.TemporaryDirectory() as folder, peer() as (address, played):
        events = Path(folder, "events")
        words = ["--mode", "listen", "--window", *map(str, WINDOW_MS), "--headless", "--no-audio"]
        program = started("run", "--device", address, *words, "--events", events, "--store", folder)
        try:
            _until(lambda: events.exists() and '"signal"' in events.read_text(encoding="utf-8"), program.poll)
            played.begin(LEARNED + pulses)
            _until(lambda: played.written_ns(played.pulses.stop) is not None, program.poll)
            time.sleep(2 * INTERVAL_S)
        except RuntimeError as fault:
            program.kill()
            raise RuntimeError(f"{fault}: {program.communicate()[1].strip()}") from None
        program.terminate()
        program.communicate(timeout=PATIENCE_S)
        return compared(played, read(events.read_text(encoding="utf-8")))


def _until(holds: Callable[[], bool], ended: Callable[[], int | None]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if ended() is not None or time.monotonic() > until:
            raise RuntimeError("the program ended" if ended() is not None else "no signal in a minute")
        time.sleep(0.1)


def compared(played: Played, lines: list[Line]) -> Measured:
    """Each `response` beside the write of the last sample of its sweep."""
    ends = [played.written_ns(at + sweep_samples(played.rate_hz) - 1) for at in played.pulses]
    written = np.array([at_ns for at_ns in ends if at_ns is not None])
    if len(written) < len(ends):
        raise RuntimeError("the peer did not write every sweep")
    found = [line for line in lines if line["kind"] == "response" and line["mono_ns"] > written[0]]
    made = np.array([line["mono_ns"] for line in found])
    if not found:
        return Measured(len(written) - LEARNED, [], [])
    numbers = _numbers([line["sample"] for line in found], made, written, played.pulses.step)
    late_ms = zip(numbers, (made - written[numbers]) / 1e6, (line["lag_ms"] for line in found), strict=True)
    counted = [(write_ms, arrival_ms) for number, write_ms, arrival_ms in late_ms if number >= LEARNED]
    return Measured(len(written) - LEARNED, [float(ms) for ms, _ in counted], [ms for _, ms in counted])


def _numbers(samples: list[int], made: Array, written: Array, step: int) -> Array:
    """Which pulse each response is to: of the places its rhythm fits in, the last in which none comes before its pulse.

    Where every pulse has a record there is only one place.
    """
    after = np.round((np.array(samples) - samples[0]) / step).astype(int)
    places = range(len(written) - int(after.max(initial=0)))
    fitting = [place for place in places if (made >= written[after + place]).all()]
    return after + (fitting[-1] if fitting else 0)


def row(name: str, description: str, found: Measured) -> str:
    """One row of the table."""
    if not found.from_write_ms:
        return f"{name:13} {0:4} of {found.pulses:4}   not measured: no pulse has a response record; {description}"
    write, arrival = (np.percentile(ms, (50, 99)) for ms in (found.from_write_ms, found.from_arrival_ms))
    share = f"{len(found.from_write_ms):4} of {found.pulses:4}"
    return f"{name:13} {share}   {write[0]:6.1f} {write[1]:6.1f}    {arrival[0]:6.1f} {arrival[1]:6.1f}   {description}"


def rows(pulses: int) -> Iterator[str]:
    """The table's rows; a path that cannot be measured here shows why."""
    for name, (peer, description) in PATHS.items():
        try:
            yield row(name, description, measure(peer, pulses))
        except (RuntimeError, ImportError, OSError) as fault:
            yield f"{name:13} not measured: {fault}"
    for name, why in UNMEASURED.items():
        yield f"{name:13} not measured: {why}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pulses", type=int, default=100)
    pulses = parser.parse_args().pulses
    print("                               ms from write    from arrival")
    print("path          recorded       median    99 %    median   99 %   peer")
    for line in rows(pulses):
        print(line, flush=True)


if __name__ == "__main__":
    main()
