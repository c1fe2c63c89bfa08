"""Published reference values, each with its source; a value without source is marked (U)."""

from __future__ import annotations

from dataclasses import dataclass, replace

SOURCES = {
    "jnnp-ta": "Control values in healthy subjects, tibialis anterior: table 1 of a paper in J Neurol Neurosurg "
    "Psychiatry (jnnp.bmj.com/highwire/markup/179731); read in that table alone",
    "aminoff": "Normal EMG activity (Aminoff), mitchmedical.us; read in an excerpt",
    "kim-2022": "Kim 2022, Ann Rehabil Med 46:9, lower-limb nerve conduction, men in their 20s; read in the abstract",
    "buschbacher-median": "Buschbacher 1999, median motor, 249 people, PMID 10573090; read in the abstract",
    "buschbacher-ulnar": "Buschbacher 1999, ulnar motor, 248 people, PMID 10573091; read in the abstract",
    "buschbacher-tibial": "Buschbacher 1999, tibial motor, 250 people, PMID 10573092; read in the abstract",
    "buschbacher-peroneal": "Buschbacher 1999, peroneal motor, 242 people, Am J Phys Med Rehabil 78 Suppl; read in the "
    "abstract",
    "czech-2015": "Median and ulnar conduction of 227 people in five laboratories, explorer.cuni.cz 484803; read "
    "in the abstract",
    "buschbacher-palm": "Buschbacher 1999, median and ulnar mixed nerve over 80 mm, 248 people, PMID 10573101; read in "
    "the abstract",
    "berkson-2006": "Berkson 2006, median and radial sensory to the thumb over 100 mm, 203 people, "
    "10.1615/JLongTermEffMedImplants.v16.i5.80; read in the abstract",
    "lacn-2000": "Buschbacher 2000, lateral antebrachial cutaneous over 100 mm, 213 people, PMID 11128890; read in the "
    "abstract",
    "radial-14": "Distal sensory latency of the superficial radial nerve over 140 mm, paperexplained.cn a8d99901; read "
    "in the abstract",
    "dorsal-sural": "Dorsal sural nerve of 229 people by age and height, doaj 5ab7382a; read in the abstract",
    "robinson-2000": "Robinson 2000, endpoints that predict the combined sensory index, 300 hands, acnpsearch 77519675"
    "; read in the abstract",
    "uncini-1993": "Uncini 1993, three median-to-ulnar comparisons, PMID 8232394; read in the abstract",
    "f-2004": "F waves of the ulnar and tibial nerve, 100 people, 32 stimuli, PMID 15351376; read in the abstract",
    "f-median": "F waves of the median nerve, 20 people, oalib.com 2465965; read in the abstract",
    "h-1999": "H reflex of the calf, 251 people, discovery.researcher.life 27605073; read in the abstract",
    "h-1994": "H reflex of the calf, 103 people of 60 to 88 years, Muscle Nerve 1994, scilit 50d283b6; read in the "
    "abstract",
    "fcr": "H reflex of the flexor carpi radialis, 69 people, cjn.tums.ac.ir 39298; read in the abstract",
    "recruitment-2024": "Fastest firing rates of six muscles at low to moderate contraction, 111 people, "
    "10.1016/j.clinph.2024.05.001; read in the abstract",
    "recruitment-2024b": "Motor unit firing rates at onset and with recruitment in normal and neurogenic muscle, "
    "concentric needle, ablesci.com 3YL9Awxpr; read in the abstract",
    "unsourced": "(U) general knowledge without a source read; to be verified",
}


NO_REFERENCE = "no reference"
"""What stands beside a number without a published range that was read."""


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """The reference range of one measure: ``low`` to ``high`` (None: no bound known), and the key of its source."""

    low: float | None
    high: float | None
    source: str

    def holds(self, value: float) -> str:
        """Return ``below``, ``within`` or ``above``; empty for a range without bounds."""
        if self.low is None and self.high is None:
            return ""
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
        if not low and not high:
            return NO_REFERENCE
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

OUTLIERS: dict[str, ReferenceRange] = {
    "duration_ms": ReferenceRange(2.0, 15.0, "aminoff"),
    "amplitude_uv": ReferenceRange(None, 3000.0, "aminoff"),
}
"""Limits of a single unit of any muscle; one beyond is an outlier. The lower limit of the amplitude, 300 uV, is left
out: it depends on the distance of the needle. No limits by muscle were found in a source that was read."""

MOST_OUTLIERS = ReferenceRange(None, 2.0, "unsourced")
"""Outliers on one side among 20 units (Stalberg 1994, Muscle Nerve 17:392, where outliers were as sensitive as means;
the number is from memory)."""

FIRST_RECRUITED_HZ = ReferenceRange(None, 15.0, "recruitment-2024b")
"""At low force the firing units of normal muscles stayed below 15 Hz while others were recruited; they began at 5 to 8
Hz."""

MOST_OUTSIDE_PERCENT = ReferenceRange(None, 10.0, "unsourced")
"""Epochs outside the cloud of turns and amplitude (from memory)."""

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
        ReferenceRange(None, 4.7, "buschbacher-median"), ReferenceRange(3.0, None, "buschbacher-median"),
        ReferenceRange(47.0, None, "buschbacher-median"),
    ),
    "ulnar": NerveReference(
        ReferenceRange(None, 3.6, "buschbacher-ulnar"), ReferenceRange(7.4, None, "buschbacher-ulnar"),
        ReferenceRange(50.0, None, "czech-2015"),
    ),
    "tibial": NerveReference(
        ReferenceRange(None, 6.1, "buschbacher-tibial"), ReferenceRange(1.4, None, "buschbacher-tibial"),
        ReferenceRange(39.0, None, "unsourced"),
    ),
    "peroneal": NerveReference(
        ReferenceRange(None, 6.4, "buschbacher-peroneal"), ReferenceRange(None, None, "buschbacher-peroneal"),
        ReferenceRange(34.0, None, "buschbacher-peroneal"),
    ),
    "radial": NerveReference(
        ReferenceRange(None, 2.9, "unsourced"), ReferenceRange(2.0, None, "unsourced"),
        ReferenceRange(50.0, None, "unsourced"),
    ),
}  # fmt: skip
"""Motor conduction of adults by nerve: two standard deviations from the mean (median 3.7 +- 0.5 ms, 10.2 +- 3.6 mV,
57 +- 5 m/s; ulnar 3.0 +- 0.3 ms, 11.6 +- 2.1 mV, 60.4 +- 5.2 m/s; tibial 4.5 +- 0.8 ms, 9.8 +- 4.2 mV in the oldest;
peroneal 4.8 +- 0.8 ms, 44 +- 5 m/s in the slowest group)."""

_YOUNG = 40
"""Age from which the source splits the amplitude of the peroneal nerve: 6.8 +- 2.5 mV below it, 5.1 +- 2.5 mV above."""


def motor_reference(nerve: str, age: int | None) -> NerveReference:
    """Return the ranges of ``nerve`` at ``age`` (None: not known, the widest ranges)."""
    known = NERVES[nerve]
    if nerve == "peroneal" and age is not None and age < _YOUNG:
        return replace(known, amplitude_mv=ReferenceRange(1.8, None, "buschbacher-peroneal"))
    return known


MEDIAN_ULNAR_MS = ReferenceRange(None, 1.1, "unsourced")
"""Median minus ulnar distal motor latency at the same hand, in ms."""
