"""Simulated Intan RHX: its two TCP servers, written from the reference, with stimulus markers in the stream."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time

import numpy as np

from drivers.rhx.samples import FRAMES, MAGIC, WireWords

_LABELS = {"runmode": "RunMode", "type": "Type", "sampleratehertz": "SampleRateHertz", "version": "Version"}


def wide(sample: int | np.ndarray, channel: int) -> np.ndarray:
    """Return the amplifier word of ``channel`` (its number) at ``sample``: a saw tooth of 200 steps."""
    return np.asarray(32_768 - 100 + (np.asarray(sample) + 7 * channel) % 200, np.uint16)


class FakeRhx:
    """Fake RHX. ``received`` holds every command in order; ``silent`` stops replies; ``skip`` drops so many blocks."""

    def __init__(
        self, *, kind: str = "ControllerStimRecord", step_ua: float = 5.0, sample_rate_hz: int = 30_000
    ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.received: list[str] = []
        self.silent = self.starved = False
        self.skip = 0
        self.after: bytes = b""
        self.values = {
            "runmode": "Stop", "type": kind, "sampleratehertz": str(sample_rate_hz), "version": "3.4.0",
            "stimstepsizemicroamps": f"{step_ua:g}", "uploadinprogress": "False", "tcpnumberdatablocksperwrite": "10",
            "fired": "0",
        }  # fmt: skip
        self._fired = 0
        self._uploaded: dict[str, dict[str, str]] = {}
        self._marks: list[tuple[int, int]] = []
        self._servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.command_port, self.data_port = (server.getsockname()[1] for server in self._servers)
        self._clients: list[socket.socket] = []
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._commands, self._waveforms)]
        for thread in self._threads:
            thread.start()

    @property
    def address(self) -> str:
        return f"rhx:127.0.0.1:{self.command_port}?data_port={self.data_port}"

    @property
    def changes(self) -> list[str]:
        """Commands that concern a stimulus."""
        return [words for words in self.received if "stim" in words and words.startswith(("set", "execute"))]

    def value(self, name: str) -> str:
        return self.values.get(name, "False")

    def unplug(self) -> None:
        """End the program: every connection closes."""
        self._ending.set()
        for opened in (*self._servers, *self._clients):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join()

    close = unplug

    def _commands(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._servers[0].accept()
            self._clients.append(client)
            while data := client.recv(4096):
                for words in re.split("[;\n]", data.decode()):
                    reply = self._command(words.strip().lower())
                    if reply and not self.silent:
                        client.sendall(reply.encode())
            self._servers[0].close()  # as RHX does: the user must open the server again by hand

    def _command(self, words: str) -> str:
        if not words:
            return ""
        self.received.append(words)
        verb, name, *rest = words.split()
        if verb == "get":
            known = name in self.values or "." in name
            label = _LABELS.get(name, name.rpartition(".")[2])
            return f"Return: {label} {self.value(name)}" if known else "Unrecognized parameter"
        if verb == "set" and len(rest) == 1:
            return self._set(name, rest[0])
        if verb == "execute":
            self._execute(name, rest)
            return ""
        return f"Error - Command 1: Unrecognized command: {words}"

    def _set(self, name: str, value: str) -> str:
        if self.value("runmode") != "Stop" and ("tcpdataoutput" in name or name.startswith("tcpnumber")):
            return f"{name} cannot be set while controller is running."
        if name == "runmode" and value == "run" and self.value("runmode") == "Stop":
            self._began_s, self._sent = time.monotonic(), 0
        self.values[name] = value.capitalize()
        return ""

    def _execute(self, name: str, rest: list[str]) -> None:
        if name == "clearalldataoutputs":
            self.values = {key: value for key, value in self.values.items() if "tcpdataoutput" not in key}
        elif name == "uploadstimparameters":
            of_channel = {key: value for key, value in self.values.items() if key.startswith(f"{rest[0]}.")}
            self._uploaded[rest[0]] = of_channel
        elif name == "manualstimtriggerpulse":
            self._fired += 1

    def _outputs(self) -> list[tuple[str, str]]:
        """Return channel and band of every word of a frame, in RHX's order."""
        on = [key for key, value in self.values.items() if "tcpdataoutputenabled" in key and value == "True"]
        found = []
        for key in on:
            channel, _, name = key.partition(".")
            found.append((channel, name.removeprefix("tcpdataoutputenabled") or "wide"))
        order = {"wide": 0, "low": 1, "high": 2, "stim": 3}
        analogue = sorted((f for f in found if "digital" not in f[0]), key=lambda f: (f[0], order[f[1]]))
        return analogue + ([("digital-in", "wide")] if len(analogue) < len(found) else [])

    def block(self, first: int) -> bytes:
        """Return the bytes of the block that begins at sample ``first``."""
        times = np.arange(first, first + FRAMES)
        columns = [self._column(channel, band, times) for channel, band in self._outputs()]
        frames = np.zeros(FRAMES, [("time", "<u4"), ("words", "<u2", (len(columns),))])
        frames["time"] = times
        frames["words"] = np.stack(columns, axis=1)
        return MAGIC + frames.tobytes()

    def _column(self, channel: str, band: str, times: np.ndarray) -> WireWords:
        if channel == "digital-in":
            return np.where(times % 3000 < 30, 0x2, 0).astype(np.uint16)  # input 2, ten times a second
        if band != "stim":
            return wide(times, int(channel[2:]))
        words = np.full(FRAMES, 256, np.uint16)
        return self._stimulate(channel, times, words)

    def _stimulate(self, channel: str, times: np.ndarray, words: WireWords) -> WireWords:
        set_up = self._uploaded.get(channel, {})
        if self._fired and set_up.get(f"{channel}.stimenabled") == "True":
            self._fired = 0
            self._marks.append((int(times[0]) + 10, 0))
        step_ua = float(self.value("stimstepsizemicroamps"))
        magnitude = round(float(set_up.get(f"{channel}.firstphaseamplitudemicroamps", 0)) / step_ua)
        width = round(float(set_up.get(f"{channel}.firstphasedurationmicroseconds", 0)) * 1e-6 * self.sample_rate_hz)
        for at, _ in self._marks:
            words[(times >= at) & (times < at + width)] = 256 | magnitude
            words[(times >= at + width) & (times < at + 2 * width)] = magnitude
        return words

    def _waveforms(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._servers[1].accept()
            self._clients.append(client)
            while not self._ending.wait(0.002):
                while self.value("runmode") == "Run" and not self.starved and self._is_due():
                    data = self.block(self._sent)
                    self._sent += FRAMES
                    if self.skip:
                        self.skip -= 1
                        continue
                    client.sendall(data + self.after)
                    self.after = b""

    def _is_due(self) -> bool:
        return self._sent + FRAMES <= (time.monotonic() - self._began_s) * self.sample_rate_hz
