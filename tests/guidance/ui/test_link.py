from __future__ import annotations

import asyncio

import pytest

from guidance.ui.link import LinkWatcher
from tests.support.screens import FakeLink, build_snapshot


def refuse_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the loop unable to watch descriptors, as on Windows."""

    def add_reader(*_args: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_reader", add_reader)


@pytest.mark.parametrize("threaded", [False, True])
async def test_ready_is_called_once_for_each_arming(
    threaded: bool, link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    if threaded:
        refuse_readers(monkeypatch)
    calls: asyncio.Queue[None] = asyncio.Queue()
    watch = LinkWatcher(link, lambda: calls.put_nowait(None))
    link.feed(build_snapshot(3))
    await asyncio.wait_for(calls.get(), 5)
    link.feed(build_snapshot(4))
    await asyncio.sleep(0.02)
    assert calls.empty()
    watch.arm()
    await asyncio.wait_for(calls.get(), 5)
    watch.close()


@pytest.mark.parametrize("threaded", [False, True])
async def test_the_end_of_the_other_process_counts_as_ready(
    threaded: bool, link: FakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    if threaded:
        refuse_readers(monkeypatch)
    gone = asyncio.Event()
    watch = LinkWatcher(link, gone.set)
    link.die()
    await asyncio.wait_for(gone.wait(), 5)
    watch.close()


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_closed_watch_is_silent(threaded: bool, link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    if threaded:
        refuse_readers(monkeypatch)
    called = asyncio.Event()
    LinkWatcher(link, called.set).close()
    link.feed(build_snapshot(3))
    await asyncio.sleep(0.02)
    assert not called.is_set()
