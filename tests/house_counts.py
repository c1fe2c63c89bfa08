"""What a stranger meets in the house, counted: loose modules, names in two places, words that the glossary replaces.

Run as ``python -m tests.house_counts [ROOT]``; ROOT is another checkout to count, this one where none is given.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PRODUCT = ("guidance", "drivers", "protocols")

DECIDING_ROOMS = (
    "guidance/signal", "guidance/proximity", "guidance/needle_emg", "guidance/alarms", "guidance/stimulation",
    "guidance/biofeedback",
)  # fmt: skip
"""Rooms whose numbers decide what the program detects, estimates, alarms and stimulates."""

WORDS_THAT_GO = {
    *("told", "tell", "tells", "said", "say", "says", "saying", "heard", "hear", "hears", "hearing", "asked", "amiss"),
    *("parting", "mourn", "mourns", "dissector", "onlooker", "onlookers", "gallery", "desk", "hum", "ruler", "ladder"),
    *("fellow", "fellows", "founds"),
}
"""Parts of identifiers that house.md's list "Identifiers that must go" names."""

FIELDS_THAT_STAY = {"say"}
"""Fields of the event stream, which never change: ``say`` of an exercise's ``phase`` record."""

PHRASES_THAT_GO = (
    r"answer(?:s|ed|ing)?", r"asked", r"ask(?:s|ing)?", r"tell(?:s|ing)?", r"told", r"said", r"heard",
    r"hear(?:s|ing)?", r"amiss", r"onlookers?", r"told apart", r"by and by", r"takes? over", r"hands? back",
)  # fmt: skip
"""Words of the glossary's right column, looked for in docstrings and other strings."""


def sources(root: Path, folders: tuple[str, ...] = PRODUCT) -> Iterator[Path]:
    """Each Python file of ``folders`` below ``root``."""
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def loose_modules(root: Path, folder: str) -> list[str]:
    """Names of the modules directly in ``folder``, less ``__init__`` and ``__main__``."""
    return sorted(path.stem for path in (root / folder).glob("*.py") if not path.stem.startswith("__"))


def shared_class_names(root: Path) -> dict[str, list[str]]:
    """Class and type-alias names that more than one module defines, each with its modules."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (name := _type_name(node)) is not None:
                found[name].add(str(path.relative_to(root)))
    return {name: sorted(paths) for name, paths in sorted(found.items()) if len(paths) > 1}


def _type_name(node: ast.AST) -> str | None:
    """The class or alias that ``node`` defines at module level or below, None for another node."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        name, value = node.targets[0].id, node.value
        is_alias = re.fullmatch(r"_?[A-Z][a-z]\w*", name) and isinstance(value, ast.Subscript | ast.BinOp)
        return name if is_alias else None
    return None


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each identifier in ``path``."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def words_of(identifier: str) -> list[str]:
    """The words that ``identifier`` is made of: ``heard_ofTold`` gives heard, of, told."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", identifier)]


def identifiers_that_go(root: Path, folders: tuple[str, ...] = (*PRODUCT, "tests")) -> Counter[str]:
    """How often each identifier occurs that holds a word which must go."""
    found: Counter[str] = Counter()
    for path in sources(root, folders):
        for _, name in identifiers(path):
            if name in FIELDS_THAT_STAY:
                continue
            if not WORDS_THAT_GO.isdisjoint(words_of(name)) or "by_and_by" in name:
                found[name] += 1
    return found


def texts(path: Path) -> Iterator[str]:
    """The docstrings and all other strings of ``path``, the fixed parts of f-strings included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def words_in_texts(root: Path) -> Counter[str]:
    """How often each word of the glossary's right column stands in a string of the product."""
    pattern = re.compile(rf"\b(?:{'|'.join(PHRASES_THAT_GO)})\b", re.IGNORECASE)
    found: Counter[str] = Counter()
    for path in sources(root):
        for text in texts(path):
            found.update(word.lower() for word in pattern.findall(text))
    return found


def deciding_constants(root: Path) -> dict[str, tuple[int, int]]:
    """Of each room that decides, how many of its module-level numbers have a reason beside them, and how many it has.

    A reason is a string right below the constant, or a comment on its lines. Names of several numbers count once.
    """
    found: dict[str, tuple[int, int]] = {}
    for room in DECIDING_ROOMS:
        constants = [explained for path in sources(root, (room,)) for explained in _constants(path)]
        found[room] = (sum(constants), len(constants))
    return found


def _constants(path: Path) -> Iterator[bool]:
    """For each module-level constant of numbers in ``path``: whether a reason stands beside it.

    A string describes all constants of the lines without a gap above it, and each that it names in backticks.
    """
    text = path.read_text(encoding="utf-8")
    body, lines = ast.parse(text).body, text.splitlines()
    described, texts = False, "".join(_described(body))
    for i in range(len(body) - 1, -1, -1):
        node, below = body[i], body[i + 1] if i + 1 < len(body) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if target is None or value is None or not _is_constant_name(target):
            described = False
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            described = True
        elif below is None or below.lineno != (node.end_lineno or 0) + 1:
            described = False
        if _is_number(value):
            beside = any("#" in line for line in lines[node.lineno - 1 : node.end_lineno])
            yield described or beside or f"``{ast.unparse(target)}``" in texts


def _described(body: list[ast.stmt]) -> Iterator[str]:
    """The strings that stand alone in ``body``."""
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def _is_number(value: ast.expr) -> bool:
    """Whether ``value`` holds a number, alone or in a tuple, a dictionary or a product."""
    numbers = [
        node for node in ast.walk(value) if isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    ]
    return any(not isinstance(node.value, bool) for node in numbers)


def _is_constant_name(target: ast.expr) -> bool:
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(name, ast.Name) and name.id.isupper() for name in names)


def main(arguments: list[str]) -> None:
    """Print all counts of the checkout at ``arguments[0]``, or of this one."""
    root = Path(arguments[0]).resolve() if arguments else HERE
    for folder in ("guidance", "drivers"):
        loose = loose_modules(root, folder)
        print(f"loose modules in {folder}/: {len(loose)}  {' '.join(loose)}")
    shared = shared_class_names(root)
    print(f"class names in more than one module: {len(shared)}")
    for name, paths in shared.items():
        print(f"  {name}: {', '.join(paths)}")
    for title, found in (
        ("identifiers that must go", identifiers_that_go(root)),
        ("words that must go, in strings of the product", words_in_texts(root)),
    ):
        print(f"{title}: {found.total()} ({len(found)} different)")
        print("  " + ", ".join(f"{name} {count}" for name, count in found.most_common(200)))
    for room, (explained, count) in deciding_constants(root).items():
        print(f"constants with a reason beside them in {room}: {explained} of {count}")


if __name__ == "__main__":
    main(sys.argv[1:])
