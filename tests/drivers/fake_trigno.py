"""Simulated Trigno server, written from the SDK's commands as public clients use them, and not from the driver."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.drivers.pty_device import TcpDevice

PER_FRAME, FRAME_S = 26, 0.0135


def volts(samples: NDArray[np.int64], position: int) -> NDArray[np.float64]:
    """Return the EMG of the sensor at ``position`` (0 to 15) in volts: it fits a float32 exactly."""
    return ((samples * 5 + position * 11) % 1024 - 512) / 2**20


@dataclass
class Settings:
    """State of the server and its sensors; ``positions`` maps a sensor to its number of EMG channels."""

    positions: dict[int, int] = field(default_factory=lambda: {1: 1, 3: 1, 5: 4})
    compatible: bool = False
    upsampling: bool = False
    big_endian: bool = False
    unit: str = "V"
    sensor_rate_hz: float = PER_FRAME / FRAME_S
    per_frame: int = PER_FRAME
    banner: str = "Delsys Trigno System Digital Protocol Version 3.6.0"


class _DataPort(TcpDevice):
    """EMG port: 16 floats a sample."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__(PER_FRAME / FRAME_S, streaming=False)

    def reply_to(self, data: bytes) -> bytes:
        return data[:0]

    def bytes_of(self, first: int, count: int) -> bytes:
        samples = np.arange(first, first + count)
        rows = np.stack([volts(samples, position) for position in range(16)], axis=1)
        return rows.astype(">f4" if self.settings.big_endian else "<f4").tobytes()


class FakeTrigno(TcpDevice):
    """Command port, with the EMG port beside it as ``data``; a banner first, each reply ended by two line ends."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.data = _DataPort(self.settings)
        self.commands: list[str] = []
        super().__init__(1.0, streaming=False)

    @property
    def address(self) -> str:
        """The address without its scheme and further options."""
        host, port = self.host_port.split(":")
        return f"{host}?port={port}&data_port={self.data.host_port.split(':')[1]}"

    def _serve_host(self) -> bool:
        self.send(self.settings.banner.encode() + b"\r\n\r\n")
        return super()._serve_host()

    def bytes_of(self, first: int, count: int) -> bytes:
        return bytes(0 * first * count)

    def reply_to(self, data: bytes) -> bytes:
        commands = [each for each in data.decode().split("\r\n\r\n") if each]
        self.commands += commands
        return b"".join(self._reply(command).encode() + b"\r\n\r\n" for command in commands)

    def unplug(self) -> None:
        super().unplug()
        self.data.unplug()

    def close(self) -> None:
        super().close()
        self.data.close()

    def _reply(self, command: str) -> str:
        settings = self.settings
        simple = {
            "ENDIANNESS?": "BIG" if settings.big_endian else "LITTLE",
            "FRAME INTERVAL?": str(FRAME_S),
            "MAX SAMPLES EMG?": str(settings.per_frame),
            "BACKWARDS COMPATIBILITY?": "YES" if settings.compatible else "NO",
            "UPSAMPLING?": "UPSAMPLING ON" if settings.upsampling else "UPSAMPLING OFF",
            "BASE SERIAL?": "BID: 0123",
        }
        if command in {"START", "STOP"}:
            self.data.streaming = command == "START"
            self.data.sent = 0
            self.data.restart_clock()
            return "OK"
        return simple.get(command) or self._sensor_reply(command)

    def _sensor_reply(self, command: str) -> str:
        words = command.split()
        if words[:1] != ["SENSOR"]:
            return "INVALID COMMAND"
        channels = self.settings.positions.get(int(words[1]), 0)
        replies = {
            "PAIRED?": "YES" if channels else "NO",
            "EMGCHANNELCOUNT?": str(channels),
            "CHANNEL 1 UNITS?": self.settings.unit,
            "CHANNEL 1 RATE?": str(self.settings.sensor_rate_hz),
        }
        return replies.get(" ".join(words[2:]), "INVALID COMMAND")
