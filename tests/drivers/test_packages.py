"""Drivers in packages of their own: found by entry point, held by the contract, and named where they cannot be used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import drivers
from drivers import AMPLIFIER, FORMS, STIMULATOR, address_forms, open_device, open_stimulator, package_drivers
from drivers.base import DeviceNotFound, DeviceRefused, Discovery, OptionRefused
from drivers.simulated.amplifier import SimulatedAmplifier
from tests.drivers import readme_driver
from tests.support.command_line import command

ROOT = Path(__file__).resolve().parents[2]
Install = Callable[..., None]
GOOD = """
from drivers.base import Amplifier
class Driver(Amplifier):
    def __init__(self, rest):
        self.rest = rest
    def start(self): pass
    def read(self, timeout_s=0.0): return []
    def close(self): pass
"""
ENDLESS = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(9)"])
while True:
    time.sleep(60)
"""
"""An import without an end, which leaves a process behind too."""


def install_into(folder: Path, package: str, entry_points: dict[str, dict[str, str]], **modules: str) -> None:
    """Install ``package`` in ``folder`` as pip does: its modules, and its metadata with ``entry_points`` by group."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    lines = []
    for group, entries in entry_points.items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


def install_readme_driver(folder: Path, source: str) -> None:
    """Install the package of drivers/README.md in ``folder``, with ``source`` as its driver."""
    project = readme_driver.project()
    install_into(folder, project["name"], project["entry-points"], line_amplifier=source)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package with one driver, the class ``Driver`` of a module, in a folder on the path of this test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def install(
        scheme: str, source: str | None = GOOD, *, package: str = "", target: str = "", word: str = "amplifier"
    ) -> None:
        module = f"module_of_{scheme.lower()}"
        monkeypatch.delitem(sys.modules, module, raising=False)
        sources = {} if source is None else {module: source}
        group = f"needle_guidance.{word}"
        install_into(folder, package or f"needle-{scheme}", {group: {scheme: target or f"{module}:Driver"}}, **sources)

    return install


def run_contract(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contract test, as drivers/README.md prints the command, on the package installed in ``folder``."""
    rig = folder / "line_rig.py"
    rig.write_text(readme_driver.rig_source(), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tests.drivers.contract_matrix", str(rig)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_readmes_package_is_found_opened_by_its_address_and_keeps_the_contract(tmp_path: Path) -> None:
    install_readme_driver(tmp_path, readme_driver.driver_source())
    done = run_contract(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = re.findall(r"^\| (.+) \| (.+) \|$", done.stdout, re.MULTILINE)[2:]
    assert len(cells) >= 10
    assert {cell for _, cell in cells} == {"passed"}
    assert "missing samples show where they are missing" in dict(cells)


@pytest.mark.slow
def test_a_package_that_hides_missing_samples_breaks_the_contract(tmp_path: Path) -> None:
    source = readme_driver.driver_source()
    hiding = source.replace("        self.emit_gap(number - due)\n", "")
    assert hiding != source
    install_readme_driver(tmp_path, hiding)
    done = run_contract(tmp_path)
    assert done.returncode == 1
    assert "| missing samples show where they are missing | failed |" in done.stdout


def test_a_driver_is_listed_without_being_imported(install: Install) -> None:
    install("quartz", "raise SystemExit")
    assert [driver.fault for driver in package_drivers(AMPLIFIER) if driver.scheme == "quartz"] == [None]
    assert "quartz:... (package needle-quartz 1.0)" in address_forms(AMPLIFIER)
    assert "module_of_quartz" not in sys.modules


def test_a_driver_is_opened_by_its_address(install: Install) -> None:
    install("quartz")
    amplifier: Any = open_device("quartz:COM3?gain=2")
    assert amplifier.rest == "COM3?gain=2"


def test_a_stimulator_is_opened_by_its_address(install: Install) -> None:
    install("quartz", "from drivers.stimulators.manual import ManualStimulator as Driver", word="stimulator")
    open_stimulator("quartz:").close()
    with pytest.raises(OptionRefused, match="no driver for 'quartz:'"):
        open_device("quartz:")


def test_the_help_lists_drivers_of_packages(install: Install) -> None:
    install("quartz")
    install("topaz", word="stimulator")
    text = " ".join(command("run", "--help").out.split())
    assert "quartz:... (package needle-quartz 1.0)" in text
    assert "topaz:... (package needle-topaz 1.0)" in text
    assert all(FORMS[scheme] in text for scheme in drivers.DRIVERS | drivers.STIMULATORS)


def test_the_command_devices_lists_drivers_of_packages_and_names_broken_ones(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.discovery.search.find_devices", lambda **_: Discovery((), ()))
    install("quartz")
    install("topaz", "raise OSError('no maker library')")
    done = command("devices")
    assert (done.status, done.err) == (0, "")
    assert "quartz:... is an address of the amplifier driver in the package needle-quartz 1.0.\n" in done.out
    assert "The amplifier driver 'topaz' of the package needle-topaz 1.0 cannot be imported" in done.out
    assert "--device: bitalino:PORT, brainflow:BOARD, " in done.out
    assert "--stimulator: hand, " in done.out
    assert "topaz:..." not in done.out


LACKING = GOOD.replace("    def close(self): pass\n", "").replace("    def start(self): pass\n", "")


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import no_such_module", "cannot be imported (ModuleNotFoundError: No module named 'no_such_module')"),
        ("raise OSError('two\\n\\nlines.')", "cannot be imported (OSError: two lines)"),
        ("raise OSError('\\x1b[2J')", "cannot be imported (OSError: ?[2J)"),
        ("print('hello')\nclass Other: pass", "cannot be imported (AttributeError: "),
        (None, "cannot be imported (ModuleNotFoundError: "),
        ("def (", "cannot be imported (SyntaxError: "),
        ("raise SystemExit", "ended Python at its import (exit status 0)"),
        ("import os\nos._exit(7)", "ended Python at its import (exit status 7)"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "ended Python at its import (exit status -11)"),
        (LACKING, "lacks close, start of the contract"),
        ("class Driver: pass", "is not a class of drivers.base.contract.Amplifier"),
        ("Driver = 3", "is not a class of drivers.base.contract.Amplifier"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_used_is_named_and_the_rest_goes_on(
    install: Install, source: str | None, what: str
) -> None:
    install("topaz", source)
    install("quartz")
    with pytest.raises(DeviceRefused) as refused:
        open_device("topaz:COM3")
    assert_sentence(str(refused.value), "topaz", what)
    open_device("quartz:COM3").close()
    with pytest.raises(DeviceNotFound):
        open_device("ona:/nowhere/at/all")


def test_a_package_that_hangs_is_named_after_a_bounded_time_and_the_rest_goes_on(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("quartz")
    install("topaz", ENDLESS)
    monkeypatch.setattr("drivers.packages.IMPORT_S", 1.0)
    with pytest.raises(DeviceRefused) as refused:
        open_device("topaz:COM3")
    assert_sentence(str(refused.value), "topaz", "is not used, because its import did not end within 1 s")
    monkeypatch.setattr("drivers.packages.IMPORT_S", 10.0)
    open_device("quartz:COM3").close()


def test_a_driver_of_this_program_wins_over_one_of_a_package(install: Install) -> None:
    install("sim", "raise OSError")
    amplifier = open_device("sim:1")
    amplifier.close()
    assert isinstance(amplifier, SimulatedAmplifier)
    (fault,) = [driver.fault for driver in package_drivers(AMPLIFIER) if driver.scheme == "sim"]
    assert_sentence(str(fault), "sim", "is not used, because this program has a driver of that name itself")
    assert "sim:SEED" in address_forms(AMPLIFIER)


def test_of_two_packages_that_register_one_scheme_neither_is_used(install: Install) -> None:
    install("quartz", package="needle-quartz")
    install("quartz", package="other")
    with pytest.raises(DeviceRefused) as refused:
        open_device("quartz:COM3")
    assert_sentence(str(refused.value), "quartz", "is not used, because 2 packages register that name")
    assert [driver.package for driver in package_drivers(AMPLIFIER) if driver.fault] == [
        "needle-quartz 1.0",
        "other 1.0",
    ]


def test_a_scheme_that_cannot_begin_an_address_is_named(install: Install) -> None:
    install("Quartz")
    (fault,) = drivers.package_notes(AMPLIFIER)
    assert_sentence(fault, "Quartz", "cannot begin an address")


def test_an_entry_point_that_names_no_class_is_named(install: Install) -> None:
    install("quartz", target="module_of_quartz")
    (fault,) = drivers.package_notes(AMPLIFIER)
    assert_sentence(fault, "quartz", "names no class: its entry point is 'module_of_quartz', not module:Class")


def test_entry_points_that_cannot_be_read_are_named_and_the_rest_goes_on(install: Install, tmp_path: Path) -> None:
    install("quartz")
    install("topaz")
    text = tmp_path / "site" / "needle_topaz-1.0.dist-info" / "entry_points.txt"
    text.write_bytes(b"[needle_guidance.amplifier]\ntopaz\n")
    assert [driver.scheme for driver in package_drivers(AMPLIFIER)] == ["quartz"]
    assert any(
        "entry points of the package needle-topaz cannot be read" in note for note in drivers.package_notes(AMPLIFIER)
    )
    text.write_bytes(b"\xff\xfe")
    assert [driver.scheme for driver in package_drivers(AMPLIFIER)] == ["quartz"]


def test_each_scheme_of_this_program_has_a_form_for_the_help() -> None:
    assert FORMS.keys() == drivers.DRIVERS.keys() | drivers.STIMULATORS.keys()
    assert len(address_forms(STIMULATOR)) >= len(drivers.STIMULATORS)


def assert_sentence(text: str, scheme: str, what: str) -> None:
    """Check that ``text`` is one line that names the driver, its package, ``what`` is wrong and what to do."""
    assert f"driver '{scheme}' of the package needle-{scheme} 1.0 {what}" in text
    assert text.endswith(f"update that package, or uninstall it (pip uninstall needle-{scheme}).")
    assert "\n" not in text
