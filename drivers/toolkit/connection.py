"""State of the connection to a device: new, connected, silent, lost, opened again or closed. No I/O."""

from __future__ import annotations

from drivers.base import DeviceLost


class Connection:
    """State of the connection to the device at ``address``. Times are ns of the monotonic clock, given by the caller.

    ``reason`` is a sentence on why the device cannot be used now (not connected yet, lost, or closed); None while it is
    connected. ``received_ns`` is when it last sent something.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._kind: type[DeviceLost] = DeviceLost
        self.reason: str | None = f"{address} is not connected yet; connect it first."
        self.is_new, self.is_closed = True, False
        self.received_ns = 0

    def mark_connected(self, now_ns: int) -> None:
        """Record that the device is connected and in use from ``now_ns`` on."""
        self.reason, self.is_new, self.received_ns = None, False, now_ns
        self._kind = DeviceLost

    def mark_lost(self, error: DeviceLost) -> None:
        """Record that the device is lost, and why."""
        self.reason, self._kind = str(error), type(error)

    def begin_reopening(self) -> None:
        """Forbid the use of the device until ``mark_connected`` is called again. Raises DeviceLost once closed."""
        if self.is_closed:
            self.require()
        self.reason = self.reason or f"{self._address} has not been opened again."

    def close(self) -> None:
        """Record that the device is closed for good."""
        self.is_new, self.is_closed, self._kind = False, True, DeviceLost
        self.reason = f"{self._address} has been closed."

    def require(self) -> None:
        """Raise DeviceLost, or what it was lost by, with the reason where the device cannot be used."""
        if self.reason is not None:
            raise self._kind(self.reason)

    def check_silence(self, now_ns: int, silence_s: float) -> None:
        """Raise DeviceLost where the device has sent nothing for more than ``silence_s``."""
        if now_ns - self.received_ns > silence_s * 1e9:
            raise DeviceLost(
                f"{self._address} has sent nothing for {silence_s:g} s; check that it is on and connected."
            )
