"""Address of an Intan RHX, parsed: ``rhx:HOST:PORT?channels=a-000,a-001&stimulate=a-010&sync=1``. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.base import Limits, OptionRefused
from drivers.toolkit.address import Address, parse_address

COMMAND_PORT = 5000
MOST_PREPARED = 8
"""Channels with prepared currents: RHX has so many keys that trigger."""

_OPTIONS = ("channels", "stimulate", "disable", "step_ma", "width_ms", "sync", "data_port")
_OUTPUT = re.compile("[a-h]-[0-9]{3}|analog-out-[1-8]|digital-out-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class RhxAddress:
    """Where RHX is and what is wanted of it.

    ``channels`` are recorded. ``stimulated`` may give pulses; where there are several, their currents are prepared
    before the run, in steps of ``step_ma`` and of ``width_ms``. ``disabled``: outputs to be switched off at arming.
    ``sync`` is the digital input of another stimulator's trigger, 1 to 16.
    """

    full: Address
    host: str
    command_port: int
    data_port: int
    channels: tuple[str, ...]
    stimulated: tuple[str, ...]
    disabled: tuple[str, ...]
    step_ma: float | None
    width_ms: float | None
    sync: int | None

    def __str__(self) -> str:
        return str(self.full)

    def prepared_limits(self, chip: Limits) -> Limits:
        """Return the limits of prepared currents on a ``chip`` of these limits. Raises OptionRefused beyond them."""
        step_ma, width_ms = self.step_ma or 0.0, self.width_ms or 0.0
        most_ma = len(self.stimulated) * step_ma
        steps = step_ma / chip.current_step_ma
        if most_ma > chip.max_current_ma * (1 + 1e-9) or steps < 0.999 or abs(steps - round(steps)) > 1e-6:
            raise OptionRefused(
                f"{self}: {step_ma:g} to {most_ma:g} mA are not whole steps of {chip.current_step_ma:g} mA up to "
                f"{chip.max_current_ma:g} mA; choose another step_ma."
            )
        if not chip.min_width_ms <= width_ms <= chip.max_width_ms:
            raise OptionRefused(f"{self}: width_ms is not {chip.min_width_ms:g} to {chip.max_width_ms:g} ms.")
        return Limits(most_ma, step_ma, width_ms, width_ms, chip.max_rate_hz)


def parse_rhx_address(rest: str) -> RhxAddress:
    """Parse ``rest``, what follows ``rhx:``. Raises OptionRefused."""
    full = parse_address("rhx", rest, _OPTIONS)
    host, command_port = _host_and_port(full.target)
    address = RhxAddress(
        full,
        host,
        command_port,
        full.count("data_port", min(command_port + 1, 65_535), 65_535),
        channels=tuple(sorted(_names(full.text("channels") or "a-000", "[a-h]-[0-9]{3}"))),
        stimulated=_names(full.text("stimulate") or "", "[a-h]-[0-9]{3}"),
        disabled=_names(full.text("disable") or "", _OUTPUT.pattern),
        step_ma=full.number("step_ma"),
        width_ms=full.number("width_ms"),
        sync=full.count("sync", 1, 16) if full.text("sync") else None,
    )
    _check(address)
    return address


def _check(address: RhxAddress) -> None:
    several, prepared = len(address.stimulated) > 1, (address.step_ma, address.width_ms) != (None, None)
    if several and (address.step_ma is None or address.width_ms is None):
        raise OptionRefused(
            f"{address}: one channel can stimulate; for several, wired together, add step_ma= and width_ms=."
        )
    if prepared and not several:
        raise OptionRefused(f"{address}: step_ma= and width_ms= need several channels after stimulate=.")
    if len(address.stimulated) > MOST_PREPARED:
        raise OptionRefused(f"{address}: at most {MOST_PREPARED} channels can stimulate.")
    if set(address.disabled) & set(address.stimulated):
        raise OptionRefused(f"{address}: a channel cannot stand after stimulate= and after disable=.")


def _host_and_port(target: str) -> tuple[str, int]:
    """Parse HOST:PORT, where either may be left out. Raises OptionRefused."""
    host, _, port = target.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65_535):
        raise OptionRefused(f"rhx:{target} is not an address; write rhx:HOST:PORT, such as rhx:127.0.0.1:5000.")
    return host or "127.0.0.1", int(port or COMMAND_PORT)


def _names(typed: str, pattern: str) -> tuple[str, ...]:
    """Parse channels such as ``a-010,b-003``, each once, in their order. Raises OptionRefused."""
    names = tuple(dict.fromkeys(name.strip().lower() for name in typed.split(",") if name.strip()))
    for name in names:
        if not re.fullmatch(pattern, name):
            raise OptionRefused(f"rhx: '{name}' is not a channel; write a-000, b-017, several with commas.")
    return names
