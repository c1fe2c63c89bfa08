"""Errors that a driver raises. Each message is one sentence for the operator: what, where, what to do."""

from __future__ import annotations


class DeviceError(Exception):
    """Failure of a device or a recording to do what was requested."""


class DeviceNotFound(DeviceError):
    """Address at which there is nothing: no such file, port or driver."""


class DeviceRefused(DeviceError):
    """Device or file that is there and cannot be used: foreign, damaged, busy, or too slow for the purpose."""


class PulseSkipped(DeviceRefused):
    """Pulse that was given up before it was sent, since the device was not ready in time; the output stays on."""


class OptionRefused(DeviceRefused):
    """Option that this device does not have, or that is missing."""


class DeviceLost(DeviceError):
    """Loss of a device in use: it no longer replies, or was unplugged."""


class DeviceFaulty(DeviceLost):
    """Loss of a device whose data cannot be true, such as a sample count that jumps: it must be opened again."""


class LimitExceeded(DeviceError):
    """Value outside the device's, the protocol's or the absolute limits; nothing was changed."""
