"""The player process as the engine sees it: starting it and receiving its reports."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

from guidance.audio.player_protocol import PlayerOptions, SoundReport


def start_player(options: PlayerOptions) -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start the player process and return the connection to it.

    It imports little, so it starts fast; output of sound libraries on standard error does not reach the screen.
    """
    here, there = multiprocessing.Pipe()
    words = [sys.executable, "-m", "guidance.audio.player", str(there.fileno())]
    none = subprocess.DEVNULL
    process = subprocess.Popen(words, pass_fds=(there.fileno(),), stdin=none, stdout=none, stderr=none)  # noqa: S603
    there.close()
    here.send(options)
    os.set_blocking(here.fileno(), False)  # a send never waits
    return here, process


def receive_all(connection: Connection, take: Callable[[SoundReport], None]) -> bool:
    """Pass all waiting messages of ``connection`` to ``take``; return False once the other end is closed."""
    try:
        while connection.poll():
            take(connection.recv())
    except (EOFError, OSError):
        return False
    return True
