"""Published reference values, each with its source; a value without source is marked (U)."""

from __future__ import annotations

from dataclasses import dataclass

SOURCES = {
    "jnnp-ta": "Control values in healthy subjects, tibialis anterior: table 1 of a paper in J Neurol Neurosurg "
    "Psychiatry (jnnp.bmj.com/highwire/markup/179731); read in that table alone",
    "aminoff": "Normal EMG activity (Aminoff), mitchmedical.us; read in an excerpt",
    "jnnd": "Nerve conduction tables, J Neurol Neurol Disord 9:102 (jscholaronline.org); read in the tables",
    "kim-2022": "Kim 2022, lower-limb nerve conduction reference (e-arm.org); read in the tables",
    "unsourced": "(U) general knowledge without a source read; to be verified",
}


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """The reference range of one measure: ``low`` to ``high`` (None: no bound known), and the key of its source."""

    low: float | None
    high: float | None
    source: str

    def holds(self, value: float) -> str:
        """Return ``below``, ``within`` or ``above``."""
        if self.low is not None and value < self.low:
            return "below"
        return "above" if self.high is not None and value > self.high else "within"

    def is_sure(self, value: float, error: float) -> bool:
        """Return whether ``value`` with standard error ``error`` is clear of both bounds (90 %)."""
        return all(abs(value - bound) > 1.64 * error for bound in (self.low, self.high) if bound is not None)

    def words(self, unit: str) -> str:
        """Format the range, with (U) where it has no source."""
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        text = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
        return f"{text} {unit}".rstrip() + (" (U)" if self.source == "unsourced" else "")


def about(mean: float, sd: float, source: str) -> ReferenceRange:
    """Return the range of two standard deviations to either side of the mean."""
    return ReferenceRange(round(mean - 2 * sd, 3), round(mean + 2 * sd, 3), source)


UNITS: dict[str, dict[str, ReferenceRange]] = {
    "tibialis anterior": {
        "duration_ms": about(9.35, 0.93, "jnnp-ta"),
        "amplitude_uv": about(661.5, 92.0, "jnnp-ta"),
        "area_uvms": about(851.5, 158.7, "jnnp-ta"),
        "phases": about(3.47, 0.36, "jnnp-ta"),
        "turns": about(3.35, 0.52, "jnnp-ta"),
        "polyphasic_percent": ReferenceRange(None, 35.0, "jnnp-ta"),
    }
}
"""Means over about twenty units of one muscle; a range is mean +- two standard deviations over healthy people."""

ANY_MUSCLE: dict[str, ReferenceRange] = {
    "duration_ms": ReferenceRange(2.0, 15.0, "aminoff"),
    "amplitude_uv": ReferenceRange(300.0, 3000.0, "aminoff"),
    "polyphasic_percent": ReferenceRange(None, 15.0, "aminoff"),
}
"""Ranges for the units of any muscle; too wide to show a disease."""

INTERFERENCE: dict[str, ReferenceRange] = {
    "uv_per_turn": ReferenceRange(200.0, 600.0, "unsourced"),
    "turns_per_mv": ReferenceRange(None, 1200.0, "unsourced"),
}


@dataclass(frozen=True, slots=True)
class NerveReference:
    """The ranges of motor conduction: distal latency in ms, amplitude in mV, velocity in m/s."""

    latency_ms: ReferenceRange
    amplitude_mv: ReferenceRange
    velocity_m_s: ReferenceRange


NERVES: dict[str, NerveReference] = {
    "median": NerveReference(
        ReferenceRange(None, round(3.4 + 2 * 0.37, 2), "jnnd"), ReferenceRange(round(10.6 - 2 * 2.75, 2), None, "jnnd"),
        ReferenceRange(round(54.4 - 2 * 5.7, 1), None, "jnnd"),
    ),
    "ulnar": NerveReference(
        ReferenceRange(None, round(2.75 + 2 * 0.39, 2), "jnnd"), ReferenceRange(round(9.6 - 2 * 2.2, 2), None, "jnnd"),
        ReferenceRange(round(59.8 - 2 * 8.0, 1), None, "jnnd"),
    ),
    "tibial": NerveReference(
        ReferenceRange(None, 5.4, "kim-2022"), ReferenceRange(3.4, None, "kim-2022"),
        ReferenceRange(42.2, None, "kim-2022"),
    ),
    "peroneal": NerveReference(
        ReferenceRange(None, 6.5, "unsourced"), ReferenceRange(2.0, None, "unsourced"),
        ReferenceRange(40.0, None, "unsourced"),
    ),
    "radial": NerveReference(
        ReferenceRange(None, 2.9, "unsourced"), ReferenceRange(2.0, None, "unsourced"),
        ReferenceRange(50.0, None, "unsourced"),
    ),
}  # fmt: skip
"""Motor conduction by nerve; the tibial values are of people in their twenties."""

MEDIAN_ULNAR_MS = ReferenceRange(None, 1.1, "unsourced")
"""Median minus ulnar distal motor latency at the same hand, in ms."""
