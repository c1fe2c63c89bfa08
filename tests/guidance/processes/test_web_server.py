"""The server of the view in a browser: what it serves, to whom, and that no input of a browser ends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from guidance.common.errors import UsageError
from guidance.processes.web.access import MOST_VIEWS, Access
from guidance.processes.web.server import _Site, serve
from guidance.processes.web.view import MOST_COLUMNS, MOST_ROWS
from tests.support.browser import free_port

ECHO = """
import os, sys, struct
def show(data):
    sys.stdout.buffer.write(b"D" + struct.pack(">I", len(data)) + data); sys.stdout.flush()
sys.stdout.buffer.write(b"__GANGLION__\\n")
show(f"{os.environ['COLUMNS']}x{os.environ['ROWS']} ".encode())
while head := sys.stdin.buffer.read(5):
    body = sys.stdin.buffer.read(struct.unpack(">I", head[1:])[0])
    if b'"quit"' in body:
        break
    show(head[:1] + body)
"""
"""A screen that shows its size, then what it receives."""


@dataclass
class Served:
    """The server under test, and what it showed to the operator."""

    url: str
    client: aiohttp.ClientSession
    shown: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.shown[-1].rpartition(" ")[2]

    @property
    def origin(self) -> dict[str, str]:
        return {"Origin": self.url}

    async def socket_address(self) -> str:
        async with self.client.get(self.address) as reply:
            assert reply.status == 200
            return (await reply.text()).partition('socket-url="')[2].partition('"')[0]


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    port = free_port()
    shown: list[str] = []
    site = _Site(shlex.join([sys.executable, "-c", ECHO]), Access("127.0.0.1", port), shown.append)
    site.show_address()
    server = TestServer(site.app(), host="127.0.0.1", port=port)
    await server.start_server()
    async with aiohttp.ClientSession() as client:
        yield Served(f"http://127.0.0.1:{port}", client, shown)
    await server.close()


async def text_of(connection: aiohttp.ClientWebSocketResponse, wanted: bytes) -> bytes:
    text = b""
    while wanted not in text:
        message = await connection.receive(10)
        assert message.type is aiohttp.WSMsgType.BINARY, message
        text += message.data
    return text


async def connected(served: Served, address: str) -> aiohttp.ClientWebSocketResponse:
    """Connect as soon as a view has ended."""
    for _ in range(200):
        with contextlib.suppress(aiohttp.WSServerHandshakeError):
            return await served.client.ws_connect(address, headers=served.origin)
        await asyncio.sleep(0.02)
    raise AssertionError("no view has ended")


async def test_the_page_comes_once_with_a_policy_and_nothing_from_elsewhere(served: Served) -> None:
    address = served.address
    async with served.client.get(address) as reply:
        page, headers = await reply.text(), reply.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert (headers["Referrer-Policy"], headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert "//" not in page.replace("ws://127.0.0.1", "")
    for path in ("/static/view.css", "/terminal/css/xterm.css"):
        async with served.client.get(served.url + path) as reply:
            assert "://" not in (await reply.text()).replace("https://github.com", "").replace("http://bellard", "")
    async with served.client.get(address) as again:
        assert again.status == 403
        assert "used before" in await again.text()
    assert served.address != address


@pytest.mark.parametrize("path", ["/", "/ws", "/watch/", "/watch/x", "/view/x", "/terminal/../server.py", "/static/"])
async def test_without_a_token_there_is_nothing_to_see(served: Served, path: str) -> None:
    async with served.client.get(served.url + path) as reply:
        assert reply.status in {403, 404}
    assert len(served.shown) == 1


async def test_a_head_request_does_not_spend_the_address(served: Served) -> None:
    async with served.client.head(served.address) as reply:
        assert reply.status == 405
    assert await served.socket_address()


async def test_another_name_of_this_machine_is_refused(served: Served) -> None:
    async with served.client.get(served.address, headers={"Host": "evil.example"}) as reply:
        assert reply.status == 403
    assert len(served.shown) == 1


async def test_a_browser_that_has_the_page_sees_the_screen_and_can_type(served: Served) -> None:
    async with served.client.ws_connect(
        f"{await served.socket_address()}?width=100&height=40", headers=served.origin
    ) as connection:
        await text_of(connection, b"100x40 ")
        await connection.send_json(["stdin", "q"])
        await text_of(connection, b"Dq")
        await connection.send_json(["ping", "7"])
        assert json.loads((await connection.receive(10)).data) == ["pong", "7"]


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_socket_of_another_page_is_refused_even_with_the_ticket(served: Served, origin: str | None) -> None:
    address = await served.socket_address()
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await served.client.ws_connect(address, headers={"Origin": origin} if origin else {})


@pytest.mark.hazard("starved-engine")
async def test_more_views_than_allowed_are_refused_until_one_ends(served: Served) -> None:
    address = await served.socket_address()
    views = [await served.client.ws_connect(address, headers=served.origin) for _ in range(MOST_VIEWS)]
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await served.client.ws_connect(address, headers=served.origin)
    for view in views:
        await text_of(view, b"80x24 ")
        await view.close()
    again = await connected(served, address)
    await text_of(again, b"80x24 ")
    await again.close()


async def test_a_screen_is_never_larger_than_can_be_drawn(served: Served) -> None:
    address = f"{await served.socket_address()}?width=99999999&height=99999999999999"
    async with served.client.ws_connect(address, headers=served.origin) as connection:
        await text_of(connection, f"{MOST_COLUMNS}x24 ".encode())
        await connection.send_json(["resize", {"width": 10**8, "height": 10**8}])
        await text_of(connection, f'"width": {MOST_COLUMNS}, "height": {MOST_ROWS}'.encode())


NONSENSE = ["", "{", "[]", "7", '["stdin"]', '["stdin", 7]', '["resize", 1]', '["resize", {}]', "[[]]", '["\\ud800"]',
            '["stdin", "\\ud800"]', "[" * 30_000]  # fmt: skip


async def test_nonsense_from_a_browser_is_ignored(served: Served) -> None:
    async with served.client.ws_connect(await served.socket_address(), headers=served.origin) as connection:
        for text in NONSENSE:
            await connection.send_str(text)
        await connection.send_bytes(b"\xff\x00")
        await connection.send_json(["stdin", "still here"])
        await text_of(connection, b"still here")


def test_a_port_in_use_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 cannot be used.*--port"):
            serve(["true"], "127.0.0.1", port, print)


def test_server_and_views_give_way_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    niced: list[int] = []
    monkeypatch.setattr(os, "nice", niced.append)
    monkeypatch.setattr(web, "run_app", lambda *_, sock, **__: sock.close())
    serve(["true"], "127.0.0.1", free_port(), lambda _: None)
    assert niced == [10]
