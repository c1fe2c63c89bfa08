"""Tables of the README: each between two marks, of which the first holds benchmark and arguments."""

from __future__ import annotations

import re

from tests.benchmarks.runner import BenchmarkRun

END = "<!-- end of benchmark -->\n"
_BLOCK = re.compile(
    rf"<!-- benchmark (?P<name>bench_\w+)(?P<arguments>[^\n]*?) -->\n(?P<text>.*?){re.escape(END)}", re.DOTALL
)


def documented(readme: str) -> dict[str, list[str]]:
    """Return the arguments with which ``readme`` shows each benchmark: benchmark -> arguments of each of its tables."""
    runs: dict[str, list[str]] = {}
    for block in _BLOCK.finditer(readme):
        runs.setdefault(block["name"], []).append(block["arguments"].strip())
    return runs


def table_of(readme: str, run: str) -> str:
    """Return the table of ``run``, a benchmark and its arguments, as it stands in ``readme``; empty if none does."""
    for block in _BLOCK.finditer(readme):
        if f"{block['name']} {block['arguments'].strip()}".strip() == run:
            return block["text"]
    return ""


def with_table(readme: str, name: str, arguments: str, run: BenchmarkRun) -> str:
    """Return ``readme`` with the table of ``name`` and ``arguments`` replaced by ``run``, or added at its end."""
    block = f"{_begin(name, arguments)}{run.heading}\n\n{_shown(run.output)}{END}"
    for old in _BLOCK.finditer(readme):
        if (old["name"], old["arguments"].strip()) == (name, arguments):
            return readme[: old.start()] + block + readme[old.end() :]
    return f"{readme.rstrip()}\n\n### `{' '.join([name, arguments]).strip()}`\n\n{block}"


def _begin(name: str, arguments: str) -> str:
    return f"<!-- benchmark {' '.join([name, arguments]).strip()} -->\n"


def _shown(output: str) -> str:
    """Return a Markdown table as it is, anything else as preformatted text."""
    text = output.strip("\n")
    if text and all(line.startswith("|") for line in text.splitlines()):
        return f"{text}\n"
    fence = "```" if "```" not in text else "~~~~"
    return f"{fence}text\n{text}\n{fence}\n"
