"""The pool that runs insertions: Dask workers on this machine, or those of a scheduler elsewhere."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from guidance.common.errors import UserError
from guidance.trial.result import Insertion
from guidance.trial.store import program
from guidance.trial.world import run_insertion

if TYPE_CHECKING:
    from distributed import Client, Future

Result = TypeVar("Result")

REACH_S = 5.0
_MISSING = "This needs Dask; install it with: pip install 'needle-guidance[trial]'"
_ALIKE = "Start its workers with this version of the program."


class Pool(Protocol):
    """Pool that runs insertions, in any order."""

    def results(
        self, seed: int, worlds: Sequence[int], protocol_id: str, front: str | None = None
    ) -> Iterator[Insertion]:
        """Emit each of ``worlds`` once, as soon as it is done. Raises UserError."""


class DaskPool:
    """Cluster of processes on this machine, or the workers of a scheduler. Use it in a ``with`` statement."""

    def __init__(self, jobs: int | None, scheduler: str | None) -> None:
        """Start ``jobs`` processes (None: one for each core), or use those of ``scheduler``. Raises UserError."""
        try:
            import distributed
        except ImportError:
            raise UserError(_MISSING) from None
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._distributed = distributed
        with contextlib.ExitStack() as stack, _interrupts_blocked():
            if scheduler is None:
                cluster = distributed.LocalCluster(
                    n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
                )
                stack.enter_context(contextlib.closing(cluster))
                self._client = stack.enter_context(distributed.Client(cluster))
            else:
                self._client = stack.enter_context(self._reached(scheduler))
                self._compare(scheduler)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def results(
        self, seed: int, worlds: Sequence[int], protocol_id: str, front: str | None = None
    ) -> Iterator[Insertion]:
        """Emit each of ``worlds`` once, as soon as it is done. Raises UserError.

        A worker that dies is replaced and its insertion restarted; an insertion that kills worker after worker is a
        UserError.
        """
        fixed = ([value] * len(worlds) for value in (protocol_id, front))
        futures = self._client.map(run_insertion, [seed] * len(worlds), worlds, *fixed, pure=False)
        try:
            for future in self._distributed.as_completed(futures):
                yield _result(future)
                future.release()
        finally:
            self._client.cancel(futures)

    def each(self, function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]]) -> list[Result]:
        """Run ``function`` for each of ``arguments``; return the results in their order. Raises what it raises."""
        futures = [self._client.submit(function, *each, pure=False) for each in arguments]
        results: list[Result] = self._client.gather(futures)
        return results

    def _reached(self, scheduler: str) -> Client:
        try:
            return self._distributed.Client(scheduler, timeout=REACH_S)
        except (OSError, ValueError):
            raise UserError(
                f"No Dask scheduler responds at {scheduler}; start one there with: dask scheduler"
            ) from None

    def _compare(self, scheduler: str) -> None:
        """Check that the workers run this very program, so that the table is the same wherever it runs."""
        try:
            self._client.wait_for_workers(1, REACH_S)
            programs = set(self._client.run(program).values())
        except TimeoutError:
            raise UserError(
                f"The scheduler {scheduler} has no workers; start some with: dask worker {scheduler}"
            ) from None
        except (ImportError, AttributeError, RuntimeError) as fault:
            raise UserError(f"The workers of {scheduler} cannot run this program ({fault}). {_ALIKE}") from None
        if programs != {program()}:
            raise UserError(f"The workers of {scheduler} run another version of the program. {_ALIKE}")


def _result(future: Future[Insertion]) -> Insertion:
    if future.status == "finished":
        return future.result()
    if future.status == "error":
        raise UserError(
            f"An insertion failed on its worker ({future.exception()!r}); the insertions done before are stored."
        )
    raise UserError(
        "The Dask scheduler was lost; the insertions done are stored, and the same command goes on from there."
    )


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C, also for processes started meanwhile: they end when their cluster is closed."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # or the first process started would start it, and unblock the signal with it
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
