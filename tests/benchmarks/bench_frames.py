"""Frames a second and CPU of the screen on a terminal: ``python -m tests.benchmarks.bench_frames [SECONDS]``.

Each row is a process of its own whose terminal is a pseudo-terminal of that size, read as fast as it comes or, for a
slow link, so many bytes a second. A thread feeds it a live procedure's Snapshots, a new sweep five times a second, each
as soon as the one before was acknowledged and a frame has passed, as the engine does. CPU is that of the screen's
process, the feeding included. Delay: from a Snapshot to its frame on the terminal, as the screen acknowledges it.

Where textual-plot is installed (``--group peers``), the same sweeps, trend and EMG are drawn by its widgets too.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from importlib.util import find_spec

SIZES = ((80, 24), (200, 50))
_SLOW_BYTES_PER_S = 125_000
_WARM_UP_S = 2.0


def run(who: str, size: tuple[int, int], seconds: float, bytes_per_s: int | None) -> dict[str, float]:
    """What the screen ``who`` costs on a terminal of ``size``, read at ``bytes_per_s`` (None: at once)."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    words = [sys.executable, "-m", "tests.benchmarks.framed", who, str(seconds + _WARM_UP_S)]
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    result_read, result_write = os.pipe()
    words.append(str(result_write))
    process = subprocess.Popen(
        words, stdin=there, stdout=there, stderr=there, env=environment, pass_fds=(result_write,)
    )
    os.close(there)
    os.close(result_write)
    received = _drain(process, here, bytes_per_s)
    os.close(here)
    process.wait(10)
    with os.fdopen(result_read) as pipe:
        report = dict(json.loads(pipe.read() or "{}"))
    if not report:
        raise SystemExit(f"The screen {who} on {size[0]} x {size[1]} failed.")
    return report | {"kb_per_s": received / 1e3 / report["seconds"]}


def _drain(process: subprocess.Popen[bytes], here: int, bytes_per_s: int | None) -> int:
    """Read the terminal until its process ends; the bytes read. A pause after each chunk makes the link slow."""
    received = 0
    while process.poll() is None:
        if not select.select([here], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(here, 1024 if bytes_per_s else 65536)
        except OSError:  # the last one has closed it
            break
        received += len(chunk)
        if bytes_per_s:
            time.sleep(len(chunk) / bytes_per_s)
    return received


def main() -> None:
    """Print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    print("| screen | terminal | link | frames/s | CPU, % of a core | CPU ms a frame | kB/s | delay ms, p50 / p95 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    rows = [("guide", size, link) for size in SIZES for link in (None, _SLOW_BYTES_PER_S)]
    rows += [("review", SIZES[1], None)]
    if find_spec("textual_plot"):
        rows += [("peer", size, None) for size in SIZES]
    for who, size, link in rows:
        report = run(who, size, seconds, link)
        name = "textual-plot" if who == "peer" else who
        pace = f"{link / 1000:g} kB/s" if link else "as fast as it comes"
        delay = f"{report['delay_p50_ms']:.0f} / {report['delay_p95_ms']:.0f}" if report["delay_p50_ms"] else "-"
        print(
            f"| {name} | {size[0]} x {size[1]} | {pace} | {report['frames_per_s']:.1f} | {report['cpu_percent']:.0f} "
            f"| {report['cpu_percent'] * 10 / max(report['frames_per_s'], 0.1):.1f} | {report['kb_per_s']:.0f} "
            f"| {delay} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
