"""The user's keys: presets for pedals, and single keys from the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from textual.binding import Binding
from textual.keys import Keys

from guidance.common.config import Config
from guidance.ui.keys import KEY_ACTIONS, shown

Keymap = Mapping[str, tuple[str, ...]]
"""Keys of each action, by its name, as Textual names them."""

PEDALS: dict[str, dict[str, str]] = {
    "abc": {"a": "arm", "b": "go", "c": "stop"},
    "pages": {"pageup": "go", "pagedown": "stop"},
    "f13-f24": {
        "f13": "arm",
        "f14": "go",
        "f15": "stop",
        "f16": "back",
        "f17": "hold",
        "f18": "take-over",
        "f19": "aspirated",
        "f20": "inject",
        "f21": "up",
        "f22": "down",
        "f23": "acknowledge",
        "f24": "stop",
    },
}
"""Action of each key that a pedal sends, in addition to the keyboard; a pedal's key without an action stops."""

_NAMES = {key_action.name: key_action.keys for key_action in KEY_ACTIONS}
_ALWAYS = "ctrl+q,ctrl+c"
_CHARACTERS = {
    "+": "plus",
    "-": "minus",
    "?": "question_mark",
    ".": "full_stop",
    ",": "comma",
    "=": "equals_sign",
    " ": "space",
    "/": "slash",
    "*": "asterisk",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
}
_NAMED = {key.value for key in Keys if not key.value.startswith("<")} - set(_ALWAYS.split(","))


def keymap_of(config: Config) -> Keymap:
    """Return the keys of all actions: the usual ones, those of the ``pedal`` in ``config``, and the user's own instead
    of the usual ones. Raises UsageError.
    """
    table = dict(config.keys)
    keymap = dict(_NAMES)
    pedal = table.pop("pedal", None)
    if pedal is not None:
        if not (isinstance(pedal, str) and pedal in PEDALS):
            raise config.fault("keys", f"there is no pedal {pedal!r}; there are {', '.join(PEDALS)}.")
        for key, name in PEDALS[pedal].items():
            keymap[name] = (*keymap[name], key)
    for name, value in table.items():
        if name not in _NAMES:
            raise config.fault("keys", f"there is no action {name!r}; the actions are {', '.join(_NAMES)}.")
        keymap[name] = _keys(config, name, value)
    _check(config, keymap)
    return keymap


def bindings(keymap: Keymap | None = None) -> list[Binding]:
    """Return the bindings of all actions with the keys of ``keymap``; None stands for the usual keys."""
    keymap = _NAMES if keymap is None else keymap
    used = [(key_action, keymap[key_action.name]) for key_action in KEY_ACTIONS if keymap[key_action.name]]
    key_bindings = [
        Binding(",".join(keys), key_action.action, key_action.words, key_display=shown(keys[0]))
        for key_action, keys in used
    ]
    return [*key_bindings, Binding(_ALWAYS, "break_off", show=False, priority=True)]


def _keys(config: Config, name: str, value: Any) -> tuple[str, ...]:
    given: Sequence[Any] = value if isinstance(value, list) else [value]
    found = tuple(_key(item) for item in given)
    if wrong := [item for item, key in zip(given, found, strict=True) if key is None]:
        raise config.fault("keys", f"{name} = {wrong[0]!r} is no key; write one such as 'x', 'pageup' or 'f13'.")
    return tuple(key for key in found if key is not None)


def _key(item: Any) -> str | None:
    """Return the key that ``item`` names, as Textual names it; None if it names none."""
    if not isinstance(item, str):
        return None
    if item in _CHARACTERS or (len(item) == 1 and item.isalnum()):
        return _CHARACTERS.get(item, item)
    named = item.lower()
    return named if named in _NAMED or named in _CHARACTERS.values() else None


def _check(config: Config, keymap: Keymap) -> None:
    """Refuse a key with two actions, and a keymap without a key to stop, to arm, to go on or to quit."""
    used = Counter(key for keys in keymap.values() for key in dict.fromkeys(keys))
    twice = next((key for key, count in used.items() if count > 1), None)
    if twice:
        names = " and ".join(name for name, keys in keymap.items() if twice in keys)
        raise config.fault("keys", f"{twice!r} is the key of {names}; give each its own.")
    if missing := next((name for name in ("stop", "arm", "go", "quit") if not keymap[name]), None):
        raise config.fault("keys", f"{missing} needs a key.")
