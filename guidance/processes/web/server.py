"""The server of the view: the page, its files, and a connection for each browser; nothing comes from elsewhere."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import web

from guidance.common.errors import UsageError
from guidance.processes.web.access import Access
from guidance.processes.web.view import LARGEST_MESSAGE, View

NICE = 10
"""Added to the nice value of the server and of the observers that it starts, so that the engine comes first."""

_STATIC = Path(str(files("guidance.processes.web"))) / "static"
_TERMINAL = Path(textual_serve.__file__).parent / "static"
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Content of the page: its own files only. The terminal writes its colours as inline styles."""

_SPENT = "This address does not work, or was used before. The terminal that serves the view shows the one that works."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(words: Sequence[str], host: str, port: int, show: Callable[[str], None]) -> None:
    """Serve the view, which the command ``words`` draws, on loopback address ``host`` until Ctrl-C.

    ``show`` shows the address to the operator, and the next one as soon as it was used. Raises UsageError where the
    port is not free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as fault:
        raise UsageError(f"Port {port} of {host} cannot be used ({fault.strerror}); name another --port.") from None
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.nice(NICE)
    site = _Site(shlex.join(words), Access(host, port), show)
    site.show_address()
    web.run_app(site.app(), sock=listener, print=lambda *_: None, access_log=None, shutdown_timeout=5.0)


class _Site:
    """The pages of the server, and the views that run."""

    def __init__(self, command: str, access: Access, show: Callable[[str], None]) -> None:
        self._command, self._access, self._show = command, access, show
        self._sockets: set[web.WebSocketResponse] = set()

    def show_address(self) -> None:
        """Show the address that works now."""
        self._show(f"Open this address in a browser on this machine; it works once: {self._access.address}")

    def app(self) -> web.Application:
        """Build the application."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/watch/{token}", self._page, allow_head=False)
        app.router.add_get("/view/{ticket}", self._view, allow_head=False)
        app.router.add_static("/terminal", _TERMINAL)
        app.router.add_static("/static", _STATIC)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._close)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what another page or another name of this machine sends."""
        refusal = self._access.refusal(request.headers)
        return _refused(refusal) if refusal else await handler(request)

    async def _page(self, request: web.Request) -> web.Response:
        """Serve the page to the first who opens its address."""
        ticket = self._access.spend(request.match_info["token"])
        if ticket is None:
            return _refused(_SPENT)
        self.show_address()
        text = (_STATIC / "view.html").read_text(encoding="utf-8")
        page = text.replace("SOCKET", escape(f"ws://{request.host}/view/{ticket}", quote=True))
        return web.Response(text=page, content_type="text/html")

    async def _view(self, request: web.Request) -> web.StreamResponse:
        """Show the screen over a websocket."""
        refusal = self._access.begin_view(request.match_info["ticket"], request.headers)
        if refusal:
            return _refused(refusal)
        connection = web.WebSocketResponse(heartbeat=15, max_msg_size=LARGEST_MESSAGE)
        try:
            await connection.prepare(request)
            self._sockets.add(connection)
            with contextlib.suppress(ConnectionError):
                await View(self._command, connection).show(request.query.get("width"), request.query.get("height"))
        finally:
            self._sockets.discard(connection)
            self._access.end_view()
        return connection

    async def _close(self, _: web.Application) -> None:
        for connection in list(self._sockets):
            await connection.close()


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = _POLICY


def _refused(why: str) -> web.Response:
    return web.Response(status=403, text=f"{why}\n")
