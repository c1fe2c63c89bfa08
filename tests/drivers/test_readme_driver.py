"""The driver printed in drivers/README.md runs as it stands there."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers import DRIVERS, open_device
from drivers.base import Amplifier, Block, DeviceLost, DeviceNotFound

README = Path(__file__).resolve().parents[2] / "drivers" / "README.md"
SAMPLES = 50


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed module is installed and registered under the scheme that the text gives."""
    (source,) = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    module = types.ModuleType("drivers.lines")
    monkeypatch.setitem(sys.modules, "drivers.lines", module)
    exec(compile(source, str(README), "exec"), module.__dict__)  # noqa: S102
    monkeypatch.setitem(DRIVERS, "lines", "drivers.lines:LineAmplifier")


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
    os.write(device, b"".join(b"%d\n" % value for value in range(SAMPLES)))
    blocks: list[Block] = []
    deadline = time.monotonic() + 5.0
    while sum(len(block.samples) for block in blocks) < SAMPLES and time.monotonic() < deadline:
        blocks += amplifier.read(0.1)
    amplifier.close()
    samples_uv = np.concatenate([block.samples for block in blocks])
    assert samples_uv.dtype == np.float32
    assert samples_uv[:, 0].tolist() == [value * 0.5 for value in range(SAMPLES)]
    assert blocks[0].first_sample == 0


def test_a_damaged_line_is_counted_and_left_out(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.write(device, b"4\nx7\n-6\n")
    blocks = amplifier.read(5.0)
    amplifier.close()
    assert [block.samples[:, 0].tolist() for block in blocks] == [[2.0, -3.0]]
    assert [block.bad_frames for block in blocks] == [1]


def test_unplugged_it_is_lost_with_a_reason(line: tuple[int, str]) -> None:
    device, path = line
    amplifier = open_device(f"lines:{path}")
    amplifier.start()
    os.close(device)
    with pytest.raises(DeviceLost, match=re.escape(path)):
        read_until_lost(amplifier)
    amplifier.close()


def test_a_missing_port_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound):
        open_device(f"lines:{tmp_path / 'none'}")
