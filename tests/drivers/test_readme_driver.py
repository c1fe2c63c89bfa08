"""The driver printed in drivers/README.md runs as it stands there."""

from __future__ import annotations

import ast
import contextlib
import os
import pty
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers import open_device
from drivers.base import Amplifier, Block, DeviceLost, DeviceNotFound
from tests.drivers import readme_driver
from tests.drivers.contract_matrix import CONTRACTS, HERE

SAMPLES = 50


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    readme_driver.register(monkeypatch)


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The device's end of a pseudo-terminal, and the path of the other end."""
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    os.close(theirs)
    yield ours, path
    with contextlib.suppress(OSError):  # a test that unplugs the device has closed it
        os.close(ours)


def read_until_lost(amplifier: Amplifier) -> None:
    """Read until the driver raises, for 5 s at most."""
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        amplifier.read(0.1)


def test_it_streams_microvolts_in_order(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.write(device, b"".join(b"@%d %d\n" % (7 + value, value) for value in range(SAMPLES)))
    blocks: list[Block] = []
    deadline = time.monotonic() + 5.0
    while sum(len(block.samples) for block in blocks) < SAMPLES and time.monotonic() < deadline:
        blocks += amplifier.read(0.1)
    amplifier.close()
    samples_uv = np.concatenate([block.samples for block in blocks])
    assert samples_uv.dtype == np.float32
    assert samples_uv[:, 0].tolist() == [value * 0.5 for value in range(SAMPLES)]
    assert blocks[0].first_sample == 0


def test_damaged_lines_are_counted_and_missing(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.write(device, b"34 9\n@1235 4\n@1236 -\n@1237 -6\n")
    blocks = amplifier.read(5.0)
    amplifier.close()
    assert [block.samples[:, 0].tolist() for block in blocks] == [[2.0], [-3.0]]
    assert [block.lost_before for block in blocks] == [0, 1]
    assert sum(block.bad_frames for block in blocks) == 2


def test_unplugged_it_is_lost_with_a_reason(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.close(device)
    with pytest.raises(DeviceLost, match=re.escape(path)):
        read_until_lost(amplifier)
    amplifier.close()


def test_a_device_that_starts_again_by_itself_is_lost(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.write(device, b"@900 1\n@0 1\n")
    with pytest.raises(DeviceLost, match="started again"):
        read_until_lost(amplifier)
    amplifier.close()


def test_a_missing_port_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound, match=f"lines:{tmp_path}"):
        open_device(f"lines:{tmp_path / 'none'}")


@pytest.mark.parametrize(("kind", "file"), [(f"{kind}s", file) for kind, file, _ in CONTRACTS])
def test_the_readme_lists_the_clauses_that_the_matrix_prints(kind: str, file: str) -> None:
    """A clause is a test with a case for each driver, in the order of the file."""
    functions = [node for node in ast.parse((HERE / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    tests = [each.name for each in functions if each.name.startswith("test_") and each.args.args]
    assert readme_driver.clauses(kind) == [name.removeprefix("test_").replace("_", " ") for name in tests]


def test_the_readme_names_the_packages_that_its_driver_imports() -> None:
    imported = set(re.findall(r"^from (drivers\.\w+)", readme_driver.driver_source(), re.MULTILINE))
    sentence = re.search(
        r"A driver is one class that imports (.*?), never", readme_driver.README.read_text(), re.DOTALL
    )
    assert sentence is not None
    assert imported == set(re.findall(r"`(drivers\.\w+)`", sentence[1]))
