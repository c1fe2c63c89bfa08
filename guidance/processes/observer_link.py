"""The observer's end of the connection to a running procedure; it receives only."""

from __future__ import annotations

import pickle
from multiprocessing.connection import Connection, wait

from guidance.common.errors import UsageError, UserError
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.hidden_names import without_names
from guidance.contracts.snapshot import Snapshot
from guidance.processes.link import SocketLink
from guidance.processes.sockets import connect, running

_FIRST_S = 3.0


class ObserverLink(SocketLink):
    """Receiver of the Snapshots that observers are shown."""

    def __init__(self, connection: Connection, *, names: bool = True) -> None:
        """Receive over ``connection``; without ``names`` the patient's name is hidden."""
        super().__init__(connection)
        self._names = names

    def send(self, message: OperatorCommand) -> None:
        """Send nothing: an observer has no influence on the procedure."""

    def close(self) -> None:
        """Stop observing."""
        self._connection.close()

    def _receive_next(self) -> Snapshot:
        try:
            snapshot = self._connection.recv()
        except (pickle.UnpicklingError, AttributeError, ImportError, TypeError) as fault:
            raise UserError(
                f"The procedure is run by another version of the program ({fault}); use that version to watch it."
            ) from None
        if not isinstance(snapshot, Snapshot):
            raise UserError(
                "The procedure sent something that is not a Snapshot; use its version of the program to watch it."
            )
        return snapshot if self._names else without_names(snapshot)


def open_watch(pid: int | None = None, *, names: bool = True) -> ObserverLink:
    """Connect to the procedure whose engine is process ``pid``, or to the only one. Raises UserError and UsageError.

    Without ``names`` the patient's name is hidden.
    """
    links = {
        engine: ObserverLink(connection, names=names)
        for engine, path in running().items()
        if pid in {None, engine} and (connection := connect(path)) is not None
    }
    if not links:
        raise UserError(
            "No procedure is running here." if pid is None else f"No procedure is run by process {pid} here."
        )
    if len(links) > 1:
        for link in links.values():
            link.close()
        raise UsageError(f"Several procedures are running; name one: --pid {', --pid '.join(map(str, links))}.")
    (link,) = links.values()
    if not wait([link], _FIRST_S):  # type: ignore[list-item]
        link.close()
        raise UserError("The procedure accepts no more observers, or does not respond; close another watch.")
    return link
