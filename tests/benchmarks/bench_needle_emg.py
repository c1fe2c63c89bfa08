"""Motor units of three needle recordings of tibialis anterior beside published ranges, and what is found in them.

uv run python -m tests.benchmarks.bench_needle_emg
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from guidance.analysis.report import text_of
from guidance.analysis.run import analyse_files
from tests.support.needle_recordings import MUSCLE, NAMES, recorded, write


def main() -> None:
    """Print each record's analysis."""
    print("One person each; 4 kHz, so rise times are not assessable; a second half that repeats the first is left out.")
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            path = write(Path(folder) / f"{name}.edf", *recorded(name))
            print(f"\n=== {name}")
            print(text_of(analyse_files([str(path)], [], MUSCLE, None)))


if __name__ == "__main__":
    main()
