"""The Backyard Brains family on a serial port: Muscle, Heart and Neuron SpikerShields and SpikerBoxes.

Tested on captured output of the makers' firmware and on a simulation, on no hardware.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import numpy as np

from drivers.base import Button, Calibrated, Channel, DeviceInfo, DeviceLost, DeviceRefused, Pulse
from drivers.spikerbox.messages import ByteReader, Counts, DeviceMessage
from drivers.toolkit.address import parse_address
from drivers.toolkit.sample_rate import rate_from_arrival
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Chunk, Port

BAUD = 222_222
"""The rate that a nominal 230400 baud has on the shield's 16 MHz processor (16e6 / 8 / 9)."""
SHIELD_HZ = 16e6 / 8 / 199
"""The sample rate of the shield's timer; its manual states 10 kHz."""
BOOT_S = 4.0
"""Longest wait for samples after opening: the shield resets, and its boot loader waits for up to 2 s."""
REPLY_S = 0.5
FIT_S = 2.0
_SAME_RATE = 0.01
"""Where the fitted rate differs by less than this share from the nominal one, the nominal one is used: a crystal is
more accurate than 2 s of arrivals."""
_GARBAGE = 0.1
"""Largest share of bytes outside frames in the stream of a device of this family."""
_OPTIONS = ("channels", "uv_per_lsb", "rate_hz", "bits", "baud", "pulse_event")


@dataclass(frozen=True, slots=True)
class Model:
    """One of the family: its ``sample_rate_hz`` (None: not known), of all channels together where ``shared``."""

    name: str
    sample_rate_hz: float | None = None
    bits: int = 10
    shared: bool = False


UNKNOWN = Model("Backyard Brains device")
MODELS = {
    "MUSCLESS": Model("Muscle SpikerShield", SHIELD_HZ, shared=True),
    "HEARTSS": Model("Heart and Brain SpikerShield", SHIELD_HZ, shared=True),
    "MUSCUSB1": Model("Muscle SpikerBox USB"),
    "MSBPCDC": Model("Muscle SpikerBox Pro", 10_000.0),
    "NSBPCDC": Model("Neuron SpikerBox Pro", 10_000.0),
    "HUMANSB": Model("Human SpikerBox", 5000.0, bits=14),
    "NRNSBPRO": Model("Neuron SpikerBox Pro", bits=14),
    "UNIBOX": Model("Spike Station", 42_661.0, bits=14),
}


class SpikerBox(StreamingAmplifier, Calibrated):
    """A device at ``spikerbox:PORT?channels=N&uv_per_lsb=UV``.

    ``uv_per_lsb`` is the uV of one converter step at the electrode, which the device does not report; without it,
    samples are in steps. ``rate_hz`` saves the 2 s in which the rate is measured. ``bits`` (10 or 14) is for a device
    that does not report its model. ``pulse_event=N`` makes event N a stimulus. A message from the device costs samples
    (about 14 on the shield), shown as ``lost_before``. Bytes lost on the line show only where they tear a frame.
    """

    silence_s = BOOT_S

    def __init__(self, rest: str) -> None:
        self._address = parse_address("spikerbox", rest, _OPTIONS)
        self._channels = self._address.count("channels", 1, 6)
        self._uv_per_lsb = self._address.number("uv_per_lsb")
        self._sample_rate_hz = self._address.number("rate_hz")
        self._baud = self._address.count("baud", BAUD, 2_000_000)
        self._bits = self._address.count("bits", 10, 16) if self._address.text("bits") else None
        self._pulse_event = self._address.text("pulse_event")
        self._port: Port | None = None
        self._model: Model | None = None
        self._hardware = ""
        super().__init__(str(self._address))

    def rescaled(self, factor: float) -> str:
        """Return the address with a step of ``factor`` times its microvolts."""
        return str(self._address.changed(uv_per_lsb=f"{(self._uv_per_lsb or 1.0) * factor:.6g}"))

    def _connect(self) -> DeviceInfo:
        """Open the port and identify the device; on reopening, keep the earlier identity."""
        self._port = open_port(self._address.target, self._baud)
        self._reader, self._configured = ByteReader(self._channels), False
        if not self._connection.is_new:
            return self.info
        self._wait_for_samples()
        self._request_name()
        self._model = MODELS.get(self._hardware, UNKNOWN)
        return self._describe(self._model, self._sample_rate_hz or self._measured_rate(self._model))

    def _describe(self, model: Model, sample_rate_hz: float) -> DeviceInfo:
        self._middle = 1 << ((self._bits or model.bits) - 1)
        reach = self._middle * (self._uv_per_lsb or 1.0)
        return DeviceInfo(
            model=model.name,
            serial=self._hardware,
            address=str(self._address),
            sample_rate_hz=sample_rate_hz,
            channels=tuple(Channel(f"input {i + 1}", reach * 0.99, self._uv_per_lsb) for i in range(self._channels)),
            scale_known=self._uv_per_lsb is not None,
            marks_pulses=self._pulse_event is not None,
        )

    def _begin(self) -> None:
        self._read_port(0.0)  # drop what came before the start
        self._reader = ByteReader(self._channels)

    def _pump(self, timeout_s: float) -> None:
        for arrived_ns, data in self._read_port(timeout_s):
            torn = self._reader.torn
            for found in self._reader.feed(data):
                if isinstance(found, Counts):
                    self.emit_gap(found.lost)
                    self.emit_samples(self._microvolts(found), arrived_ns)
                else:
                    self._take_message(found, arrived_ns)
            self.emit_damage(self._reader.torn - torn)

    def _release(self) -> None:
        if self._port is not None:
            with contextlib.suppress(DeviceLost):
                self._port.close()
        self._port = None

    def _microvolts(self, found: Counts) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        scale = np.float32(self._uv_per_lsb or 1.0)
        return np.asarray((found.values - self._middle) * scale, np.float32)

    def _take_message(self, message: DeviceMessage, arrived_ns: int) -> None:
        """Process a message; an event belongs to the sample that comes next."""
        if message.name == "HWT":
            self._hardware = message.value
        if message.name != "EVNT" or not message.value.isdigit():
            return
        sample = self.next_sample
        if message.value == self._pulse_event:
            self.emit_event(Pulse(sample), arrived_ns)
        else:
            self.emit_event(Button(sample, int(message.value), pressed=True), arrived_ns)

    def _read_port(self, timeout_s: float) -> list[Chunk]:
        """Return the chunks that have arrived. Raises DeviceLost.

        The first bytes after opening show that the device has booted: only then is it configured.
        """
        if self._port is None:
            raise DeviceLost(f"{self._address} is not open.")
        chunks = self._port.read(timeout_s)
        if chunks and not self._configured:
            self._configured = True
            self._port.write(f"conf s:10000;c:{self._channels};\nb:;\n".encode())
        return chunks

    def _wait_for_samples(self) -> None:
        """Wait until samples come; request them from a box that does not send unrequested.

        Raises DeviceRefused, DeviceLost.
        """
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline:
            found = [f for _, data in self._read_port(REPLY_S) for f in self._reader.feed(data)]
            self._note_name(found)
            if any(isinstance(f, Counts) for f in found):
                return
            if self._port is not None and not self._configured:
                self._port.write(b"?:;\nstart:;\n")
        raise DeviceRefused(
            f"No Backyard Brains device replies at {self._address.target}; choose another port, or add baud=500000 for "
            "a Human-Human Interface."
        )

    def _request_name(self) -> None:
        """Wait for the reply to ``b:;``, which old firmware never sends."""
        deadline = time.monotonic() + REPLY_S
        while not self._hardware and time.monotonic() < deadline:
            for _, data in self._read_port(0.05):
                self._note_name(self._reader.feed(data))

    def _note_name(self, found: list[Counts | DeviceMessage]) -> None:
        names = [f.value for f in found if isinstance(f, DeviceMessage) and f.name == "HWT"]
        self._hardware = names[0] if names else self._hardware

    def _measured_rate(self, model: Model) -> float:
        """Return the sample rate: the model's nominal rate where the arrivals agree with it, else the measured one.

        Raises DeviceRefused where the bytes are not from such a device, DeviceLost where they stop.
        """
        reader, counted, arrived, total = ByteReader(self._channels), [0], [time.monotonic_ns()], 0
        size = 0
        while arrived[-1] - arrived[0] < FIT_S * 1e9:
            for arrived_ns, data in self._read_port(REPLY_S):
                size += len(data)
                total += sum(len(f.values) + f.lost for f in reader.feed(data) if isinstance(f, Counts))
                counted.append(total)
                arrived.append(arrived_ns)
            if time.monotonic_ns() - arrived[-1] > self.silence_s * 1e9:
                raise DeviceLost(f"{self._address.target} has stopped sending; connect it again.")
        fitted = rate_from_arrival(counted[1:], arrived[1:])
        if fitted is None or reader.skipped > _GARBAGE * size:
            raise DeviceRefused(
                f"What {self._address.target} sends is not {self._channels} channel(s) of a Backyard Brains device; "
                "correct channels= or baud=."
            )
        nominal = (
            None if model.sample_rate_hz is None else model.sample_rate_hz / (self._channels if model.shared else 1)
        )
        return nominal if nominal and abs(fitted / nominal - 1) < _SAME_RATE else round(fitted, 1)
