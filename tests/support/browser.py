"""The second screen in a browser: ``python -m tests.support.browser [PICTURE.png]``.

A demo runs headless, ``watch --web`` serves it on loopback, and headless Chromium shows it, driven over its debugging
protocol. Prints what was shown, and saves the picture where one is named.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from PIL import Image

_PATIENCE_S = 60.0
_SETTLE_S = 8.0
_SIZE = "1600,900"
_PROGRAM = [sys.executable, "-m", "guidance"]
_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--window-size={_SIZE}",
]  # fmt: skip


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def started(words: list[str], environment: dict[str, str], output: Path | None = None) -> Iterator[int]:
    """Process id of a process for as long as it is needed; its standard output goes to ``output``."""
    silenced = subprocess.DEVNULL
    with (output or Path(os.devnull)).open("wb") as target:
        process = subprocess.Popen(words, env=os.environ | environment, stdin=silenced, stdout=target, stderr=silenced)
    try:
        yield process.pid
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


class Watched:
    """A demo that runs headless in ``folder``, and the server of its view at ``port``, process ``server``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.server = folder, free_port(), 0

    @property
    def address(self) -> str:
        """The address that works now."""
        lines = (self.folder / "served").read_text().split()
        return [word for word in lines if word.startswith("http")][-1]

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The complete lines of the record so far."""
        (path,) = (self.folder / "store").glob("*/events.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    @property
    def views(self) -> int:
        """How many observers' processes the server has."""
        return len(Path(f"/proc/{self.server}/task/{self.server}/children").read_text().split())


@contextlib.contextmanager
def watched(*demo_options: str, watch_options: tuple[str, ...] = ()) -> Iterator[Watched]:
    """A demo of two minutes and the server of its view."""
    with tempfile.TemporaryDirectory() as name:
        here = Watched(Path(name))
        place = {"XDG_RUNTIME_DIR": name, "PYTHONUNBUFFERED": "1"}
        demo = [*_PROGRAM, "demo", "--headless", "--no-audio", "--store", f"{name}/store", "--duration", "120"]
        watch = [*_PROGRAM, "watch", "--web", "--port", str(here.port), *watch_options]
        served = here.folder / "served"
        with started([*demo, *demo_options], place), started(watch, place, served) as here.server:
            _await(lambda: list(here.folder.glob("needle-guidance/*.watch")), "The demo did not come up.")
            _await(lambda: "http" in served.read_text(), "The view was not served.")
            yield here


@contextlib.contextmanager
def chromium(address: str) -> Iterator[int]:
    """Headless Chromium that shows ``address``; yields the port of its debugging protocol."""
    debug = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [
            str(shutil.which("chromium")),
            *_FLAGS,
            f"--user-data-dir={folder}",
            f"--remote-debugging-port={debug}",
        ]
        with started([*words, address], {}):
            _await_port(debug)
            yield debug


async def result_of(debug: int, expression: str) -> Any:
    """The value of a script in the browser's page as soon as it is not null."""
    async with _page(debug) as wire:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            found = await _request(wire, "Runtime.evaluate", expression=expression, returnByValue=True)
            if (value := found["result"].get("value")) is not None:
                return value
            await asyncio.sleep(0.2)
    raise SystemExit(f"The page never had {expression}.")


async def picture_of(debug: int) -> bytes:
    """What the browser shows, as PNG, once the terminal in it has had time to fill."""
    await result_of(debug, "(document.querySelector('.-first-byte .xterm-screen') && true) || null")
    async with _page(debug) as wire:
        await asyncio.sleep(_SETTLE_S)
        screenshot = await _request(wire, "Page.captureScreenshot", format="png")
        return base64.b64decode(screenshot["data"])


def seen(picture: Path | None = None) -> int:
    """How many different colours the terminal in the browser shows once a procedure is in it; 0 where none came."""
    with watched() as here, chromium(here.address) as debug:
        screenshot = asyncio.run(picture_of(debug))
    if picture:
        picture.write_bytes(screenshot)
    return _colours(screenshot)


def _await(condition: Callable[[], object], fault: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(fault)
        time.sleep(0.1)


def _await_port(port: int) -> None:
    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return True
        return False

    _await(listens, f"Nothing listened on port {port}.")


@contextlib.asynccontextmanager
async def _page(debug: int) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The connection to the browser's page."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{debug}/json") as reply:
            pages = await reply.json()
        page = next(page for page in pages if page["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as wire:
            yield wire


async def _request(wire: aiohttp.ClientWebSocketResponse, method: str, **params: Any) -> dict[str, Any]:
    await wire.send_json({"id": 1, "method": method, "params": params})
    while True:
        reply = json.loads((await wire.receive()).data)
        if reply.get("id") == 1:
            return dict(reply["result"])


def _colours(png: bytes) -> int:
    """Different colours in the middle of a picture, where the loading page has a dialog and a procedure its sweeps."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4].reshape(-1, 3)
    return len(np.unique(middle, axis=0))


def main() -> None:
    """Take the picture, and print what was shown."""
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print(f"The browser's terminal shows {seen(picture)} different colours where the sweeps are.")


if __name__ == "__main__":
    main()
