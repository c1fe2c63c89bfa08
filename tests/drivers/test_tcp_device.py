"""The simulated device behind a TCP port serves a driver as a device with a socket does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers import open_device
from drivers.base import DeviceLost, DeviceNotFound
from tests.drivers import readme_driver
from tests.drivers.pty_device import TcpDevice
from tests.drivers.reading import read_until, samples_of


class FakeLines(TcpDevice):
    """The device of drivers/README.md with a socket."""

    def bytes_of(self, first: int, count: int) -> bytes:
        return b"".join(b"@%d %d\n" % (number, number % 200 - 100) for number in range(first, first + count))

    def reply_to(self, data: bytes) -> bytes:
        return b"# " + data


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLines]:
    readme_driver.register(monkeypatch)
    made = FakeLines(1000.0, streaming=True)
    yield made
    made.close()


def test_skipped_samples_are_a_gap(fake: FakeLines) -> None:
    amplifier = open_device(f"lines:socket://{fake.host_port}")
    amplifier.start()
    read_until(amplifier, lambda blocks: samples_of(blocks) >= 50)
    fake.skip(40)
    blocks = read_until(amplifier, lambda blocks: any(block.lost_before for block in blocks))
    amplifier.close()
    assert sum(block.lost_before for block in blocks) == 40


def test_a_second_host_is_served_after_the_first(fake: FakeLines) -> None:
    for _ in range(2):
        amplifier = open_device(f"lines:socket://{fake.host_port}")
        amplifier.start()
        read_until(amplifier, lambda blocks: samples_of(blocks) >= 5)
        amplifier.close()


def test_unplugged_it_is_gone_until_it_is_plugged_in(fake: FakeLines) -> None:
    address = f"lines:socket://{fake.host_port}"
    amplifier = open_device(address)
    amplifier.start()
    read_until(amplifier, samples_of)
    fake.unplug()
    with pytest.raises(DeviceLost, match="is gone"):
        read_until(amplifier, lambda _: False)
    amplifier.close()
    with pytest.raises(DeviceNotFound, match="lines:socket"):
        open_device(address)
    fake.plug()
    open_device(address).close()
