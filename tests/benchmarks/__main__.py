"""Benchmarks by name: ``uv run python -m tests.benchmarks [NAME ...] [--write] [--list]``.

Without a name all run, one after another: that takes hours. Each runs with the arguments that the README of the
benchmarks states, once for each of its tables. ``--write`` replaces these tables; a benchmark that fails keeps its own.
Status 0; 1 where a benchmark failed or its data is absent; 2 for an unknown name.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.runner import BenchmarkFolder, run_benchmark
from tests.benchmarks.tables import documented, with_table

_ALIKE = 0.85
"""Least similarity (0 to 1) of a name that is suggested; a judgement, since all names begin alike."""
HERE = BenchmarkFolder(Path(__file__).resolve().parents[2], "tests.benchmarks")


def main(words: Sequence[str] | None = None, folder: BenchmarkFolder = HERE) -> int:
    """Run the benchmarks that ``words`` name; return the exit status."""
    options = _options(words)
    known = folder.names()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        print(_unknown(unknown[0], known), file=sys.stderr)
        return 2
    runs = documented(folder.readme.read_text(encoding="utf-8"))
    chosen = [(name, arguments) for name in options.names or known for arguments in runs.get(name, [""])]
    if options.list:
        for name, arguments in chosen:
            print(f"{f'{name} {arguments}':36}{folder.summary(name)}")
        return 0
    failures = [_run(folder, name, arguments, write=options.write) for name, arguments in chosen]
    return int(any(failures))


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, such as bench_decoder (default: all)")
    parser.add_argument("--write", action="store_true", help="replace the tables of README.md")
    parser.add_argument("--list", action="store_true", help="list benchmarks and arguments; run nothing")
    return parser.parse_args(words)


def _unknown(name: str, known: list[str]) -> str:
    near = [
        match for word in (name, f"bench_{name}") for match in difflib.get_close_matches(word, known, cutoff=_ALIKE)
    ]
    hint = f"Did you mean {near[0]}?" if near else "--list names them all."
    return f"There is no benchmark {name!r}. {hint}"


def _run(folder: BenchmarkFolder, name: str, arguments: str, *, write: bool) -> bool:
    """Run one benchmark, show what it prints, and write its table if wanted; return whether it failed."""
    print(f"== {' '.join([name, arguments]).strip()}", flush=True)
    run = run_benchmark(folder, name, arguments, lambda line: print(line, flush=True))
    print(f"-- {run.heading}\n", flush=True)
    if run.failure:
        print(run.failure, file=sys.stderr)
    elif write:
        readme = folder.readme.read_text(encoding="utf-8")
        folder.readme.write_text(with_table(readme, name, arguments, run), encoding="utf-8")
    return run.failure is not None


if __name__ == "__main__":
    sys.exit(main())
