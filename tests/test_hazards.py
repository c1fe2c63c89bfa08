"""Every hazard of guidance/docs/hazards.md has tests that name it, and no test names a hazard that is not there."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "guidance" / "docs" / "hazards.md"
MISUSE = {"wrong-side", "wrong-patient", "wrong-muscle", "wrong-dial", "muted-sound", "deaf-ear", "wrong-drug-unit"}


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each hazard: id, hazard, cause, control, tests."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named(source: str) -> Iterator[tuple[str, str]]:
    """Yield the hazards that the tests in ``source`` name, each with the test."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.hazard":
                    yield from ((str(ast.literal_eval(word)), node.name) for word in mark.args)


def by_hazard() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for hazard, name in named(path.read_text(encoding="utf-8")):
            found[hazard].add(name)
    return found


def test_the_table_and_the_tests_name_each_other() -> None:
    table = {cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[4])) for cells in rows(TABLE.read_text("utf-8"))}
    assert table == by_hazard()
    assert all(table.values())


def test_every_hazard_has_a_cause_and_a_control_and_stands_once() -> None:
    found = list(rows(TABLE.read_text("utf-8")))
    assert all(len(cells) == 5 and all(cells) for cells in found)
    assert len({cells[0] for cells in found}) == len(found)


def test_the_table_covers_misuse() -> None:
    assert {cells[0].strip("`") for cells in rows(TABLE.read_text("utf-8"))} >= MISUSE


def test_a_marker_is_found_with_its_test() -> None:
    source = '@pytest.mark.slow\n@pytest.mark.hazard("a", "b")\nasync def test_x(): ...\ndef test_y(): ...\n'
    assert list(named(source)) == [("a", "test_x"), ("b", "test_x")]
