"""A screen as text: its characters, and below them the style of every cell, run by run; exact, and easy to compare."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from string import ascii_letters

from textual.app import App
from textual.strip import Strip

FOLDER = Path(__file__).parent / "golden"


def pictured(app: App[str]) -> str:
    """Return what ``app`` shows now, as text."""
    strips = app.screen._compositor.render_strips()
    legend: dict[str, str] = {}
    runs = [" ".join(_run(legend, style, text) for style, text in _styled(strip)) for strip in strips]
    meaning = [f"{letter} {style}" for style, letter in legend.items()]
    return "\n".join([*(strip.text.rstrip() for strip in strips), "--", *runs, "--", *meaning])


def _styled(strip: Strip) -> list[tuple[str, str]]:
    """Return the runs of text of equal style."""
    cells = [(str(segment.style), segment.text) for segment in strip]
    return [(style, "".join(text for _, text in run)) for style, run in groupby(cells, key=lambda cell: cell[0])]


def _run(legend: dict[str, str], style: str, text: str) -> str:
    letter = legend.setdefault(style, ascii_letters[len(legend)])
    return f"{letter}{len(text)}"


def differs(name: str, pictures: dict[str, str], *, update: bool) -> list[str]:
    """Return the names of ``pictures`` that differ from the file ``name``; with ``update``, write them there first."""
    path = FOLDER / f"{name}.txt"
    if update:
        FOLDER.mkdir(exist_ok=True)
        path.write_text("".join(f"=== {state}\n{text}\n" for state, text in pictures.items()), encoding="utf-8")
    kept = path.read_text(encoding="utf-8").split("=== ")[1:] if path.exists() else []
    before = dict(part.rstrip("\n").split("\n", 1) for part in kept)
    return [state for state, text in pictures.items() if before.get(state) != text.rstrip("\n")]
