"""The program as on Windows, as far as Linux can show it: ``python -m tests.support.other_system COMMAND [...]``.

Every module of the program is imported again with ``sys.platform`` "win32" and without the modules that only POSIX has.
A module that needs one of them, or an attribute that Windows lacks under that name, fails as it would there. What the
libraries do on Windows, its paths, ports, sound and console are not tried.
"""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import sys
from types import ModuleType
from typing import Any

POSIX_ONLY = {"fcntl", "termios", "pty", "tty", "resource", "pwd", "grp", "syslog", "curses", "readline", "posix"}
ROOMS = ("guidance", "drivers", "protocols")
_import = builtins.__import__


def module_names() -> list[str]:
    """Return every module of the program that is no program itself."""
    packages = [importlib.import_module(room) for room in ROOMS]
    found = [each.name for room in packages for each in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")]
    return [name for name in found if not name.endswith("__main__")]


def import_without_posix(name: str, *where: Any, **options: Any) -> ModuleType:
    """Import ``name`` as ``__import__`` does, unless a module of the program wants one that only POSIX has."""
    importer = str(((where[0] if where else options.get("globals")) or {}).get("__name__", ""))
    level = where[3] if len(where) > 3 else options.get("level", 0)
    if level == 0 and name.partition(".")[0] in POSIX_ONLY and importer.partition(".")[0] in ROOMS:
        raise ModuleNotFoundError(f"{importer} needs {name}, which Windows does not have", name=name)
    return _import(name, *where, **options)


def become_windows() -> None:
    """Import the libraries as here, then the program anew as on Windows. Raises ModuleNotFoundError."""
    names = module_names()
    for name in names:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOMS]:
        del sys.modules[name]
    builtins.__import__ = import_without_posix
    sys.platform = "win32"
    for name in names:
        importlib.import_module(name)


def main() -> None:
    """Become Windows, and run the program with the arguments of this one."""
    become_windows()
    importlib.import_module("guidance.cli").main()


if __name__ == "__main__":
    main()
