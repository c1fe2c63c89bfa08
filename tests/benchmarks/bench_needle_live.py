"""From a motor-unit potential's peak to the record that tells it, live on the simulated patient.

uv run python -m tests.benchmarks.bench_needle_live [SECONDS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def main() -> None:
    """Run a procedure without a screen and print the delays."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "40"
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.jsonl"
        program = [sys.executable, "-m", "guidance", "demo", "--protocol", "botulinum-fcr", "--seed", "1", "--headless"]
        program += ["--duration", seconds, "--store", folder, "--events", str(events), "--no-audio"]
        subprocess.run(program, check=True)
        lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    rate_hz = lines[0]["device"]["sample_rate_hz"]
    units = [line for line in lines if line["kind"] == "motor-unit"]
    shape = np.array([1e3 * (line["t"] - line["sample"] / rate_hz) for line in units])
    whole = shape + np.array([line["lag_ms"] for line in units])
    print(f"SIMULATED patient; {len(units)} potentials in {seconds} s; the sound device's own delay is not in it")
    for name, delays in (("peak to its end in the signal", shape), ("peak to its record", whole)):
        print(f"{name:32} median {np.median(delays):5.1f} ms, p99 {np.percentile(delays, 99):5.1f} ms")


if __name__ == "__main__":
    main()
