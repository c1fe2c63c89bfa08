"""Simulated StimJim, written from the behaviour of its published firmware (open-ephys/stimjim, stimjimPulser).

The current is cast to 16 bits without a check and without an error.
"""

from __future__ import annotations

import re

from tests.drivers.stimulators.wire import Given, now_s

UA_PER_DAC = 0.1017
MODES = ("Voltage output", "Current output", "No output (high-Z)", "No output (grounded)")
RULE = "-" * 34


def int16(value: float) -> int:
    """Return ``value`` cast to int16."""
    return (int(value) + 32_768) % 65_536 - 32_768


class SimStimJim:
    """Simulated StimJim with electrodes of ``load_kohm`` (None: open); ``corrupts`` stores a wrong amplitude.

    ``running`` are the timers (T, U) on which an earlier client's train runs, ``triggers`` the trains that inputs
    start, ``modes`` those of the outputs. ``cannot_stop`` is older firmware, to which -1 is no train.
    """

    def __init__(self, load_kohm: float | None = 2.0) -> None:
        self.load_kohm = load_kohm
        self.given: list[Given] = []
        self.corrupts = self.silent = self.mute_reports = self.cannot_stop = False
        self.running: set[str] = set()
        self.triggers: dict[int, int] = {}
        self.modes = {0: 3, 1: 3}
        self._rest = b""
        self._trains: dict[int, tuple[list[int], list[list[int]]]] = {}

    def feed(self, data: bytes) -> bytes:
        if self.silent:
            return b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return "".join(self._obey(line.decode("ascii", "replace").strip()) for line in lines).encode()

    def _obey(self, line: str) -> str:
        if setting := re.match(r"([RM])([01]),(-?\d+)$", line):
            return self._set_port(setting[1], int(setting[2]), int(setting[3]))
        match = re.match(r"[STU](-?\d+)", line)
        if match is None:
            return ""
        index = int(match[1])
        if line[0] == "S":
            return self._set(index, line) if 0 <= index < 100 else "Invalid PulseTrain index.\r\n"
        if index < 0 and self.cannot_stop:
            return "Invalid PulseTrain index.\r\n"
        if index < 0:
            self.running.discard(line[0])
            return f"Forcing {line[0]} train to stop\r\n"
        return self._start(index, line[0])

    def press(self, trigger_input: int) -> None:
        """Give an edge at a trigger input: the train attached to it starts."""
        if trigger_input in self.triggers:
            self._start(self.triggers[trigger_input], "TU"[trigger_input])

    def _set_port(self, letter: str, index: int, value: int) -> str:
        """Attach an input to a train or detach it (R), or set the mode of an output (M)."""
        if letter == "M":
            self.modes[index] = value
            return f"Set channel {index} to mode {value}\r\n"
        if value < 0:
            self.triggers.pop(index, None)
            return f"Detaching interrupt to IN{index}\r\n"
        self.triggers[index] = value
        return f"Attaching interrupt to IN{index} to run PulseTrain[{value}]\r\n"

    def _set(self, index: int, line: str) -> str:
        head, *stages = line[1:].split(";")
        numbers = [int(part) for part in head.split(",") if part.strip()]
        if len(numbers) == 5:
            parsed = [[int(value) for value in stage.split(",")] for stage in stages if stage.strip()]
            if self.corrupts and parsed:
                parsed[0][0] *= 10
            self._trains[index] = (numbers[1:], parsed)
        return self._dump(index)

    def _train(self, index: int) -> tuple[list[int], list[list[int]]]:
        return self._trains.get(index, ([3, 3, 10_000, 500_000], []))

    def _dump(self, index: int) -> str:
        (mode0, mode1, period, duration), stages = self._train(index)
        unit0, unit1 = ("mV" if mode == 0 else "uA" for mode in (mode0, mode1))
        lines = [
            RULE,
            f"Parameters for PulseTrain[{index}]",
            f"  mode[ch0]: {mode0} ({MODES[mode0]})",
            f"  mode[ch1]: {mode1} ({MODES[mode1]})",
            f"  period:    {period} usec ({period / 1e6:.3f} sec, {1e6 / period:.3f} Hz)",
            f"  duration:  {duration} usec ({duration / 1e6:.3f} sec)",
            "",
            "  stage    duration     output0   output1",
            *(f"   {j:2d}  {us:7d} usec {a0:8d}{unit0} {a1:8d}{unit1}" for j, (a0, a1, us) in enumerate(stages)),
            RULE,
            "",
            "",
        ]
        return "\r\n".join(lines)

    def _start(self, index: int, letter: str) -> str:
        (*modes, period, duration), stages = self._train(index)
        reply = f"\r\nStarted {letter} train with parameters of PulseTrain {index}\r\n"
        pulses = -(-duration // period)
        measured = [[self._output_ua(stage[i]) if modes[i] == 1 else 0.0 for i in (0, 1)] for stage in stages]
        for _ in range(pulses):
            for stage, amounts in zip(stages, measured, strict=True):
                self.given.append(Given(now_s(), sum(amounts) / 1e3, stage[2] / 1e3))
        if self.mute_reports:
            return reply
        rows = (f"Stage {j}{a0:6.0f}uA,          {a1:6.0f}uA,          " for j, (a0, a1) in enumerate(measured))
        head = f"Train complete. Delivered {pulses} pulses.\r\nCurrent/Voltage by stage: \r\n"
        return reply + head + "           Ch0                Ch1 \r\n" + "".join(f"{row}\r\n" for row in rows)

    def _output_ua(self, amplitude_ua: int) -> float:
        """Return the current that flows: the wrapped DAC value, limited by 13.7 V across the load."""
        if self.load_kohm is None:
            return 0.0
        wanted = int16(amplitude_ua / UA_PER_DAC) * UA_PER_DAC
        most = 13_700 / self.load_kohm
        return max(-most, min(most, wanted))
