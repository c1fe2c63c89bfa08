"""Benchmarks by name: which there are, one run in a process of its own, and the machine that it ran on."""

from __future__ import annotations

import ast
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class BenchmarkFolder:
    """A package of benchmarks below ``root``: its modules ``bench_*`` and its README."""

    root: Path
    package: str

    @property
    def path(self) -> Path:
        """Folder of the package."""
        return self.root.joinpath(*self.package.split("."))

    @property
    def readme(self) -> Path:
        """File that holds the tables."""
        return self.path / "README.md"

    def names(self) -> list[str]:
        """Return the names of all benchmarks, sorted."""
        return sorted(path.stem for path in self.path.glob("bench_*.py"))

    def summary(self, name: str) -> str:
        """Return the first sentence of the benchmark's docstring, without the command that it may hold."""
        text = ast.get_docstring(ast.parse((self.path / f"{name}.py").read_text(encoding="utf-8"))) or ""
        return text.split("``python")[0].split("`python")[0].split("\n\n")[0].replace("\n", " ").strip().rstrip(",:.")


@dataclass(frozen=True, slots=True)
class BenchmarkRun:
    """A benchmark that ended.

    Its command, what it printed, one sentence on its failure (None: it did not fail), when it began, and how many
    processes ran on the machine in the minute before (None: the system does not say).
    """

    command: str
    output: str
    failure: str | None
    started: datetime
    load: float | None

    @property
    def heading(self) -> str:
        """Date, machine, its load before the start, and command, as they stand above the output."""
        load = "" if self.load is None else f", load {self.load:.1f}"
        return f"{self.started:%Y-%m-%d}, {machine()}{load}: `{self.command}`"


def machine() -> str:
    """Describe this machine: model of the CPU, its cores as the system counts them, and Python."""
    cores = os.cpu_count() or 0
    return f"{_cpu_model()}, {cores} core{'' if cores == 1 else 's'}, Python {platform.python_version()}"


def _cpu_model() -> str:
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def run_benchmark(folder: BenchmarkFolder, name: str, arguments: str, show: Callable[[str], None]) -> BenchmarkRun:
    """Run benchmark ``name`` with ``arguments`` in a process of its own; pass each line that it prints to ``show``."""
    module, words = f"{folder.package}.{name}", shlex.split(arguments)
    began, load = datetime.now(UTC), _load()
    lines = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(
            [sys.executable, "-u", "-m", module, *words], cwd=folder.root, stdout=subprocess.PIPE, stderr=errors,
            encoding="utf-8", errors="replace",
        ) as process:  # fmt: skip
            for line in process.stdout or ():
                lines.append(line)
                show(line.rstrip("\n"))
        errors.seek(0)
        failure = _failure(name, process.returncode, errors.read())
    command = " ".join(["uv run python -m", module, *words])
    return BenchmarkRun(command, "".join(lines), failure, began, load)


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _failure(name: str, status: int, errors: str) -> str | None:
    if status == 0:
        return None
    last = next(
        (line.strip() for line in reversed(errors.splitlines()) if line.strip()), f"it ended with status {status}"
    )
    if last.startswith("Skipped: "):
        return f"{name} was not run: it {last.removeprefix('Skipped: ')}."
    if last.startswith("ModuleNotFoundError: "):
        return f"{name} failed: {last}. Programs to compare with come with `uv run --group peers python -m ...`."
    return f"{name} failed (status {status}): {last}"
