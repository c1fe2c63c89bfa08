"""The five pages of the course: what is read, what is seen, what is heard."""

from __future__ import annotations

from functools import cache

from guidance.contracts.lesson import Lesson, Trace
from guidance.lessons import signals

PAGES = 5

_ELECTRODES = """
An amplifier shows the voltage between two electrodes: the active one and the reference. A third, the ground, keeps the
patient at the amplifier's level.

The tip of a needle records fibres within about a millimetre. An electrode on the skin records a whole muscle from afar,
so everything is smaller there.

Both traces are one contraction at one moment, drawn at one height.
"""
_NEAR_AND_FAR = """
One motor neurone and its muscle fibres are a motor unit. Its fibres fire together: that is one potential.

Near the fibres it is large and steep: it sounds sharp. From far it is small and blunt, and sounds dull.

A sharp sound means: inside a unit's territory. It does not mean: inside the right muscle. Read the height beside each
trace: they differ.
"""
_AT_REST = """
A muscle at rest is silent. A needle that moves irritates fibres: a burst, which ends when the needle stops.

Beside an end-plate there is activity at rest: a low hiss (noise), and irregular spikes that begin with their negative
phase, drawn downward here. It is normal, it hurts, and it goes when the needle moves a little. Toxin works there.

The burst was drawn for this page; the spikes come from the simulated muscle.
"""
_INTERFERENCE = """
With slight effort one or two units fire, a few times a second, each always with its own shape.

With more effort they fire faster and further units join: recruitment. With full effort single potentials can hardly be
distinguished.

Few units that fire fast point to a loss of units; many small ones at little effort point to weak fibres. Neither alone
names a disease.
"""
_ARTEFACTS = """
Mains: 50 or 60 waves a second that never change; an electrode is loose or dry. A pop: a step that decays; an electrode
or a cable moves.

A stimulus is recorded at once, at every place; the response of a muscle comes some milliseconds later.

Silence proves nothing: an open lead can be silent too.
"""


@cache
def lesson(page: int) -> Lesson:
    """Return page ``page``, from 1. Raises IndexError for any other."""
    if not 1 <= page <= PAGES:
        raise IndexError(f"there is no page {page}; there are 1 to {PAGES}")
    return (_electrodes, _near_and_far, _at_rest, _interference, _artefacts)[page - 1]()


def _page(title: str, text: str, traces: tuple[Trace, ...], sound_words: str, sound: Trace) -> Lesson:
    paragraphs = tuple(" ".join(part.split()) for part in text.strip().split("\n\n"))
    return Lesson(title, paragraphs, traces, sound_words, sound)


def _electrodes() -> Lesson:
    return _page("Electrodes", _ELECTRODES, signals.electrodes(), "the needle's potentials", signals.distances()[2])


def _near_and_far() -> Lesson:
    near, far, near_2s = signals.distances()
    words = "the near unit: a sharp tap at each discharge"
    return _page("A motor unit from near and from far", _NEAR_AND_FAR, (near, far), words, near_2s)


def _at_rest() -> Lesson:
    burst, plate, plate_2s = signals.resting()
    return _page("Insertion and end-plate", _AT_REST, (burst, plate), "an end-plate: hiss and sputter", plate_2s)


def _interference() -> Lesson:
    words = "an effort that rises from slight to full"
    return _page("The interference pattern", _INTERFERENCE, signals.efforts(), words, signals.rising_effort())


def _artefacts() -> Lesson:
    traces = signals.artefacts()
    return _page("Artefacts", _ARTEFACTS, traces, "the hum of mains", traces[0])
