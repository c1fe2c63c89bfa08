"""The onlooker's end of the wire: a Link to a running procedure that can say nothing to it."""

from __future__ import annotations

import contextlib
import pickle
import socket
from multiprocessing.connection import Connection, wait

from guidance.common.errors import UsageError, UserError
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.processes.link import SocketLink
from guidance.processes.sockets import running, socket_path

_FIRST_S = 3.0


class ObserverLink(SocketLink):
    """Receives what onlookers are shown."""

    def send(self, message: OperatorCommand) -> None:
        """Nothing: who looks on has no say."""

    def close(self) -> None:
        """Look on no longer."""
        self._connection.close()

    def _receive_next(self) -> Snapshot:
        try:
            snapshot = self._connection.recv()
        except (pickle.UnpicklingError, AttributeError, ImportError, TypeError) as fault:
            raise UserError(
                f"The procedure is run by another version of the program ({fault}); watch with that."
            ) from None
        if not isinstance(snapshot, Snapshot):
            raise UserError("What came from the procedure is no Snapshot; watch it with the program's own version.")
        return snapshot


def open_watch(pid: int | None = None) -> ObserverLink:
    """A link to the procedure whose engine is process ``pid``, or to the only one. Raises UserError and UsageError."""
    links = {found: link for found in running() if pid in {None, found} and (link := _connect(found))}
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
        raise UserError("The procedure lets no more onlookers in, or does not answer; close another watch.")
    return link


def _connect(pid: int) -> ObserverLink | None:
    """A link to process ``pid``; None where it is gone: its socket is then removed."""
    path, connection = socket_path(pid), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return ObserverLink(Connection(connection.detach()))
