"""What a byte and a sample pass through, from the port to the cue, as a list of functions.

Run as ``python -m tests.data_path``. A live procedure runs in virtual time on the simulated patient; printed are the
functions of the product that are called in the turn of the loop that gives the first cue, in the order of their first
call. Functions without a name of their own (lambdas, comprehensions) are left out.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from guidance.cue import CueChooser
from guidance.engine.settings import Mode
from guidance.session.device import LiveDevice
from tests.guidance.session.virtual import VirtualBench

ROOT = Path(__file__).resolve().parent.parent
TURN_BEGINS = LiveDevice.read.__code__
CUE_CHOSEN = CueChooser.changed.__code__


class CallList:
    """A profiler that keeps the calls of the turn in which the first cue is chosen."""

    def __init__(self) -> None:
        self._calls: dict[CodeType, None] = {}
        self.first_cue: tuple[CodeType, ...] = ()

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        """Take one event of ``sys.setprofile``."""
        code = frame.f_code
        if event == "call":
            if code is TURN_BEGINS:
                self._calls.clear()
            if _is_ours(code):
                self._calls.setdefault(code)
        elif event == "return" and code is CUE_CHOSEN and value is not None and not self.first_cue:
            self.first_cue = tuple(self._calls)


def _is_ours(code: CodeType) -> bool:
    """Whether ``code`` is a named function of the product, and no part of the simulation or the profiler's own."""
    path = Path(code.co_filename)
    inside = path.is_relative_to(ROOT / "drivers") or path.is_relative_to(ROOT / "guidance")
    return inside and "simulated" not in path.parts and not code.co_name.startswith("<")


def called() -> list[str]:
    """The functions from port to cue, as ``file: function``."""
    calls = CallList()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        bench = VirtualBench(Path(folder), patch)
        bench.arm_after(1.5)
        sys.setprofile(calls)
        try:
            bench.run(4.0, Mode.MANUAL, current_ma=2.0)
        finally:
            sys.setprofile(None)
    return [f"{Path(code.co_filename).relative_to(ROOT)}: {code.co_qualname}" for code in calls.first_cue]


if __name__ == "__main__":
    print(*called(), sep="\n")
