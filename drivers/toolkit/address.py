"""Addresses with options behind them: ``/dev/ttyACM0?ma_per_v=10&channel=2``."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from drivers.base import OptionRefused

_NAME_CHARACTERS = 40
"""Longest name of a machine: it stands beside others on one line of screen and note (assumed)."""


def split_options(address: str, rest: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return what stands before the question mark of ``rest``, and the options after it.

    Errors name ``address``. Raises OptionRefused for an option that is not ``known`` or is given twice.
    """
    before, _, query = rest.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    for name in options:
        if name not in known:
            raise OptionRefused(f"{address} has no option '{name}'; it knows {', '.join(sorted(known)) or 'none'}.")
    if len(options) < len(pairs) or bool(query) != bool(pairs):
        raise OptionRefused(f"{address}: write options as ?NAME=VALUE&NAME=VALUE, each once.")
    return before, options


def number_option(address: str, options: Mapping[str, str], name: str) -> float | None:
    """Return the option ``name`` as a number above 0, None where it is not given. Raises OptionRefused."""
    if name not in options:
        return None
    try:
        value = float(options[name])
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise OptionRefused(f"{address}: {name}={options[name]} is not a number above 0.")
    return value


def choice_option(address: str, options: Mapping[str, str], name: str, choices: Collection[str]) -> str | None:
    """Return the option ``name``, one of ``choices``; None where it is not given. Raises OptionRefused."""
    if name in options and options[name] not in choices:
        raise OptionRefused(f"{address}: {name}={options[name]} is not one of {', '.join(choices)}.")
    return options.get(name)


def name_option(address: str, options: Mapping[str, str], name: str) -> str:
    """Return the option ``name``, the name of a machine, '' where it is not given. Raises OptionRefused."""
    typed = options.get(name, "")
    if typed and not (typed.isprintable() and typed.strip() == typed and len(typed) <= _NAME_CHARACTERS):
        raise OptionRefused(f"{address}: {name}= is not a name of at most {_NAME_CHARACTERS} printable characters.")
    return typed


@dataclass(frozen=True, slots=True)
class Address:
    """A device's ``target`` and the ``options`` after it, as typed after ``scheme``."""

    scheme: str
    target: str
    options: Mapping[str, str]

    def __str__(self) -> str:
        query = urlencode(dict(self.options), safe=":/,.")
        return f"{self.scheme}:{self.target}" + (f"?{query}" if query else "")

    def changed(self, **options: str) -> Address:
        """Return the same address with these options replaced or added."""
        return Address(self.scheme, self.target, {**self.options, **options})

    def text(self, name: str) -> str | None:
        """Return the option ``name`` as typed, None where it is not given."""
        return self.options.get(name)

    def number(self, name: str) -> float | None:
        """Return the option ``name`` as a number above 0, None where it is not given. Raises OptionRefused."""
        return number_option(str(self), self.options, name)

    def count(self, name: str, default: int, most: int) -> int:
        """Return the option ``name`` as a whole number from 1 to ``most``. Raises OptionRefused."""
        typed = self.options.get(name, str(default))
        if not (typed.isascii() and typed.isdigit() and len(typed) < 8 and 1 <= int(typed) <= most):
            raise OptionRefused(f"{self}: {name}={typed} is not a whole number from 1 to {most}.")
        return int(typed)


def parse_address(scheme: str, rest: str, known: Collection[str]) -> Address:
    """Parse ``rest``. Raises OptionRefused for an option that is not ``known``, is given twice or has no value."""
    target, options = split_options(f"{scheme}:{rest}", rest, known)
    for name, value in options.items():
        if not value:
            raise OptionRefused(f"{scheme}:{rest}: {name} has no value; write {name}=VALUE.")
    return Address(scheme, target, options)
