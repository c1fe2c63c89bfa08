"""The simulated amplifier as an address, ``sim:SEED``: the real driver on real bytes, and the patient's process.

``sim:SEED,needle`` is a patient whose muscle the needle itself records.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace

from drivers.base import DeviceLost, OptionRefused, Simulation
from drivers.ona import OnaAmplifier
from drivers.simulated import SimulatedDevice


class SimulatedAmplifier(OnaAmplifier, Simulation):
    """An ONA amplifier before a simulated patient, whose process ends with ``close``."""

    def __init__(self, seed: str, *, channels: int = 1, sample_rate_hz: int = 10_000) -> None:
        """Start patient ``seed`` and open its amplifier. Raises OptionRefused for a seed that is no whole number."""
        number, _, electrode = seed.partition(",")
        if not re.fullmatch("[0-9]{1,18}", number) or electrode not in {"", "needle"}:
            raise OptionRefused(f"sim:{seed} names no patient; a seed is a whole number from 0 on, such as sim:1.")
        options = ("--needle",) if electrode else ()
        self._device = SimulatedDevice(int(number), channels=channels, sample_rate_hz=sample_rate_hz, options=options)
        try:
            super().__init__(self._device.address.removeprefix("ona:"))
        except BaseException:
            self._device.close()
            raise
        self.info = replace(self.info, address=f"sim:{seed}")

    def steer(self, words: str) -> None:
        """Steer needle or patient by a control line; one that is wrong, or comes too late, changes nothing."""
        with contextlib.suppress(DeviceLost):
            self._device.tell(words)

    def close(self) -> None:
        """Stop the amplifier and end the patient's process."""
        super().close()
        self._device.close()
