"""State of a connection: when a device is connected, silent, lost, opened again and closed."""

from __future__ import annotations

import pytest

from drivers.base import DeviceLost
from drivers.toolkit.connection import Connection

S = 1_000_000_000


@pytest.fixture
def connection() -> Connection:
    return Connection("dev:1")


def test_what_is_not_connected_yet_cannot_be_used(connection: Connection) -> None:
    with pytest.raises(DeviceLost, match=r"^dev:1 is not connected yet; connect it first\.$"):
        connection.require()


def test_a_connected_device_can_be_used_until_it_is_lost(connection: Connection) -> None:
    connection.mark_connected(0)
    connection.require()
    connection.mark_lost(DeviceLost("It was unplugged."))
    with pytest.raises(DeviceLost, match=r"^It was unplugged\.$"):
        connection.require()


def test_silence_counts_from_what_came_last(connection: Connection) -> None:
    connection.mark_connected(5 * S)
    connection.check_silence(8 * S, 3.0)
    with pytest.raises(DeviceLost, match=r"dev:1 has sent nothing for 3 s"):
        connection.check_silence(8 * S + 1, 3.0)
    connection.received_ns = 8 * S
    connection.check_silence(11 * S, 3.0)


def test_a_failed_reopening_leaves_the_reason_of_the_loss(connection: Connection) -> None:
    connection.mark_connected(0)
    connection.mark_lost(DeviceLost("It was unplugged."))
    connection.begin_reopening()
    assert connection.reason == "It was unplugged."


def test_a_device_that_is_being_reopened_without_a_loss_cannot_be_used_meanwhile(connection: Connection) -> None:
    connection.mark_connected(0)
    connection.begin_reopening()
    with pytest.raises(DeviceLost, match="has not been opened again"):
        connection.require()


def test_a_closed_device_is_not_opened_again(connection: Connection) -> None:
    connection.mark_connected(0)
    connection.close()
    with pytest.raises(DeviceLost, match=r"^dev:1 has been closed\.$"):
        connection.begin_reopening()
