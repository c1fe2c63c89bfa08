"""Quattrocento of OT Bioelettronica at its network socket: up to 10,240 Hz, 16 bits, a counter in every sample.

Source: the maker's "Quattrocento configuration protocol" v1.7 (see ``configuration``). Tested on a simulation, on no
hardware.
"""

from __future__ import annotations

import contextlib

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceFaulty, DeviceInfo, DeviceLost, Pulse
from drivers.quattrocento.configuration import RANGE_UV, TRIGGER_HIGH, UV_PER_STEP, QuattrocentoSetup, parse_setup
from drivers.toolkit.streaming import StreamingAmplifier
from drivers.transport.port import open_port
from drivers.transport.reader import Port

_WRAP = 2**16
_LARGEST_GAP_S = 2.0
"""A counter that jumps further is no count of lost samples (assumed): the device restarted, or bytes are missing."""

Steps = NDArray[np.int16]


class Quattrocento(StreamingAmplifier):
    """A Quattrocento at ``quattrocento:HOST:PORT`` with the options of ``parse_setup``.

    It has no command that names it: what replies at the port is taken for one, and the counter in its samples shows
    whether it is. Its configuration is sent when it is started.
    """

    def __init__(self, rest: str) -> None:
        self._setup: QuattrocentoSetup = parse_setup(rest)
        self._port: Port | None = None
        super().__init__(str(self._setup.address))

    def _connect(self) -> DeviceInfo:
        setup = self._setup
        self._port = open_port(f"socket://{setup.host_port}", name=str(setup.address))
        return DeviceInfo(
            model="Quattrocento",
            serial="",
            address=str(setup.address),
            sample_rate_hz=setup.sample_rate_hz,
            channels=tuple(Channel(name, RANGE_UV * 0.999, UV_PER_STEP) for name in setup.channels),
            marks_pulses=setup.trigger,
        )

    def _begin(self) -> None:
        port = self._open_port()
        port.read()
        self._rest, self._due, self._was_high = b"", -1, True
        port.write(self._setup.command(acquire=True))

    def _pump(self, timeout_s: float) -> None:
        size = 2 * self._setup.frame_channels
        for arrived_ns, data in self._open_port().read(timeout_s):
            self._rest += data
            whole = len(self._rest) // size * size
            frames = np.frombuffer(self._rest[:whole], "<i2").reshape(-1, self._setup.frame_channels)
            self._rest = self._rest[whole:]
            if len(frames):
                self._take(frames, arrived_ns)

    def _take(self, frames: Steps, arrived_ns: int) -> None:
        """Emit ``frames`` (samples, columns), a gap wherever the counter jumps."""
        counter = frames[:, self._setup.counter_column].astype(np.int64) % _WRAP
        if self._due < 0:
            self._due = int(counter[0])
        late = np.diff(counter, prepend=self._due - 1) - 1
        lost = (late + _WRAP // 2) % _WRAP - _WRAP // 2
        self._due = int(counter[-1] + 1) % _WRAP
        begun = 0
        for at in np.flatnonzero(lost).tolist():
            if not 0 < lost[at] <= _LARGEST_GAP_S * self.info.sample_rate_hz:
                raise DeviceFaulty(
                    f"{self.info.address} is faulty: its sample counter does not go on; check that it is a "
                    "Quattrocento and that no other program uses it, then open it again."
                )
            self._emit(frames[begun:at], arrived_ns)
            self.emit_gap(int(lost[at]))
            begun = at
        self._emit(frames[begun:], arrived_ns)

    def _emit(self, frames: Steps, arrived_ns: int) -> None:
        if not len(frames):
            return
        first = self.next_sample
        microvolts = frames[:, self._setup.columns] * np.float32(UV_PER_STEP)
        self.emit_samples(np.asarray(microvolts, np.float32), arrived_ns)
        if self._setup.trigger:
            self._emit_pulses(frames[:, self._setup.counter_column + 1], first, arrived_ns)

    def _emit_pulses(self, trigger: NDArray[np.int16], first: int, arrived_ns: int) -> None:
        """Emit a stimulus at each rising edge; a trigger that is high from the start has none yet."""
        high = trigger > TRIGGER_HIGH // 2
        rising = high & ~np.concatenate([[self._was_high], high[:-1]])
        self._was_high = bool(high[-1])
        for at in np.flatnonzero(rising).tolist():
            self.emit_event(Pulse(first + at), arrived_ns)

    def _stop(self) -> None:
        self._open_port().write(self._setup.command(acquire=False))

    def _release(self) -> None:
        if self._port is not None:
            with contextlib.suppress(DeviceLost):
                self._port.close()
        self._port = None

    def _open_port(self) -> Port:
        if self._port is None:
            raise DeviceLost(f"{self._setup.address} is not connected.")
        return self._port
