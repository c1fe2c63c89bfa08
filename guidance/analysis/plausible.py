"""What can be true of nerve conduction: a measure outside these ranges shows a wrong distance, file or unit.

The ranges are wider than any disease; what lies outside is not assessed, and never evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.analysis.findings import figure


@dataclass(frozen=True, slots=True)
class PlausibleRange:
    """Least and most of a measure in ``unit``, and what to check where it lies outside."""

    measure: str
    least: float
    most: float
    unit: str
    check: str

    def why_not(self, value: float) -> str | None:
        """Return why ``value`` cannot be true; None where it can."""
        if self.least <= value <= self.most:
            return None
        return (
            f"{self.measure} of {figure(value)} {self.unit} cannot be true (possible: {figure(self.least)} to "
            f"{figure(self.most)} {self.unit}); {self.check}"
        )


VELOCITY_M_S = PlausibleRange(
    "a velocity", 3.0, 120.0, "m/s", "check the distance, and that each file belongs to its site"
)
"""The fastest human nerve fibres conduct at about 120 m/s, motor ones more slowly (Kandel, Principles of Neural
Science, table of fibre groups); in the slowest neuropathies it is a few m/s. Sure above, a judgement below."""

LATENCY_MS = PlausibleRange(
    "an onset latency", 1.0, 25.0, "ms", "check that each stimulus is marked where it was given"
)
"""Neuromuscular transmission and the last millimetres take 1 ms; no motor latency of an arm or a lower leg reaches
25 ms (a judgement)."""

AMPLITUDE_MV = PlausibleRange("an amplitude", 0.01, 60.0, "mV", "check the unit and the gain of the recording")
"""The largest compound potentials of a muscle have about 30 mV (a judgement with a factor of two)."""

SENSORY_LATENCY_MS = PlausibleRange(
    "a sensory onset latency", 0.4, 12.0, "ms", "check that each stimulus is marked where it was given"
)
"""At 120 m/s 50 mm take 0.4 ms; in the slowest neuropathies 140 mm take about 12 ms (a judgement)."""

SENSORY_UV = PlausibleRange("a sensory amplitude", 0.5, 300.0, "uV", "check the unit and the gain of the recording")
"""Median palmar potentials of healthy people have 75 +- 47 uV (Buschbacher 1999, PMID 10573101); below half a
microvolt no average of a recording is firm (a judgement)."""

F_LATENCY_MS = PlausibleRange(
    "an F latency", 17.0, 120.0, "ms", "check that each stimulus is marked where it was given"
)
"""Healthy women of 1.56 m have 22.7 +- 1.2 ms at the wrist (Iranmanesh 2007, hmedj 88941); slow neuropathies double
those of the leg (a judgement)."""

H_LATENCY_MS = PlausibleRange("an H latency", 10.0, 60.0, "ms", "check that each stimulus is marked where it was given")
"""The H reflex of the forearm comes at 15.9 +- 1.3 ms, that of the calf at 30.3 +- 2.4 ms (a judgement beyond)."""

DISTANCE_MM = PlausibleRange("a distance", 10.0, 1200.0, "mm", "measure it again, in millimetres")
"""No nerve of an arm or a leg is longer (a judgement)."""

_OUTWARDS = (
    ("palm", "hand"),
    ("wrist", "ankle"),
    ("forearm", "below elbow", "below knee", "fibular head", "below fibula", "fibula"),
    ("elbow", "above elbow", "knee", "popliteal fossa", "popliteal", "above fibula"),
    ("axilla", "upper arm", "thigh"),
    ("erb", "erb's point", "plexus", "supraclavicular", "gluteal", "root"),
)


def proximity_of(place: str) -> int | None:
    """Return how far from the hand or foot ``place`` lies, as a rank; None where it is not known."""
    key = " ".join(place.casefold().replace("-", " ").replace("_", " ").split())
    return next((rank for rank, places in enumerate(_OUTWARDS) if key in places), None)
