"""Every row of the clinical review names tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.guidance.protocol.reviewed_rows import ROWS, table

TESTS = Path(__file__).parents[2]


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("test", sorted({test for _, tests in ROWS for test in tests}))
def test_a_row_names_a_test_that_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in functions_of(file)


def test_every_row_is_held_by_a_test() -> None:
    assert [words for words, tests in ROWS if not tests] == []


def test_the_table_has_all_rows_of_the_review() -> None:
    assert len(ROWS) == 26
    assert len(table().splitlines()) == 28
