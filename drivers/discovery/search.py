"""Search for devices without opening any: serial ports, LSL streams, sound inputs.

Opening a port may reset the device connected to it, and Intan RHX closes its server when a client leaves, so the search
does neither. Only with ``probe`` are ports opened, and only those whose opening resets nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from serial.tools import list_ports

from drivers import brainflow_board, lsl, sound_input
from drivers.base import DeviceError, DeviceRefused, Discovery, FoundDevice
from drivers.discovery.usb_ids import BOOT_LOADERS, ONA, UsbCandidate, candidates, resets
from drivers.ona.amplifier import OnaAmplifier

LSL_WAIT_S = 1.0
_RHX = "Intan RHX is never searched for, because it would close its server: --device rhx:127.0.0.1:5000."


def find_devices(*, probe: bool = False) -> Discovery:
    """Return the devices found, the surest first, and notes on what could not be searched."""
    found: list[FoundDevice] = []
    notes: list[str] = []
    for seen in (serial_ports(probe=probe), lsl_streams(), sound_inputs(), boards()):
        found += seen.devices
        notes += seen.notes
    order = ("sure", "likely", "possible")
    return Discovery(tuple(sorted(found, key=lambda device: order.index(device.confidence))), (*notes, _RHX))


def serial_ports(*, probe: bool) -> Discovery:
    """Return every serial port, those on USB first; with ``probe``, ports whose opening resets nothing are opened."""
    found: list[FoundDevice] = []
    notes = []
    for port in sorted(list_ports.comports(), key=lambda port: (port.vid is None, port.device)):
        vendor_product = None if port.vid is None else f"{port.vid:04X}:{port.pid:04X}"
        if vendor_product in BOOT_LOADERS:
            notes.append(f"{port.device} waits for new firmware; unplug it and connect it again to use it.")
        seen = [_candidate(port, vendor_product, candidate) for candidate in candidates(vendor_product)]
        if probe and resets(vendor_product):
            notes.append(f"{port.device} was not opened, because that may reset the device connected to it.")
        elif probe:
            seen = [_probed(device) for device in seen]
        found += seen
    return Discovery(tuple(found), tuple(notes))


def _candidate(port: Any, vendor_product: str | None, candidate: UsbCandidate) -> FoundDevice:
    description = port.description if port.description not in {None, "n/a", ""} else "serial port"
    label = description if candidate is ONA else f"{candidate.label} ({description})"
    address = candidate.address.format(port=port.device)
    return FoundDevice(address, label, candidate.confidence, vendor_product, port.serial_number)


def _probed(device: FoundDevice) -> FoundDevice:
    """Return ``device``, marked as sure where an ONA amplifier replies there. Only its identity is requested."""
    scheme, _, port = device.address.partition(":")
    if scheme != "ona":
        return device
    try:
        amplifier = OnaAmplifier(port).connect()
    except DeviceError:
        return device
    amplifier.close()
    info = amplifier.info
    return FoundDevice(
        device.address, f"{info.model}, {info.sample_rate_hz:g} Hz", "sure", device.vendor_product, info.serial
    )


def lsl_streams() -> Discovery:
    """Return the streams of the Lab Streaming Layer on this network, found by its own broadcast."""
    try:
        streams = lsl.library().resolve_streams(LSL_WAIT_S)
    except DeviceRefused as missing:
        return Discovery((), (str(missing),))
    signals = [stream for stream in streams if stream.nominal_srate() > 0]
    names = Counter(stream.name() for stream in signals)
    markers = sorted({stream.name() for stream in streams if not stream.nominal_srate() > 0})
    notes = tuple(f"Markers for an LSL stream: add markers={name} to its address." for name in markers)
    return Discovery(tuple(_stream(stream, alone=names[stream.name()] == 1) for stream in signals), notes)


def _stream(stream: Any, *, alone: bool) -> FoundDevice:
    address = f"lsl:{stream.name()}" if alone else f"lsl:{stream.name()}?source_id={stream.source_id()}"
    label = f"LSL {stream.type() or 'stream'}, {stream.channel_count()} channels, {stream.nominal_srate():g} Hz"
    return FoundDevice(address, f"{label}, from {stream.hostname()}", "likely", None, stream.source_id() or None)


def sound_inputs() -> Discovery:
    """Return the sound inputs, by name where the name is unique, else by number."""
    try:
        known = sound_input.inputs(sound_input.library())
    except DeviceRefused as missing:
        return Discovery((), (str(missing),))
    names = Counter(known.values())
    addresses = {number: name if names[name] == 1 else str(number) for number, name in known.items()}
    found = tuple(FoundDevice(f"sound:{address}", "sound input", "possible") for address in addresses.values())
    return Discovery(found, ())


def boards() -> Discovery:
    """Return a note on BrainFlow's wireless boards, which no port shows."""
    try:
        brainflow_board.library()
    except DeviceRefused as missing:
        return Discovery((), (str(missing),))
    return Discovery((), ("Name a wireless board of BrainFlow yourself: --device brainflow:BOARD?mac_address=...",))
