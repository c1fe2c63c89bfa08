"""The background thread works in order, makes no caller wait, and never ends silently."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator

import pytest

from guidance.common.worker import BackgroundWorker

WAIT_S = 10.0


class Gate:
    """A worker's handler that waits in ``wait`` until it is opened, and notes what it handled."""

    def __init__(self) -> None:
        self.reached, self._opened = threading.Event(), threading.Event()
        self.handled: list[object] = []

    def wait(self, item: object = None) -> None:
        self.reached.set()
        assert self._opened.wait(WAIT_S)
        self.handled.append(item)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def fail(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no room")


def test_items_are_handled_in_order_those_put_before_the_start_first() -> None:
    handled: list[int] = []
    worker = BackgroundWorker[int]("w", handled.append)
    assert worker.put(1)
    worker.start()
    for item in (2, 3, 4):
        assert worker.put(item)
    worker.close()
    assert handled == [1, 2, 3, 4]
    assert worker.fault is None
    assert worker.has_ended


def test_it_begins_before_the_first_item_and_finishes_after_the_last() -> None:
    calls: list[object] = []
    worker = BackgroundWorker[int](
        "w", calls.append, begin=lambda: calls.append("begin"), finish=lambda: calls.append("finish")
    )
    worker.put(1)
    worker.start().close()
    worker.close()
    assert calls == ["begin", 1, "finish"]


def test_put_never_waits_and_reports_that_too_many_items_wait(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.wait, most_waiting=2).start()
    worker.put(0)
    assert gate.reached.wait(WAIT_S)
    assert [worker.put(item) for item in (1, 2, 3)] == [True, True, False]
    gate.open()
    worker.close()
    assert gate.handled == [0, 1, 2]


def test_of_those_that_wait_only_the_newest_is_handled_where_it_is_wanted(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.wait, newest_only=True).start()
    worker.put(0)
    assert gate.reached.wait(WAIT_S)
    assert all(worker.put(item) for item in (1, 2, 3))
    gate.open()
    worker.close()
    assert gate.handled == [0, 3]


def test_periodic_work_needs_no_item() -> None:
    thrice, calls = threading.Event(), []

    def count() -> None:
        calls.append(1)
        if len(calls) == 3:
            thrice.set()

    worker = BackgroundWorker[None]("w", periodic=count, every_s=0.001).start()
    assert thrice.wait(WAIT_S)
    worker.close()
    assert worker.fault is None


@pytest.mark.parametrize("part", ["begin", "handle", "periodic", "finish"])
def test_a_fault_in_any_part_is_kept_and_ends_the_work_after_finish(part: str) -> None:
    finished: list[int] = []
    parts = {"finish": lambda: finished.append(1)} | {part: fail}
    worker = BackgroundWorker[int]("w", every_s=0.001 if part == "periodic" else None, **parts)  # type: ignore[arg-type]
    worker.put(1)
    worker.start()
    if part == "finish":
        worker.close()
    worker.join(WAIT_S)
    assert worker.fault is not None
    assert worker.fault.errno == errno.ENOSPC
    assert worker.has_ended
    assert finished == ([] if part == "finish" else [1])
    worker.close()


def test_a_fault_given_from_outside_drops_what_waits(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.wait).start()
    worker.put(0)
    assert gate.reached.wait(WAIT_S)
    worker.put(1)
    worker.fail(OSError(errno.EBUSY, "too slow"))
    gate.open()
    worker.close()
    assert gate.handled == [0]
    assert worker.fault is not None
    assert worker.fault.strerror == "too slow"


def test_a_thread_that_fails_otherwise_is_a_fault_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def divide(_: int) -> None:
        raise ZeroDivisionError

    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    worker = BackgroundWorker[int]("w", divide).start()
    worker.put(1)
    worker.join(WAIT_S)
    assert worker.fault is not None
    assert worker.fault.errno == errno.EIO
    assert len(seen) == 1


def test_a_worker_never_started_can_be_closed() -> None:
    finished: list[int] = []
    worker = BackgroundWorker[int]("w", finish=lambda: finished.append(1))
    worker.put(1)
    worker.close()
    assert (finished, worker.fault, worker.has_ended) == ([], None, False)


def test_closing_waits_no_longer_than_it_may(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.wait).start()
    worker.put(0)
    assert gate.reached.wait(WAIT_S)
    worker.close(0.01)
    assert not worker.has_ended


@pytest.mark.hazard("lost-record")
def test_work_that_hangs_is_a_fault_and_the_end_does_not_wait_for_it(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.wait).watched(0.05).start()
    worker.put(1)
    assert gate.reached.wait(WAIT_S)
    worker.close()
    assert worker.hangs
    assert worker.fault is not None
    assert worker.fault.errno == errno.ETIMEDOUT


def test_a_worker_that_waits_for_work_does_not_hang(gate: Gate) -> None:
    worker = BackgroundWorker[int]("w", gate.handled.append).watched(0.0).start()
    worker.put(1)
    while not gate.handled:
        threading.Event().wait(0.001)
    threading.Event().wait(0.02)
    assert worker.fault is None
    worker.close()
