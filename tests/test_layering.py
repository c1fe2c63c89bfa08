"""Who may import whom, as the house is laid out: ``ui -> host -> engine -> stages -> drivers.base``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "guidance", "drivers", "protocols", "tests"}

SESSIONS = (
    "guidance.host", "guidance.replay", "guidance.live", "guidance.rerun", "guidance.trial", "guidance.analysis",
)  # fmt: skip
COMMAND = ("guidance.cli", "guidance.__main__")
OUTLETS = ("guidance.audio", "guidance.journal")
SCREEN = ("guidance.ui",)
TERMINAL = ("textual", "rich", "click")
HARDWARE = ("serial", "sounddevice")
SIMULATED = ("drivers.base", "drivers.simulated.patient", "drivers.simulated.direct")


@dataclass(frozen=True, slots=True)
class Rule:
    """Modules under ``who`` (less ``but``) import nothing under ``never`` (less ``save``)."""

    who: tuple[str, ...]
    never: tuple[str, ...]
    but: tuple[str, ...] = ()
    save: tuple[str, ...] = ()

    def forbids(self, module: str, imported: str) -> bool:
        concerned = _under(module, self.who) and not _under(module, self.but)
        return concerned and _under(imported, self.never) and not _under(imported, self.save)


ENGINE = {"who": ("guidance",), "but": (*SESSIONS, *COMMAND, *OUTLETS, *SCREEN)}
RULES = (
    Rule(("drivers",), never=("guidance", "textual", "rich", "click")),
    Rule(("protocols",), never=("guidance", "drivers")),
    Rule(**ENGINE, never=(*TERMINAL, *HARDWARE, "soundfile", "edfio", "fcntl", "termios")),
    Rule(**ENGINE, never=("drivers",), save=("drivers.base",)),
    Rule(**ENGINE, never=(*SESSIONS, *COMMAND, *OUTLETS, *SCREEN)),
    Rule(
        SCREEN,
        never=(*HARDWARE, *COMMAND, *OUTLETS, "guidance.engine", "guidance.replay", "guidance.live", "guidance.trial"),
    ),
    Rule((*SCREEN, *COMMAND, *OUTLETS, "guidance.host"), never=("drivers",), save=("drivers.base",)),
    Rule(("guidance.host",), never=(*TERMINAL, *COMMAND, *OUTLETS, "guidance.live", "guidance.engine")),
    Rule(("guidance",), but=OUTLETS, never=HARDWARE),
    Rule(("guidance.trial",), never=(*TERMINAL, *SCREEN, *COMMAND, "drivers"), save=SIMULATED),
    Rule(("guidance", "drivers"), but=("guidance.journal",), never=("matplotlib", "fpdf", "pyrage", "pyarrow")),
    Rule(("guidance", "drivers"), but=("guidance.trial.pool",), never=("dask", "distributed")),
    Rule(("guidance", "drivers"), but=("drivers.__init__",), never=("importlib",), save=("importlib.resources",)),
    Rule(("guidance", "drivers", "protocols"), never=("tests",)),
)


def _under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def module_name(path: Path) -> str:
    """Dotted name of ``path``; a package is told apart from what lies in it by its ``__init__``."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(source: str, module: str) -> Iterator[str]:
    """Dotted name of everything that ``source`` imports at any depth; ``from a import b`` is ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            yield "importlib"


def broken(source: str, module: str) -> list[str]:
    """What ``source`` as ``module`` imports against a rule."""
    return [
        f"{module} imports {name}" for name in imports(source, module) if any(r.forbids(module, name) for r in RULES)
    ]


def test_no_module_imports_against_its_layer() -> None:
    paths = [path for package in ("guidance", "drivers", "protocols") for path in (ROOT / package).rglob("*.py")]
    assert len(paths) > 30
    faults = [fault for path in paths for fault in broken(path.read_text(encoding="utf-8"), module_name(path))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("drivers.ona", "from guidance.snapshot import Snapshot"),
        ("drivers.simulated.patient", "def f():\n    import guidance"),
        ("guidance.engine", "import serial"),
        ("guidance.engine", "from drivers.recording import Recording"),
        ("guidance.engine", "from drivers import open_device"),
        ("guidance.signal.path", "from guidance import audio"),
        ("guidance.signal.path", "from ..journal import log"),
        ("guidance.signal.path", "from .. import ui"),
        ("guidance.signal.path", "__import__('serial')"),
        ("guidance.alarms", "import sounddevice as sd"),
        ("guidance.controller", "from guidance.host import run_headless"),
        ("guidance.ui.app", "import drivers.ona"),
        ("guidance.ui.widgets.bars", "import serial.tools"),
        ("guidance.cli", "from drivers.recording import Recording"),
        ("guidance.host", "import serial"),
        ("guidance.host", "import importlib"),
        ("guidance.host.desk", "import textual"),
        ("guidance.host.processes", "from drivers import open_device"),
        ("guidance.trial.world", "from drivers.ona import OnaAmplifier"),
        ("guidance.trial.world", "from drivers.simulated import SimulatedDevice"),
        ("guidance.trial.table", "import click"),
        ("guidance.trial.run", "import distributed"),
        ("guidance.engine", "import pyrage"),
        ("guidance.cli.records", "from matplotlib.figure import Figure"),
        ("guidance.engine", "from guidance.trial.world import run_insertion"),
    ],
)
def test_an_import_against_the_layers_is_seen(module: str, source: str) -> None:
    assert broken(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("drivers.ona", "from drivers.base import Block\nimport serial"),
        ("drivers.__init__", "import importlib"),
        ("guidance.engine", "from drivers.base import Block\nfrom guidance.signal.path import SignalPath"),
        ("guidance.protocol", "from importlib import resources"),
        ("guidance.signal.path", "from .history import History"),
        ("guidance.replay", "from drivers.recording import Recording"),
        ("guidance.audio", "import sounddevice"),
        ("guidance.trial.world", "from drivers.simulated.patient import Patient\nfrom guidance.engine import Engine"),
        ("guidance.trial.pool", "import distributed"),
        ("guidance.ui.app", "from textual.app import App\nfrom guidance.snapshot import Snapshot"),
        ("guidance.cli", "import click\nfrom guidance.host import run_headless"),
    ],
)
def test_an_import_along_the_layers_is_let_pass(module: str, source: str) -> None:
    assert not broken(source, module)


def test_no_command_module_imports_another_in_a_circle() -> None:
    folder = ROOT / "guidance" / "cli"
    within = {module_name(path).removesuffix(".__init__"): path for path in folder.glob("*.py")}
    arrows = {name: _imported_of(within, path) - {name} for name, path in within.items()}
    assert "guidance.cli.launch" in arrows["guidance.cli.guiding"]
    for _ in range(len(arrows)):  # each time, what imports nothing that is left goes
        arrows = {name: targets & set(arrows) for name, targets in arrows.items() if targets & set(arrows)}
    assert arrows == {}


def _imported_of(modules: dict[str, Path], path: Path) -> set[str]:
    """Those of ``modules`` that ``path`` imports, at any depth."""
    names = set(imports(path.read_text(encoding="utf-8"), module_name(path)))
    return {name if name in modules else name.rpartition(".")[0] for name in names} & set(modules)


def test_the_engine_loads_neither_terminal_nor_hardware_by_any_way_round() -> None:
    unwanted = ("textual", "rich", "click", "serial", "sounddevice", "soundfile", "edfio", "drivers.recording")
    code = f"import sys, guidance.engine; print([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_top_level_holds_only_what_belongs_there() -> None:
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    made_here = {name for name in found if any(fnmatch(name, pattern) for pattern in ignored)}
    assert found - made_here <= TOP_LEVEL
