"""The contract of every device: errors, descriptions, blocks of samples, and what a driver defines.

Samples are float32 microvolts of shape (samples, channels). The device's sample index is the only clock of the signal.
Host times (``arrived_ns``) are ns of the monotonic clock; they measure staleness and lags and nothing else.
"""

from __future__ import annotations

from drivers.base.block import Block, Button, CommandOutcome, Outcome, Pulse, Samples, Status
from drivers.base.channel_kind import ChannelKind, channel_kind
from drivers.base.clock import CLOCK, Clock
from drivers.base.contract import Amplifier, Calibrated, Simulation, Stimulator, Tap
from drivers.base.description import Channel, DeviceInfo, Discovery, FoundDevice, Limits, StimulatorInfo
from drivers.base.errors import (
    DeviceError,
    DeviceFaulty,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    LimitExceeded,
    OptionRefused,
    PulseSkipped,
)

__all__ = [
    "CLOCK",
    "Amplifier",
    "Block",
    "Button",
    "Calibrated",
    "Channel",
    "ChannelKind",
    "Clock",
    "CommandOutcome",
    "DeviceError",
    "DeviceFaulty",
    "DeviceInfo",
    "DeviceLost",
    "DeviceNotFound",
    "DeviceRefused",
    "Discovery",
    "FoundDevice",
    "LimitExceeded",
    "Limits",
    "OptionRefused",
    "Outcome",
    "Pulse",
    "PulseSkipped",
    "Samples",
    "Simulation",
    "Status",
    "Stimulator",
    "StimulatorInfo",
    "Tap",
    "channel_kind",
]
