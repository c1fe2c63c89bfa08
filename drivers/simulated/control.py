"""Control lines on the process's stdin, which steer needle, patient, faults and plug; replies are JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from drivers.simulated.device import OnaDevice
from drivers.simulated.faults import on_off
from drivers.simulated.messages import StatusFault
from drivers.simulated.ports import SimulatedPort
from drivers.simulated.tissue import Injectate


class Control:
    """Control lines on stdin, each with a reply of one JSON line on stdout.

    ``advance MM``, ``withdraw MM``, ``redirect MM`` (sideways), which add up, ``hold``; ``depth``; ``contract
    SHARE|off [CHANNEL]``; ``inject saline|anaesthetic|d5w ML``; ``pulse MA MS`` (another stimulator's); ``lead-off
    CHANNEL on|off``; ``press N``, ``release N``; ``battery PERCENT``; ``fault CODE``; ``set FAULT VALUE`` (see Faults);
    ``stall SECONDS``; ``lose SAMPLES``; ``unplug``, ``replug``; ``truth``.
    """

    def __init__(self, device: OnaDevice, port: SimulatedPort) -> None:
        self._device, self._port = device, port
        self._now_ns = 0
        self._words: dict[str, Callable[..., None]] = {
            "advance": lambda mm: device.patient.steer(float(mm), adds=True),
            "withdraw": lambda mm: device.patient.steer(-float(mm), adds=True),
            "redirect": lambda mm: device.patient.steer(0.0, float(mm), adds=True),
            "hold": lambda: device.patient.steer(0.0),
            "contract": self._contract,
            "inject": lambda what, ml: device.patient.inject(Injectate(what), float(ml)),
            "lead-off": lambda channel, off: device.patient.set_lead_off(int(channel), on_off(off)),
            "pulse": lambda ma, ms: device.give_foreign_pulse(float(ma), float(ms), self._now_ns),
            "press": lambda button: device.press(int(button), pressed=True),
            "release": lambda button: device.press(int(button), pressed=False),
            "battery": lambda percent: device.set_battery(int(percent)),
            "fault": lambda code: device.raise_fault(StatusFault(int(code))),
            "set": device.faults.set,
            "stall": lambda seconds: device.stall(self._now_ns + int(float(seconds) * 1e9)),
            "lose": lambda samples: device.lose(int(samples)),
            "unplug": port.unplug,
            "replug": port.plug,
            "depth": lambda: None,
            "truth": lambda: None,
        }

    def run(self, line: str, now_ns: int) -> str:
        """Execute ``line``; return ``{"ok": true}``, where requested with ``truth`` or ``depth_mm``, or an error."""
        self._now_ns = now_ns
        word, *arguments = line.split() or [""]
        if word not in self._words:
            return json.dumps({"error": f"there is no command {word!r}; choose one of {', '.join(self._words)}"})
        try:
            self._words[word](*arguments)
        except (TypeError, ValueError) as error:
            return json.dumps({"error": f"{line.strip()!r} was not understood: {error}"})
        reply: dict[str, Any] = {"ok": True}
        if word == "truth":
            reply["truth"] = asdict(self._device.patient.truth())
        if word == "depth":
            reply["depth_mm"] = self._device.patient.needle_depth_mm
        return json.dumps(reply)

    def _contract(self, share: str, channel: str | None = None) -> None:
        effort, patient = None if share == "off" else float(share), self._device.patient
        if effort is not None and not 0 <= effort <= 1:
            raise ValueError(f"effort lies within 0 and 1, not {share}")
        if channel is None:
            patient.voluntary.commanded_effort = effort
            patient.voluntary.commanded_efforts.clear()
            return
        if not 0 <= int(channel) < patient.channels:
            raise ValueError(f"there is no channel {channel}; the patient has {patient.channels}")
        patient.voluntary.commanded_efforts.pop(int(channel), None)
        if effort is not None:
            patient.voluntary.commanded_efforts[int(channel)] = effort
