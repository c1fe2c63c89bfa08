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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from PIL import Image

_PATIENCE_S = 60.0
_SETTLE_S = 8.0
_SIZE = "1600,900"


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def started(words: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as it is needed."""
    silenced = subprocess.DEVNULL
    process = subprocess.Popen(words, env=os.environ | environment, stdin=silenced, stdout=silenced, stderr=silenced)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def seen(picture: Path | None = None) -> int:
    """How many different colours the terminal in the browser shows once a procedure is in it; 0 where none came."""
    program = [sys.executable, "-m", "guidance"]
    web, debug = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = {"XDG_RUNTIME_DIR": folder}
        demo = [*program, "demo", "--headless", "--store", f"{folder}/store", "--duration", "120"]
        browser = [
            str(shutil.which("chromium")),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ]
        browser += [f"--remote-debugging-port={debug}", f"--window-size={_SIZE}", f"--user-data-dir={folder}/chromium"]
        with started(demo, place), started([*program, "watch", "--web", "--port", str(web)], place):
            _await_port(web)
            _await_file(Path(folder) / "needle-guidance")
            with started([*browser, f"http://127.0.0.1:{web}/?fontsize=12"], {}):
                _await_port(debug)
                screenshot = asyncio.run(_picture(debug))
    if picture:
        picture.write_bytes(screenshot)
    return _colours(screenshot)


def _await_port(port: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.1)
    raise SystemExit(f"Nothing listened on port {port}.")


def _await_file(folder: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not list(folder.glob("*.watch")):
        if time.monotonic() > until:
            raise SystemExit("The demo did not come up.")
        time.sleep(0.1)


async def _picture(port: int) -> bytes:
    """What the browser shows, as PNG, once the terminal in it has had time to fill."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json") as reply:
            pages = await reply.json()
        page = next(page for page in pages if page["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as wire:
            until = time.monotonic() + _PATIENCE_S
            while time.monotonic() < until and not await _has_terminal(wire):
                await asyncio.sleep(0.2)
            await asyncio.sleep(_SETTLE_S)
            screenshot = await _request(wire, "Page.captureScreenshot", format="png")
            return base64.b64decode(screenshot["data"])


async def _has_terminal(wire: aiohttp.ClientWebSocketResponse) -> bool:
    text = "document.body.classList.contains('-first-byte') && !!document.querySelector('.xterm-screen')"
    found = await _request(wire, "Runtime.evaluate", expression=text)
    return bool(found["result"].get("value"))


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
