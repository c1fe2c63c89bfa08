"""Devices: the registry of schemes and the one way to open an address."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from drivers.base import Amplifier, Discovery, OptionRefused
from drivers.stimulators.external import SeparateStimulator

DRIVERS = {
    "ona": "drivers.ona.amplifier:OnaAmplifier",
    "file": "drivers.recording:Recording",
    "sound": "drivers.sound_input:SoundInput",
    "lsl": "drivers.lsl:LslStream",
    "rhx": "drivers.rhx.amplifier:IntanRhx",
    "spikerbox": "drivers.spikerbox.amplifier:SpikerBox",
    "brainflow": "drivers.brainflow_board:BrainFlowBoard",
    "sim": "drivers.simulated.amplifier:SimulatedAmplifier",
}

STIMULATORS = {
    "stimjim": "drivers.stimulators.stimjim:StimJim",
    "pulsepal": "drivers.stimulators.pulsepal:PulsePal",
    "p24": "drivers.stimulators.p24:P24",
    "ttl": "drivers.stimulators.ttl:TtlTrigger",
    "hand": "drivers.stimulators.manual:ManualStimulator",
}


def open_device(address: str, **options: Any) -> Amplifier:
    """Connect to the device at ``address``, "scheme:rest", by the scheme's driver, made of ``rest`` and ``options``.

    Raises OptionRefused for a scheme that no driver has, and the driver's DeviceErrors.
    """
    driver: Callable[..., Amplifier]
    driver, rest = _driver(DRIVERS, address)
    return driver(rest, **options).connect()


def open_stimulator(address: str) -> SeparateStimulator:
    """Connect to the stimulator at ``address``, "scheme:rest", beside an amplifier. Raises as ``open_device`` does."""
    driver: Callable[[str], SeparateStimulator]
    driver, rest = _driver(STIMULATORS, address)
    return driver(rest).connect()


def _driver(registry: dict[str, str], address: str) -> tuple[Any, str]:
    scheme, _, rest = address.partition(":")
    if scheme not in registry:
        known = ", ".join(f"{name}:..." for name in sorted(registry))
        raise OptionRefused(f"There is no driver for '{address}'; an address is one of {known}.")
    module, name = registry[scheme].split(":")
    return getattr(importlib.import_module(module), name), rest


def discover(*, probe: bool = False) -> Discovery:
    """Return the devices that this machine shows without opening any.

    With ``probe``, ports whose opening resets nothing are opened, and the device there is requested to identify itself.
    """
    found: Discovery = importlib.import_module("drivers.discovery.search").find_devices(probe=probe)
    return found
