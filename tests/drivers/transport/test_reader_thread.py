"""The thread in which drivers wait."""

from __future__ import annotations

import threading

import pytest

from drivers.base import DeviceLost
from drivers.transport.reader_thread import ReaderThread

WAIT_S = 10.0


def read_to_end(items: list[int]) -> ReaderThread[int]:
    def follow() -> DeviceLost:
        for item in items:
            reader.put(item)
        return DeviceLost("The source has ended.")

    reader = ReaderThread[int]("r", follow)
    reader.start()
    return reader


def test_items_come_in_order_and_then_what_ended_them_again_and_again() -> None:
    reader = read_to_end([1, 2])
    assert [reader.next(WAIT_S), reader.next(WAIT_S)] == [1, 2]
    for _ in range(2):
        with pytest.raises(DeviceLost, match="The source has ended"):
            reader.next(WAIT_S)
    reader.join()


def test_while_nothing_has_come_the_next_item_is_none() -> None:
    go = threading.Event()

    def follow() -> DeviceLost:
        go.wait(WAIT_S)
        return DeviceLost("The source has ended.")

    reader = ReaderThread[int]("r", follow)
    reader.start()
    assert reader.next() is None
    assert reader.next(0.001) is None
    go.set()
    reader.join()


def test_how_many_wait_is_known() -> None:
    reader = read_to_end([1, 2, 3])
    reader.join()
    assert reader.next() == 1
    assert reader.waiting == 3  # two items, and what ended them
