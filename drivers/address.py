"""Addresses with options behind them: ``/dev/ttyACM0?ma_per_v=10&channel=2``."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from drivers.base import OptionRefused


def split_options(address: str, rest: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """What stands before the question mark of ``rest``, and the options after it.

    ``address`` is how errors call the whole. Raises OptionRefused for an option that is not ``known``, or said twice.
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
    """The option ``name`` as a number above 0, None where it is not given. Raises OptionRefused."""
    if name not in options:
        return None
    try:
        value = float(options[name])
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise OptionRefused(f"{address}: {name}={options[name]} is no number above 0.")
    return value


def choice_option(address: str, options: Mapping[str, str], name: str, choices: Collection[str]) -> str | None:
    """The option ``name``, one of ``choices``; None where it is not given. Raises OptionRefused."""
    if name in options and options[name] not in choices:
        raise OptionRefused(f"{address}: {name}={options[name]} is none of {', '.join(choices)}.")
    return options.get(name)
