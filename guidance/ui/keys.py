"""Which key does what, and which keys hold now. A key that does not hold stops the stimulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from textual.binding import ActiveBinding, Binding, BindingType

from guidance.snapshot import Snapshot
from guidance.ui.facts import is_live, is_simulated

STEP_MM = 0.5
EFFORTS = {"rest": 0.0, "slight": 0.18, "full": 0.9}
"""Share of the full effort that a simulated patient makes when asked."""
STOP = "SPACE"
"""The key that stops, as it is shown."""

BINDINGS: list[BindingType] = [
    Binding("space", "stop", "STOP", key_display=STOP),
    Binding("space", "pause", "Pause / go on", key_display="space"),
    Binding("o,O", "ask_to_arm", "Arm", key_display="o"),
    Binding("enter", "arm", show=False),
    Binding("h,H", "hold", "Hold", key_display="h"),
    Binding("h,H", "hand_back('held')", "Hand back", key_display="h"),
    Binding("t,T", "take_over", "Take over", key_display="t"),
    Binding("t,T", "hand_back('operator')", "Hand back", key_display="t"),
    Binding("up", "dial(1)", "Current", key_display="↑"),
    Binding("down", "dial(-1)", "Current", key_display="↓"),
    Binding("right", f"steer('advance {STEP_MM}')", "Needle", key_display="→"),
    Binding("left", f"steer('withdraw {STEP_MM}')", "Needle", key_display="←"),
    Binding("r", f"steer('redirect -{STEP_MM}')", "Sideways", key_display="r"),
    Binding("R", f"steer('redirect {STEP_MM}')", "Sideways", key_display="R"),
    Binding("k,K", "acknowledge", "Alarms seen", key_display="k"),
    Binding("p,P", "pause_audio", "Pause alarm sound", key_display="p"),
    Binding("right_square_bracket", "volume(1)", "Volume", key_display="]"),
    Binding("left_square_bracket", "volume(-1)", "Volume", key_display="["),
    Binding("full_stop", "monitor(1)", "EMG sound", key_display="."),
    Binding("comma", "monitor(-1)", "EMG sound", key_display=","),
    Binding("q,Q", "quit", "Quit", key_display="q"),
    Binding("1", "mark('redirect')", "Redirect"),
    Binding("2", "mark('contact')", "Contact"),
    Binding("3", "mark('pain')", "Pain"),
    Binding("4", "aspirate", "Aspiration"),
    Binding("plus,equals_sign", "dial_said(1)", "Dial shows", key_display="+"),
    Binding("5", "ask_for('rest')", "Rest"),
    Binding("6", "ask_for('slight')", "Slight"),
    Binding("7", "ask_for('full')", "Full effort"),
    Binding("plus,equals_sign", "rescale(-1)", "Scale", key_display="+"),
    Binding("minus", "dial_said(-1)", "Dial shows", key_display="-"),
    Binding("minus", "rescale(1)", "Scale", key_display="-"),
    Binding("a,A", "autoscale", "Scale", key_display="a"),
    Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True),
]


def _stimulates(snapshot: Snapshot) -> bool:
    return snapshot.stimulator is not None


def _turns(snapshot: Snapshot) -> bool:
    stimulator = snapshot.stimulator
    return stimulator is not None and (snapshot.mode == "manual" or stimulator.chooser == "operator")


def _is_dialled(snapshot: Snapshot) -> bool:
    """Whether the current is that of a dial which this program cannot turn."""
    if snapshot.stimulator is None:
        return snapshot.mode == "listen" and is_live(snapshot)
    return not snapshot.stimulator.sets_current


def _chosen_by(snapshot: Snapshot, *choosers: object) -> bool:
    """Whether one of ``choosers`` has the current, in a procedure with a controller to take it from."""
    stimulator = snapshot.stimulator
    return stimulator is not None and snapshot.mode == "auto" and stimulator.chooser in choosers


def _replays(snapshot: Snapshot) -> bool:
    return not is_live(snapshot)


def _sounds(snapshot: Snapshot) -> bool:
    return snapshot.sound is not None and snapshot.sound.state != "muted"


_NEEDS: dict[str, Callable[..., bool]] = {
    "stop": _stimulates,
    "hold": lambda snapshot: _chosen_by(snapshot, "controller", "operator"),
    "take_over": lambda snapshot: _chosen_by(snapshot, "controller", "held"),
    "pause": _replays,
    "ask_to_arm": _stimulates,
    "arm": _stimulates,
    "dial": lambda snapshot, _steps: _turns(snapshot),
    "dial_said": lambda snapshot, _steps: _is_dialled(snapshot),
    "rescale": lambda snapshot, _direction: not _is_dialled(snapshot),
    "hand_back": _chosen_by,
    "steer": lambda snapshot, _words: is_simulated(snapshot),
    "acknowledge": is_live,
    "pause_audio": _sounds,
    "volume": lambda snapshot, _steps: _sounds(snapshot),
    "monitor": lambda snapshot, _steps: _sounds(snapshot),
    "mark": lambda snapshot, _what: is_live(snapshot),
    "aspirate": is_live,
    "ask_for": lambda snapshot, _phase: is_live(snapshot) and snapshot.needle is not None,
}


def holds(action: str, parameters: tuple[object, ...], snapshot: Snapshot | None) -> bool:
    """Whether the key of ``action`` with ``parameters`` does something now."""
    needs = _NEEDS.get(action)
    return needs is None or (snapshot is not None and needs(snapshot, *parameters))


def words(active: Iterable[ActiveBinding], *, armed: bool, alone: bool) -> tuple[tuple[str, str], ...]:
    """The keys to show and what they do; neighbours that do the same are one. ``armed``: there is nothing to arm;
    ``alone``: the engine is gone, and only leaving is left.
    """
    shown = [a.binding for a in active if a.binding.show]
    useful = [b for b in shown if b.action == "quit" or not (alone or (armed and b.action == "ask_to_arm"))]
    unique = list({(binding.key_display or binding.key, binding.description): None for binding in useful})
    return tuple((" ".join(key for key, _ in group), does) for does, group in groupby(unique, key=lambda pair: pair[1]))
