"""Devices: the registry of schemes and the one way to open an address."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from drivers.base import Amplifier, DeviceNotFound, Discovery

DRIVERS = {
    "ona": "drivers.ona:OnaAmplifier",
    "file": "drivers.recording:Recording",
    "sound": "drivers.sound_input:SoundInput",
    "lsl": "drivers.lsl:LslStream",
    "rhx": "drivers.rhx:IntanRhx",
    "spikerbox": "drivers.spikerbox:SpikerBox",
    "brainflow": "drivers.brainflow_board:BrainFlowBoard",
    "sim": "drivers.simulated.amplifier:SimulatedAmplifier",
}


def open_device(address: str, **options: Any) -> Amplifier:
    """Open the device at ``address``, "scheme:rest"; its driver takes ``rest`` and ``options``.

    Raises DeviceNotFound for a scheme no driver has, and the DeviceErrors of the driver.
    """
    scheme, _, rest = address.partition(":")
    if scheme not in DRIVERS:
        known = ", ".join(f"{name}:..." for name in sorted(DRIVERS))
        raise DeviceNotFound(f"there is no driver for '{address}'; an address is one of {known}")
    module, name = DRIVERS[scheme].split(":")
    driver: Callable[..., Amplifier] = getattr(importlib.import_module(module), name)
    return driver(rest, **options)


def discover(*, probe: bool = False) -> Discovery:
    """What this machine sees, nothing opened; with ``probe`` the ports that opening does not reset are asked."""
    found: Discovery = importlib.import_module("drivers.discovery").look(probe=probe)
    return found
