"""Who may import whom: each arrow between two rooms points down the list of layers, never up or in a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PRODUCT = ("guidance", "drivers", "protocols")
ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "guidance", "drivers", "protocols", "tests"}

LAYERS: tuple[tuple[str, ...], ...] = (
    ("guidance.language",),
    ("protocols", "drivers.base", "guidance.common"),
    ("drivers.toolkit", "drivers.transport", "drivers.formats", "guidance.citations"),
    ("drivers.ona", "drivers.rhx", "drivers.spikerbox", "drivers.lsl", "drivers.sound_input",
     "drivers.brainflow_board", "drivers.bitalino", "drivers.quattrocento", "drivers.trigno", "drivers.open_ephys",
     "drivers.recording", "drivers.stimulators"),
    ("drivers.discovery", "drivers.simulated"),
    ("drivers",),
    ("guidance.protocol",),
    ("guidance.contracts",),
    ("guidance.signal.sweep",),
    ("guidance.signal.response",),
    ("guidance.signal", "guidance.proximity", "guidance.cue"),
    ("guidance.needle_emg", "guidance.stimulation"),
    ("guidance.alarms",),
    ("guidance.dose",),
    ("guidance.stop_moment",),
    ("guidance.engine",),
    ("guidance.biofeedback",),
    ("guidance.audio", "guidance.journal", "guidance.ui"),
    ("guidance.note",),
    ("guidance.treatment",),
    ("guidance.export", "guidance.device_check", "guidance.reprocess", "guidance.processes", "guidance.analysis"),
    ("guidance.session",),
    ("guidance.trial", "guidance.lessons"),
    ("guidance.audit",),
    ("guidance.start",),
    ("guidance.cli",),
    ("guidance.__main__",),
)  # fmt: skip
"""From the ground up. A room imports only from layers below its own; the version in ``guidance`` itself is free."""

TERMINAL = ("textual", "rich", "click")
HARDWARE = ("serial", "sounddevice")
OPENERS = (
    "guidance.session", "guidance.device_check", "guidance.reprocess", "guidance.trial", "guidance.analysis",
    "guidance.lessons",
)  # fmt: skip
PURE = (
    "guidance.contracts", "guidance.signal", "guidance.proximity", "guidance.cue", "guidance.needle_emg",
    "guidance.stimulation", "guidance.alarms", "guidance.dose", "guidance.stop_moment", "guidance.engine",
    "guidance.biofeedback", "guidance.protocol", "guidance.citations",
)  # fmt: skip
SIMULATED = (
    "drivers.base",
    "drivers.simulated.patient",
    "drivers.simulated.in_process",
    "drivers.simulated.front_ends",
)

STIMULATES_NOT = ("guidance.stimulation.actions.Action", "guidance.stimulation.control.Stimulation")
"""Types that biofeedback names to state that it has neither."""


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


RULES = (
    Rule(("drivers", "protocols"), never=("guidance", *TERMINAL)),
    Rule(PURE, never=(*TERMINAL, *HARDWARE, "soundfile", "edfio", "fcntl", "termios")),
    Rule(("guidance",), but=OPENERS, never=("drivers",), save=("drivers.base",)),
    Rule(("guidance.trial",), never=(*TERMINAL, "drivers"), save=SIMULATED),
    Rule(("guidance.lessons",), never=(*TERMINAL, "drivers"), save=("drivers.simulated",)),
    Rule(("guidance.ui",), never=("guidance.engine", "guidance.journal", "guidance.audio")),
    Rule(("guidance.processes",), never=("textual", "click", "guidance.engine", "guidance.journal", "guidance.audio")),
    Rule(("guidance",), but=("guidance.audio",), never=HARDWARE),
    Rule(
        ("guidance", "drivers"),
        but=(
            "guidance.journal", "guidance.note", "guidance.treatment", "guidance.export", "guidance.analysis",
            "guidance.audit", "drivers.formats.parquet",
        ),
        never=("matplotlib", "fpdf", "pyrage", "pyarrow"),
    ),
    Rule(("guidance", "drivers"), but=("guidance.trial.workers",), never=("dask", "distributed")),
    Rule(
        ("guidance", "drivers"), but=("drivers.__init__", "guidance.common.lapack"),
        never=("importlib",), save=("importlib.resources",),
    ),
    Rule(("guidance", "drivers", "protocols"), never=("tests",)),
    Rule(("guidance.biofeedback",), never=("guidance.stimulation", "drivers"), save=("drivers.base", *STIMULATES_NOT)),
    Rule(("tests",), but=("tests.benchmarks",), never=("tests.benchmarks",)),
    Rule(("tests.support", "tests.worlds"), never=("tests.guidance", "tests.drivers")),
    Rule(("tests.support",), never=("tests.worlds",)),
    Rule(("tests.benchmarks",), never=("tests.guidance",)),
)  # fmt: skip


def _under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def module_name(path: Path) -> str:
    """Dotted name of ``path``; a package keeps its ``__init__``, which sets it apart from what lies in it."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room_of(name: str) -> int | None:
    """The layer of what is called ``name``, by the longest room that holds it; None for what is not ours."""
    found = [(len(room), i) for i, layer in enumerate(LAYERS) for room in layer if _under(name, (room,))]
    return max(found)[1] if found else None


def room_name(name: str) -> str | None:
    """The room that holds ``name``; None for what is not ours."""
    found = [room for layer in LAYERS for room in layer if _under(name, (room,))]
    return max(found, key=len) if found else None


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
    """What ``source`` as ``module`` imports against a rule, from a test module, or up the layers."""
    return [
        f"{module} imports {name}"
        for name in imports(source, module)
        if any(r.forbids(module, name) for r in RULES) or _is_in_a_test(name) or _points_up(module, name)
    ]


def _is_in_a_test(name: str) -> bool:
    """Whether ``name`` is a test module, or lies in one; what modules share has its place in tests/support."""
    first, *rest = name.split(".")
    return first == "tests" and any(part.startswith("test_") for part in rest)


def _points_up(module: str, name: str) -> bool:
    here, there = room_of(module), room_of(name)
    if here is None or there is None or room_name(module) == room_name(name):
        return False
    return there >= here


def sources(*packages: str) -> list[Path]:
    """Every module below ``packages``, by default those of the product."""
    return [path for package in packages or PRODUCT for path in (ROOT / package).rglob("*.py")]


def test_no_module_imports_against_its_layer() -> None:
    assert len(sources()) > 30
    faults = [fault for path in sources() for fault in broken(path.read_text(encoding="utf-8"), module_name(path))]
    assert not faults, "\n".join(faults)


def test_no_test_imports_a_test_and_only_benchmarks_import_benchmarks() -> None:
    assert len(sources("tests")) > 200
    faults = [fault for path in sources("tests") for fault in broken(path.read_text("utf-8"), module_name(path))]
    assert not faults, "\n".join(faults)


def test_every_module_lies_in_a_layer() -> None:
    homeless = [name for name in map(module_name, sources()) if room_of(name) is None]
    assert set(homeless) <= {"guidance.__init__"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {module_name(path).removesuffix(".__init__"): path for path in sources()}
    graph = {
        name: {_nearest(found, names) for found in imports(path.read_text(encoding="utf-8"), module_name(path))}
        - {None, name}
        for name, path in names.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(f"a circle of imports: {' -> '.join(map(str, circle.args[1]))}")


def _nearest(name: str, known: dict[str, Path]) -> str | None:
    """The module that the imported ``name`` is, or is taken from; None for what is not ours."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("drivers.ona.amplifier", "from guidance.contracts.snapshot import Snapshot"),
        ("drivers.simulated.patient", "def f():\n    import guidance"),
        ("drivers.toolkit.streaming", "from drivers.ona.frames import FrameReader"),
        ("guidance.engine.loop", "import serial"),
        ("guidance.engine.loop", "from drivers.recording import Recording"),
        ("guidance.engine.loop", "from drivers import open_device"),
        ("guidance.engine.loop", "from guidance.journal import event_log"),
        ("guidance.signal.pipeline", "from guidance import audio"),
        ("guidance.signal.pipeline", "from ..journal import event_log"),
        ("guidance.signal.pipeline", "from .. import ui"),
        ("guidance.signal.pipeline", "__import__('serial')"),
        ("guidance.signal.sweep.mains", "from guidance.signal.response.noise import NoiseModel"),
        ("guidance.alarms.board", "import sounddevice as sd"),
        ("guidance.stimulation.controller", "from guidance.processes import run_headless"),
        ("guidance.ui.app", "import drivers.ona"),
        ("guidance.ui.app", "from guidance.journal.store import folder"),
        ("guidance.ui.widgets.bars", "import serial.tools"),
        ("guidance.cli.run", "from drivers.recording import Recording"),
        ("guidance.processes.launch", "import serial"),
        ("guidance.processes.launch", "import importlib"),
        ("guidance.processes.screen_channel", "import textual"),
        ("guidance.processes.launch", "from drivers import open_device"),
        ("guidance.trial.world", "from drivers.ona.amplifier import OnaAmplifier"),
        ("guidance.trial.world", "from drivers.simulated import SimulatedDevice"),
        ("guidance.trial.table", "import click"),
        ("guidance.trial.run", "import distributed"),
        ("guidance.engine.loop", "import pyrage"),
        ("guidance.cli.notes", "from matplotlib.figure import Figure"),
        ("guidance.engine.loop", "from guidance.trial.world import run_insertion"),
        ("guidance.biofeedback.engine", "from guidance.stimulation.actions import FirePulse"),
        ("guidance.engine.loop", "from tests.support import streams"),
        ("tests.guidance.ui.test_keys", "from tests.guidance.ui.test_app import until"),
        ("tests.guidance.ui.test_keys", "from tests.guidance.ui import test_app"),
        ("tests.guidance.ui.test_keys", "from .test_app import until"),
        ("tests.benchmarks.bench_devices", "import tests.drivers.spikerbox.test_messages"),
        ("tests.benchmarks.bench_screen", "from tests.guidance.ui.golden import pictured"),
        ("tests.guidance.signal.test_recordings", "from tests.benchmarks.bench_recordings import score"),
        ("tests.support.streams", "from tests.worlds import nerves"),
        ("tests.worlds.nerves", "from tests.drivers import rigs"),
    ],
)
def test_an_import_against_the_layers_is_found(module: str, source: str) -> None:
    assert broken(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("drivers.ona.amplifier", "from drivers.base import Block\nimport serial"),
        ("drivers.__init__", "import importlib"),
        ("guidance.engine.loop", "from drivers.base import Block\nfrom guidance.signal.pipeline import SignalPipeline"),
        ("guidance.protocol.library", "from importlib import resources"),
        ("guidance.signal.sweep.baseline", "from .ring_buffer import RingBuffer"),
        ("guidance.session.replay", "from drivers.recording import Recording"),
        ("guidance.audio.output", "import sounddevice"),
        (
            "guidance.trial.world",
            "from drivers.simulated.patient import Patient\nfrom guidance.engine.loop import Engine",
        ),
        ("guidance.trial.workers", "import distributed"),
        ("guidance.ui.app", "from textual.app import App\nfrom guidance.contracts.snapshot import Snapshot"),
        ("guidance.cli.run", "import click\nfrom guidance.processes import run_headless"),
        ("tests.guidance.ui.test_keys", "from tests.guidance.ui.running import until"),
        ("tests.worlds.nerves", "from tests.support.outcomes import outcome"),
        ("tests.benchmarks.bench_devices", "from tests.drivers.rigs import RIGS"),
        ("tests.benchmarks.test_throughput", "from tests.benchmarks import bench_throughput"),
    ],
)
def test_an_import_along_the_layers_passes(module: str, source: str) -> None:
    assert not broken(source, module)


def test_the_engine_loads_neither_terminal_nor_hardware_in_any_roundabout_way() -> None:
    unwanted = ("textual", "rich", "click", "serial", "sounddevice", "soundfile", "edfio", "drivers.recording")
    code = f"import sys, guidance.engine.loop; print([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_top_level_holds_only_what_belongs_there() -> None:
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    made_here = {name for name in found if any(fnmatch(name, pattern) for pattern in ignored)}
    assert found - made_here <= TOP_LEVEL
