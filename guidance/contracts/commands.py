"""What a screen says to the engine. The engine answers with Snapshots and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameAck:
    """Paid with each Snapshot that reached the terminal; ``frame`` counts them from 1. A second without: no pulse."""

    frame: int


@dataclass(frozen=True, slots=True)
class Quit:
    """The operator asks to end the procedure in order; the engine answers with a Snapshot that has ``ended`` set."""


@dataclass(frozen=True, slots=True)
class PausePlayback:
    """Hold (``on``) or go on with the replay."""

    on: bool


@dataclass(frozen=True, slots=True)
class Arm:
    """The operator arms the stimulator."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The operator switches the stimulator off."""


@dataclass(frozen=True, slots=True)
class TurnDial:
    """The operator turns the current by so many steps of the dial, up or down; in manual mode, or once taken over."""

    steps: int


@dataclass(frozen=True, slots=True)
class HoldCurrent:
    """The operator holds the current where it is; the controller chooses no more."""


@dataclass(frozen=True, slots=True)
class TakeControl:
    """The operator takes the current over as it is, to turn it by hand."""


@dataclass(frozen=True, slots=True)
class ReleaseControl:
    """The operator hands the current back to the controller."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The operator has seen the alarms."""


@dataclass(frozen=True, slots=True)
class PauseAudio:
    """The operator has the sound of the alarms paused for a time, or ends the pause."""


@dataclass(frozen=True, slots=True)
class TurnVolume:
    """The operator turns the guidance up or down by so many steps."""

    steps: int


@dataclass(frozen=True, slots=True)
class TurnMonitor:
    """The operator turns the EMG that is listened to up or down by so many steps."""

    steps: int


@dataclass(frozen=True, slots=True)
class OperatorNote:
    """The operator notes that something happened, such as ``redirect``, ``contact``, ``pain``, ``injection``; what has
    words of its own, such as ``note`` or ``side``, has them as ``text``.
    """

    what: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Aspiration:
    """The operator has aspirated; ``blood`` came or not."""

    blood: bool = False


@dataclass(frozen=True, slots=True)
class Aliquot:
    """The operator injects ``volume_ml`` of the solution; beyond the limit, or after blood, it takes a ``reason``."""

    volume_ml: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SimulatorCommand:
    """A word to the simulated patient, such as ``advance 1``; nothing to a real one."""

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
    | SimulatorCommand
)
