"""One module of an installed package without the rest of it: a client whose window or model library is not needed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def load_alone(module: str, stubs: Mapping[str, Mapping[str, Any]], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return ``module`` of an installed package, its packages not imported and each module of ``stubs`` replaced.

    Skips the test where the package is not installed.
    """
    package, *parts = module.split(".")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{package} is not installed: uv pip install --no-deps (see tests/README.md)")
    for name, attributes in stubs.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**attributes))
    path = Path(found.submodule_search_locations[0]).joinpath(*parts).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(parts[-1], path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
