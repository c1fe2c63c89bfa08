"""What a screen sends to the engine. The engine replies with Snapshots and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameAck:
    """Acknowledgement of each Snapshot that reached the terminal; ``frame`` counts them from 1. After a second without
    one, no pulse is given.
    """

    frame: int


@dataclass(frozen=True, slots=True)
class Quit:
    """Request to end the procedure in order; the engine replies with a Snapshot that has ``ended`` set."""


@dataclass(frozen=True, slots=True)
class PausePlayback:
    """Request to pause the replay (``on``), or to go on."""

    on: bool


@dataclass(frozen=True, slots=True)
class Arm:
    """Request to arm the stimulator."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Request to switch the stimulator off."""


@dataclass(frozen=True, slots=True)
class TurnDial:
    """Turn of the current by so many steps of the dial, up or down; in manual mode, or while the operator owns the
    current.
    """

    steps: int


@dataclass(frozen=True, slots=True)
class HoldCurrent:
    """Request to hold the current where it is; the controller chooses it no more."""


@dataclass(frozen=True, slots=True)
class TakeControl:
    """Request that the operator owns the current, from its present value on."""


@dataclass(frozen=True, slots=True)
class ReleaseControl:
    """Request that the controller owns the current again."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Acknowledgement of the alarms by the operator."""


@dataclass(frozen=True, slots=True)
class PauseAudio:
    """Request to pause the sound of the alarms for a time, or to end the pause."""


@dataclass(frozen=True, slots=True)
class TurnVolume:
    """Turn of the guidance's volume by so many steps, up or down."""

    steps: int


@dataclass(frozen=True, slots=True)
class TurnMonitor:
    """Turn of the volume of the audible EMG by so many steps, up or down."""

    steps: int


@dataclass(frozen=True, slots=True)
class OperatorNote:
    """Note that something happened, such as ``redirect``, ``contact``, ``pain``, ``injection``; ``text`` is what the
    operator wrote, for kinds such as ``note`` or ``side``.
    """

    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Aspiration:
    """Report that the operator has aspirated, and whether ``blood`` came."""

    blood: bool = False


@dataclass(frozen=True, slots=True)
class Aliquot:
    """Report that the operator injects ``volume_ml`` of the solution; beyond the limit, or after blood, a ``reason`` is
    needed.
    """

    volume_ml: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ToxinAliquot:
    """Report of a muscle and the units of the session's toxin injected into it, such as ``fds 30``; beyond a limit a
    ``reason`` is needed.
    """

    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CorrectEntry:
    """Correction of the entry with the number ``seq``, or of an earlier correction, for a ``reason``: ``value`` is what
    it should be, as the operator writes it; None where it did not happen.
    """

    seq: int
    reason: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """Answer to ``item`` of the stop moment: the ``value`` of a choice, or ``not done``; ``detail`` is the text or the
    reason that belongs to it.
    """

    item: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SymptomScore:
    """Symptom score of the patient, 0 (none) to 10 (the worst); None where it is skipped. Only in an exercise, while it
    asks for one.
    """

    score: int | None


@dataclass(frozen=True, slots=True)
class SimulatorCommand:
    """Command to the simulated patient, such as ``advance 1``; without effect on a real one."""

    words: str


OperatorCommand = (
    FrameAck
    | Quit
    | PausePlayback
    | Arm
    | Stop
    | TurnDial
    | HoldCurrent
    | TakeControl
    | ReleaseControl
    | Acknowledge
    | PauseAudio
    | TurnVolume
    | TurnMonitor
    | OperatorNote
    | Aspiration
    | Aliquot
    | ToxinAliquot
    | CorrectEntry
    | StopAnswer
    | SymptomScore
    | SimulatorCommand
)
