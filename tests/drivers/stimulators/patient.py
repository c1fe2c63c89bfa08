"""A simulated stimulator on one terminal and a simulated patient's amplifier on another, for a procedure with both.

Run ``uv run python -m tests.drivers.stimulators.patient stimjim`` (or pulsepal, p24): it prints the command to type.
What the stimulator gives reaches the patient.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from drivers.simulated import SimulatedDevice
from tests.drivers.stimulators.benches import DEVICES
from tests.drivers.stimulators.wire import Device, Given, Served


class ForwardingDevice:
    """A stimulator that passes its pulses to ``forward`` as they are given."""

    def __init__(self, device: Device, forward: Callable[[Given], None]) -> None:
        self._device, self._forward = device, forward
        self.given = device.given

    def feed(self, data: bytes) -> bytes:
        known = len(self.given)
        reply = self._device.feed(data)
        for pulse in self.given[known:]:
            self._forward(pulse)
        return reply


@contextlib.contextmanager
def patient_and(name: str, seed: int = 1) -> Iterator[tuple[str, str, SimulatedDevice]]:
    """Provide the addresses of amplifier and stimulator ``name``, and the patient to steer."""
    make, address = DEVICES[name]
    with SimulatedDevice(seed, sample_rate_hz=10_000, scenario="hold", start_mm=6.0) as patient:

        def forward(pulse: Given) -> None:
            if pulse.current_ma:
                patient.send(f"pulse {abs(pulse.current_ma)} {pulse.width_ms}")

        wire = Served(ForwardingDevice(make(), forward))
        try:
            yield patient.address, address.format(path=wire.path), patient
        finally:
            wire.unplug()


def main() -> None:
    """Serve until Ctrl-C."""
    with patient_and(sys.argv[1]) as (amplifier, stimulator, _), contextlib.suppress(KeyboardInterrupt):
        print(f"needle-guidance run --device {amplifier} --stimulator '{stimulator}'", flush=True)
        while True:
            time.sleep(1.0)


if __name__ == "__main__":
    main()
