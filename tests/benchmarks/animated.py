"""Pictures of a terminal as one moving SVG: what stays the same from picture to picture stands in it once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_STYLE = re.compile(r"\.terminal-\d+-(r\d+) \{ (.*?) \}")
_RECT = re.compile(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+" shape-rendering')
_TEXT = re.compile(
    r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)" clip-path="[^"]*">(.*?)</text>'
)
_SIZE = re.compile(r'clip-terminal">\s*<rect x="0" y="0" width="([\d.]+)" height="([\d.]+)"')
_CELL_PX, _ROW_PX = 12.2, 24.65


def animation(pictures: Sequence[str], frame_s: float) -> str:
    """Return the ``pictures``, SVG as Textual exports it, one after another for ``frame_s`` seconds each."""
    frames_of: dict[tuple[int, str], int] = {}
    styles: dict[str, str] = {}
    grounds = Counter(match[1] for picture in pictures for match in _RECT.finditer(picture))
    ground = grounds.most_common(1)[0][0]
    for number, picture in enumerate(pictures):
        for element in _elements(picture, ground, styles):
            frames_of[element] = frames_of.get(element, 0) | 1 << number
    groups: dict[tuple[int, int], list[str]] = {}
    for (layer, text), frames in frames_of.items():
        groups.setdefault((layer, frames), []).append(text)
    size = _SIZE.search(pictures[0])
    assert size is not None
    width, height = size[1], size[2]
    moves, body = dict[int, str](), list[str]()
    for (_, frames), texts in sorted(groups.items()):
        if frames != (1 << len(pictures)) - 1:
            moves[frames] = _keyframes(frames, len(pictures), frame_s)
        body.append(f'<g class="f{frames:x}">{"".join(texts)}</g>')
    css = "".join(f".{name}{{{style}}}" for style, name in styles.items())
    font = "text{font:20px Fira Code,monospace;white-space:pre}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><style>{font}{css}'
        f'{"".join(moves.values())}</style><rect width="100%" height="100%" fill="{ground}"/>{"".join(body)}</svg>\n'
    )


def _elements(picture: str, ground: str, styles: dict[str, str]) -> list[tuple[int, str]]:
    """Return the parts of a picture, backgrounds (0) and texts (1); ``styles`` gets the name of each style."""
    named = {match[1]: styles.setdefault(match[2], f"c{len(styles)}") for match in _STYLE.finditer(picture)}
    rects = [
        (0, f'<rect fill="{m[1]}" x="{m[2]}" y="{m[3]}" width="{m[4]}" height="{_ROW_PX}"/>')
        for m in _RECT.finditer(picture)
        if m[1] != ground
    ]
    texts = [(1, _text(named[m[1]], float(m[2]), m[3], m[5])) for m in _TEXT.finditer(picture)]
    return [*rects, *(each for each in texts if each[1])]


def _text(style: str, x: float, y: str, text: str) -> str:
    """Return a text without the blanks around it; empty if there is nothing else."""
    letters = text.replace("&#160;", "\u00a0")
    kept = letters.strip("\u00a0")
    if not kept:
        return ""
    x += _CELL_PX * (len(letters) - len(letters.lstrip("\u00a0")))
    cells = len(re.sub(r"&\w+;|&#\w+;", "x", kept))
    return f'<text class="{style}" x="{x:g}" y="{y}" textLength="{_CELL_PX * cells:g}">{kept}</text>'


def _keyframes(frames: int, count: int, frame_s: float) -> str:
    """Return the style of parts that are seen in ``frames``, a bit for each of ``count`` pictures."""
    steps, before = list[str](), None
    for number in range(count):
        seen = bool(frames >> number & 1)
        if seen != before:
            steps.append(f"{100 * number / count:.4g}%{{visibility:{'visible' if seen else 'hidden'}}}")
            before = seen
    name = f"f{frames:x}"
    return f"@keyframes {name}{{{''.join(steps)}}}.{name}{{animation:{name} {count * frame_s:g}s step-end infinite}}"
