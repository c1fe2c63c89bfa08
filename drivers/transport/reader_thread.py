"""Thread in which a driver waits: it receives items and queues them until the program reads them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class ReaderThread(Generic[Item]):
    """Thread that runs ``follow``, which waits for a source and calls ``put`` with each item, until the source ends.

    An item is stamped where it arrives, so its stamp does not depend on when the program reads. The thread decodes
    nothing and sends nothing. The exception that ends ``follow`` is raised by ``next`` after the last item.
    """

    def __init__(self, name: str, follow: Callable[[], Exception]) -> None:
        """Prepare the thread; ``follow`` returns, at its end, the exception that ``next`` raises from then on."""
        self._follow = follow
        self._items: queue.SimpleQueue[Item | Exception] = queue.SimpleQueue()
        self._end: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Number of items that wait to be read."""
        return self._items.qsize()

    def put(self, item: Item) -> None:
        """Queue ``item``; called in the thread."""
        self._items.put(item)

    def next(self, timeout_s: float = 0.0) -> Item | None:
        """Return the next item; wait at most ``timeout_s``; None where none came. Raises what ended the source."""
        if self._end is not None:
            raise self._end
        try:
            item = self._items.get(timeout=timeout_s) if timeout_s > 0 else self._items.get_nowait()
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            self._end = item
            raise item
        return item

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        self._items.put(self._follow())
