"""Time from the command to its first frame, to each stage that it reports, and to the first drawn screen.

    uv run python -m tests.benchmarks.bench_first_frame [RUNS]

Each run is ``needle-guidance demo`` on a terminal of its own. CPU is that of the command until the screen is drawn.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.support.terminal import on_terminal

MARKS = {
    "starting:": "first frame",
    "amplifier  good": "amplifier good",
    "record     good": "record good",
    "\x1b[?1049h": "screen opens",
    "SPACE": "screen drawn",
}


def measure(folder: Path) -> dict[str, float]:
    """Return the seconds from the start of a demo to each of ``MARKS``."""
    words = ["demo", "--no-audio", "--store", str(folder / "store")]
    env = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    with on_terminal(words, env, columns=120, rows=40) as command:
        return {name: command.wait_for(mark) for mark, name in MARKS.items()}


def main() -> None:
    """Print the median and the largest time of each mark."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: list[dict[str, float]] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            times.append(measure(Path(folder)))
    for name in MARKS.values():
        seconds = [each[name] for each in times]
        print(f"{name:16} median {median(seconds):5.2f} s  largest {max(seconds):5.2f} s  ({runs} runs)")


if __name__ == "__main__":
    main()
