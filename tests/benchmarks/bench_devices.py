"""Every amplifier driver on its simulation: ``python -m tests.benchmarks.bench_devices``.

Decoding alone, in MB/s and times real time; then a few seconds of streaming: how much of a core the thread that reads
takes, and how long after its bytes arrived a block is in hand (median, 99 %). LSL and BrainFlow stamp only what they
hand over, so that of LSL is timed from the push, and BrainFlow's is its own polling. The simulations run in this
process and take their share of it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from drivers.rhx.samples import BlockReader, microvolts
from drivers.spikerbox.messages import ByteReader, Counts
from tests.drivers.rhx.fake_rhx import FakeRhx
from tests.drivers.rigs import RIGS, Rig
from tests.drivers.spikerbox.fake_spikerbox import frames

SECONDS = 3.0
REPEATS = 5
CHUNK = 1024
STREAMED = ("ona", "spikerbox", "rhx", "sound", "lsl", "brainflow")


@dataclass(frozen=True, slots=True)
class Streamed:
    """One driver's ``rate_hz``, share of a core, and ms from arrival to block; None where it is not known."""

    rate_hz: float
    samples: int
    core: float
    median_ms: float | None
    p99_ms: float | None


def chunks(data: bytes) -> Iterator[bytes]:
    """``data`` as it would be read from a port."""
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


def spikerbox() -> tuple[bytes, Callable[[bytes], int]]:
    """Ten seconds of a shield's bytes, and its decoder."""
    data = frames([[i % 1000] for i in range(100_500)])

    def decode(data: bytes) -> int:
        reader = ByteReader(1)
        return sum(len(f.values) for part in chunks(data) for f in reader.feed(part) if isinstance(f, Counts))

    return data, decode


def rhx() -> tuple[bytes, Callable[[bytes], int]]:
    """Ten seconds of two channels at 30 kHz, and their decoder."""
    fake = FakeRhx()
    fake.values |= {f"a-{i:03d}.tcpdataoutputenabled": "True" for i in range(2)}
    data = b"".join(fake.block(i * 128) for i in range(300_000 // 128))
    fake.close()

    def decode(data: bytes) -> int:
        reader = BlockReader(2)
        return sum(len(microvolts(f.words)) for part in chunks(data) for f in reader.feed(part))

    return data, decode


def best_s(decode: Callable[[bytes], int], data: bytes) -> float:
    """The quickest of a few runs."""
    took_s = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        decode(data)
        took_s.append(time.perf_counter() - began)
    return min(took_s)


def stream(rig: Rig, *, stamps_arrival: bool) -> Streamed:
    """Read ``rig`` for some seconds as an engine does."""
    amplifier = rig.start()
    while not amplifier.read(0.01):
        pass
    late_ms, samples = [], 0
    began_s, used_s = time.monotonic(), time.thread_time()
    while time.monotonic() - began_s < SECONDS:
        blocks = amplifier.read(0.01)
        now_ns = time.monotonic_ns()
        late_ms += [(now_ns - block.arrived_ns) / 1e6 for block in blocks]
        samples += sum(len(block.samples) for block in blocks)
    core = (time.thread_time() - used_s) / (time.monotonic() - began_s)
    amplifier.close()
    known = stamps_arrival and late_ms
    median, p99 = np.percentile(late_ms, (50, 99)) if known else (None, None)
    return Streamed(amplifier.info.sample_rate_hz, samples, core, median, p99)


def lsl_late_ms() -> tuple[float, float]:
    """Milliseconds from the push of a chunk to its block, median and 99 %."""
    from drivers.lsl import LslStream
    from tests.drivers.lsl_outlets import Outlet

    outlet = Outlet()
    amplifier = LslStream(outlet.name).connect()
    amplifier.start()
    outlet.wait()
    late_ms = []
    for _ in range(200):
        pushed_ns = time.monotonic_ns()
        outlet.push(20)
        while not amplifier.read(0.01):
            pass
        late_ms.append((time.monotonic_ns() - pushed_ns) / 1e6)
        time.sleep(0.01)
    amplifier.close()
    median, p99 = np.percentile(late_ms, (50, 99))
    return float(median), float(p99)


def row(scheme: str, found: Streamed) -> str:
    """One line of the table."""
    late = "          -" if found.median_ms is None else f"{found.median_ms:6.2f} {found.p99_ms:7.2f}"
    return f"{scheme:10} {found.rate_hz:9.0f} {found.samples / SECONDS:9.0f} {found.core:8.1%}   {late}"


def main() -> None:
    """Print both tables."""
    print("decoding       MB/s   x real time")
    for name, (data, decode) in (("spikerbox", spikerbox()), ("rhx", rhx())):
        took_s = best_s(decode, data)
        print(f"{name:10} {len(data) / took_s / 1e6:8.1f} {10 / took_s:13.0f}")
    print("\nstreaming         Hz samples/s   core    ms to block: median, 99 %")
    for scheme in STREAMED:
        with (
            tempfile.TemporaryDirectory() as folder,
            pytest.MonkeyPatch.context() as patch,
            RIGS[scheme](Path(folder), patch) as rig,
        ):
            found = stream(rig, stamps_arrival=scheme not in {"lsl", "brainflow"})
        print(row(scheme, found))
    print("lsl, from push to block: {:.2f} ms, 99 % {:.2f} ms".format(*lsl_late_ms()))


if __name__ == "__main__":
    main()
