"""The driver, the registration and the rig that drivers/README.md prints, read out of the document as they stand."""

from __future__ import annotations

import contextlib
import re
import sys
import tomllib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers import DRIVERS

README = Path(__file__).resolve().parents[2] / "drivers" / "README.md"
SCHEME = "lines"


def blocks(language: str) -> list[str]:
    """Return the code blocks of ``language``, in their order."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def clauses(kind: str) -> list[str]:
    """Return the clauses of the contract that the document lists for ``kind``: amplifiers or stimulators."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"^The clauses for {kind}[^\n]*:\n\n((?:- .+\n)+)", text, re.MULTILINE)
    return [] if found is None else re.findall(r"^- (.+)$", found[1], re.MULTILINE)


def driver_source() -> str:
    """Return the text of ``line_amplifier.py``."""
    return blocks("python")[0]


def rig_source() -> str:
    """Return the text of ``line_rig.py``."""
    return blocks("python")[1]


def project() -> dict[str, Any]:
    """Return the table ``project`` of the printed ``pyproject.toml``."""
    (text,) = blocks("toml")
    table: dict[str, Any] = tomllib.loads(text)["project"]
    return table


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the printed driver in ``DRIVERS``, as a driver in the folder is, until the test ends."""
    target = project()["entry-points"]["needle_guidance.amplifier"][SCHEME]
    name = target.partition(":")[0]
    module = types.ModuleType(name)
    exec(compile(driver_source(), f"{name}.py in {README}", "exec"), module.__dict__)  # noqa: S102
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(DRIVERS, SCHEME, target)


def printed_rig() -> Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractContextManager[Any]]:
    """Return the printed rig."""
    names: dict[str, Any] = {"__name__": "line_rig"}
    exec(compile(rig_source(), f"line_rig.py in {README}", "exec"), names)  # noqa: S102
    rig: Callable[..., contextlib.AbstractContextManager[Any]] = names["RIGS"][SCHEME]
    return rig
