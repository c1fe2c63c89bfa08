"""Peers that play one made signal into each driver, and note when they wrote what."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.rhx.samples import FRAMES, WireWords
from tests.drivers.fake_quattrocento import FakeQuattrocento
from tests.drivers.ona import fake_ona
from tests.drivers.rhx.fake_rhx import FakeRhx
from tests.drivers.rigs import feeding
from tests.drivers.spikerbox.fake_spikerbox import TRUE_RATE_HZ, FakeSpikerShield
from tests.support import pulse_audio as pulse
from tests.support.waves import Wave, add, artefact, m_wave, noise

INTERVAL_S = 0.5
LATENCY_MS = 6.0
FULL_SCALE_UV = 2000.0
QUATTROCENTO_UV = 5.0 / 2**16 / 150 * 1e6
"""Step of an input: 5 V in 16 bits behind a gain of 150."""
_LEAD_S = 4.0
_RANGE_UV = 0.95 * FULL_SCALE_UV


class Played:
    """Noise at ``rate_hz``, in microvolts; from ``begin`` on two pulses a second, each evoking an M-wave.

    ``wrote`` notes that all before sample ``end`` has been written; ``written_ns`` returns when a sample was.
    """

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._noise = noise(np.random.default_rng(1), round(rate_hz * 8), 5.0)
        self._response = np.zeros(round(rate_hz * INTERVAL_S))
        add(self._response, 0, artefact(rate_hz, 1500.0, 60.0))
        add(self._response, round(LATENCY_MS * rate_hz / 1e3), m_wave(rate_hz, 800.0))
        self._pulses: range | None = None
        self.began_s: float | None = None
        """When the first sample was due, on the monotonic clock; None before."""

        self._ends: list[int] = []
        self._times_ns: list[int] = []

    def signal(self, first: int, count: int) -> Wave:
        """Samples ``first`` to ``first + count``, in uV."""
        at = np.arange(first, first + count)
        uv = self._noise[at % len(self._noise)]
        pulses = self._pulses
        if pulses:
            inside = (at >= pulses.start) & (at < pulses.stop)
            uv = uv + np.where(inside, self._response[(at - pulses.start) % pulses.step], 0.0)
        return np.clip(uv, -_RANGE_UV, _RANGE_UV)

    def begin(self, pulses: int) -> None:
        """Give so many pulses, the first of them soon."""
        start, step = (self._ends[-1] if self._ends else 0) + round(_LEAD_S * self.rate_hz), len(self._response)
        self._pulses = range(start, start + pulses * step, step)

    @property
    def pulses(self) -> range:
        """The samples at which pulses are."""
        return self._pulses or range(0)

    def wrote(self, end: int) -> None:
        """Note the time: all before sample ``end`` is on its way."""
        self._times_ns.append(time.monotonic_ns())
        self._ends.append(end)

    def written_ns(self, sample: int) -> int | None:
        """When ``sample`` was written, on the monotonic clock; None where it was not yet."""
        at = bisect_right(self._ends, sample)
        return self._times_ns[at] if at < len(self._ends) else None


Peer = Callable[[], contextlib.AbstractContextManager[tuple[str, Played]]]


@contextlib.contextmanager
def paced(played: Played, write: Callable[[NDArray[np.float64]], object], every_s: float) -> Iterator[None]:
    """Meanwhile ``write`` gets the samples that are due, again and again."""
    began_s, sent = time.monotonic(), 0

    def feed() -> None:
        nonlocal sent
        due = int((time.monotonic() - began_s) * played.rate_hz)
        rows = played.signal(sent, due - sent)
        sent = due
        played.wrote(sent)
        write(rows)

    with feeding(feed, every_s):
        yield


@contextlib.contextmanager
def ona(played: Played | None = None) -> Iterator[tuple[str, Played]]:
    """A scripted amplifier of one channel on a pseudo-terminal: frames of 20 samples at 10 kHz, of ``played``."""
    fake, path = fake_ona.on_pty()
    fake.info = fake_ona.info_body(channels=((10.0, 400_000.0, "muscle"),), sample_rate_hz=10_000)
    played, ending = played or Played(10_000.0), threading.Event()

    def run() -> None:
        while fake_ona.START not in fake.kinds() and not ending.wait(0.01):
            pass
        began_s, sent = time.monotonic(), 0
        played.began_s = began_s
        while not ending.wait(0.001) and fake.kinds()[-1] != fake_ona.STOP:
            while sent + 20 <= (time.monotonic() - began_s) * played.rate_hz and not ending.is_set():
                rows = [[round(uv * 100)] for uv in played.signal(sent, 20)]
                body = fake_ona.samples_body(sent, rows, channels=1)
                data = fake.next_frame(fake_ona.SAMPLES, body)
                sent += 20
                played.wrote(sent)
                fake.send_bytes(data)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"ona:{path}", played
    ending.set()
    thread.join(1.0)  # it may stand in a write that nobody reads
    fake.unplug()


class _Shield(FakeSpikerShield):
    """A shield that plays; ``played`` is set before it is plugged."""

    def __init__(self, folder: Path, played: Played) -> None:
        self._played = played
        super().__init__(folder)

    def bytes_of(self, first: int, count: int) -> bytes:
        out = bytearray()
        for uv in self._played.signal(first, count):
            value = round(uv / FULL_SCALE_UV * 511) + 512
            out += bytes((0x80 | value >> 7, value & 0x7F))
        self._played.wrote(first + count)
        return bytes(out)


@contextlib.contextmanager
def spikerbox() -> Iterator[tuple[str, Played]]:
    """The simulated shield, one channel of 10 bits, written every 2 ms."""
    played = Played(TRUE_RATE_HZ)
    with tempfile.TemporaryDirectory() as folder:
        shield = _Shield(Path(folder), played)
        yield f"spikerbox:{shield.path}?uv_per_lsb={FULL_SCALE_UV / 511:.6g}&rate_hz={TRUE_RATE_HZ:.2f}", played
        shield.close()


class _Controller(FakeRhx):
    """An RHX whose channel plays."""

    def __init__(self, played: Played) -> None:
        self._played = played
        super().__init__()

    def block(self, first: int) -> bytes:
        data = super().block(first)
        self._played.wrote(first + FRAMES)
        return data

    def _column(self, channel: str, band: str, times: np.ndarray) -> WireWords:
        assert band == "wide", f"{channel} {band} is not played"
        uv = self._played.signal(int(times[0]), len(times))
        return np.asarray(np.round(uv / 0.195) + 32_768, np.uint16)


@contextlib.contextmanager
def rhx() -> Iterator[tuple[str, Played]]:
    """The simulated controller, one channel at 30 kHz, a block of 128 frames at a time over TCP."""
    played = Played(30_000.0)
    fake = _Controller(played)
    yield fake.address, played
    fake.close()


class _Quattrocento(FakeQuattrocento):
    """A Quattrocento whose first input plays."""

    def __init__(self, played: Played) -> None:
        self._played = played
        super().__init__()

    def bytes_of(self, first: int, count: int) -> bytes:
        frames = np.frombuffer(super().bytes_of(first, count), "<i2").reshape(count, -1).copy()
        frames[:, 0] = np.round(self._played.signal(first, count) / QUATTROCENTO_UV)
        self._played.wrote(first + count)
        return frames.tobytes()


@contextlib.contextmanager
def quattrocento() -> Iterator[tuple[str, Played]]:
    """The simulated Quattrocento, one input of its frames of 120 channels at 10,240 Hz, over TCP."""
    played = Played(10_240.0)
    fake = _Quattrocento(played)
    yield f"quattrocento:{fake.host_port}?channels=in1-1", played
    fake.close()


@contextlib.contextmanager
def open_ephys() -> Iterator[tuple[str, Played]]:
    """The simulated plugin of Open Ephys, one channel at 10 kHz, blocks of 20 ms. Raises ImportError without pyzmq."""
    from tests.drivers.fake_open_ephys import FIRST, FakeOpenEphys

    played = Played(10_000.0)

    class Plugin(FakeOpenEphys):
        rate_hz, block = played.rate_hz, 200

        def uv(self, first: int, count: int, channel: int) -> NDArray[np.float32]:
            assert channel == 0
            played.wrote(first + count - FIRST)
            return played.signal(first - FIRST, count).astype(np.float32)

    fake = Plugin((0,))
    yield f"openephys:{fake.address}?channels=0", played
    fake.unplug()


@contextlib.contextmanager
def lsl() -> Iterator[tuple[str, Played]]:
    """An outlet of pylsl, one channel at 5 kHz, a chunk pushed every 4 ms. Raises ImportError without pylsl."""
    from tests.drivers.lsl_outlets import Outlet

    outlet, played = Outlet(units=("microvolts",), sample_rate_hz=5000.0), Played(5000.0)

    def push(rows: NDArray[np.float64]) -> None:
        if len(rows):
            outlet.push_rows(rows.astype(np.float32)[:, None])

    with paced(played, push, 0.004):
        yield f"lsl:{outlet.name}", played
    outlet.end()


@contextlib.contextmanager
def _player(played: Played) -> Iterator[None]:
    """Plays on the sound system's default loudspeaker; what PortAudio takes is written."""
    import sounddevice

    sent = 0

    def play(out: NDArray[np.float32], frames: int, *_: object) -> None:
        nonlocal sent
        out[:, 0] = played.signal(sent, frames) / FULL_SCALE_UV
        sent += frames
        played.wrote(sent)

    with sounddevice.OutputStream(played.rate_hz, device="pulse", channels=1, latency=0.05, callback=play):
        yield


@contextlib.contextmanager
def sound() -> Iterator[tuple[str, Played]]:
    """A player on PulseAudio's null sink, whose monitor is recorded. Raises RuntimeError where there is none."""
    played = Played(pulse.RATE_HZ)
    with pulse.own_sound(), _player(played):
        yield f"sound:pulse?full_scale_uv={FULL_SCALE_UV:g}", played
