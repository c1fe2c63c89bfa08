"""Stimulation parameters of a channel of an Intan RHS, and which channels are enabled. No I/O of its own.

Source: Intan's RHX TCP commands, and stimparameters.cpp of github.com/Intan-Technologies/Intan-RHX for the defaults.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from drivers.base import DeviceRefused
from drivers.rhx.commands import RhxCommands

KEY = "f1"

SINGLE_PULSE: Mapping[str, str | float] = {
    "source": f"keypress{KEY}",
    "triggeredgeorlevel": "edge",
    "triggerhighorlow": "high",
    "posttriggerdelaymicroseconds": 0,
    "shape": "biphasic",
    "polarity": "negativefirst",
    "interphasedelaymicroseconds": 0,
    "pulseortrain": "singlepulse",
    "numberofstimpulses": 2,
    "pulsetrainperiodmicroseconds": 10_000,
    "refractoryperiodmicroseconds": 1000,
    "enableampsettle": "true",
    "maintainampsettle": "false",
    "prestimampsettlemicroseconds": 0,
    "poststimampsettlemicroseconds": 1000,
    "enablechargerecovery": "false",
    "poststimchargerecovonmicroseconds": 0,
    "poststimchargerecovoffmicroseconds": 0,
}
"""One biphasic pulse at once, negative phase first, for each trigger by the key; the rest as RHX begins with it."""

ENABLED = "stimenabled"
AMPLITUDES = ("firstphaseamplitudemicroamps", "secondphaseamplitudemicroamps")
DURATIONS = ("firstphasedurationmicroseconds", "secondphasedurationmicroseconds")
ALL = (*SINGLE_PULSE, *AMPLITUDES, *DURATIONS, ENABLED)

STIM_PORTS = "abcd"
_OF_BOARD = (
    tuple(f"analog-out-{n}" for n in range(1, 9)),
    tuple(f"digital-out-{n:02d}" for n in range(1, 17)),
)
"""Outputs of the controller itself that the same trigger fires."""


def of_channel(channel: str, values: Mapping[str, str | float]) -> dict[str, str | float]:
    """Return ``values`` with the names that RHX's commands use for ``channel``."""
    return {f"{channel}.{name}": value for name, value in values.items()}


def both_phases(current_ma: float, width_ms: float) -> dict[str, str | float]:
    """Return the parameters of a pulse with both phases alike, so that no charge stays."""
    amplitudes = dict.fromkeys(AMPLITUDES, round(current_ma * 1000, 3))
    return {**amplitudes, **dict.fromkeys(DURATIONS, round(width_ms * 1000, 3))}


def stimulating_outputs(commands: RhxCommands, counts: Mapping[str, int]) -> list[str]:
    """Return all that can stimulate on a controller with so many channels at each port."""
    found = [f"{port}-{number:03d}" for port, count in counts.items() for number in range(count)]
    for group in _OF_BOARD:
        with contextlib.suppress(DeviceRefused):  # an RHX that does not know these outputs
            commands.get(f"{group[0]}.{ENABLED}")
            found += group
    return found


def enabled_among(outputs: Sequence[str], states: Sequence[str]) -> list[str]:
    """Return which of ``outputs`` are enabled, by the values of their ``stimenabled``."""
    return [name for name, state in zip(outputs, states, strict=True) if state.lower() == "true"]


def names(channels: Sequence[str]) -> str:
    """Return ``channels`` as RHX's window shows them."""
    return ", ".join(channel.upper() for channel in channels)
