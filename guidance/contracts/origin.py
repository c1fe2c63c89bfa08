"""Where a procedure's signal comes from: a device that measures now or a recording, a person or a simulation.

The session knows it, records it and shows it. It is inferred only from a record that is older than these fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_SIMULATION = "sim:"
_SIMULATED_MODEL = "Simulated "
_RECORDED_MODEL = " recording"


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of a signal. ``live``: a device measures now, else it is a recording. ``simulated``: no person is
    measured; None where the recording does not state it.
    """

    live: bool
    simulated: bool | None


RECORDED = Origin(live=False, simulated=None)
"""A recorded file, of which nothing else is known."""


def is_simulation(address: str) -> bool:
    """Return whether ``address`` names a simulated person, which can be steered."""
    return address.startswith(_SIMULATION)


def reports_simulation(model: str, address: str) -> bool:
    """Return whether the device called ``model`` at ``address`` reports itself as a simulation."""
    return is_simulation(address) or model.startswith(_SIMULATED_MODEL)


def origin_of(start: Mapping[str, Any]) -> Origin:
    """Return the origin of the procedure that the record ``start`` opens; inferred from its device where the record is
    an old one without ``live`` and ``simulated``.
    """
    live, simulated = start.get("live"), start.get("simulated")
    if isinstance(live, bool):
        return Origin(live, simulated if isinstance(simulated, bool) else None)
    device = start["device"]
    model, address = str(device.get("model", "")), str(device.get("address", ""))
    return Origin(not model.endswith(_RECORDED_MODEL), reports_simulation(model, address))


def replayed(start: Mapping[str, Any]) -> Origin:
    """Return the origin of a replay of the procedure that the record ``start`` opens."""
    return replace(RECORDED, simulated=origin_of(start).simulated)
