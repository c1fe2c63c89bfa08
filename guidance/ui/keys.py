"""The action of each key, and which keys are active now. An inactive key stops the stimulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from textual.binding import ActiveBinding

from guidance.common.text import clean
from guidance.language import mark, recorded, tr
from guidance.ui.pages import PageState, ScreenPage, shown_title

STEP_MM = 0.5
RESCUE_KEY = "f2"
"""The key of the rescue card that works also while a line takes text, where a letter would be written."""
STOP = mark("STOP")
"""The words of the key that stops: it is drawn as the largest target on the screen while the stimulator is armed."""
MOST_NOTES = 6
EFFORTS = {"rest": 0.0, "slight": 0.18, "full": 0.9}
"""Share of the full effort that a simulated patient makes on request."""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """What a key does: its ``name`` in the configuration, the ``keys`` it has unless the configuration sets others,
    the app's ``action``, and the ``words`` at the foot of the screen; without words it is not shown there.
    """

    name: str
    keys: tuple[str, ...]
    action: str
    words: str


KEY_ACTIONS = (
    KeyAction("stop", ("space",), "stop", STOP),
    KeyAction("stop", ("space",), "pause", mark("Pause / resume")),
    KeyAction("arm", ("o", "O"), "request_arm", mark("Arm")),
    KeyAction("go", ("enter",), "go", mark("Next")),
    KeyAction("back", ("backspace",), "previous", mark("Back")),
    KeyAction("sign", ("g", "G"), "sign", mark("End and sign")),
    KeyAction("help", ("question_mark", "f1"), "help", mark("Keys")),
    KeyAction("commands", ("ctrl+p",), "search_commands", ""),
    KeyAction("rescue", ("l", "L", "f2"), "rescue", mark("RESCUE")),
    KeyAction("inject", ("i", "I"), "inject", mark("Injected")),
    KeyAction("reason", ("w", "W"), "give_reason", mark("Give a reason")),
    KeyAction("aspirated", ("d", "D"), "aspirate", mark("Aspirated")),
    KeyAction("acknowledge", ("k", "K"), "acknowledge", mark("Acknowledge")),
    KeyAction("up", ("up",), "dial(1)", mark("Current")),
    KeyAction("down", ("down",), "dial(-1)", mark("Current")),
    KeyAction("up", ("up",), "aliquot(1)", mark("Aliquot")),
    KeyAction("down", ("down",), "aliquot(-1)", mark("Aliquot")),
    KeyAction("up", ("up",), "scroll(-1)", mark("Scroll")),
    KeyAction("down", ("down",), "scroll(1)", mark("Scroll")),
    KeyAction("up", ("up",), "stop_item(-1)", mark("Item")),
    KeyAction("down", ("down",), "stop_item(1)", mark("Item")),
    KeyAction("hold", ("h", "H"), "hold", mark("Hold")),
    KeyAction("hold", ("h", "H"), "release_control('held')", mark("Release")),
    KeyAction("take-over", ("t", "T"), "take_control", mark("Take")),
    KeyAction("take-over", ("t", "T"), "release_control('operator')", mark("Release")),
    KeyAction("search-on", ("y", "Y"), "search_on", mark("Search on")),
    KeyAction("rest", ("7",), "request_effort('rest')", mark("Rest")),
    KeyAction("slight", ("8",), "request_effort('slight')", mark("Slight")),
    KeyAction("full", ("9",), "request_effort('full')", mark("Full effort")),
    KeyAction("not-done", ("x", "X"), "not_done", mark("Not done")),
    KeyAction("side", ("s", "S"), "side", mark("Side")),
    KeyAction("note", ("n", "N"), "write_note", mark("Note")),
    KeyAction("quit", ("q", "Q"), "quit", mark("Quit")),
    *(KeyAction(f"note-{n}", (str(n),), f"add_note({n})", "Note") for n in range(1, MOST_NOTES + 1)),
    *(
        KeyAction(name, (str(n),), f"answer({n})", "Answer")
        for n, name in enumerate((*(f"note-{n}" for n in range(1, MOST_NOTES + 1)), "rest", "slight", "full"), 1)
    ),
    KeyAction("pause-alarms", ("p", "P"), "pause_audio", mark("Pause alarm sound")),
    KeyAction("right", ("right",), f"steer('advance {STEP_MM}')", mark("Needle")),
    KeyAction("left", ("left",), f"steer('withdraw {STEP_MM}')", mark("Needle")),
    KeyAction("right", ("right",), "leap(1)", mark("Event")),
    KeyAction("left", ("left",), "leap(-1)", mark("Event")),
    KeyAction("aside", ("r",), f"steer('redirect -{STEP_MM}')", mark("Sideways")),
    KeyAction("aside-back", ("R",), f"steer('redirect {STEP_MM}')", mark("Sideways")),
    KeyAction("correct", ("u", "U"), "correct", mark("Correct")),
    KeyAction("louder", ("right_square_bracket",), "volume(1)", mark("Volume")),
    KeyAction("quieter", ("left_square_bracket",), "volume(-1)", mark("Volume")),
    KeyAction("emg-louder", ("full_stop",), "monitor(1)", mark("EMG sound")),
    KeyAction("emg-quieter", ("comma",), "monitor(-1)", mark("EMG sound")),
    KeyAction("larger", ("plus", "equals_sign"), "external_dial(1)", mark("External dial")),
    KeyAction("smaller", ("minus",), "external_dial(-1)", mark("External dial")),
    KeyAction("larger", ("plus", "equals_sign"), "rescale(-1)", mark("Scale")),
    KeyAction("smaller", ("minus",), "rescale(1)", mark("Scale")),
    KeyAction("autoscale", ("0",), "autoscale", mark("Scale")),
)
"""The most important first: the foot of the screen shows as many as fit, the help all."""

_SHOWN = {
    "space": "SPACE",
    "enter": "ENTER",
    "backspace": "⌫",
    "up": "↑",
    "down": "↓",
    "right": "→",
    "left": "←",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "full_stop": ".",
    "comma": ",",
}


_SHOWN_ON = {"aspirate": ScreenPage.INJECT, "rescale": ScreenPage.GUIDE, "autoscale": ScreenPage.GUIDE}
"""Actions whose keys are active on every page and shown on one page only."""


def shown(key: str) -> str:
    """Return the name of a key for the operator."""
    return _SHOWN.get(key, key if len(key) == 1 else key.upper())


def _stimulates(state: PageState) -> bool:
    return state.snapshot is not None and state.snapshot.stimulator is not None and not state.is_observer


def _takes_commands(state: PageState) -> bool:
    """Return whether a live procedure takes this operator's commands."""
    return state.snapshot is not None and state.snapshot.live and not state.is_observer


def _is_off(state: PageState) -> bool:
    """Return whether no stimulator is armed."""
    stimulator = state.snapshot.stimulator if state.snapshot else None
    return stimulator is None or not stimulator.armed


def _is_aside(state: PageState) -> bool:
    return state.page in {ScreenPage.HELP, ScreenPage.RESCUE}


def _turns(state: PageState, _steps: object) -> bool:
    stimulator = state.snapshot.stimulator if state.snapshot else None
    by_operator = stimulator is not None and (state.mode == "manual" or stimulator.current_owner == "operator")
    return by_operator and state.page in {ScreenPage.PREPARE, ScreenPage.GUIDE} and not state.is_observer


def _has_external_dial(state: PageState) -> bool:
    """Return whether the current is set with an external dial, which this program cannot turn."""
    if state.snapshot is None or state.is_observer:
        return False
    if state.snapshot.stimulator is None:
        return state.mode == "listen" and state.snapshot.live
    return not state.snapshot.stimulator.sets_current


def _chosen_by(state: PageState, *owners: object) -> bool:
    """Return whether one of ``owners`` owns the current, in a procedure with a controller."""
    stimulator = state.snapshot.stimulator if state.snapshot else None
    if stimulator is None or state.mode != "auto" or state.is_observer:
        return False
    return stimulator.current_owner in owners


def _sounds(state: PageState, _steps: object = 0) -> bool:
    sound = state.snapshot.sound if state.snapshot else None
    return sound is not None and sound.state != "muted" and not state.is_observer


def _reviews(state: PageState, _step: object) -> bool:
    return state.page is ScreenPage.REVIEW


def _scrolls(state: PageState, _steps: object) -> bool:
    return _is_aside(state) or state.page is ScreenPage.REVIEW


def _signs(state: PageState) -> bool:
    """Return whether the operator may end the procedure here to sign its note: not while the stimulator is armed."""
    snapshot = state.snapshot
    if snapshot is None or snapshot.journal is None or state.page is not ScreenPage.REVIEW:
        return False
    return _takes_commands(state) and not (snapshot.stimulator and snapshot.stimulator.armed)


def _has_held_dose(state: PageState) -> bool:
    snapshot = state.snapshot
    if snapshot is None or not _takes_commands(state):
        return False
    return bool(snapshot.toxin and snapshot.toxin.held) or bool(snapshot.dose and snapshot.dose.held_ml is not None)


def _has_entries(state: PageState) -> bool:
    past = state.snapshot.past if state.snapshot else None
    return past is not None and _takes_commands(state) and any(event.seq is not None for event in past.events)


def _counts_volume(state: PageState) -> bool:
    """Return whether an injection is entered by its volume here, not by the units of a toxin."""
    counts = state.snapshot is not None and state.snapshot.toxin is None
    return counts and _takes_commands(state) and state.page is ScreenPage.INJECT


_NEEDS: dict[str, Callable[..., bool]] = {
    "stop": _stimulates,
    "pause": lambda state: state.snapshot is not None and not state.snapshot.live and not state.is_observer,
    "request_arm": _stimulates,
    "go": lambda state: _stimulates(state) or state.beside(1) is not None or _is_aside(state),
    "previous": lambda state: state.beside(-1) is not None or _is_aside(state),
    "hold": lambda state: _chosen_by(state, "controller", "operator"),
    "take_control": lambda state: _chosen_by(state, "controller", "held"),
    "external_dial": lambda state, _steps: _has_external_dial(state),
    "rescale": lambda state, _direction: not _has_external_dial(state),
    "release_control": _chosen_by,
    "search_on": lambda state: _chosen_by(state, "controller"),
    "dial": _turns,
    "aliquot": lambda state, _step: _counts_volume(state),
    "inject": lambda state: _takes_commands(state) and state.page is ScreenPage.INJECT,
    "give_reason": _has_held_dose,
    "aspirate": _takes_commands,
    "sign": _signs,
    "scroll": _scrolls,
    "leap": _reviews,
    "steer": lambda state, _words: state.simulates and not state.is_observer and state.page is not ScreenPage.REVIEW,
    "acknowledge": _takes_commands,
    "pause_audio": _sounds,
    "volume": _sounds,
    "monitor": _sounds,
    "add_note": lambda state, number: (
        _takes_commands(state) and number <= len(state.notes) and state.page is not ScreenPage.STOP
    ),
    "answer": lambda state, _number: state.is_stopped and _takes_commands(state),
    "not_done": lambda state: state.is_stopped and _takes_commands(state),
    "stop_item": lambda state, _step: state.is_stopped,
    "search_commands": _is_off,
    "rescue": lambda state: state.snapshot is None or state.snapshot.live,
    "write_note": _takes_commands,
    "correct": _has_entries,
    "side": lambda state: _takes_commands(state) and state.page is ScreenPage.PREPARE,
    "request_effort": lambda state, _phase: (
        _takes_commands(state) and state.has_needle_emg and state.page is not ScreenPage.STOP
    ),
}


def holds(action: str, parameters: tuple[object, ...], state: PageState) -> bool:
    """Return whether the key of ``action`` with ``parameters`` is active now."""
    needs = _NEEDS.get(action)
    return needs is None or needs(state, *parameters)


def shown_keys(active: Iterable[ActiveBinding], state: PageState, *, alone: bool) -> tuple[tuple[str, str], ...]:
    """Return the keys to show, each with what it does; neighbours that do the same are joined. ``alone``: the engine
    is gone, so only the key to quit is left.
    """
    stimulator = state.snapshot.stimulator if state.snapshot else None
    armed = stimulator is not None and stimulator.armed
    pairs: list[tuple[str, str]] = []
    for binding in (item.binding for item in active):
        if binding.action == "quit" or not (alone or (armed and binding.action == "request_arm")):
            does = _does(binding.action, binding.description, state)
            pairs += [(binding.key_display or shown(binding.key), does)] if does and binding.show else []
    unique = list(dict.fromkeys(pairs))
    return tuple((" ".join(key for key, _ in group), does) for does, group in groupby(unique, key=lambda pair: pair[1]))


def entry_keys(*, armed: bool) -> tuple[tuple[str, str], ...]:
    """Return what keys do while a line takes text: all others write, also those that act elsewhere."""
    return (
        ("ESC", tr(STOP) if armed else tr("Cancel")),
        ("ENTER", tr("Done")),
        (shown(RESCUE_KEY), tr("RESCUE")),
        ("SPACE a-z", tr("Type")),
    )


def _does(action: str, description: str, state: PageState) -> str:
    """Return what a key does now, in words; empty for a key that is not shown."""
    if action == "go":
        beside = state.beside(1)
        return shown_title(beside) if beside else ""
    if action == "search_on":
        stimulator = state.snapshot.stimulator if state.snapshot else None
        return tr(description) if stimulator and stimulator.asks else ""
    if _SHOWN_ON.get(action.partition("(")[0], state.page) is not state.page:
        return ""
    if action.startswith("add_note("):
        return recorded(clean(state.notes[int(action[9:-1]) - 1])).capitalize()
    if action.startswith("answer("):
        return ""
    return tr(description) if description else ""
