"""How fast ONA bytes become microvolts: ``python -m tests.benchmarks.bench_decoder``.

The whole path is timed (frames, COBS, CRC, 24-bit numbers to float32 blocks) and set against a live device of
4 channels x 20 kHz, whose samples are 240 000 bytes a second.
"""

from __future__ import annotations

import time

import numpy as np

from drivers.ona.frames import FrameReader, encode
from drivers.ona.samples import SampleStream
from tests.drivers.ona.fake_ona import SAMPLES, samples_body

CHANNELS = 4
LIVE_BYTES_S = CHANNELS * 20_000 * 3
SECONDS = 10
REPEATS = 5


def stream_of(frame_samples: int) -> bytes:
    """``SECONDS`` of a live device's bytes in frames of ``frame_samples``."""
    rows = np.random.default_rng(1).integers(-(2**23), 2**23, (frame_samples, CHANNELS)).tolist()
    frames = SECONDS * 20_000 // frame_samples
    bodies = (samples_body(i * frame_samples, rows, channels=CHANNELS) for i in range(frames))
    return b"".join(encode(SAMPLES, i % 256, body) for i, body in enumerate(bodies))


def decode(data: bytes, chunk_bytes: int) -> int:
    """Decode ``data`` as it would arrive in chunks; the number of samples that came out."""
    reader, stream = FrameReader([SAMPLES]), SampleStream(np.full(CHANNELS, 0.05, np.float32))
    samples = 0
    for at in range(0, len(data), chunk_bytes):
        for frame in reader.feed(data[at : at + chunk_bytes]):
            stream.add_samples(frame.body, 0)
        samples += sum(len(block.samples) for block in stream.take(reader.bad))
    return samples


def main() -> None:
    """Print MB/s and multiples of the live stream, best of a few runs, for some frame and chunk sizes."""
    for frame_samples in (20, 40, 80):
        data = stream_of(frame_samples)
        for chunk_bytes in (1024, 16_384):
            took_s = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                samples = decode(data, chunk_bytes)
                took_s.append(time.perf_counter() - began)
            speed = samples * CHANNELS * 3 / min(took_s)
            print(
                f"{frame_samples:3d} samples a frame, {chunk_bytes:5d} bytes a read: "
                f"{speed / 1e6:6.1f} MB/s of samples, {speed / LIVE_BYTES_S:5.0f} x live"
            )


if __name__ == "__main__":
    main()
