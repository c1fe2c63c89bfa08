"""Defaults of a device that defines only what it must."""

from __future__ import annotations

import pytest

from drivers.base import Amplifier, Block, Channel, DeviceInfo, DeviceLost


class Plain(Amplifier):
    info = DeviceInfo("plain", "", "plain:1", 1000.0, (Channel("EMG"),))

    def start(self) -> None:
        """Do nothing."""

    def read(self, _timeout_s: float = 0.0) -> list[Block]:
        return []

    def close(self) -> None:
        """Release nothing."""


def test_a_device_that_cannot_come_back_raises_device_lost() -> None:
    with pytest.raises(DeviceLost, match="plain:1"):
        Plain().reopen()


def test_a_device_without_commands_has_no_round_trip() -> None:
    assert Plain().probe() is None
