"""Stimulator on a serial port: opening the port, waiting for the first replies, releasing it."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable

from drivers.base import DeviceRefused, StimulatorInfo
from drivers.stimulators.base import PulsingStimulator
from drivers.transport.port import open_port
from drivers.transport.reader import Port

_POLL_S = 0.02


class SerialStimulator(PulsingStimulator):
    """Stimulator on a serial port. Everything it sends goes to ``_receive``, within ``service`` or ``connect``."""

    def __init__(self, info: StimulatorInfo, url: str) -> None:
        """Open nothing: ``connect`` opens ``url`` and identifies the device."""
        super().__init__(info)
        self._url = url
        self._port: Port | None = None

    @abstractmethod
    def _greet(self) -> None:
        """Identify the device; change nothing. Raises DeviceError."""

    @abstractmethod
    def _receive(self, data: bytes) -> None:
        """Process bytes from the device."""

    def _connect(self) -> None:
        self._port = open_port(self._url)
        try:
            self._greet()
        except BaseException:
            self._release()
            raise

    def _poll(self) -> None:
        for _, data in self._port.read() if self._port else ():
            self._receive(data)

    def _write(self, data: bytes) -> None:
        if self._port:
            self._port.write(data)

    def _release(self) -> None:
        port, self._port = self._port, None
        if port:
            port.close()

    def _await(self, request: Callable[[], None], has_replied: Callable[[], bool], tries: int, each_s: float) -> None:
        """Call ``request`` up to ``tries`` times, ``each_s`` apart, until ``has_replied``.

        Raises DeviceRefused where no reply comes.
        """
        for _ in range(tries):
            request()
            if self._wait(has_replied, each_s):
                return
        raise DeviceRefused(
            f"The device at {self._url} does not reply as a {self.info.model} does; check port, power and cable."
        )

    def _wait(self, has_replied: Callable[[], bool], seconds: float) -> bool:
        """Process what the device sends until ``has_replied``, for at most ``seconds``; return whether it has."""
        until = time.monotonic() + seconds
        while not has_replied() and time.monotonic() < until:
            for _, data in self._port.read(_POLL_S) if self._port else ():
                self._receive(data)
        return has_replied()
