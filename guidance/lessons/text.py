"""The course as plain text, for a terminal that cannot show the screen, and for a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

import numpy as np

from guidance.contracts.lesson import Trace
from guidance.lessons.course import PAGES, lesson

_WIDTH = 80


def course_text(pages: tuple[int, ...] = tuple(range(1, PAGES + 1))) -> str:
    """Return the ``pages`` of the course as text. Raises IndexError for a page that does not exist."""
    return "\n".join(line for page in pages for line in _page(page))


def _page(page: int) -> Iterator[str]:
    shown = lesson(page)
    yield f"{page} of {PAGES}  {shown.title}"
    yield ""
    for sentence in shown.sentences:
        yield from wrap(sentence, _WIDTH)
        yield ""
    yield "Signals (simulated; drawn on the screen of `needle-guidance learn`):"
    yield from (f"  {_described(trace)}" for trace in shown.traces)
    yield f"Sound: {shown.sound_words} (`needle-guidance learn --sound {page}`)"
    yield ""


def _described(trace: Trace) -> str:
    peak_to_peak_uv = float(np.ptp(trace.uv))
    return f"{trace.name}: {trace.milliseconds:.0f} ms, {peak_to_peak_uv:.0f} uV from peak to peak"
