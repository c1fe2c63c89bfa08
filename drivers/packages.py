"""Drivers in packages of their own: what their entry points register, and why one cannot be used.

Nothing is imported to list them. A driver is first imported by a process of its own, so that a package that hangs or
ends Python at its import does not take the program with it. A driver built into this program always wins.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

IMPORT_S = 10.0
"""Longest import of a driver, the start of its process included. A maker's library takes some 2 s from a cold disk
(assumed); an operator waits no longer than this for a package that hangs."""
_ERROR_CHARACTERS = 200
"""Length to which the text of a foreign error is cut, so that a message stays one sentence."""
_SCHEME = re.compile(r"[a-z][a-z0-9_.+-]*")
_TARGET = re.compile(r"[\w.]+\s*:\s*[\w.]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """Kind of device: ``word`` names it and its entry-point group, ``base`` is the class its drivers derive from.

    ``builtin`` maps the schemes of this program's own drivers to "module:Class".
    """

    word: str
    base: type
    builtin: Mapping[str, str]

    @property
    def group(self) -> str:
        """Entry-point group in which packages register their drivers."""
        return f"needle_guidance.{self.word}"


@dataclass(frozen=True, slots=True)
class PackageDriver:
    """Driver that ``package``, "name version", registers as ``scheme`` at ``target``, "module:Class".

    ``fault`` is a sentence on why it is not used; None where nothing is known against it.
    """

    scheme: str
    target: str
    package: str
    fault: str | None = None


def registered(kind: Kind, distributions: Iterable[Any]) -> tuple[list[PackageDriver], list[str]]:
    """Return the drivers that ``distributions`` (of importlib.metadata) register, and sentences on unreadable ones.

    Drivers are sorted by scheme and have their faults. Of two copies of one package the first counts, as for an import.
    """
    entries: list[PackageDriver] = []
    faults = []
    for name, distribution in _by_name(distributions).items():
        try:
            entries += _entries(kind, distribution)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            faults.append(
                f"The entry points of the package {name} cannot be read ({error_text(error)}), so that its drivers are "
                f"not known; install it again, or uninstall it (pip uninstall {name})."
            )
    counts = Counter(driver.scheme for driver in entries)
    drivers = [replace(each, fault=_registration_fault(kind, each, counts[each.scheme])) for each in entries]
    return sorted(drivers, key=lambda driver: (driver.scheme, driver.package)), faults


def _by_name(distributions: Iterable[Any]) -> dict[str, Any]:
    """Return the first distribution of each name; those without a name are no packages."""
    first: dict[str, Any] = {}
    for distribution in distributions:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if name := distribution.metadata["Name"]:
                first.setdefault(re.sub(r"[-_.]+", "-", _printable(name)).lower(), distribution)
    return first


def _entries(kind: Kind, distribution: Any) -> list[PackageDriver]:
    """Return the drivers of ``kind`` in ``distribution``; most have none, so their text is not parsed."""
    if kind.group not in (distribution.read_text("entry_points.txt") or ""):
        return []
    package = _printable(f"{distribution.metadata['Name']} {distribution.version}")
    found = distribution.entry_points.select(group=kind.group)
    return [PackageDriver(_printable(entry.name), _printable(entry.value), package) for entry in found]


def _registration_fault(kind: Kind, driver: PackageDriver, count: int) -> str | None:
    if driver.scheme in kind.builtin:
        return fault_sentence(kind, driver, "is not used, because this program has a driver of that name itself")
    if count > 1:
        return fault_sentence(kind, driver, f"is not used, because {count} packages register that name")
    if not _SCHEME.fullmatch(driver.scheme):
        return fault_sentence(kind, driver, "cannot begin an address: a scheme is a word of small letters and digits")
    if not _TARGET.fullmatch(driver.target):
        return fault_sentence(kind, driver, f"names no class: its entry point is '{driver.target}', not module:Class")
    return None


def fault_sentence(kind: Kind, driver: PackageDriver, what: str) -> str:
    """Return the sentence for the operator: which driver of which package, ``what`` is wrong, what to do."""
    name = driver.package.partition(" ")[0]
    return (
        f"The {kind.word} driver '{driver.scheme}' of the package {driver.package} {what}; "
        f"update that package, or uninstall it (pip uninstall {name})."
    )


def contract_fault(kind: Kind, driver: object) -> str | None:
    """Return what ``driver`` lacks to be a driver of this ``kind``; None where it is one."""
    if not (isinstance(driver, type) and issubclass(driver, kind.base)):
        return f"is not a class of {kind.base.__module__}.{kind.base.__qualname__}"
    missing: frozenset[str] = getattr(driver, "__abstractmethods__", frozenset())
    return f"lacks {', '.join(sorted(missing))} of the contract" if missing else None


def error_text(error: BaseException) -> str:
    """Return a foreign ``error`` in one line: its type and the beginning of its text."""
    return _printable(" ".join(f"{type(error).__name__}: {error}".split()))[:_ERROR_CHARACTERS].rstrip(" .:")


def _printable(text: str) -> str:
    """Return foreign ``text`` with a question mark for each character that could control a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)


def import_fault(kind: Kind, driver: PackageDriver) -> str | None:
    """Import ``driver`` in a process of its own, for at most ``IMPORT_S``; return a sentence on what fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "fault.json"
        words = [sys.executable, "-P", "-m", "drivers", kind.word, driver.target, str(result)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        what = _run(words, environment) or _read(result)
    return fault_sentence(kind, driver, what) if what else None


def _run(words: list[str], environment: Mapping[str, str]) -> str | None:
    """Run the command ``words`` without input and output; return what went wrong. No pipe: a grandchild may keep it."""
    none = subprocess.DEVNULL
    try:
        process = subprocess.Popen(words, env=environment, stdin=none, stdout=none, stderr=none)  # noqa: S603
    except OSError as error:
        return f"could not be tried ({error_text(error)})"
    try:
        status = process.wait(IMPORT_S)
    except subprocess.TimeoutExpired:
        return f"is not used, because its import did not end within {IMPORT_S:g} s"
    finally:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
    return f"ended Python at its import (exit status {status})" if status else None


def _read(result: Path) -> str | None:
    """Return what the process wrote about the driver; one that ended early without an error wrote nothing."""
    if not result.exists():
        return "ended Python at its import (exit status 0)"
    what: str | None = json.loads(result.read_text(encoding="utf-8"))
    return what
