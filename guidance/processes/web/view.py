"""One browser's observer: a process that draws the screen, and the connection to the browser."""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

MOST_COLUMNS, MOST_ROWS = 500, 200
"""Largest screen that is drawn: beyond any real one, and small enough to draw."""

LARGEST_MESSAGE = 64 * 1024
"""Bytes of a message from the browser; what a person types or pastes is far smaller."""

_END_S = 3.0


class View(AppService):
    """The observer's process for one browser; it ends with its connection."""

    def __init__(self, command: str, socket: web.WebSocketResponse) -> None:
        """Run the shell ``command`` for the browser at ``socket``."""
        super().__init__(
            command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close_socket,
            download_manager=DownloadManager(),
        )
        self._socket = socket

    async def show(self, width: object, height: object) -> None:
        """Show the screen until the browser leaves or the process ends."""
        await self.start(*_screen_size(width, height))
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(message.data)
        finally:
            await self._end()

    async def _close_socket(self) -> None:
        await self._socket.close()

    async def _receive(self, text: str) -> None:
        """Pass a message of the browser on; one without a meaning is ignored."""
        with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            kind, *rest = json.loads(text)
            if kind == "stdin":
                await self.send_bytes(rest[0].encode())
            elif kind == "resize":
                await self.set_terminal_size(*_screen_size(rest[0]["width"], rest[0]["height"]))
            elif kind == "ping":
                await self._socket.send_json(["pong", str(rest[0])[:32]])

    async def _end(self) -> None:
        """Request the process to end, and wait for it; kill one that does not end."""
        process = self._process
        try:
            async with asyncio.timeout(_END_S):
                await self.stop()
                if process is not None:
                    await process.wait()
        except TimeoutError:
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()


def _screen_size(width: object, height: object) -> tuple[int, int]:
    """Return columns and rows within what can be drawn; what is no number is taken as a usual terminal."""
    return _within(width, 80, MOST_COLUMNS), _within(height, 24, MOST_ROWS)


def _within(value: object, usual: int, most: int) -> int:
    text = str(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else usual
    return min(max(number, 1), most)
