"""Simulated amplifier at the address ``sim:SEED``: the real driver, on real bytes from the patient's process.

With ``sim:SEED,needle`` the needle itself records the patient's muscle; with ``sim:SEED,front=KIND`` the amplifier has
a front end of that kind (``front_ends``). ``muscle=NAME``, ``m=3-5.5`` and ``h=28-35`` (ms) and ``depth=30`` (mm) make
the patient one of a protocol: its target muscle, the latencies, and the depth of the nerve. A needle that ``waits``
begins when the stimulator is switched on, and one that ``stays`` is left at the nerve.
"""

from __future__ import annotations

import contextlib
import re
import time
from functools import partial
from typing import Self

from drivers.base import DeviceLost, OptionRefused, Simulation
from drivers.ona.amplifier import OnaAmplifier
from drivers.simulated import SimulatedDevice
from drivers.simulated.front_ends import KINDS


class SimulatedAmplifier(OnaAmplifier, Simulation):
    """An ONA amplifier connected to a simulated patient, whose process ends with ``close``."""

    def __init__(self, seed: str, *, channels: int = 1, sample_rate_hz: int = 10_000) -> None:
        """Choose patient ``seed``; ``connect`` starts it. Raises OptionRefused where it is not a whole number."""
        number, *words = seed.split(",")
        if not re.fullmatch("[0-9]{1,18}", number):
            raise OptionRefused(
                f"sim:{seed} names no patient; the seed must be a whole number of 0 or more, as in sim:1."
            )
        options = tuple(option for word in words for option in _option(seed, word))
        self._start_device = partial(
            SimulatedDevice, int(number), channels=channels, sample_rate_hz=sample_rate_hz, options=options
        )
        self._device: SimulatedDevice | None = None
        self._depth_mm: float | None = None
        self._depth_requested_s = 0.0
        super().__init__("", address=f"sim:{seed}")

    def connect(self) -> Self:
        """Start the patient's process and connect to its amplifier."""
        if self._device is None and self._connection.is_new:
            self._device = self._start_device()
            self._url = self._device.address.removeprefix("ona:")
        try:
            return super().connect()
        except BaseException:
            self._end_device()
            raise

    def steer(self, words: str) -> None:
        """Steer needle or patient by a control line; a line that is wrong or too late changes nothing."""
        if self._device is not None:
            with contextlib.suppress(DeviceLost):
                self._device.send(words)

    def needle_depth_mm(self) -> float | None:
        """Return the depth that the patient's process reported last, and request the next, a few times a second."""
        device, now_s = self._device, time.monotonic()
        if device is not None:
            self._depth_mm = (device.newest_reply() or {}).get("depth_mm", self._depth_mm)
            if now_s - self._depth_requested_s >= _DEPTH_EVERY_S:
                self._depth_requested_s = now_s
                self.steer("depth")
        return self._depth_mm

    def close(self) -> None:
        """Stop the amplifier and end the patient's process."""
        super().close()
        self._end_device()

    def _end_device(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()


_DEPTH_EVERY_S = 0.25
"""How often the depth is requested: a needle moves less than a step of the keys meanwhile."""
_WORDS = {"needle": "--needle", "waits": "--waits", "stays": "--scenario=stay"}
_TARGET = {
    "muscle": ("--muscle", re.compile("[A-Za-z0-9 ()-]{1,60}")),
    "m": ("--latency-ms", re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")),
    "h": ("--late-ms", re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")),
    "depth": ("--depth-mm", re.compile(r"\d+(?:\.\d+)?")),
}
"""Words of the address that describe the target, each with its option and its form."""


def _option(seed: str, word: str) -> tuple[str, ...]:
    """Return the options of the patient's process that ``word`` of the address stands for. Raises OptionRefused."""
    key, _, value = word.partition("=")
    if word in _WORDS:
        return (_WORDS[word],)
    if key in _TARGET:
        option, form = _TARGET[key]
        if found := form.fullmatch(value):
            return (option, *(found.groups() or (value,)))
        raise OptionRefused(f"sim:{seed}: {word!r} is not valid; write muscle=NAME, m=3-5.5, h=28-35 or depth=30.")
    if key != "front":
        raise OptionRefused(
            f"sim:{seed}: {word!r} is not known; after the seed write {', '.join(_WORDS)}, or front=KIND."
        )
    if value not in KINDS:
        raise OptionRefused(f"sim:{seed}: there is no front end {value!r}; choose one of {', '.join(KINDS)}.")
    return (f"--front={value}",)
