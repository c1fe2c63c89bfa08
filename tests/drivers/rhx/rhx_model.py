"""Model of Intan RHX's commands and stimulation, without I/O: segments of text in, replies and pulses out.

It behaves as RHX 3.4.0 was seen to behave (demo mode, and stimulation with a sequencer behind RHX's unchanged server
and parser) and as its public source reads: github.com/Intan-Technologies/Intan-RHX, tcpdisplay.cpp, commandparser.cpp,
controllerinterface.cpp, stimparameters.cpp, tcpdataoutputthread.cpp.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

STIM = "ControllerStimRecord"
_US, _BOOL = "microseconds", ("True", "False")
_KEYS = tuple(f"KeyPressF{n}" for n in range(1, 9))
_INPUTS = (*(f"DigitalIn{n:02d}" for n in range(1, 17)), *(f"AnalogIn{n:02d}" for n in range(1, 9)))

Values = tuple[str, ...] | tuple[float, float]

STIMULUS: dict[str, tuple[str, Values, str]] = {
    "source": ("Source", (*_KEYS, *_INPUTS), "DigitalIn01"),
    "triggeredgeorlevel": ("TriggerEdgeOrLevel", ("Edge", "Level"), "Edge"),
    "triggerhighorlow": ("TriggerHighOrLow", ("High", "Low"), "High"),
    "shape": ("Shape", ("Biphasic", "BiphasicWithInterphaseDelay", "Triphasic"), "Biphasic"),
    "polarity": ("Polarity", ("NegativeFirst", "PositiveFirst"), "NegativeFirst"),
    "pulseortrain": ("PulseOrTrain", ("SinglePulse", "PulseTrain"), "SinglePulse"),
    "numberofstimpulses": ("NumberOfStimPulses", (0.0, 256.0), "2"),
    f"pulsetrainperiod{_US}": ("PulseTrainPeriodMicroseconds", (0.0, 1e6), "10000"),
    f"refractoryperiod{_US}": ("RefractoryPeriodMicroseconds", (0.0, 1e6), "1000"),
    f"posttriggerdelay{_US}": ("PostTriggerDelayMicroseconds", (0.0, 5e5), "0"),
    f"firstphaseduration{_US}": ("FirstPhaseDurationMicroseconds", (0.0, 5000.0), "100"),
    f"secondphaseduration{_US}": ("SecondPhaseDurationMicroseconds", (0.0, 5000.0), "100"),
    f"interphasedelay{_US}": ("InterphaseDelayMicroseconds", (0.0, 5000.0), "100"),
    "firstphaseamplitudemicroamps": ("FirstPhaseAmplitudeMicroAmps", (0.0, 2550.0), "0"),
    "secondphaseamplitudemicroamps": ("SecondPhaseAmplitudeMicroAmps", (0.0, 2550.0), "0"),
    "enableampsettle": ("EnableAmpSettle", _BOOL, "True"),
    "maintainampsettle": ("MaintainAmpSettle", _BOOL, "False"),
    f"prestimampsettle{_US}": ("PreStimAmpSettleMicroseconds", (0.0, 5e5), "0"),
    f"poststimampsettle{_US}": ("PostStimAmpSettleMicroseconds", (0.0, 5e5), "1000"),
    "enablechargerecovery": ("EnableChargeRecovery", _BOOL, "False"),
    f"poststimchargerecovon{_US}": ("PostStimChargeRecovOnMicroseconds", (0.0, 1e6), "0"),
    f"poststimchargerecovoff{_US}": ("PostStimChargeRecovOffMicroseconds", (0.0, 1e6), "0"),
    "stimenabled": ("StimEnabled", _BOOL, "False"),
}
"""Stimulation parameters of an amplifier channel: label of RHX's reply, values that it accepts, default."""

OUTPUTS = {f"tcpdataoutputenabled{band}": band or "wide" for band in ("", "low", "high", "spike", "dc", "stim")}
OF_BOARD = ("source", "triggeredgeorlevel", "triggerhighorlow", "stimenabled")
"""Parameters of an analogue or digital output that are modelled."""


@dataclass(frozen=True, slots=True)
class Given:
    """A pulse that a channel gave: ``sample`` it began at, current in mA, width of a phase in samples."""

    channel: str
    sample: int
    current_ma: float
    width: int


class RhxModel:
    """RHX's state. ``now_sample`` is the sample that its controller is at; ``clock`` counts seconds.

    ``received`` holds every command in order, ``given`` every pulse, ``uploads_running`` how many uploads came while it
    was running. ``replies`` are those not sent yet.
    """

    def __init__(
        self,
        kind: str = STIM,
        step_ua: float = 5.0,
        sample_rate_hz: int = 30_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sample_rate_hz, self.kind, self._clock = sample_rate_hz, kind, clock
        self.received: list[str] = []
        self.replies: list[str] = []
        self.given: list[Given] = []
        self.runs = self.uploads_running = self.now_sample = 0
        self.streams = False
        self.upload_s = [0.4, 0.01]
        """How long the first upload and each later one take."""

        self.values = {
            "runmode": "Stop", "type": kind, "sampleratehertz": str(sample_rate_hz), "version": "3.4.0",
            "stimstepsizemicroamps": f"{step_ua:g}", "uploadinprogress": "False", "tcpnumberdatablocksperwrite": "10",
            **{f"{port}.numberamplifierchannels": "32" if port == "a" else "0" for port in "abcdefgh"},
        }  # fmt: skip
        self.shown_steps: dict[str, int] = {}
        """Magnitude that the stream shows while a channel stimulates, cached when the run started."""

        self._uploaded: dict[str, dict[str, str]] = {}
        self._ends: dict[str, int] = {}
        self._behind_run: list[list[str]] = []
        self._behind_upload: list[tuple[float, list[str]]] = []

    @property
    def running(self) -> bool:
        return self.values["runmode"] != "Stop"

    def value(self, name: str) -> str:
        """Return the value of the parameter ``name``; "" where there is none."""
        if name in self.values:
            return self.values[name]
        channel, _, parameter = name.rpartition(".")
        if channel not in self._channels():
            return "False" if channel.startswith("digital-in") and parameter == "tcpdataoutputenabled" else ""
        if parameter in OUTPUTS and channel[1] == "-":
            return "False"
        known = parameter in STIMULUS and self.kind == STIM and (channel[1] == "-" or parameter in OF_BOARD)
        return STIMULUS[parameter][2] if known else ""

    def feed(self, segment: str) -> None:
        """Carry out what RHX read at once from its socket, as it does: split at semicolons, in order."""
        self._carry_out([words.strip().lower() for words in segment.split(";") if words.strip()])

    def poll(self) -> None:
        """Go on with what waited behind an upload that has ended."""
        while self._behind_upload and self._clock() >= self._behind_upload[0][0]:
            _, rest = self._behind_upload.pop(0)
            self.values["uploadinprogress"] = "True" if self._behind_upload else "False"
            self._carry_out(rest)

    def use(self, channel: str, **parameters: object) -> None:
        """Set and upload parameters of ``channel``, as an earlier user of RHX may have done."""
        for parameter, value in parameters.items():
            self.values[f"{channel}.{parameter}"] = _accepted(parameter, str(value).lower()) or "?"
        self._uploaded[channel] = self._setting(channel)

    def trigger(self, key: str) -> None:
        """Press ``key``, such as ``f1``: every enabled channel whose source it is gives its pulse or train."""
        for channel, setting in self._uploaded.items() if self.streams else ():
            if setting["stimenabled"] == "True" and setting["source"].lower() == f"keypress{key}":
                self._give(channel, setting)

    def _give(self, channel: str, setting: dict[str, str]) -> None:
        if self.now_sample < self._ends.get(channel, 0):
            return
        width = self._samples(setting, "firstphaseduration")
        first = self.now_sample + 10 + self._samples(setting, "posttriggerdelay")
        period = self._samples(setting, "pulsetrainperiod")
        count = int(setting["numberofstimpulses"]) if setting["pulseortrain"] == "PulseTrain" else 1
        for number in range(count):
            current_ma = float(setting["firstphaseamplitudemicroamps"]) / 1000
            self.given.append(Given(channel, first + number * period, current_ma, width))
        last = first + (count - 1) * period + 2 * width
        self._ends[channel] = last + self._samples(setting, "refractoryperiod")

    def _samples(self, setting: dict[str, str], name: str) -> int:
        return round(float(setting[f"{name}{_US}"]) * 1e-6 * self.sample_rate_hz)

    def _channels(self) -> set[str]:
        ports = {port: int(self.values[f"{port}.numberamplifierchannels"]) for port in "abcdefgh"}
        names = {f"{port}-{number:03d}" for port, count in ports.items() for number in range(count)}
        if self.kind == STIM:
            names |= {f"analog-out-{n}" for n in range(1, 9)} | {f"digital-out-{n:02d}" for n in range(1, 17)}
        return names

    def _carry_out(self, commands: list[str]) -> None:
        """Carry out ``commands``. What follows the start of a run waits for its end; another segment does not."""
        for number, words in enumerate(commands):
            rest, runs = commands[number + 1 :], self.runs
            self.received.append(words)
            self.replies += [text for text in self._command(words, number) if text]
            if self.runs > runs:
                self._behind_run.append(rest)
                return
            if words.startswith("execute uploadstimparameters ") and self._upload(words.split()[2], rest):
                return
        while not self.running and self._behind_run:
            self._carry_out(self._behind_run.pop())

    def _command(self, words: str, number: int) -> Iterator[str]:
        verb, *rest = words.split()
        if verb == "get" and len(rest) == 1:
            value = self.value(rest[0])
            yield f"Return: {_label(rest[0])} {value}" if value else "Unrecognized parameter"
        elif verb == "set" and len(rest) == 2:
            yield self._set(*rest)
        elif verb == "execute" and len(rest) in {1, 2}:
            yield self._execute(*rest)
        else:
            yield f"Error - Command {number + 1}: Unrecognized command"

    def _set(self, name: str, value: str) -> str:
        if name == "runmode":
            return self._set_run_mode(value)
        if not self.value(name):
            return "Unrecognized parameter"
        parameter = name.rpartition(".")[2]
        if self.running and (parameter in OUTPUTS or name.startswith("tcpnumber")):
            return f"{_label(name)} cannot be set while controller is running."
        accepted = _accepted(parameter, value)
        if accepted is None:
            return f"Invalid value for {_label(name)} command."
        self.values[name] = accepted
        return ""

    def _set_run_mode(self, value: str) -> str:
        if value == "stop":
            if not self.running:
                return "Board must be running in order to stop"
            self.values["runmode"], self.streams = "Stop", False
            return ""
        if self.running:
            return f"Board must be stopped in order to start {'running' if value == 'run' else 'recording'}"
        self.values["runmode"] = value.capitalize()
        if self.values["uploadinprogress"] == "True":
            return "Error - To avoid data corruption, controller cannot start running until the upload completes"
        self.runs += 1
        self.streams, self.now_sample, self.given, self._ends = True, 0, [], {}
        step_ua = float(self.values["stimstepsizemicroamps"])
        for channel, band in self.outputs():
            if band == "stim":
                amplitude_ua = float(self.value(f"{channel}.firstphaseamplitudemicroamps"))
                self.shown_steps[channel] = min(round(amplitude_ua / step_ua), 255)
        return ""

    def _execute(self, action: str, parameter: str = "") -> str:
        if action == "clearalldataoutputs":
            self.values = {key: value for key, value in self.values.items() if "tcpdataoutput" not in key}
        elif action == "manualstimtriggerpulse":
            self.trigger(parameter)
        elif action not in {"uploadstimparameters", "connecttcpwaveformdataoutput"}:
            return "Unrecognized action"
        return ""

    def _upload(self, channel: str, rest: list[str]) -> bool:
        """Begin an upload, if it can begin now; ``rest``, of its segment, waits for its end, other segments do not."""
        if self.kind != STIM or self.values["uploadinprogress"] == "True":
            busy = "Error - Another upload cannot be started until the previous upload completes"
            self.replies += [busy] if self.kind == STIM else []
            return False
        self.uploads_running += self.running
        if channel in self._channels():
            self._uploaded[channel] = self._setting(channel)
        took_s = self.upload_s.pop(0) if len(self.upload_s) > 1 else self.upload_s[0]
        self.values["uploadinprogress"] = "True"
        self._behind_upload.append((self._clock() + took_s, rest))
        return True

    def _setting(self, channel: str) -> dict[str, str]:
        return {name: self.value(f"{channel}.{name}") or default for name, (_, _, default) in STIMULUS.items()}

    def outputs(self) -> list[tuple[str, str]]:
        """Return channel and band of every word of a frame, in RHX's order."""
        on = [key for key, value in self.values.items() if "tcpdataoutputenabled" in key and value == "True"]
        found = [(key.partition(".")[0], OUTPUTS[key.partition(".")[2]]) for key in on]
        order = list(OUTPUTS.values())
        analogue = sorted((f for f in found if "digital" not in f[0]), key=lambda f: (f[0], order.index(f[1])))
        return analogue + ([("digital-in", "wide")] if len(analogue) < len(found) else [])


def _label(name: str) -> str:
    """Return the name that RHX gives ``name`` in a reply: without the channel, in its own capitals."""
    own = {"runmode": "RunMode", "type": "Type", "sampleratehertz": "SampleRateHertz", "version": "Version"}
    last = name.rpartition(".")[2]
    return STIMULUS[last][0] if last in STIMULUS else own.get(last, last)


def _accepted(parameter: str, value: str) -> str | None:
    """Return ``value`` as RHX keeps it; None where it refuses it."""
    accepts: Values = STIMULUS[parameter][1] if parameter in STIMULUS else ()
    if parameter in OUTPUTS:
        accepts = _BOOL
    if accepts and isinstance(accepts[0], str):
        return next((str(each) for each in accepts if str(each).lower() == value), None)
    if not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", value):
        return None
    number = float(value)
    in_range = not accepts or float(accepts[0]) <= number <= float(accepts[1])
    return f"{number:.6g}" if in_range else None
