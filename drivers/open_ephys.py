"""The Open Ephys GUI as an amplifier, live, through its plugin ZMQ Interface. Needs pyzmq.

Source: the page "ZMQ Interface" of the GUI's documentation and the plugin's own source (ZmqInterface.cpp). Tested on a
simulation written from these, which the PyPI client ``python-oephys`` reads too; on no hardware.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivers.base import Channel, DeviceFaulty, DeviceInfo, DeviceNotFound, DeviceRefused, OptionRefused, Pulse, Samples
from drivers.toolkit.address import parse_address
from drivers.toolkit.streaming import StreamingAmplifier

PORT = 5556
HEARTBEAT_S = 2.0
"""The documented interval; after 5 s without one the GUI shows the client as gone."""
_REPLY_S = 1.0
_FIRST_S = 2.0
"""Longest wait for the first samples: the GUI processes some tens of blocks a second."""
_MOST_CHANNELS = 1024


@dataclass(slots=True)
class _Group:
    """Samples of one block of the GUI, by channel number, from ``first`` of its own count on."""

    first: int
    count: int
    parts: dict[int, Samples] = field(default_factory=dict)


class OpenEphys(StreamingAmplifier):
    """The GUI at ``openephys:HOST:PORT?channels=0,1&ttl=LINE``; all channels that the plugin sends by default.

    The GUI must acquire. It sends headstage channels in uV, and others in other units. ``ttl`` is the line of which
    each rising edge is a stimulus, from 1 on as the GUI shows it.
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("openephys", rest, ("channels", "ttl"))
        host, _, port = self._address.target.partition(":")
        if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_535):
            raise OptionRefused(
                f"{self._address} is not an address; write openephys:HOST:PORT (the plugin's data port)."
            )
        self._host, self._data_port = host or "127.0.0.1", int(port or PORT)
        self._wanted = _numbers(str(self._address), self._address.text("channels"))
        self._line = self._address.count("ttl", 1, 64) if self._address.text("ttl") else None
        self._zmq = library()
        self._context: Any = None
        self._name = {"application": "needle-guidance", "uuid": str(uuid.uuid4()), "type": "heartbeat"}
        super().__init__(str(self._address))

    def _connect(self) -> DeviceInfo:
        zmq = self._zmq
        self._context = zmq.Context()
        self._data, self._beat = self._context.socket(zmq.SUB), self._context.socket(zmq.REQ)
        for each in (self._data, self._beat):
            each.linger = 0
        self._beat.setsockopt(zmq.REQ_RELAXED, 1)
        self._data.rcvhwm = 0  # a message that is dropped is a gap
        self._data.subscribe(b"")
        self._data.connect(f"tcp://{self._host}:{self._data_port}")
        self._beat.connect(f"tcp://{self._host}:{self._data_port + 1}")
        self._send_beat()
        if not self._beat.poll(_REPLY_S * 1000):
            raise DeviceNotFound(
                f"Nothing replies at {self._address}; add the plugin ZMQ Interface to the Open Ephys GUI, or correct "
                "the port."
            )
        self._beat.recv()
        return self._describe(self._first_headers())

    def _describe(self, headers: dict[int, dict[str, Any]]) -> DeviceInfo:
        missing = [str(number) for number in self._wanted or () if number not in headers]
        if missing:
            raise DeviceRefused(
                f"{self._address}: the GUI does not send channel {', '.join(missing)}; it sends "
                f"{', '.join(map(str, sorted(headers)))}. Correct channels=, or select it in the plugin."
            )
        self._channels = self._wanted or sorted(headers)
        content = headers[self._channels[0]]
        return DeviceInfo(
            model=f"Open Ephys {content['stream']}".rstrip(),
            serial="",
            address=str(self._address),
            sample_rate_hz=float(content["sample_rate"]),
            channels=tuple(Channel(content.get("channel_name") or f"channel {number}") for number in self._channels),
            marks_pulses=self._line is not None,
        )

    def _first_headers(self) -> dict[int, dict[str, Any]]:
        """Return the headers of one block of every channel. Raises DeviceRefused where the GUI sends none."""
        found: dict[int, dict[str, Any]] = {}
        until_s = time.monotonic() + _FIRST_S
        while time.monotonic() < until_s:
            message = self._receive(0.1)
            if message is None or message[0] != "data":
                continue
            content = message[1]
            if content["channel_num"] in found:
                return found  # the next block has begun
            found[content["channel_num"]] = content
        if found:
            return found
        raise DeviceRefused(f"{self._address} replies and sends no samples; start the acquisition in the GUI.")

    def _begin(self) -> None:
        while self._receive(0.0) is not None:
            pass
        self._group: _Group | None = None
        self._is_first = True
        self._zero: int | None = None
        self._due = 0

    def _pump(self, timeout_s: float) -> None:
        self._keep_alive()
        message = self._receive(timeout_s)
        while message is not None:
            kind, content, payload = message
            if kind == "data":
                self._take(content, payload)
            elif kind == "event":
                self._take_event(content, payload)
            message = self._receive(0.0)

    def _take(self, content: dict[str, Any], payload: bytes) -> None:
        """Add one channel's part of a block; the block is emitted when all channels or the next block have come."""
        number, first = content["channel_num"], content["sample_num"]
        if number not in self._channels:
            return
        samples = np.frombuffer(payload[: len(payload) // 4 * 4], "<f4")
        if len(samples) != content["num_samples"]:
            self.emit_damage(1)
            return
        if self._group is not None and first != self._group.first:
            self._flush(self._group)
        if self._group is None:
            self._group = _Group(first, len(samples))
        if len(samples) == self._group.count:
            self._group.parts[number] = samples
        if len(self._group.parts) == len(self._channels):
            self._flush(self._group)

    def _flush(self, group: _Group) -> None:
        """Emit ``group``; a channel that did not come is NaN in it, and a jump of the sample number is a gap.

        A first group that is not whole is left out: reception began between the channels of its block.
        """
        is_cut = self._is_first and len(group.parts) < len(self._channels)
        self._group, self._is_first = None, False
        if is_cut:
            return
        if self._zero is None:
            self._zero = self._due = group.first
        lost = group.first - self._due
        if lost < 0:
            raise DeviceFaulty(f"{self._address} has started its acquisition again; it is opened again.")
        self._due = group.first + group.count
        self.emit_gap(lost)
        none = np.full(group.count, np.nan, np.float32)
        rows = np.stack([group.parts.get(number, none) for number in self._channels], axis=1)
        self.emit_samples(np.asarray(rows, np.float32), time.monotonic_ns())

    def _take_event(self, content: dict[str, Any], payload: bytes) -> None:
        """Emit a stimulus for a rising edge of the chosen line; the plugin sends the event before its samples."""
        if self._line is None or self._zero is None or len(payload) < 2:
            return
        line, state = payload[0] + 1, payload[1]
        sample = self.next_sample + content["sample_num"] - self._due
        if line == self._line and state == 1 and sample >= 0:
            self.emit_event(Pulse(sample), time.monotonic_ns())

    def _receive(self, timeout_s: float) -> tuple[str, dict[str, Any], bytes] | None:
        """Return kind, content and payload of the next message; None where none comes. Damaged ones have no kind."""
        if not self._data.poll(timeout_s * 1000):
            return None
        _, *parts = self._data.recv_multipart()
        try:
            header = json.loads(parts[0])
            kind, content = str(header["type"]), dict(header.get("content") or {})
            if kind == "data":
                content |= {key: int(content[key]) for key in ("channel_num", "sample_num", "num_samples")}
                content |= {"sample_rate": float(content["sample_rate"]), "stream": str(content["stream"])}
            elif kind == "event":
                content["sample_num"] = int(content["sample_num"])
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            self.emit_damage(1)
            return "", {}, b""
        return kind, content, b"".join(parts[1:])

    def _keep_alive(self) -> None:
        """Receive the reply to the last heartbeat and send the next when it is due."""
        if self._beat.poll(0):
            self._beat.recv()
        if time.monotonic() >= self._beat_due_s:
            self._send_beat()

    def _send_beat(self) -> None:
        self._beat_due_s = time.monotonic() + HEARTBEAT_S
        with contextlib.suppress(self._zmq.ZMQError):
            self._beat.send(json.dumps(self._name).encode(), self._zmq.DONTWAIT)

    def _release(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            context.destroy(linger=0)


def library() -> Any:
    """Return pyzmq. Raises DeviceRefused where it is not installed."""
    try:
        import zmq
    except ImportError as error:
        raise DeviceRefused("The Open Ephys GUI needs pyzmq: pip install 'needle-guidance[openephys]'.") from error
    return zmq


def _numbers(address: str, typed: str | None) -> list[int]:
    """Parse channel numbers such as ``0,3``, each once, in order; none where not given. Raises OptionRefused."""
    names = typed.split(",") if typed is not None else []
    if len(set(names)) < len(names) or not all(n.isascii() and n.isdigit() and len(n) < 5 for n in names):
        raise OptionRefused(f"{address}: channels={typed} are not channel numbers, each once, with commas.")
    numbers = sorted(map(int, names))
    if numbers and numbers[-1] >= _MOST_CHANNELS:
        raise OptionRefused(f"{address}: channels={typed} goes beyond {_MOST_CHANNELS - 1}.")
    return numbers
