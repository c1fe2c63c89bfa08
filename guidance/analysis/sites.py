"""What was stimulated and recorded in each file of a nerve study, as ``[KIND:]NERVE@PLACE[/RECORDED]`` names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guidance.analysis.reference_values import NERVES
from guidance.common.errors import UsageError

MOTOR, SENSORY, MIXED, F_WAVE, H_REFLEX = "motor", "sensory", "mixed", "f", "h"
KINDS = (MOTOR, SENSORY, MIXED, F_WAVE, H_REFLEX)
_WITH_DISTANCE = frozenset({MOTOR, SENSORY, MIXED})

SENSORY_NERVES = (
    "median", "ulnar", "radial", "sural", "dorsal sural", "superficial peroneal", "lateral antebrachial cutaneous",
)  # fmt: skip
_NERVES = {
    MOTOR: tuple(NERVES),
    SENSORY: SENSORY_NERVES,
    MIXED: ("median", "ulnar"),
    F_WAVE: ("median", "ulnar", "tibial", "peroneal"),
    H_REFLEX: ("tibial", "median"),
}
"""The nerves that can be named for each kind of study."""
_TITLES = {MOTOR: "", SENSORY: "sensory ", MIXED: "mixed ", F_WAVE: "F waves, ", H_REFLEX: "H reflex, "}


@dataclass(frozen=True, slots=True)
class StimulationSite:
    """A stimulation site: the nerve, the place, and a distance in mm (None where it was not measured).

    Motor: the distance to the next more distal site, for the most distal one to the muscle. Sensory and mixed: the
    distance to the recording electrode. ``recorded`` is where that lies, such as ``ring``; empty where not named.
    """

    nerve: str
    place: str
    distance_mm: float | None = None
    kind: str = MOTOR
    recorded: str = ""

    @property
    def name(self) -> str:
        """Name of the site in a report."""
        return f"{_TITLES[self.kind]}{self.nerve} at {self.place}" + (f" to {self.recorded}" if self.recorded else "")


def parse_sites(sites: Sequence[str], distances_mm: Sequence[float], files: int) -> list[StimulationSite]:
    """Return the sites that ``sites`` name; distances belong in turn to those that are not F or H.

    Raises UsageError for a malformed one.
    """
    if len(sites) > files:
        raise UsageError(f"{files} files with {len(sites)} --site: name at most one for each file.")
    parsed = [_site(text) for text in sites]
    measured = [at for at, site in enumerate(parsed) if site.kind in _WITH_DISTANCE]
    if len(distances_mm) > len(measured):
        raise UsageError(
            f"{len(distances_mm)} --distance-mm for {len(measured)} --site with a distance: give at most one for each."
        )
    for at, distance_mm in zip(measured, distances_mm, strict=False):
        parsed[at] = replace(parsed[at], distance_mm=distance_mm)
    return parsed


def _site(text: str) -> StimulationSite:
    kind, colon, rest = text.partition(":")
    kind, rest = (kind.strip().casefold(), rest) if colon else (MOTOR, text)
    if kind not in KINDS:
        raise UsageError(f"--site {text!r}: {kind!r} is no kind of study; there are: {', '.join(KINDS)}.")
    nerve, _, where = rest.partition("@")
    place, _, recorded = (part.strip() for part in where.partition("/"))
    nerve = nerve.strip().casefold()
    if nerve not in _NERVES[kind] or not place or not (place + recorded).isprintable():
        raise UsageError(
            f"--site {text!r} is not [KIND:]NERVE@PLACE[/RECORDED]; {kind} nerves: {', '.join(_NERVES[kind])}."
        )
    return StimulationSite(nerve, place, None, kind, recorded.casefold())
