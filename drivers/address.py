"""What stands behind the scheme of an address: ``TARGET?key=value&key=value``."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlencode

from drivers.base import OptionRefused


@dataclass(frozen=True, slots=True)
class Address:
    """A device's ``target`` and the ``options`` given with it, as typed after ``scheme``."""

    scheme: str
    target: str
    options: Mapping[str, str]

    def __str__(self) -> str:
        query = urlencode(dict(self.options), safe=":/,.")
        return f"{self.scheme}:{self.target}" + (f"?{query}" if query else "")

    def changed(self, **options: str) -> Address:
        """The same address with these options instead."""
        return Address(self.scheme, self.target, {**self.options, **options})

    def text(self, key: str) -> str | None:
        """The option ``key`` as typed, None where it is not given."""
        return self.options.get(key)

    def above_zero(self, key: str) -> float | None:
        """The option ``key`` as a number above 0, None where it is not given. Raises OptionRefused."""
        typed = self.options.get(key)
        if typed is None:
            return None
        try:
            value = float(typed)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            raise OptionRefused(f"{key}={typed} in {self} is no number above 0; write {key}=VALUE.")
        return value

    def count(self, key: str, default: int, most: int) -> int:
        """The option ``key`` as a whole number from 1 to ``most``. Raises OptionRefused."""
        typed = self.options.get(key, str(default))
        if not (typed.isascii() and typed.isdigit() and len(typed) < 8 and 1 <= int(typed) <= most):
            raise OptionRefused(f"{key}={typed} in {self} is no whole number from 1 to {most}.")
        return int(typed)


def parse_address(scheme: str, rest: str, known: Collection[str]) -> Address:
    """Take ``rest`` apart. Raises OptionRefused for an option not in ``known``, or without a value."""
    target, _, query = rest.partition("?")
    try:
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise OptionRefused(f"'{query}' in {scheme}:{rest} is not of the form key=value&key=value.") from None
    for key, value in options.items():
        if key not in known:
            raise OptionRefused(f"{scheme}: has no option '{key}'; it has {', '.join(sorted(known))}.")
        if not value:
            raise OptionRefused(f"{key} in {scheme}:{rest} has no value; write {key}=VALUE.")
    return Address(scheme, unquote_plus(target) if "%" in target else target, options)
