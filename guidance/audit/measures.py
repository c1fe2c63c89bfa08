"""What an audit measures: each as a column of the facts, with what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grouping(StrEnum):
    """What procedures are counted by."""

    ALL = "all"
    SITE = "site"
    OPERATOR = "operator"
    PROTOCOL = "protocol"
    DEVICE = "device"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the audit.

    ``column`` is an SQL expression on the facts, ``limit`` what the figure cannot tell. A share is true or false for
    each procedure. An amount is rounded to ``step``, so that a site can pass on how often each value occurs and no
    procedure; its unit is ``unit``.
    """

    key: str
    title: str
    column: str
    limit: str
    step: float | None = None
    unit: str = ""

    @property
    def is_share(self) -> bool:
        """Whether it is a share of procedures."""
        return self.step is None


_NO_RECORD = "A procedure without the record it needs counts as not known, and may differ from the others."

MEASURES = (
    Measure(
        "complete",
        "Note with an answer to every required field",
        "len(missing) = 0",
        "An answer may be wrong, and 'not done: why' counts as an answer.",
    ),
    Measure(
        "signed",
        "Note signed within 24 h",
        "signed AND signed_after_h <= 24",
        "The signer's name is typed, not proven; notes on paper are not seen.",
    ),
    Measure(
        "contradicts",
        "Record and case sheet contradict each other",
        "contradicts",
        "Only contradictions that the program looks for; which of the two is right is not known.",
    ),
    Measure(
        "wrong_side",
        "Side entered differs from the case sheet",
        "wrong_side",
        "A procedure on the wrong side with the wrong side on both is not seen.",
    ),
    Measure(
        "reached",
        "Target reached by the program's estimate",
        "reached",
        "The estimate may be wrong. An operator may have injected elsewhere, by ultrasound.",
    ),
    Measure(
        "time_to_target",
        "Time from the first pulse to the target",
        "time_to_target_s",
        f"Procedures that never reached the target have no time, so a low time is no merit by itself. {_NO_RECORD}",
        5.0,
        "s",
    ),
    Measure(
        "pulses",
        "Pulses",
        "pulses",
        "Few pulses may mean a quick approach or one that was given up.",
        1.0,
    ),
    Measure(
        "redirects",
        "Redirects",
        "redirects",
        "Only redirects that were entered; a needle is often moved without an entry.",
        1.0,
    ),
    Measure(
        "minimum_current",
        "Lowest current with a response",
        "minimum_current_ma",
        f"Pulses of different widths count alike. {_NO_RECORD}",
        0.02,
        "mA",
    ),
    Measure(
        "undecided",
        "Sweeps that could not tell",
        "100 * undecided_share",
        "It measures the amplifier and the patient's muscles as much as the operator.",
        1.0,
        "%",
    ),
    Measure(
        "twitch_lost",
        "Twitch lost after an injection",
        "twitch_lost",
        "The twitch is also lost where the needle moved. Only procedures with an entered injection count.",
    ),
    Measure(
        "over_limit",
        "Dose over its limit",
        "over_limit",
        "Only doses that were planned and entered count; other drugs are not seen.",
    ),
    Measure(
        "too_close",
        "Alarm 'too close' raised",
        "too_close",
        "The alarm is a probability, not an injury; without an alarm a needle may have been in a nerve.",
    ),
    Measure(
        "alarms",
        "Alarms of high and medium priority",
        "alarms",
        "Alarms depend on the device, the patient and the program's version.",
        1.0,
    ),
    Measure(
        "acknowledged",
        "Time from an alarm of high priority to its acknowledgement",
        "acknowledged_s",
        "An alarm may have been acted on without a key. Alarms that nobody acknowledged have no time.",
        1.0,
        "s",
    ),
    Measure(
        "pain",
        "Pain or paraesthesia",
        "pain",
        "Only what was entered or answered; a sedated patient reports none.",
    ),
    Measure("blood", "Blood aspirated", "blood", "Only aspirations that were entered."),
    Measure(
        "complication",
        "Complication on the case sheet or at follow-up",
        "complication",
        "Patients who were not followed up are not known to be well.",
    ),
    Measure(
        "success",
        "Block complete at follow-up",
        "success",
        "Only blocks with an entered result; those may be the best or the worst.",
    ),
    Measure(
        "agreement",
        "Decisions that today's code takes as recorded (--replay)",
        "100 * agreement",
        "Agreement is not correctness. The pulses are those on record, so a current that today's code would have "
        f"chosen otherwise is not seen. {_NO_RECORD}",
        1.0,
        "%",
    ),
)
"""The measures in the order of the report."""
