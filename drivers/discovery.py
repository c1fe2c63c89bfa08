"""Serial ports of this machine, listed without opening any: opening one may reset what is connected to it."""

from __future__ import annotations

from typing import Any

from serial.tools import list_ports

from drivers.base import FoundPort


def serial_ports() -> list[FoundPort]:
    """Every port pyserial knows of, those on USB first, each group by name."""
    return [_found(port) for port in sorted(list_ports.comports(), key=lambda port: (port.vid is None, port.device))]


def _found(port: Any) -> FoundPort:
    known = port.description if port.description not in {None, "n/a", ""} else "serial port"
    vendor_product = None if port.vid is None else f"{port.vid:04X}:{port.pid:04X}"
    return FoundPort(f"ona:{port.device}", known, vendor_product, port.serial_number)
