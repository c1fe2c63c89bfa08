"""A stimulator on a serial port: opening it, waiting for its first answers, giving it back."""

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
    """Everything it says goes through ``_receive``, within ``service`` alone."""

    def __init__(self, info: StimulatorInfo, url: str) -> None:
        """Opens nothing: ``connect`` opens ``url`` and greets the device."""
        super().__init__(info)
        self._url = url
        self._port: Port | None = None

    @abstractmethod
    def _greet(self) -> None:
        """Make sure of the device, changing nothing. Raises DeviceError."""

    @abstractmethod
    def _receive(self, data: bytes) -> None:
        """Take what the device said."""

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
        """Ask up to ``tries`` times until ``has_replied``. Raises DeviceRefused where no answer comes."""
        for _ in range(tries):
            request()
            if self._wait(has_replied, each_s):
                return
        raise DeviceRefused(
            f"What is at {self._url} does not answer as a {self.info.model} does; check the port, its power and cable."
        )

    def _wait(self, has_replied: Callable[[], bool], seconds: float) -> bool:
        """Take what the device sends until ``has_replied``, for at most ``seconds``; whether it was."""
        until = time.monotonic() + seconds
        while not has_replied() and time.monotonic() < until:
            for _, data in self._port.read(_POLL_S) if self._port else ():
                self._receive(data)
        return has_replied()
