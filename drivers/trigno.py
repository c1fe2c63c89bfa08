"""Delsys Trigno through the maker's server (Trigno Control Utility, SDK Server): its command port and its EMG port.

Sources: the commands, replies and ports of the maker's SDK as public clients hold them (axopy/pytrigno, BCI2000's
DelsysTrignoAvanti, and the maker's Matlab example for the samples of a frame). Only queries, START and STOP are sent:
the server's settings stay as they are. Tested on a simulation, on no hardware.
"""

from __future__ import annotations

import contextlib
import math
import time

import numpy as np

from drivers.base import Channel, DeviceInfo, DeviceLost, DeviceRefused, OptionRefused
from drivers.formats.loaded import microvolts_per
from drivers.toolkit.address import parse_address
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Port

COMMAND_PORT, DATA_PORT = 50040, 50043
SENSORS = 16
"""Sensor positions, and values of each sample at the EMG port."""
BANNER = "Delsys Trigno System Digital Protocol"
_END = "\r\n\r\n"
_UPSAMPLED = 27
"""Samples of a frame with upsampling, of whatever sensor: 2000 Hz at 13.5 ms."""
_REPLY_S = 2.0
"""Longest wait for a reply (assumed; the server replies within some ms, to START within seconds)."""
_START_S = 6.0
_RATES_DIFFER = 1e-3


class TrignoBase(StreamingAmplifier):
    """The base station at ``trigno:HOST?sensors=1,2``; sensor 1 by default.

    ``port`` and ``data_port`` replace the server's usual ports. A sensor with several EMG channels has the next
    positions too. The stream carries no sample numbers, so that samples lost by radio cannot be seen.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("trigno", rest, ("sensors", "port", "data_port"))
        if not self._address.target or "/" in self._address.target:
            raise OptionRefused(f"{self._address} names no computer; write trigno:HOST, such as trigno:localhost.")
        self._sensors = _sensors(str(self._address), self._address.text("sensors") or "1")
        self._ports = (
            self._address.count("port", COMMAND_PORT, 65_535),
            self._address.count("data_port", DATA_PORT, 65_535),
        )
        self._command: Port | None = None
        self._data: Port | None = None
        super().__init__(str(self._address))

    def _connect(self) -> DeviceInfo:
        host, (command, data) = self._address.target, self._ports
        self._command = open_port(f"socket://{host}:{command}", name=str(self._address))
        self._received = ""
        banner = self._reply(_REPLY_S)
        if not banner.startswith(BANNER):
            raise DeviceRefused(f"No Trigno server replies at {self._address}; start it, or correct the host.")
        self._dtype = {"BIG": ">f4", "LITTLE": "<f4"}.get(self._request("ENDIANNESS?"))
        if self._dtype is None:
            raise DeviceRefused(f"{self._address} does not report the order of its bytes; update the server.")
        rate_hz = self._stream_rate_hz()
        self._columns, self._scales, channels = self._sensor_channels(rate_hz)
        self._data = open_port(f"socket://{host}:{data}", name=str(self._address))
        return DeviceInfo(
            model="Delsys Trigno (no sample numbers: radio losses are not seen)",
            serial=self._request("BASE SERIAL?", optional=True),
            address=str(self._address),
            sample_rate_hz=rate_hz,
            channels=channels,
            firmware=banner.removeprefix(BANNER).removeprefix(" Version").strip(),
        )

    def _stream_rate_hz(self) -> float:
        """Return the rate of the EMG port; the faster sensors set it, and all others are sent at it."""
        interval_s = self._number("FRAME INTERVAL?")
        samples = self._number("MAX SAMPLES EMG?")
        compatible = self._request("BACKWARDS COMPATIBILITY?") == "YES"
        self._upsampled = compatible and self._request("UPSAMPLING?") == "UPSAMPLING ON"
        if samples < 1 or interval_s <= 0:
            raise DeviceRefused(f"{self._address} has no sensor that sends EMG; take one out of its dock and pair it.")
        return (_UPSAMPLED if self._upsampled else samples) / interval_s

    def _sensor_channels(self, rate_hz: float) -> tuple[list[int], list[float], tuple[Channel, ...]]:
        """Return the columns, uV per unit and channels of the sensors. Raises DeviceRefused for one that is missing."""
        columns, scales, channels = [], [], []
        for sensor in self._sensors:
            if self._request(f"SENSOR {sensor} PAIRED?") != "YES":
                raise DeviceRefused(f"{self._address}: sensor {sensor} is not paired; pair it, or correct sensors=.")
            count = int(self._number(f"SENSOR {sensor} EMGCHANNELCOUNT?"))
            if not 1 <= count <= SENSORS - sensor + 1:
                raise DeviceRefused(f"{self._address}: sensor {sensor} sends no EMG; choose another in sensors=.")
            scale = self._check_sensor(sensor, rate_hz)
            for part in range(count):
                columns.append(sensor - 1 + part)
                scales.append(scale)
                channels.append(Channel(f"EMG {sensor}" + (f".{part + 1}" if count > 1 else "")))
        return columns, scales, tuple(channels)

    def _check_sensor(self, sensor: int, rate_hz: float) -> float:
        """Return the uV of one unit of the sensor. Raises DeviceRefused where unit or rate are not those needed."""
        unit = self._request(f"SENSOR {sensor} CHANNEL 1 UNITS?")
        scale = microvolts_per(unit)
        if scale is None:
            raise DeviceRefused(f"{self._address}: sensor {sensor} sends '{unit}', no voltage; choose an EMG mode.")
        own_hz = self._number(f"SENSOR {sensor} CHANNEL 1 RATE?")
        if not self._upsampled and abs(own_hz / rate_hz - 1) > _RATES_DIFFER:
            raise DeviceRefused(
                f"{self._address}: sensor {sensor} samples at {own_hz:g} Hz and the server sends {rate_hz:g} Hz, so "
                "that values would be repeated; give all sensors one mode."
            )
        return scale

    def _begin(self) -> None:
        self._open(self._data).read()
        self._rest = b""
        if (reply := self._request("START", wait_s=_START_S)) != "OK":
            raise DeviceRefused(f"{self._address} does not start ('{reply}'); stop it in the Trigno Control Utility.")

    def _pump(self, timeout_s: float) -> None:
        size = 4 * SENSORS
        for arrived_ns, data in self._open(self._data).read(timeout_s):
            self._rest += data
            whole = len(self._rest) // size * size
            rows = np.frombuffer(self._rest[:whole], self._dtype).reshape(-1, SENSORS)
            self._rest = self._rest[whole:]
            microvolts = rows[:, self._columns] * np.array(self._scales)
            self.emit_samples(np.asarray(microvolts, np.float32), arrived_ns)

    def _stop(self) -> None:
        self._request("STOP")

    def _release(self) -> None:
        for port in (self._command, self._data):
            if port is not None:
                with contextlib.suppress(DeviceLost):
                    port.close()
        self._command = self._data = None

    def _request(self, command: str, *, optional: bool = False, wait_s: float = _REPLY_S) -> str:
        """Send ``command`` and return the reply, without its end; an ``optional`` one that is not known returns ''."""
        self._open(self._command).write((command + _END).encode("ascii"))
        reply = self._reply(wait_s)
        return "" if optional and reply.startswith(("INVALID", "CANNOT")) else reply

    def _reply(self, wait_s: float) -> str:
        until_s = time.monotonic() + wait_s
        while _END not in self._received:
            if time.monotonic() > until_s:
                raise DeviceRefused(f"{self._address} does not reply; check that its server runs and nobody uses it.")
            for _, data in self._open(self._command).read(0.05):
                self._received += data.decode("latin-1")
        reply, _, self._received = self._received.partition(_END)
        return reply.strip()

    def _number(self, command: str) -> float:
        reply = self._request(command)
        try:
            value = float(reply)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DeviceRefused(f"{self._address} replied '{reply}' to {command} and not a number; update the server.")
        return value

    def _open(self, port: Port | None) -> Port:
        if port is None:
            raise DeviceLost(f"{self._address} is not connected.")
        return port


def _sensors(address: str, typed: str) -> list[int]:
    """Parse sensor positions such as ``1,5``, each once, in order. Raises OptionRefused."""
    names = typed.split(",")
    known = {str(number) for number in range(1, SENSORS + 1)}
    if not set(names) <= known or len(set(names)) < len(names):
        raise OptionRefused(f"{address}: sensors={typed} are not positions 1 to {SENSORS}, each once, with commas.")
    return sorted(map(int, names))
