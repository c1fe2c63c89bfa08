"""Devices: the registry of schemes, drivers of other packages included, and the one way to open an address."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import Any

from drivers.base import Amplifier, DeviceRefused, Discovery, OptionRefused
from drivers.packages import Kind, PackageDriver, contract_fault, error_text, fault_sentence, import_fault, registered
from drivers.stimulators.external import SeparateStimulator

DRIVERS = {
    "ona": "drivers.ona.amplifier:OnaAmplifier",
    "file": "drivers.recording:Recording",
    "sound": "drivers.sound_input:SoundInput",
    "lsl": "drivers.lsl:LslStream",
    "rhx": "drivers.rhx.amplifier:IntanRhx",
    "spikerbox": "drivers.spikerbox.amplifier:SpikerBox",
    "brainflow": "drivers.brainflow_board:BrainFlowBoard",
    "bitalino": "drivers.bitalino:BitalinoBoard",
    "quattrocento": "drivers.quattrocento.amplifier:Quattrocento",
    "trigno": "drivers.trigno:TrignoBase",
    "openephys": "drivers.open_ephys:OpenEphys",
    "sim": "drivers.simulated.amplifier:SimulatedAmplifier",
}

STIMULATORS = {
    "stimjim": "drivers.stimulators.stimjim:StimJim",
    "pulsepal": "drivers.stimulators.pulsepal:PulsePal",
    "p24": "drivers.stimulators.p24:P24",
    "ttl": "drivers.stimulators.ttl:TtlTrigger",
    "hand": "drivers.stimulators.manual:ManualStimulator",
}


FORMS = {
    "ona": "ona:PORT",
    "file": "file:PATH",
    "sound": "sound:NAME",
    "lsl": "lsl:NAME",
    "rhx": "rhx:HOST:PORT",
    "spikerbox": "spikerbox:PORT",
    "brainflow": "brainflow:BOARD",
    "bitalino": "bitalino:PORT",
    "quattrocento": "quattrocento:HOST",
    "trigno": "trigno:HOST",
    "openephys": "openephys:HOST:PORT",
    "sim": "sim:SEED",
    "stimjim": "stimjim:PORT",
    "pulsepal": "pulsepal:PORT?ma_per_v=MA",
    "p24": "p24:PORT",
    "ttl": "ttl:PORT?line=rts",
    "hand": "hand",
}
"""Form of an address of each scheme, as help shows it."""

_BY_ITS_INPUT = (
    "its trigger input by --stimulator ttl:PORT?line=rts&stimulator={name} (the dial is entered by hand), or its "
    "analogue input by pulsepal:PORT?ma_per_v=MA"
)
_BY_ITS_OUTPUT = "the machine's analogue or loudspeaker output by --device sound:NAME?front_end={name}"
HOW_CONNECTED = {
    "ds8r": "the maker's interface of the DS8R runs on Windows only and is not used; connect " + _BY_ITS_INPUT,
    "ds5": "the DS5 follows a voltage; connect " + _BY_ITS_INPUT,
    "ds7a": "the DS7A takes no commands; connect its trigger input by --stimulator ttl:PORT?line=rts&stimulator={name}",
    "natus": "Natus amplifiers have no public interface; connect " + _BY_ITS_OUTPUT,
    "cadwell": "Cadwell amplifiers have no public interface; connect " + _BY_ITS_OUTPUT,
}
"""Devices without a driver of their own that are often looked for: how they are connected."""

AMPLIFIER = Kind("amplifier", Amplifier, DRIVERS)
STIMULATOR = Kind("stimulator", SeparateStimulator, STIMULATORS)
KINDS = {kind.word: kind for kind in (AMPLIFIER, STIMULATOR)}


def open_device(address: str, **options: Any) -> Amplifier:
    """Connect to the device at ``address``, "scheme:rest", by the scheme's driver, made of ``rest`` and ``options``.

    Raises OptionRefused for a scheme that no driver has, DeviceRefused where its package cannot be used, and the
    driver's DeviceErrors.
    """
    driver, rest = find_driver(AMPLIFIER, address)
    amplifier: Amplifier = driver(rest, **options).connect()
    return amplifier


def open_stimulator(address: str) -> SeparateStimulator:
    """Connect to the stimulator at ``address``, "scheme:rest", beside an amplifier. Raises as ``open_device`` does."""
    driver, rest = find_driver(STIMULATOR, address)
    stimulator: SeparateStimulator = driver(rest).connect()
    return stimulator


def find_driver(kind: Kind, address: str) -> tuple[Any, str]:
    """Return the driver class of the scheme of ``address``, and the rest of the address. Raises as ``open_device``."""
    scheme, _, rest = address.partition(":")
    if scheme in kind.builtin:
        return _attribute(kind.builtin[scheme]), rest
    for driver in package_drivers(kind):
        if driver.scheme == scheme:
            return _load_package_driver(kind, driver), rest
    if (how := HOW_CONNECTED.get(scheme.casefold())) is not None:
        raise OptionRefused(f"There is no driver for '{address}': {how.format(name=scheme)}.")
    raise OptionRefused(f"There is no driver for '{address}'; an address is one of {', '.join(address_forms(kind))}.")


def builtin_forms(kind: Kind) -> list[str]:
    """Return the form of an address of each scheme of this program's own drivers of ``kind``, sorted."""
    return sorted(FORMS.get(scheme, f"{scheme}:...") for scheme in kind.builtin)


def address_forms(kind: Kind) -> list[str]:
    """Return the form of an address of each scheme of ``kind``, sorted; those of packages name their package.

    No package is imported, so one of them may still be found to be unusable.
    """
    usable = [driver for driver in package_drivers(kind) if driver.fault is None]
    return sorted([*builtin_forms(kind), *(f"{each.scheme}:... (package {each.package})" for each in usable)])


def package_drivers(kind: Kind) -> list[PackageDriver]:
    """Return the drivers of ``kind`` that installed packages register, without importing any."""
    return registered(kind, metadata.distributions())[0]


def load_driver(kind: Kind, target: str) -> Any:
    """Import ``target``, "module:Class" of a package. Raises DeviceRefused, whose text says what is wrong with it."""
    try:
        driver = _attribute(target)
    except Exception as error:
        raise DeviceRefused(f"cannot be imported ({error_text(error)})") from error
    if what := contract_fault(kind, driver):
        raise DeviceRefused(what)
    return driver


def _load_package_driver(kind: Kind, driver: PackageDriver) -> Any:
    """Import ``driver``, a new one in a process of its own first. Raises DeviceRefused where it cannot be used."""
    is_imported = driver.target.partition(":")[0].strip() in sys.modules
    if fault := driver.fault or (None if is_imported else import_fault(kind, driver)):
        raise DeviceRefused(fault)
    try:
        return load_driver(kind, driver.target)
    except DeviceRefused as refused:
        raise DeviceRefused(fault_sentence(kind, driver, str(refused))) from refused


def _attribute(target: str) -> Any:
    """Import "module:name" and return what it is."""
    module, name = (part.strip() for part in target.split(":"))
    return getattr(importlib.import_module(module), name)


def discover(*, probe: bool = False) -> Discovery:
    """Return the devices that this machine shows without opening any, and notes on the drivers of other packages.

    With ``probe``, ports whose opening resets nothing are opened, and the device there is requested to identify itself.
    """
    found: Discovery = importlib.import_module("drivers.discovery.search").find_devices(probe=probe)
    notes = dict.fromkeys(note for kind in KINDS.values() for note in package_notes(kind))
    return dataclasses.replace(found, notes=(*found.notes, *notes))


def package_notes(kind: Kind) -> list[str]:
    """Return a sentence on each driver of ``kind`` in another package: its address, or why it cannot be used.

    All are imported at the same time, each in a process of its own.
    """
    drivers, faults = registered(kind, metadata.distributions())
    with ThreadPoolExecutor(len(drivers) or 1) as pool:
        return faults + list(pool.map(lambda driver: _note(kind, driver), drivers))


def _note(kind: Kind, driver: PackageDriver) -> str:
    usable = f"{driver.scheme}:... is an address of the {kind.word} driver in the package {driver.package}."
    return driver.fault or import_fault(kind, driver) or usable
