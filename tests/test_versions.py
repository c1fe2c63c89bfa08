"""The versions that were tried together, and the licences: complete, exact, and without a host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = (ROOT / ".ci" / "versions.txt").read_text("utf-8").splitlines()
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def direct(*, dev: bool) -> list[Requirement]:
    """Return the requirements that the project names, of its extras too, and of its developers where ``dev``."""
    lists = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    lists += [PROJECT["dependency-groups"]["dev"]] if dev else []
    return [Requirement(line) for lines in lists for line in lines]


def pinned() -> dict[str, list[str]]:
    """Return the versions of each package in the list: more than one where Python's version decides."""
    found: dict[str, list[str]] = {}
    for line in VERSIONS:
        requirement = Requirement(line)
        (exact,) = requirement.specifier
        assert exact.operator == "=="
        found.setdefault(canonicalize_name(requirement.name), []).append(exact.version)
    return found


def test_each_line_is_an_exact_version_and_names_no_host() -> None:
    assert pinned()
    assert not [line for line in VERSIONS if "://" in line or "@" in line or line.startswith("-")]


def test_each_dependency_has_a_version_that_the_project_allows() -> None:
    versions = pinned()
    missing = [
        str(requirement)
        for requirement in direct(dev=True)
        if not any(
            version in requirement.specifier for version in versions.get(canonicalize_name(requirement.name), [])
        )
    ]
    assert missing == []


def test_each_dependency_of_a_user_is_named_with_its_licence() -> None:
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "licence" not in line]
    named = set(re.findall(r"[a-z0-9][a-z0-9-]*", " ".join(rows).lower()))
    assert sorted({requirement.name.lower() for requirement in direct(dev=False)} - named) == []
