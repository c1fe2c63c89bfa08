"""Texts in the product's source, found by its syntax tree: what is marked for translation, and what the engine says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKERS = ("tr", "trn", "mark")


@dataclass(frozen=True)
class MarkedText:
    """A text in a call of ``tr``, ``trn`` or ``mark``: its context, the English, the English plural (may be empty)."""

    context: str
    english: str
    plural: str = ""


@cache
def marked_texts(folder: Path = ROOT / "guidance") -> dict[MarkedText, str]:
    """Return every marked text below ``folder``, with the path of a module that has it."""
    found: dict[MarkedText, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                text = _marked(node)
                if text is not None:
                    found.setdefault(text, str(path.relative_to(folder)))
    return found


def _marked(call: ast.Call) -> MarkedText | None:
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if not texts:
        return None
    words = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
    is_plural = isinstance(call.func, ast.Name) and call.func.id == "trn"
    return MarkedText(str(words.get("context", "")), texts[0], texts[1] if is_plural else "")


def texts_of(path: Path, place: str = "{}") -> Iterator[str]:
    """Yield every text of a module that is no docstring; ``place`` stands for each value in an f-string."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inner = {id(part) for node in joined for part in node.values if isinstance(part, ast.Constant)}
    specs = {id(spec) for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) for spec in [node.format_spec]}
    left_out = inner | {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            if id(node) in specs:
                continue
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else place for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value
