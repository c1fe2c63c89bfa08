"""A procedure as streams of the Lab Streaming Layer, so that LabRecorder and others can follow it. Needs pylsl.

There are two outlets: the signal as it was sampled, and every record of the event stream as a line of JSON. Each time
stamp is the instant at which the amplifier recorded the sample, on LSL's clock, as far as the host knows it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from drivers import lsl
from drivers.base import Block, DeviceInfo, DeviceRefused
from guidance.common.errors import UsageError
from guidance.common.worker import BackgroundWorker
from guidance.device_check.clock import HostClock

SIGNAL, EVENTS = "needle-guidance signal", "needle-guidance events"
_CLOSE_S = 2.0


class LslOutlets:
    """Outlets for blocks and lines of events; a background worker pushes them, so that no reader delays the engine.

    As a target of events it never fails: LSL drops what its readers do not read.
    """

    name = "LSL"

    def __init__(self, info: DeviceInfo) -> None:
        """Open both outlets for device ``info``. Raises UsageError where pylsl is not installed."""
        self._lsl = library()
        self._sample_rate_hz = info.sample_rate_hz
        self._clock = HostClock(info.sample_rate_hz)
        self._signal, self._events = self._outlets(info)
        self._ahead_s = self._lsl.local_clock() - time.monotonic()
        self._worker = BackgroundWorker[Block | bytes]("LSL outlets", self._push_item, finish=self._drop).start()

    def blocks(self, blocks: Sequence[Block]) -> None:
        """Queue the samples of ``blocks``."""
        for block in blocks:
            self._worker.put(block)  # refused only where this machine is far behind; the stored record is complete

    def write(self, line: bytes) -> None:
        """Queue the record in ``line``."""
        self._worker.put(line)

    def close(self) -> None:
        """Push what is left, and close the outlets."""
        self._worker.close(_CLOSE_S)

    def _outlets(self, info: DeviceInfo) -> tuple[Any, Any]:
        library, count = self._lsl, len(info.channels)
        source = f"needle-guidance {info.model} {info.serial} {info.address}"
        signal = library.StreamInfo(SIGNAL, "EMG", count, info.sample_rate_hz, library.cf_float32, f"{source} signal")
        signal.set_channel_labels([channel.name for channel in info.channels])
        signal.set_channel_types(["EMG"] * count)
        signal.set_channel_units(["microvolts"] * count)
        signal.desc().append_child("acquisition").append_child_value("model", info.model)
        events = library.StreamInfo(EVENTS, "Markers", 1, library.IRREGULAR_RATE, library.cf_string, f"{source} events")
        return library.StreamOutlet(signal), library.StreamOutlet(events)

    def _push_item(self, item: Block | bytes) -> None:
        if isinstance(item, Block):
            self._push(item)
        else:
            self._push_event(item)

    def _drop(self) -> None:
        """Release the outlets, which closes them."""
        self._signal = self._events = None

    def _push(self, block: Block) -> None:
        """Push the samples; the time stamp is that of the last one."""
        self._clock.take(block)
        stamp_s = self._stamp_s(block.end_sample - 1)
        if len(block.samples):
            self._signal.push_chunk(np.ascontiguousarray(block.samples, np.float32), stamp_s)

    def _push_event(self, line: bytes) -> None:
        record = json.loads(line)
        self._events.push_sample([line.decode().rstrip()], self._stamp_s(round(record["t"] * self._sample_rate_hz)))

    def _stamp_s(self, sample: int) -> float:
        """Return when ``sample`` was recorded, in s on LSL's clock; the present before any sample has arrived."""
        host_s = self._clock.host_s(sample)
        return float((time.monotonic() if host_s is None else host_s) + self._ahead_s)


def library() -> Any:
    """Import pylsl. Raises UsageError where it is not installed."""
    try:
        return lsl.library()
    except DeviceRefused as fault:
        raise UsageError(f"--lsl-out: {fault}") from None
