"""A hostile page in the operator's browser, and a second user of the machine, against ``watch --web``."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import os
import pickle
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from guidance.contracts.hidden_names import HIDDEN, without_names
from guidance.contracts.snapshot import EventView, TimelineView
from tests.support.browser import Watched, chromium, free_port, result_of, watched
from tests.support.screens import build_live

NAME = "Zaphod Beeblebrox"
TRIED_S = 8.0
HOSTILE = """<!DOCTYPE html><title>a page of another origin</title><script>
const place = "127.0.0.1:PORT", found = [];
const note = (what) => found.push(what);
const attempts = [];
for (const path of ["/", "/watch/x", "/view/x", "/static/view.css", "/terminal/js/textual.js"]) {
  attempts.push(fetch(`http://${place}${path}`).then(r => note(`read ${path} ${r.status}`), () => 0));
  const blind = fetch(`http://${place}${path}`, {mode: "no-cors"});
  attempts.push(blind.then(r => r.type == "opaque" || note(path), () => 0));
}
const parts = [["script", "src", "/terminal/js/textual.js"], ["img", "src", "/terminal/images/background.png"],
               ["link", "href", "/static/view.css"]];
for (const [tag, key, path] of parts) {
  attempts.push(new Promise(done => {
    const item = document.createElement(tag);
    if (tag == "link") item.rel = "stylesheet";
    item.onload = () => { note(`loaded ${path}`); done(); }; item.onerror = done;
    item[key] = `http://${place}${path}`; document.head.append(item);
  }));
}
const frame = document.createElement("iframe"); frame.src = `http://${place}/`; document.documentElement.append(frame);
for (let i = 0; i < 200; i++) attempts.push(new Promise(done => {
  const wire = new WebSocket(`ws://${place}/view/${i}`);
  wire.onopen = () => note("socket open"); wire.onmessage = () => note("message"); wire.onclose = done;
}));
let flood = 0;
const until = Date.now() + SECONDS * 1000;
const once = () => fetch(`http://${place}/watch/${flood++}`, {mode: "no-cors"});
const pour = () => Date.now() > until ? 0 : once().then(pour, pour);
for (let i = 0; i < 20; i++) attempts.push(pour());
Promise.allSettled(attempts).then(() => { window.result = {found, flood}; });
</script>"""


@pytest.mark.hazard("foreign-viewer")
def test_the_name_and_the_words_of_notes_are_hidden_from_the_snapshot() -> None:
    notes = (EventView(1.0, "note", f"note: {NAME} moved"), EventView(2.0, "note", "contact"))
    shown = without_names(replace(build_live(), patient=NAME, past=TimelineView(events=notes)))
    assert shown.patient == HIDDEN
    assert [event.text for event in shown.past.events] == ["note: (hidden)", "contact"]
    assert NAME.encode() not in pickle.dumps(shown)


def test_a_patient_without_a_name_stays_without() -> None:
    assert without_names(replace(build_live(), patient=None)).patient is None


@contextlib.contextmanager
def hostile_page(port: int) -> Iterator[str]:
    """Address of a page of another origin that attacks the server at ``port``."""
    text = HOSTILE.replace("PORT", str(port)).replace("SECONDS", str(TRIED_S)).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def case_file(folder: Path) -> str:
    path = folder / "case.toml"
    path.write_text(f'patient = "{NAME}"\n')
    return str(path)


def device_time(here: Watched) -> float:
    """Seconds of signal in the record so far, all of them judged, none lost."""
    seconds = [line for line in here.journal if line["kind"] == "signal"]
    assert all(line["lost_samples"] == 0 for line in seconds)
    return float(seconds[-1]["t"]) if seconds else 0.0


@pytest.mark.hazard("foreign-viewer")
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium here")
def test_a_hostile_page_learns_nothing_and_starves_nothing(tmp_path: Path) -> None:
    with watched("--case", case_file(tmp_path)) as here, hostile_page(here.port) as page:
        address, before_s, began_s = here.address, device_time(here), time.monotonic()
        with chromium(page) as debug:
            result = asyncio.run(result_of(debug, "window.result || null"))
        lasted_s, recorded_s = time.monotonic() - began_s, device_time(here) - before_s
        print(f"{result['flood']} requests and 200 sockets in {lasted_s:.0f} s; {recorded_s:.0f} s were recorded")
        assert result["found"] == []
        assert result["flood"] > 100
        assert here.views == 0
        assert here.address == address
        assert recorded_s > lasted_s - 3.0


async def first_words(here: Watched, seconds: float) -> bytes:
    """What the browser that opens the address receives in its first ``seconds``."""
    words, until = b"", time.monotonic() + seconds
    async with aiohttp.ClientSession() as client:
        async with client.get(here.address) as reply:
            place = (await reply.text()).partition('socket-url="')[2].partition('"')[0]
        origin = {"Origin": f"http://127.0.0.1:{here.port}"}
        async with client.ws_connect(f"{place}?width=200&height=50", headers=origin) as wire:
            while (left := until - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    message = await wire.receive(left)
                    words += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
    return words


@pytest.mark.slow
@pytest.mark.parametrize(("option", "shown", "hidden"), [("--no-names", HIDDEN, NAME), ("--names", NAME, HIDDEN)])
def test_the_browser_shows_the_name_only_on_request(tmp_path: Path, option: str, shown: str, hidden: str) -> None:
    options = (option,) if option == "--names" else ()
    with watched("--case", case_file(tmp_path), watch_options=options) as here:
        words = asyncio.run(first_words(here, 10.0))
        assert shown.encode() in words
        assert hidden.encode() not in words


@pytest.mark.hazard("starved-engine")
@pytest.mark.slow
def test_a_second_user_who_holds_connections_open_learns_nothing_and_starves_nothing(tmp_path: Path) -> None:
    with watched("--case", case_file(tmp_path)) as here, contextlib.ExitStack() as stack:
        before_s, began_s = device_time(here), time.monotonic()
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", here.port))) for _ in range(600)]
        for number, connection in enumerate(connections):
            connection.sendall(f"GET /watch/{number} HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\n".encode())
        time.sleep(TRIED_S)
        lasted_s, recorded_s = time.monotonic() - began_s, device_time(here) - before_s
        assert recorded_s > lasted_s - 3.0
        assert here.views == 0
        assert os.getpriority(os.PRIO_PROCESS, here.server) >= 10
