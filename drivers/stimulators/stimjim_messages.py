"""Messages that a StimJim prints, parsed line by line. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST_LINE = 400
_RULE = re.compile(rb"-{10,}")
_HEAD = re.compile(rb"Parameters for PulseTrain\[(\d+)\]")
_MODE = re.compile(rb"mode\[ch([01])\]: (\d)")
_PERIOD = re.compile(rb"period:\s+(\d+) usec")
_DURATION = re.compile(rb"duration:\s+(\d+) usec")
_STAGE = re.compile(rb"^\s*(\d+)\s+(\d+) usec\s+(-?\d+)[um][AV]\s+(-?\d+)[um][AV]\s*$")
_STARTED = re.compile(rb"Started T train with parameters of PulseTrain (\d+)")
_COMPLETE = re.compile(rb"Train complete\. Delivered (\d+) pulses")
_MEASURED = re.compile(rb"^Stage (\d+)\s*(-?\d+)[um][AV],\s*(-?\d+)[um][AV]")
_ACKNOWLEDGED = {
    re.compile(r"Forcing ([TU]) train to stop"): "{}-1",
    re.compile(r"Detaching interrupt to IN([01])"): "R{},-1",
    re.compile(r"Set channel ([01]) to mode (\d)"): "M{},{}",
}
_BOOT = b"Booting StimJim"


@dataclass(frozen=True, slots=True)
class StoredTrain:
    """A stored pulse train: times in us; stages of (amplitude 0, amplitude 1, us), amplitudes in uA or mV by mode."""

    index: int
    modes: tuple[int, int]
    period_us: int
    duration_us: int
    stages: tuple[tuple[int, int, int], ...]

    def command(self) -> bytes:
        """Return the line that stores it."""
        stages = ";".join(",".join(map(str, stage)) for stage in self.stages)
        return f"S{self.index},{self.modes[0]},{self.modes[1]},{self.period_us},{self.duration_us};{stages}\n".encode()


@dataclass(frozen=True, slots=True)
class Complete:
    """Message: a train has ended after ``pulses``."""

    pulses: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Message: mean values measured on both outputs during stage ``stage``, in uA or mV."""

    stage: int
    values: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Started:
    """Message: train ``index`` has started."""

    index: int


@dataclass(frozen=True, slots=True)
class Booted:
    """Message: the device has just been switched on, and earlier settings are lost."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Message: ``command`` was carried out (a train stopped, an input detached, or an output set to a mode)."""

    command: str


StimJimMessage = StoredTrain | Complete | Measured | Started | Booted | Acknowledged


class TextReader:
    """Parser of printed lines into messages; other lines are skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._dump: dict[str, int] | None = None
        self._stages: list[tuple[int, int, int]] = []

    def feed(self, data: bytes) -> list[StimJimMessage]:
        """Return the messages that ``data`` completes."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) <= _LONGEST_LINE else b""
        return [message for line in lines if (message := self._line(line.rstrip(b"\r"))) is not None]

    def _line(self, line: bytes) -> StimJimMessage | None:
        if _RULE.search(line):
            return self._end_of_dump()
        if head := _HEAD.search(line):
            self._dump, self._stages = {"index": int(head[1])}, []
        elif self._dump is not None:
            self._in_dump(self._dump, line)
        return _event(line)

    def _in_dump(self, dump: dict[str, int], line: bytes) -> None:
        if mode := _MODE.search(line):
            dump[f"mode{int(mode[1])}"] = int(mode[2])
        elif period := _PERIOD.search(line):
            dump["period"] = int(period[1])
        elif duration := _DURATION.search(line):
            dump["duration"] = int(duration[1])
        elif (stage := _STAGE.search(line)) and int(stage[1]) == len(self._stages):
            self._stages.append((int(stage[3]), int(stage[4]), int(stage[2])))

    def _end_of_dump(self) -> StoredTrain | None:
        """Return the train of a dump that its second rule ends; None where a line of it is missing."""
        dump, self._dump = self._dump, None
        if dump is None or not {"mode0", "mode1", "period", "duration"} <= dump.keys():
            return None
        modes = dump["mode0"], dump["mode1"]
        return StoredTrain(dump["index"], modes, dump["period"], dump["duration"], tuple(self._stages))


def _event(line: bytes) -> StimJimMessage | None:
    if complete := _COMPLETE.search(line):
        return Complete(int(complete[1]))
    if measured := _MEASURED.search(line):
        return Measured(int(measured[1]), (int(measured[2]), int(measured[3])))
    if started := _STARTED.search(line):
        return Started(int(started[1]))
    return Booted() if _BOOT in line else _acknowledged(line)


def _acknowledged(line: bytes) -> Acknowledged | None:
    text = line.decode("ascii", "replace")
    for pattern, command in _ACKNOWLEDGED.items():
        if found := pattern.search(text):
            return Acknowledged(command.format(*found.groups()))
    return None
