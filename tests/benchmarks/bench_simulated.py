"""What the simulated amplifier costs: `python -m tests.benchmarks.bench_simulated`.

Prints, for each size, the share of one core that patient and device need when driven without pauses (how much faster
than real time they run), and that of the whole process serving a host on its own transport, with the gaps between
SAMPLES as the host sees them.
"""

from __future__ import annotations

import struct
import time

import numpy as np
import serial

from drivers.ona.frames import FrameReader, encode
from drivers.simulated import SimulatedDevice
from drivers.simulated import messages as ona
from drivers.simulated.device import OnaDevice
from drivers.simulated.patient import Patient

SIZES = ((4, 20_000), (1, 10_000))
BEGIN = encode(ona.START, 0) + encode(ona.STIM_SET, 1, struct.pack("<IHI", 1000, 100, 2000))
BEGIN += encode(ona.STIM_ENABLE, 2, b"\1")


def compute_share(channels: int, rate_hz: int, seconds: float = 20.0) -> float:
    """Core seconds a second of signal at 2 pulses a second, in steps of 2 ms."""
    patient = Patient(3, channels=channels, sample_rate_hz=rate_hz, scenario="hold", start_mm=1.0)
    device = OnaDevice(patient)
    now_ns, seq = 1_000_000_000, 3
    device.feed(BEGIN, now_ns)
    begin = time.process_time()
    for step in range(int(seconds * 500)):
        now_ns += 2_000_000
        if step % 100 == 0:
            device.feed(encode(ona.HEARTBEAT, seq % 256), now_ns)
            seq += 1
        else:
            device.tick(now_ns)
    return (time.process_time() - begin) / seconds


def serve_share(channels: int, rate_hz: int, seconds: float = 8.0) -> tuple[float, tuple[float, float, float]]:
    """Core seconds a second of the process (POSIX), and median, p99 and largest gap between SAMPLES in ms."""
    with SimulatedDevice(3, channels=channels, sample_rate_hz=rate_hz, scenario="hold", start_mm=1.0) as device:
        port = serial.serial_for_url(device.address.removeprefix("ona:"), timeout=0.02)
        port.write(BEGIN)
        reader, seq, arrivals = FrameReader(range(256)), 3, []
        clock = (~device.pid << 3) | 2
        begin, used = time.monotonic(), time.clock_gettime(clock)
        while (now := time.monotonic()) - begin < seconds:
            frames = reader.feed(port.read(max(port.in_waiting, 1)))
            arrivals += [now for frame in frames if frame.type == ona.SAMPLES][:1]
            if now - begin > 0.2 * (seq - 2):
                port.write(encode(ona.HEARTBEAT, seq % 256))
                seq += 1
        share = (time.clock_gettime(clock) - used) / seconds
        port.close()
    gaps_ms = 1000 * np.diff(arrivals)
    return share, (float(np.median(gaps_ms)), float(np.percentile(gaps_ms, 99)), float(gaps_ms.max()))


def main() -> None:
    """Measure and print."""
    for channels, rate_hz in SIZES:
        share = compute_share(channels, rate_hz)
        print(f"{channels} ch x {rate_hz} Hz: compute {share:6.2%} of a core, {1 / share:.0f} times real time")
        served, (median, p99, worst) = serve_share(channels, rate_hz)
        print(f"{'':18}  process {served:6.2%}; gap between SAMPLES {median:.1f} ms, p99 {p99:.1f}, worst {worst:.1f}")


if __name__ == "__main__":
    main()
