"""Choice of the channels to play: by what they hold, not by their place in the file; what is left out is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.base import ChannelKind, DeviceRefused, OptionRefused, channel_kind
from drivers.formats.loaded import NAME_LENGTH, FileOptions, microvolts_per, printable

_LISTED = 16
_NOTED = 6


@dataclass(frozen=True, slots=True)
class ChannelCandidate:
    """A signal of a file that may be chosen; ``unit`` as the file states it.

    ``kind`` is a type that the file states in words, or what the format knows the signal to be.
    """

    name: str
    unit: str
    sample_rate_hz: float
    kind: str | ChannelKind = ""

    @property
    def is_voltage(self) -> bool:
        """Whether the unit is one of voltage."""
        return microvolts_per(self.unit) is not None

    @property
    def holds(self) -> ChannelKind:
        """What the channel holds, by the type that the file states, else by its name."""
        return self.kind if isinstance(self.kind, ChannelKind) else channel_kind(self.name, self.kind)


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Indices of the signals to play, the muscle's first, and ``notes``: sentences on what is left out."""

    indices: tuple[int, ...]
    notes: tuple[str, ...] = ()


def choose_channels(path: Path, candidates: Sequence[ChannelCandidate], options: FileOptions) -> ChannelChoice:
    """Return the signals to play. Raises DeviceRefused.

    They are those that ``options`` name (by exact name, else ignoring case, blanks and a type before it). Without it
    they are the muscles (else channels whose label says nothing, else any other, but never a trigger line), at the
    highest rate among them; channels without a telling label at that rate come with the muscles.
    """
    if options.named_channels:
        return _named(path, candidates, options.named_channels)
    voltages = [i for i, candidate in enumerate(candidates) if candidate.is_voltage]
    if not voltages:
        raise DeviceRefused(f"{path} has no channel in volts; it has {_listed(candidates)}")
    playable = [i for i in voltages if candidates[i].holds is not ChannelKind.TRIGGER]
    if options.every_channel:
        return _every_channel(path, candidates, voltages, playable)
    if not playable:
        raise DeviceRefused(f"{path} has trigger lines only, no muscle; it has {_listed(candidates)}")
    chosen = _of_the_muscle(candidates, playable)
    return ChannelChoice(tuple(chosen), tuple(_left_out(path, candidates, chosen)))


def _every_channel(
    path: Path, candidates: Sequence[ChannelCandidate], voltages: Sequence[int], playable: Sequence[int]
) -> ChannelChoice:
    """Return all voltages at the muscle's rate (without one, at the highest), in the order of the file."""
    first = (_of_the_muscle(candidates, playable) if playable else _at_highest_rate(candidates, voltages))[0]
    rate_hz = candidates[first].sample_rate_hz
    chosen = tuple(i for i in voltages if candidates[i].sample_rate_hz == rate_hz)
    left = [i for i in range(len(candidates)) if i not in chosen]
    return ChannelChoice(chosen, (f"left out of {path}: {_reasons(candidates, left, first)}",) if left else ())


def _of_the_muscle(candidates: Sequence[ChannelCandidate], playable: Sequence[int]) -> list[int]:
    best = min(candidates[i].holds for i in playable)
    first = _at_highest_rate(candidates, [i for i in playable if candidates[i].holds is best])
    rate = candidates[first[0]].sample_rate_hz
    beside = [
        i
        for i in playable
        if candidates[i].holds is ChannelKind.UNNAMED and best is ChannelKind.MUSCLE
        and candidates[i].sample_rate_hz == rate
    ]  # fmt: skip
    return first + beside


def _at_highest_rate(candidates: Sequence[ChannelCandidate], indices: Sequence[int]) -> list[int]:
    highest = max(candidates[i].sample_rate_hz for i in indices)
    return [i for i in indices if candidates[i].sample_rate_hz == highest]


def _left_out(path: Path, candidates: Sequence[ChannelCandidate], chosen: Sequence[int]) -> Iterator[str]:
    left = [i for i in range(len(candidates)) if i not in chosen]
    if not left:
        return
    first = candidates[chosen[0]].name
    yield f"channel '{first}' of {path} is taken for the muscle's; left out: {_reasons(candidates, left, chosen[0])}"


def _reasons(candidates: Sequence[ChannelCandidate], left: Sequence[int], played: int) -> str:
    reasons = [f"'{candidates[i].name}' ({_why_left(candidates[i], candidates[played])})" for i in left]
    more = f" and {len(reasons) - _NOTED} more" if len(reasons) > _NOTED else ""
    return ", ".join(reasons[:_NOTED]) + more


def _why_left(candidate: ChannelCandidate, played: ChannelCandidate) -> str:
    if candidate.holds is ChannelKind.TRIGGER:
        return "a trigger line"
    if not candidate.is_voltage:
        return f"in {printable(candidate.unit)[:NAME_LENGTH]}" if candidate.unit.strip() else "no unit"
    if candidate.sample_rate_hz != played.sample_rate_hz:
        return f"at {candidate.sample_rate_hz:g} Hz"
    return "not a muscle by its label"


def _named(path: Path, candidates: Sequence[ChannelCandidate], wanted: Sequence[str]) -> ChannelChoice:
    found = tuple(dict.fromkeys(_find(path, candidates, name) for name in wanted))
    rates = {candidates[i].sample_rate_hz for i in found}
    if len(rates) > 1:
        each = ", ".join(f"'{candidates[i].name}' at {candidates[i].sample_rate_hz:g} Hz" for i in found)
        raise OptionRefused(f"channels of {path} with different rates cannot be played together: {each}")
    return ChannelChoice(found, tuple(_doubled(path, candidates, found)))


def _doubled(path: Path, candidates: Sequence[ChannelCandidate], found: Sequence[int]) -> Iterator[str]:
    for name in (candidates[i].name for i in found):
        others = [f"'{c.name}'" for c in candidates if c.name.startswith(f"{name} #")]
        if others:
            yield f"{path} has {len(others) + 1} channels called '{name}'; the first is played, not {', '.join(others)}"


def _find(path: Path, candidates: Sequence[ChannelCandidate], wanted: str) -> int:
    names = [candidate.name for candidate in candidates]
    for plain in (str, str.casefold, _bare, _without_type):
        matches = [i for i, name in enumerate(names) if plain(name) == plain(wanted)]
        if matches:
            break
    if not matches and not _without_type(wanted):
        matches = [i for i, name in enumerate(names) if _bare(name) != _without_type(name)]
    if len(matches) != 1:
        raise OptionRefused(f"{path} has no channel '{printable(wanted)}'; it has {_listed(candidates)}")
    if not candidates[matches[0]].is_voltage:
        wrong = candidates[matches[0]]
        unit = f"in {printable(wrong.unit)[:NAME_LENGTH]!r}" if wrong.unit else "without a unit"
        raise OptionRefused(f"channel '{wrong.name}' of {path} is {unit}, not in volts, and cannot be played")
    return matches[0]


def _bare(name: str) -> str:
    return "".join(name.casefold().split())


def _without_type(name: str) -> str:
    return _bare(name).removeprefix("emg")


def _listed(candidates: Sequence[ChannelCandidate]) -> str:
    more = f" and {len(candidates) - _LISTED} more" if len(candidates) > _LISTED else ""
    return ", ".join(f"'{candidate.name}'" for candidate in candidates[:_LISTED]) + more or "none at all"
