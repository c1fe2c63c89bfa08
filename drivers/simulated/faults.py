"""Faults that a test can switch on: on the line, in the device, and at its outputs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from drivers.simulated.messages import WRONG_INFO, Info

_RANGES = {
    "stim_shift_ms": (-100.0, 100.0),
    "impedance_kohm": (0.001, 1e6),
    "compliance_v": (0.0, 1e3),
    "stray_hz": (0.0, 100.0),
    "made_up_hz": (0.0, 10_000.0),
}
DEAD_INPUTS = ("off", "zero", "held", "repeat")


@dataclass(slots=True)
class Faults:
    """Faults of the simulated device, all off at first. Shares (0..1) are of frames; times and limits carry their unit.

    ``dead_input`` is off, or how the converter hangs: at zero, at its last sample (held), or in a buffer of the last
    200 ms (repeat). ``stray_hz`` is the rate of pulses that nobody requested, delivered and reported; ``made_up_hz`` is
    the rate of reports of pulses that were never given.
    ``stim_shift_ms`` above 0 sends each STIM that much after the samples of its sweep, below 0 that much before.
    ``stuck_on`` acknowledges the disarming of the stimulator and leaves it on, whether its host is lost or not.
    ``stuck_off`` acknowledges arming and every pulse, and leaves it off. ``no_status`` sends no STATUS. ``deaf``
    ignores every command.
    """

    drop: float = 0.0
    flip: float = 0.0
    garbage: float = 0.0
    cut: float = 0.0
    deaf: bool = False
    no_stim: bool = False
    open_circuit: bool = False
    stuck_on: bool = False
    stuck_off: bool = False
    no_status: bool = False
    stim_shift_ms: float = 0.0
    impedance_kohm: float | None = None
    compliance_v: float | None = None
    info: str = "true"
    dead_input: str = "off"
    stray_hz: float = 0.0
    made_up_hz: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def set(self, name: str, text: str) -> None:
        """Set fault ``name`` (dashes or underscores) from ``text``. Raises ValueError that names what is allowed."""
        key = name.replace("-", "_")
        known = [item.name for item in fields(self) if item.name != "rng"]
        if key not in known:
            raise ValueError(f"there is no fault {name!r}; choose one of {', '.join(known)}")
        setattr(self, key, _parsed(key, text))

    def info_of(self, info: Info) -> Info:
        """Return ``info``, or a wrong one while that fault is on."""
        return info if self.info == "true" else info.wrong(self.info)

    def corrupt(self, frame: bytes) -> bytes:
        """Return one encoded frame as a bad line delivers it: not at all, damaged, or after random bytes."""
        chance = self.rng.random
        if self.drop and chance() < self.drop:
            return b""
        if self.flip and chance() < self.flip:
            frame = self._flipped(frame)
        if self.cut and chance() < self.cut:
            frame = frame[: self.rng.integers(len(frame))]
        if self.garbage and chance() < self.garbage:
            frame = self.rng.bytes(int(self.rng.integers(1, 64))) + frame
        return frame

    def _flipped(self, frame: bytes) -> bytes:
        place = int(self.rng.integers(len(frame)))
        return frame[:place] + bytes([frame[place] ^ 1 << int(self.rng.integers(8))]) + frame[place + 1 :]


def _parsed(key: str, text: str) -> object:
    if key == "dead_input":
        if text not in DEAD_INPUTS:
            raise ValueError(f"dead_input is one of {', '.join(DEAD_INPUTS)}, not {text!r}")
        return text
    if key == "info":
        if text != "true" and text not in WRONG_INFO:
            raise ValueError(f"info is true or one of {', '.join(WRONG_INFO)}, not {text!r}")
        return text
    if key in {"deaf", "no_stim", "open_circuit", "stuck_on", "stuck_off", "no_status"}:
        return on_off(text)
    if key in {"impedance_kohm", "compliance_v"} and text == "off":
        return None
    return _number(key, text)


def _number(key: str, text: str) -> float:
    value = float(text)
    low, high = _RANGES.get(key, (0.0, 1.0))
    if not low <= value <= high:
        raise ValueError(f"{key} must lie within {low:g} and {high:g}, not {text}")
    return value


def on_off(text: str) -> bool:
    """Parse ``on`` or ``off``. Raises ValueError."""
    if text not in {"on", "off"}:
        raise ValueError(f"write on or off, not {text!r}")
    return text == "on"
