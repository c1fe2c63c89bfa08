"""Forms of the addresses that devices have, for the help of the commands."""

from __future__ import annotations

from drivers import AMPLIFIER, STIMULATOR, address_forms, builtin_forms


def amplifier_addresses() -> str:
    """Return the address forms of all amplifiers, those of other packages included, joined by commas."""
    return ", ".join(address_forms(AMPLIFIER))


def stimulator_addresses() -> str:
    """Return the address forms of all stimulators beside the amplifier, joined by commas."""
    return ", ".join(address_forms(STIMULATOR))


def builtin_addresses() -> str:
    """Return two lines: the address forms of this program's own amplifiers, and those of its stimulators."""
    amplifiers, stimulators = (", ".join(builtin_forms(kind)) for kind in (AMPLIFIER, STIMULATOR))
    return f"Built in for --device: {amplifiers}\nBuilt in for --stimulator: {stimulators}"
