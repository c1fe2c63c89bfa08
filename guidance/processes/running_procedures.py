"""The procedures that run on this machine: which, since when, and how another process attaches to one or ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path

from guidance.common.errors import UsageError, UserError
from guidance.contracts.snapshot import Snapshot
from guidance.processes.link import EngineLink
from guidance.processes.observer_link import ObserverLink
from guidance.processes.sockets import SCREEN_SUFFIX, connect, running

_FIRST_S = 3.0
"""Longest wait for the first Snapshot of a procedure, in s."""


@dataclass(frozen=True, slots=True)
class RunningProcedure:
    """A procedure or replay whose engine is process ``pid``. ``folder`` is that of its record, None for a replay or
    where the procedure does not respond; ``since`` is when it began.
    """

    pid: int
    source: str
    protocol: str
    since: datetime | None
    folder: Path | None
    is_armed: bool = False

    @property
    def name(self) -> str:
        """Name of the procedure, or else its process."""
        return self.folder.name if self.folder else f"process {self.pid}"

    @property
    def line(self) -> str:
        """The procedure in one line of a list."""
        since = f"since {self.since:%H:%M:%S}" if self.since else "since when is not known"
        armed = "stimulator ARMED" if self.is_armed else ""
        return "  ".join(filter(None, (self.name, self.protocol, since, self.source, armed)))


def running_procedures(store: Path | None = None) -> list[RunningProcedure]:
    """Return what runs here, the oldest first; with ``store`` only what is recorded there. Raises UserError."""
    found = [_described(pid, path) for pid, path in running().items()]
    place = store.resolve() if store else None
    return [one for one in found if one and (place is None or (one.folder and one.folder.parent.resolve() == place))]


def choose_running(name: str | None, store: Path | None = None, pid: int | None = None) -> RunningProcedure:
    """Return the running procedure called ``name``, of process ``pid``, or the only one. Raises UserError and
    UsageError; the sentence lists what runs.
    """
    found = running_procedures(store)
    chosen = [one for one in found if name in {None, one.name} and pid in {None, one.pid}]
    if len(chosen) == 1:
        return chosen[0]
    if not found:
        raise UserError("No procedure is running here." if store is None else f"No procedure is running in {store}.")
    listed = "".join(f"\n  {one.line}" for one in found)
    if not chosen:
        raise UsageError(f"{name or f'Process {pid}'} is not running. Running:{listed}")
    raise UsageError(f"Several procedures are running; name one of them:{listed}")


def attach(procedure: RunningProcedure) -> EngineLink:
    """Take the screen of ``procedure`` over; its stimulator is switched off. Raises UserError."""
    path = running(SCREEN_SUFFIX).get(procedure.pid)
    connection = connect(path) if path else None
    if connection is None:
        raise UserError(f"{procedure.name} accepts no other screen; it may be ending, or runs without a screen.")
    link = EngineLink(connection)
    if not wait([connection], _FIRST_S):
        raise UserError(f"{procedure.name} does not respond; its screen was not taken over.")
    outcome = link.first()
    if outcome is not None:
        raise UserError(f"{procedure.name} has just ended.")
    return link


def _described(pid: int, path: Path) -> RunningProcedure | None:
    """Receive a Snapshot of the engine at ``path``, and describe it; returns None where it is gone."""
    connection = connect(path)
    if connection is None:
        return None
    link = ObserverLink(connection)
    try:
        snapshot = link.receive() if wait([connection], _FIRST_S) else None
    except (EOFError, UserError):
        snapshot = None
    finally:
        link.close()
    return _procedure(pid, snapshot)


def _procedure(pid: int, snapshot: Snapshot | None) -> RunningProcedure:
    if snapshot is None:
        return RunningProcedure(pid, "it does not respond, or accepts no more observers", "", None, None)
    folder = Path(snapshot.journal.folder) if snapshot.journal else None
    since = datetime.now().astimezone() - timedelta(seconds=snapshot.position_s)
    armed = snapshot.stimulator is not None and snapshot.stimulator.armed
    return RunningProcedure(pid, snapshot.source, snapshot.protocol, since, folder, is_armed=armed)
