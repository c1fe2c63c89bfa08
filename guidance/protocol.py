"""Protocols: what a procedure looks for and how it stimulates, one TOML file each in ``protocols/``."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

DEFAULT_CRITERION_UV = 100.0
LATEST_WINDOW_MS = 500.0


class ProtocolError(Exception):
    """A protocol cannot be used: which file, which key, what is allowed."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One procedure. ``criterion_uv`` is None where the protocol names none: motor threshold is then where the expected
    response reaches 100 uV, and every response that stands out of the noise counts as detected.
    """

    id: str
    title: str
    window_ms: tuple[float, float]
    start_current_ma: float
    max_current_ma: float
    width_ms: float
    rate_hz: float
    max_rate_hz: float
    lower_bound_ma: float
    target_ma: float
    criterion_uv: float | None = None


def names() -> list[str]:
    """Identifiers of all protocols that come with the program, sorted."""
    files = (path.name for path in resources.files("protocols").iterdir())
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml") and name != "drugs.toml")


def load(name: str) -> Protocol:
    """The protocol called ``name``. Raises ProtocolError if there is none or it does not hold."""
    if name not in names():
        raise ProtocolError(f"No protocol is called {name!r}; there are: {', '.join(names())}.")
    return parse(resources.files("protocols").joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def parse(text: str, source: str) -> Protocol:
    """The protocol in the TOML ``text`` of file ``source``. Raises ProtocolError naming file, key and fault."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProtocolError(f"{source} is not TOML: {fault}.") from None
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        flat.update(value if isinstance(value, dict) else {key: value})
    known = {field.name for field in fields(Protocol)}
    if strange := sorted(set(flat) - known):
        raise ProtocolError(
            f"{source}: {strange[0]!r} is not a key of a protocol; the keys are: {', '.join(sorted(known))}."
        )
    if missing := sorted(known - set(flat) - {"criterion_uv"}):
        raise ProtocolError(f"{source}: {missing[0]!r} is missing.")
    flat |= {key: _typed(key, value, source) for key, value in flat.items() if key != "window_ms"}
    return Protocol(**flat | {"window_ms": check_window(flat["window_ms"], source)})


def check_window(value: Any, source: str) -> tuple[float, float]:
    """``value`` as a response window (start, end) in ms after the pulse. Raises ProtocolError naming ``source``."""
    if not (isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value)):
        raise ProtocolError(f"{source}: a window is two times in ms, such as 2 25.")
    start, end = float(value[0]), float(value[1])
    if not 0.0 <= start < end <= LATEST_WINDOW_MS or end - start < 2.0:
        raise ProtocolError(
            f"{source}: the window {start:g} to {end:g} ms is outside the sweep, which runs from 0 to "
            f"{LATEST_WINDOW_MS:g} ms after the pulse and must be at least 2 ms long."
        )
    return start, end


def _typed(key: str, value: object, source: str) -> object:
    if key in {"id", "title"}:
        if not isinstance(value, str) or not value:
            raise ProtocolError(f"{source}: {key} must be a text.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value > 0 and math.isfinite(value)):
        raise ProtocolError(f"{source}: {key} must be a number above 0, not {value!r}.")
    return float(value)
