"""Simulated ZMQ Interface of the Open Ephys GUI, written from its documentation and source, not from the driver.

Three frames a message: the envelope with its NUL, a header in JSON, and the float32 samples of one channel.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

RATE_HZ, BLOCK = 2000.0, 40
FIRST = 7000
"""Sample number at the start: the GUI's count need not begin at 0."""


def wave(first: int, count: int, channel: int) -> NDArray[np.float32]:
    """Return the uV of ``channel`` from sample ``first`` on."""
    return np.asarray((np.arange(first, first + count) + 100 * channel) % 1000, np.float32)


class FakeOpenEphys:
    """The plugin with ``channels``, sending while ``acquiring``; a pulse on line 1 every ``pulse_every`` samples.

    A subclass may have another ``rate_hz``, samples in a ``block``, or ``uv`` of a channel.
    """

    rate_hz, block = RATE_HZ, BLOCK

    def __init__(self, channels: tuple[int, ...] = (0, 1), *, acquiring: bool = True, pulse_every: int = 0) -> None:
        self.channels, self.acquiring, self.pulse_every = channels, acquiring, pulse_every
        self.sample, self.number = FIRST, 0
        self.heartbeats: list[dict[str, Any]] = []
        self.withheld: set[int] = set()
        self.port = 0
        self._ended = threading.Event()
        self._skip = threading.Lock()
        self.plug()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def plug(self) -> None:
        """Open both ports: those of the first time again."""
        self._context = zmq.Context()
        self._data, self._listen = self._context.socket(zmq.PUB), self._context.socket(zmq.REP)
        if not self.port:
            self._bind_a_pair()
        else:
            self._data.bind(f"tcp://127.0.0.1:{self.port}")
            self._listen.bind(f"tcp://127.0.0.1:{self.port + 1}")
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join()
            self._context.destroy(linger=0)

    def uv(self, first: int, count: int, channel: int) -> NDArray[np.float32]:
        """Return the samples of ``channel`` from number ``first`` on."""
        return wave(first, count, channel)

    def skip(self, count: int) -> None:
        """Drop the next ``count`` samples."""
        with self._skip:
            self.sample += count

    def _bind_a_pair(self) -> None:
        for _ in range(50):
            port = self._data.bind_to_random_port("tcp://127.0.0.1", 20_000, 60_000)
            try:
                self._listen.bind(f"tcp://127.0.0.1:{port + 1}")
            except zmq.ZMQError:
                self._data.unbind(f"tcp://127.0.0.1:{port}")
            else:
                self.port = port
                return

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._ended.is_set():
            if self._listen.poll(2):
                self.heartbeats.append(json.loads(self._listen.recv()))
                self._listen.send(b"heartbeat received")
            if self.acquiring and time.monotonic() >= due_s:
                due_s += self.block / self.rate_hz
                with self._skip:
                    self._send_block()

    def _send_block(self) -> None:
        for sample in range(self.sample, self.sample + self.block):
            if self.pulse_every and sample % self.pulse_every == 0:
                self.send_event(sample, line=0, state=1)
        for channel in self.channels:
            if channel not in self.withheld:
                self.send_samples(channel, self.uv(self.sample, self.block, channel))
        self.sample += self.block

    def send_samples(self, channel: int, samples: NDArray[np.float32]) -> None:
        content = {
            "stream": "Acq Board", "channel_num": channel, "num_samples": len(samples), "sample_num": self.sample,
            "sample_rate": self.rate_hz,
        }  # fmt: skip
        self._send(b"DATA\0", "data", content, samples.astype("<f4").tobytes())

    def send_event(self, sample: int, *, line: int, state: int) -> None:
        content = {"stream": "Acq Board", "source_node": 100, "type": 3, "sample_num": sample}
        self._send(b"EVENT\0", "event", content, bytes((line, state)) + (1 << line).to_bytes(8, "little"))

    def _send(self, envelope: bytes, kind: str, content: dict[str, Any], payload: bytes) -> None:
        self.number += 1
        header = {"message_num": self.number, "type": kind, "content": content, "data_size": len(payload)}
        self._data.send_multipart([envelope, json.dumps(header | {"timestamp": 0}).encode(), payload])
