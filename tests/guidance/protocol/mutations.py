"""Typing errors in a protocol file: each makes one change in a valid text; seeded, so that failures repeat."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBER = re.compile(r"(?<=value = )(\[[\d., ]+\]|\d+(?:\.\d+)?)")
_QUOTED = re.compile(r'"[^"\n]*"')
_KEY = re.compile(r"^(\w+)(?= = )", re.MULTILINE)
_UNIT = re.compile(r"^\w+_(ma|ms|hz|uv|us|ml|mm|u|s|percent|weeks)(?= = )", re.MULTILINE)
_WRONG_UNITS = {"ma": "ua", "ms": "us", "hz": "khz", "uv": "mv", "us": "ms", "ml": "l", "mm": "cm", "u": "mg"}

Mutator = Callable[[random.Random, str], str]


@dataclass(frozen=True, slots=True)
class Mutated:
    """A changed text, and the name of the change."""

    text: str
    what: str


def mutated(seed: int, good: str) -> Mutated:
    """Return ``good`` with one typing error, drawn from ``seed``."""
    rng = random.Random(seed)
    mutator = rng.choice(_MUTATORS)
    return Mutated(mutator(rng, good), f"{mutator.__name__.strip('_')} (seed {seed})")


def _replace(rng: random.Random, text: str, pattern: re.Pattern[str], new: Callable[[str], str]) -> str:
    """Return ``text`` with one random match of ``pattern`` changed; unchanged if there is none."""
    matches = list(pattern.finditer(text))
    if not matches:
        return text
    match = rng.choice(matches)
    return text[: match.start()] + new(match.group()) + text[match.end() :]


def _number_far_out(rng: random.Random, text: str) -> str:
    far = rng.choice(["0.0", "-1.0", "1e6", "-1e-9", "1e308"])
    return _replace(rng, text, _NUMBER, lambda old: f"[{far}, {far}]" if old.startswith("[") else far)


def _number_of_another_type(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _NUMBER, lambda _: rng.choice(['"1.0"', "true", "2001-01-01", "{}", "[]", "[[1.0]]"]))


def _no_number(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _NUMBER, lambda _: rng.choice(["nan", "inf", "-inf", "1,0", "1.0.0", "", "1 mA"]))


def _list_too_long(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _NUMBER, lambda old: f"[{old.strip('[]')}, 5.0, 5.0]")


def _pair_turned(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r"value = \[(?!(.+), \1\])[^]\"]+\]"), _turned)


def _turned(old: str) -> str:
    first, second = old.removeprefix("value = [").removesuffix("]").split(", ")
    return f"value = [{second}, {first}]"


def _key_misspelt(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _KEY, lambda old: old + rng.choice("xyz"))


def _unit_wrong(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _UNIT, _with_wrong_unit)


def _with_wrong_unit(key: str) -> str:
    stem, _, unit = key.rpartition("_")
    return f"{stem}_{_WRONG_UNITS.get(unit, 'furlongs')}"


def _key_twice(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r"^\w+ = .*$", re.MULTILINE), lambda line: f"{line}\n{line}")


def _key_left_out(rng: random.Random, text: str) -> str:
    return _replace(
        rng,
        text,
        re.compile(r"^(?!note|also|target_from|other_range|sites|muscles)\w+ = .*\n", re.MULTILINE),
        lambda _: "",
    )


def _table_misspelt(rng: random.Random, text: str) -> str:
    tables = re.compile(r"^\[(?!accept|refuse|risks|target\.muscles)[\w.]+(?=\])", re.MULTILINE)
    return _replace(rng, text, tables, lambda old: old + "x")


def _source_unknown(rng: random.Random, text: str) -> str:
    return _replace(
        rng, text, re.compile(r'(?<=source = )"[a-z0-9-]+"'), lambda _: rng.choice(['"nobody"', "5", '""', "[]"])
    )


def _source_dropped(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r', source = ("[^"]*"|\[[^]]*\])'), lambda _: "")


def _certainty_unknown(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r'(?<=certainty = )"\w+"'), lambda _: rng.choice(['"sure"', '""', "1"]))


def _certainty_without_source(rng: random.Random, text: str) -> str:
    return _replace(
        rng, text, re.compile(r'"unsourced", certainty = "unsourced"'), lambda _: '"unsourced", certainty = "sourced"'
    )


def _quote_lost(rng: random.Random, text: str) -> str:
    return _replace(rng, text, _QUOTED, lambda old: old[:-1])


def _text_emptied(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r'(?<== )"[^"\n]*"$', re.MULTILINE), lambda _: rng.choice(['""', '" "']))


def _cut_off(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(text.index("[refs]"))]


def _garbage(rng: random.Random, text: str) -> str:
    at = rng.choice([line.start() for line in re.finditer(r"^(?=\w+ = )", text, re.MULTILINE)])
    return text[:at] + rng.choice(["= 5\n", "][\n", "<<<<<<< HEAD\n", "\0\n", "key\n"]) + text[at:]


def _kind_changed(rng: random.Random, text: str) -> str:
    return _replace(
        rng,
        text,
        re.compile(r'(?<=^kind = )".*"', re.MULTILINE),
        lambda _: rng.choice(['"Block"', '"surgery"', "1", "[]"]),
    )


def _comment_added(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(r"$", re.MULTILINE), lambda _: "  # as decided")


def _spaced(rng: random.Random, text: str) -> str:
    return _replace(rng, text, re.compile(" = "), lambda _: rng.choice(["=", "   =  "]))


_MUTATORS: tuple[Mutator, ...] = (
    _number_far_out, _number_of_another_type, _no_number, _list_too_long, _pair_turned, _key_misspelt, _unit_wrong,
    _key_twice, _key_left_out, _table_misspelt, _source_unknown, _source_dropped, _certainty_unknown,
    _certainty_without_source, _quote_lost, _text_emptied, _cut_off, _garbage, _kind_changed, _comment_added, _spaced,
)  # fmt: skip
