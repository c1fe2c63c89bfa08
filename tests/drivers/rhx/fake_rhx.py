"""Simulated Intan RHX: its two TCP servers, with the commands of ``RhxModel`` and stimulus markers in the stream."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

import numpy as np

from drivers.rhx.samples import FRAMES, MAGIC, WireWords
from tests.drivers.rhx.rhx_model import STIM, RhxModel

STOPPED_S, RUNNING_S = 0.001, 0.011
"""Time from the arrival of commands to RHX's next round, which reads all that has come by then as one segment. It
replied within 1 ms while stopped, and within 10 to 12 ms while running."""


def wide(sample: int | np.ndarray, channel: int) -> np.ndarray:
    """Return the amplifier word of ``channel`` (its number) at ``sample``: a saw tooth of 200 steps."""
    return np.asarray(32_768 - 100 + (np.asarray(sample) + 7 * channel) % 200, np.uint16)


class FakeRhx(RhxModel):
    """Fake RHX. ``silent`` stops replies; ``skip`` drops so many blocks; ``starved`` sends no samples.

    ``round_s`` returns how long RHX's next round is away. A client that leaves closes the server, as RHX does;
    ``press_connect`` opens it again, and RHX's state survives.
    """

    def __init__(self, *, kind: str = STIM, step_ua: float = 5.0, sample_rate_hz: int = 30_000) -> None:
        super().__init__(kind, step_ua, sample_rate_hz)
        self.silent = self.starved = False
        self.skip = 0
        self.after: bytes = b""
        self.round_s: Callable[[], float] = lambda: RUNNING_S if self.running else STOPPED_S
        self._lock = threading.RLock()
        self._servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.command_port, self.data_port = (server.getsockname()[1] for server in self._servers)
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()
        self._began_s = 0.0
        self._serve(self._commands, self._waveforms)

    @property
    def address(self) -> str:
        return f"rhx:127.0.0.1:{self.command_port}?data_port={self.data_port}"

    @property
    def changes(self) -> list[str]:
        """Commands that let an output give a pulse: an enabled channel, a trigger."""
        outputs = ("stimenabled true", "manualstimtrigger")
        return [words for words in self.received if any(each in words for each in outputs)]

    @property
    def fired(self) -> int:
        """How many triggers were received."""
        return self.received.count("execute manualstimtriggerpulse f1")

    def press_connect(self) -> None:
        """Open both servers again, as the operator does after a client has left."""
        _end(*self._servers)
        ports = (self.command_port, self.data_port)
        self._servers = [socket.create_server(("127.0.0.1", port)) for port in ports]
        self._serve(self._commands, self._waveforms)

    def unplug(self) -> None:
        """End the program: every connection closes."""
        self._ending.set()
        _end(*self._servers, *self._clients)
        for thread in self._threads:
            thread.join()

    close = unplug

    def _serve(self, *targets: Callable[[], None]) -> None:
        threads = [threading.Thread(target=target, daemon=True) for target in targets]
        self._threads += threads
        for thread in threads:
            thread.start()

    def _commands(self) -> None:
        with contextlib.suppress(OSError):
            server = self._servers[0]
            client, _ = server.accept()
            self._clients.append(client)
            while not self._ending.is_set() and self._round(client):
                pass
            server.close()  # as RHX does: the user must open the server again by hand

    def _round(self, client: socket.socket) -> bool:
        """Read what has arrived by RHX's next round as one segment, and send the replies that are due."""
        data = b""
        if select.select([client], [], [], 0.002)[0]:
            time.sleep(self.round_s())
            data = client.recv(1 << 16)
            if not data:
                return False
        with self._lock:
            self.poll()
            self.feed(data.decode())
            replies, self.replies = self.replies, []
        if replies and not self.silent:
            client.sendall("".join(replies).encode())
        return True

    def _set_run_mode(self, value: str) -> str:
        self._began_s, self._sent = time.monotonic(), 0
        return super()._set_run_mode(value)

    def block(self, first: int) -> bytes:
        """Return the bytes of the block that begins at sample ``first``."""
        times = np.arange(first, first + FRAMES)
        columns = [self._column(channel, band, times) for channel, band in self.outputs()]
        frames = np.zeros(FRAMES, [("time", "<u4"), ("words", "<u2", (len(columns),))])
        frames["time"] = times
        frames["words"] = np.stack(columns, axis=1)
        return MAGIC + frames.tobytes()

    def _column(self, channel: str, band: str, times: np.ndarray) -> WireWords:
        if channel == "digital-in":
            return np.where(times % 3000 < 30, 0x2, 0).astype(np.uint16)  # input 2, ten times a second
        if band != "stim":
            return wide(times, int(channel[2:]))
        words, shown = np.full(FRAMES, 256, np.uint16), self.shown_steps.get(channel, 0)
        for given in self.given:
            if given.channel == channel:
                second = given.sample + given.width
                words[(times >= given.sample) & (times < second)] = 256 | shown
                words[(times >= second) & (times < second + given.width)] = shown
        return words

    def _waveforms(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._servers[1].accept()
            self._clients.append(client)
            while not self._ending.wait(0.002):
                while self.streams and not self.starved and self._is_due():
                    self._send_block(client)

    def _send_block(self, client: socket.socket) -> None:
        with self._lock:
            if not self.streams or not self.outputs():
                return
            data = self.block(self._sent)
            self._sent += FRAMES
            self.now_sample = self._sent
        if self.skip:
            self.skip -= 1
            return
        after, self.after = self.after, b""
        client.sendall(data + after)

    def _is_due(self) -> bool:
        return self._sent + FRAMES <= (time.monotonic() - self._began_s) * self.sample_rate_hz


def _end(*sockets: socket.socket) -> None:
    """Close ``sockets``; a thread that waits for one of them goes on."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
