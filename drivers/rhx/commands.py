"""Command connection of Intan RHX: text commands and text replies. One connection serves a whole session.

Replies have no end mark, so only one request is under way at a time. ``set`` has no reply, so every value is read back.
RHX closes its server when its client leaves, so nothing but the driver that the user chose connects here.
"""

from __future__ import annotations

import threading
import time

from drivers.base import DeviceLost, DeviceNotFound, DeviceRefused
from drivers.transport.port import open_port

REPLY_S = 2.0
UPLOAD_S = 3.0
_PAUSE_S = 0.002
_MORE_S = 0.1
_RETURN = "Return:"
_CONNECT = "in RHX choose Network, Remote TCP Control, Connect, then try again."


class RhxCommands:
    """Commands to RHX at ``host``:``port``, for use by several threads. Every call may raise DeviceLost."""

    def __init__(self, host: str, port: int) -> None:
        """Connect. Raises DeviceNotFound where nothing listens."""
        self._name = f"RHX at {host}:{port}"
        try:
            self._port = open_port(f"socket://{host}:{port}")
        except DeviceNotFound as error:
            raise DeviceNotFound(f"{self._name} does not listen: {_CONNECT}") from error
        self._lock = threading.Lock()

    def get(self, name: str) -> str:
        """Return the value of ``name``. Raises DeviceRefused with RHX's own text where it has none."""
        with self._lock:
            reply = self._request(f"get {name};")
        before, found, value = reply.partition(_RETURN)
        if before.strip() or not found:
            raise DeviceRefused(f"{self._name} reports: {' '.join((before or reply).split())}")
        words = value.split()
        return words[-1] if words else ""

    def number(self, name: str) -> float:
        """Return the value of ``name`` as a number. Raises DeviceRefused where it is not a number."""
        value = self.get(name)
        try:
            return float(value)
        except ValueError:
            raise DeviceRefused(f"{self._name} reports that {name} is '{value}', which is not a number.") from None

    def set(self, name: str, value: str | float) -> None:
        """Set ``name`` and read it back. Raises DeviceRefused where its value is not ``value`` then."""
        self._send(f"set {name} {value};")
        read_back = self.get(name)
        if not _same(read_back, value):
            raise DeviceRefused(f"{self._name} did not accept {name} {value}: it is {read_back}.")

    def execute(self, action: str) -> None:
        """Command RHX to do ``action``, which has no reply."""
        self._send(f"execute {action};")

    def upload(self, channel: str) -> None:
        """Upload the stimulus parameters of ``channel`` to the controller. Raises DeviceRefused after 3 s."""
        self.execute(f"uploadstimparameters {channel}")
        deadline = time.monotonic() + UPLOAD_S
        while self.get("uploadinprogress").lower() != "false":
            if time.monotonic() > deadline:
                raise DeviceRefused(f"{self._name} did not finish uploading the stimulus of {channel}.")
            time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Close the connection; RHX then closes its server."""
        self._port.close()

    def _send(self, words: str) -> None:
        with self._lock:
            self._port.write(words.encode())

    def _request(self, words: str) -> str:
        """Send ``words`` and return the reply, which a pause ends."""
        self._port.write(words.encode())
        reply = b""
        while _RETURN.encode() not in reply:
            chunks = self._port.read(_MORE_S if reply else REPLY_S)
            reply += b"".join(data for _, data in chunks)
            if not chunks and reply:
                break
            if not chunks:
                raise DeviceLost(f"{self._name} does not reply: {_CONNECT}")
        while chunks := self._port.read(_PAUSE_S):
            reply += b"".join(data for _, data in chunks)
        return reply.decode("ascii", "replace")


def _same(read_back: str, value: str | float) -> bool:
    try:
        return abs(float(read_back) - float(value)) < 1e-6
    except ValueError:
        return read_back.lower() == str(value).lower()
