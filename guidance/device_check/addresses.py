"""Forms of the addresses that devices have, for the help of the commands."""

from __future__ import annotations

from drivers import AMPLIFIER, STIMULATOR, address_forms


def amplifier_addresses() -> str:
    """Return the address forms of all amplifiers, those of other packages included, joined by commas."""
    return ", ".join(address_forms(AMPLIFIER))


def stimulator_addresses() -> str:
    """Return the address forms of all stimulators beside the amplifier, joined by commas."""
    return ", ".join(address_forms(STIMULATOR))
