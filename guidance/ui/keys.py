"""Which key does what, and which keys hold now. A key that does not hold stops the stimulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from textual.binding import ActiveBinding

from guidance.common.text import clean
from guidance.ui.pages import PageState, ScreenPage

STEP_MM = 0.5
MOST_NOTES = 6
EFFORTS = {"rest": 0.0, "slight": 0.18, "full": 0.9}
"""Share of the full effort that a simulated patient makes when asked."""


@dataclass(frozen=True, slots=True)
class KeyAction:
    """What a key does: its ``name`` in the configuration, the ``keys`` that it has where that says nothing else, the
    app's ``action`` and the ``words`` at the foot of the screen; without words it is not shown there.
    """

    name: str
    keys: tuple[str, ...]
    action: str
    words: str


DEEDS = (
    KeyAction("stop", ("space",), "stop", "STOP"),
    KeyAction("stop", ("space",), "pause", "Pause / go on"),
    KeyAction("arm", ("o", "O"), "ask_to_arm", "Arm"),
    KeyAction("go", ("enter",), "go", "Next"),
    KeyAction("back", ("backspace",), "previous", "Back"),
    KeyAction("sign", ("g", "G"), "sign", "End and sign"),
    KeyAction("help", ("question_mark", "f1"), "help", "Keys"),
    KeyAction("inject", ("i", "I"), "inject", "Injected"),
    KeyAction("reason", ("w", "W"), "give_reason", "Give a reason"),
    KeyAction("aspirated", ("d", "D"), "aspirate", "Aspirated"),
    KeyAction("up", ("up",), "dial(1)", "Current"),
    KeyAction("down", ("down",), "dial(-1)", "Current"),
    KeyAction("up", ("up",), "aliquot(1)", "Aliquot"),
    KeyAction("down", ("down",), "aliquot(-1)", "Aliquot"),
    KeyAction("up", ("up",), "scroll(-1)", "Scroll"),
    KeyAction("down", ("down",), "scroll(1)", "Scroll"),
    KeyAction("hold", ("h", "H"), "hold", "Hold"),
    KeyAction("hold", ("h", "H"), "hand_back('held')", "Hand back"),
    KeyAction("take-over", ("t", "T"), "take_over", "Take over"),
    KeyAction("take-over", ("t", "T"), "hand_back('operator')", "Hand back"),
    KeyAction("rest", ("7",), "ask_for('rest')", "Rest"),
    KeyAction("slight", ("8",), "ask_for('slight')", "Slight"),
    KeyAction("full", ("9",), "ask_for('full')", "Full effort"),
    *(KeyAction(f"note-{n}", (str(n),), f"mark({n})", "Note") for n in range(1, MOST_NOTES + 1)),
    KeyAction("side", ("s", "S"), "side", "Side"),
    KeyAction("acknowledge", ("k", "K"), "acknowledge", "Alarms seen"),
    KeyAction("pause-alarms", ("p", "P"), "pause_audio", "Pause alarm sound"),
    KeyAction("right", ("right",), f"steer('advance {STEP_MM}')", "Needle"),
    KeyAction("left", ("left",), f"steer('withdraw {STEP_MM}')", "Needle"),
    KeyAction("right", ("right",), "leap(1)", "Event"),
    KeyAction("left", ("left",), "leap(-1)", "Event"),
    KeyAction("aside", ("r",), f"steer('redirect -{STEP_MM}')", "Sideways"),
    KeyAction("aside-back", ("R",), f"steer('redirect {STEP_MM}')", "Sideways"),
    KeyAction("quit", ("q", "Q"), "quit", "Quit"),
    KeyAction("note", ("n", "N"), "write_note", "Note"),
    KeyAction("louder", ("right_square_bracket",), "volume(1)", "Volume"),
    KeyAction("quieter", ("left_square_bracket",), "volume(-1)", "Volume"),
    KeyAction("emg-louder", ("full_stop",), "monitor(1)", "EMG sound"),
    KeyAction("emg-quieter", ("comma",), "monitor(-1)", "EMG sound"),
    KeyAction("larger", ("plus", "equals_sign"), "dial_said(1)", "Dial shows"),
    KeyAction("smaller", ("minus",), "dial_said(-1)", "Dial shows"),
    KeyAction("larger", ("plus", "equals_sign"), "rescale(-1)", "Scale"),
    KeyAction("smaller", ("minus",), "rescale(1)", "Scale"),
    KeyAction("autoscale", ("0",), "autoscale", "Scale"),
)

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
"""Keys that hold everywhere and are shown on one page alone."""


def shown(key: str) -> str:
    """A key as it is named to the operator."""
    return _SHOWN.get(key, key if len(key) == 1 else key.upper())


def _stimulates(scene: PageState) -> bool:
    return scene.snapshot is not None and scene.snapshot.stimulator is not None and not scene.looks_on


def _steers_itself(scene: PageState) -> bool:
    """Whether a procedure runs here that the operator may say something to."""
    return scene.snapshot is not None and scene.snapshot.live and not scene.looks_on


def _turns(scene: PageState, _steps: object) -> bool:
    stimulator = scene.snapshot.stimulator if scene.snapshot else None
    by_hand = stimulator is not None and (scene.mode == "manual" or stimulator.chooser == "operator")
    return by_hand and scene.page in {ScreenPage.PREPARE, ScreenPage.GUIDE} and not scene.looks_on


def _is_dialled(scene: PageState) -> bool:
    """Whether the current is that of a dial which this program cannot turn."""
    if scene.snapshot is None or scene.looks_on:
        return False
    if scene.snapshot.stimulator is None:
        return scene.mode == "listen" and scene.snapshot.live
    return not scene.snapshot.stimulator.sets_current


def _chosen_by(scene: PageState, *choosers: object) -> bool:
    """Whether one of ``choosers`` has the current, in a procedure with a controller to take it from."""
    stimulator = scene.snapshot.stimulator if scene.snapshot else None
    return stimulator is not None and scene.mode == "auto" and stimulator.chooser in choosers and not scene.looks_on


def _sounds(scene: PageState, _steps: object = 0) -> bool:
    sound = scene.snapshot.sound if scene.snapshot else None
    return sound is not None and sound.state != "muted" and not scene.looks_on


def _reviews(scene: PageState, _step: object) -> bool:
    return scene.page is ScreenPage.REVIEW


def _signs(scene: PageState) -> bool:
    """Whether the procedure may be ended here to sign its note: not while the stimulator is armed."""
    snapshot = scene.snapshot
    if snapshot is None or snapshot.journal is None or scene.page is not ScreenPage.REVIEW:
        return False
    return _steers_itself(scene) and not (snapshot.stimulator and snapshot.stimulator.armed)


def _held(scene: PageState) -> bool:
    dose = scene.snapshot.dose if scene.snapshot else None
    return _steers_itself(scene) and dose is not None and dose.held_ml is not None


_NEEDS: dict[str, Callable[..., bool]] = {
    "stop": _stimulates,
    "pause": lambda scene: scene.snapshot is not None and not scene.snapshot.live and not scene.looks_on,
    "ask_to_arm": _stimulates,
    "go": lambda scene: _stimulates(scene) or scene.beside(1) is not None or scene.page is ScreenPage.HELP,
    "previous": lambda scene: scene.beside(-1) is not None or scene.page is ScreenPage.HELP,
    "hold": lambda scene: _chosen_by(scene, "controller", "operator"),
    "take_over": lambda scene: _chosen_by(scene, "controller", "held"),
    "dial_said": lambda scene, _steps: _is_dialled(scene),
    "rescale": lambda scene, _direction: not _is_dialled(scene),
    "hand_back": _chosen_by,
    "dial": _turns,
    "aliquot": lambda scene, _step: _steers_itself(scene) and scene.page is ScreenPage.INJECT,
    "inject": lambda scene: _steers_itself(scene) and scene.page is ScreenPage.INJECT,
    "give_reason": _held,
    "aspirate": _steers_itself,
    "sign": _signs,
    "scroll": _reviews,
    "leap": _reviews,
    "steer": lambda scene, _words: scene.simulates and not scene.looks_on and scene.page is not ScreenPage.REVIEW,
    "acknowledge": _steers_itself,
    "pause_audio": _sounds,
    "volume": _sounds,
    "monitor": _sounds,
    "mark": lambda scene, number: _steers_itself(scene) and number <= len(scene.notes),
    "write_note": _steers_itself,
    "side": lambda scene: _steers_itself(scene) and scene.page is ScreenPage.PREPARE,
    "ask_for": lambda scene, _phase: _steers_itself(scene) and scene.has_needle_emg,
}


def holds(action: str, parameters: tuple[object, ...], scene: PageState) -> bool:
    """Whether the key of ``action`` with ``parameters`` does something now."""
    needs = _NEEDS.get(action)
    return needs is None or needs(scene, *parameters)


def words(active: Iterable[ActiveBinding], scene: PageState, *, alone: bool) -> tuple[tuple[str, str], ...]:
    """The keys to show and what they do; neighbours that do the same are one. ``alone``: the engine is gone, and only
    leaving is left.
    """
    stimulator = scene.snapshot.stimulator if scene.snapshot else None
    armed = stimulator is not None and stimulator.armed
    said: list[tuple[str, str]] = []
    for binding in (item.binding for item in active):
        if binding.action == "quit" or not (alone or (armed and binding.action == "ask_to_arm")):
            does = _does(binding.action, binding.description, scene)
            said += [(binding.key_display or shown(binding.key), does)] if does and binding.show else []
    unique = list(dict.fromkeys(said))
    return tuple((" ".join(key for key, _ in group), does) for does, group in groupby(unique, key=lambda pair: pair[1]))


def _does(action: str, description: str, scene: PageState) -> str:
    """What a key does now, in words; nothing for one that is not shown."""
    if action == "go":
        beside = scene.beside(1)
        return beside.title() if beside else ""
    if _SHOWN_ON.get(action.partition("(")[0], scene.page) is not scene.page:
        return ""
    if action.startswith("mark("):
        return clean(scene.notes[int(action[5:-1]) - 1]).capitalize()
    return description
