"""USB devices by vendor and product, and which of them reset when their port is opened.

Sources: the makers' firmware and programs (Backyard Brains Spike Recorder, BrainFlow); usb.ids for the bridges.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsbCandidate:
    """Possible device at a port: its ``address`` with {port} in it, and how likely it is."""

    address: str
    label: str
    confidence: str


ONA = UsbCandidate("ona:{port}", "Open Needle Amplifier, or another serial device", "possible")
_SHIELD = UsbCandidate("spikerbox:{port}", "Backyard Brains SpikerShield on an Arduino", "possible")
_CYTON = UsbCandidate(
    "brainflow:CYTON?serial_port={port}", "OpenBCI Cyton's dongle, or another FTDI device", "possible"
)
_FTDI_BOX = UsbCandidate("spikerbox:{port}?baud=500000", "Backyard Brains Human-Human Interface", "possible")

KNOWN: dict[str, tuple[UsbCandidate, ...]] = {
    "2E73:0004": (UsbCandidate("spikerbox:{port}?channels=2", "Backyard Brains Human SpikerBox", "sure"),),
    "2E73:0006": (UsbCandidate("spikerbox:{port}?channels=2", "Backyard Brains Muscle SpikerBox Pro", "sure"),),
    "2E73:0007": (UsbCandidate("spikerbox:{port}?channels=2", "Backyard Brains Neuron SpikerBox Pro", "sure"),),
    "2E73:0009": (UsbCandidate("spikerbox:{port}?channels=2", "Backyard Brains Neuron SpikerBox Pro MFi", "sure"),),
    "2E73:000D": (UsbCandidate("spikerbox:{port}?channels=2", "Backyard Brains Spike Station", "sure"),),
    "0403:6015": (_CYTON, _FTDI_BOX, ONA),
}
OF_VENDOR: dict[str, tuple[UsbCandidate, ...]] = {
    "2341": (_SHIELD, ONA),
    "2A03": (_SHIELD, ONA),
    "1A86": (_SHIELD, ONA),
}
BOOT_LOADERS = frozenset({"2E73:0005", "2E73:000A", "2E73:000B"})
"""Devices that wait for new firmware: any bytes written to them may become their firmware."""

RESETS = frozenset({"2341", "2A03", "1A86", "0403", "10C4", "067B"})
"""Vendors of Arduino boards, and of bridges whose DTR line usually resets the device when its port is opened."""


def candidates(vendor_product: str | None) -> tuple[UsbCandidate, ...]:
    """Return the possible devices at a port, the likeliest first; none for a port that must be left alone."""
    if vendor_product is None:
        return (ONA,)
    if vendor_product in BOOT_LOADERS:
        return ()
    return KNOWN.get(vendor_product) or OF_VENDOR.get(vendor_product[:4]) or (ONA,)


def resets(vendor_product: str | None) -> bool:
    """Return whether opening such a port may reset the device connected to it."""
    return vendor_product is not None and vendor_product[:4] in RESETS
