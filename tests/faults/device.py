"""An amplifier written from the protocol, version 1, with faults of every part; it shares no code with the program.

What it did is kept as the truth: each pulse that it gave, and when its stimulator was on.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.drivers.ona import fake_ona as ona
from tests.support.waves import Wave, m_wave

RATE_HZ, FRAME_SAMPLES = 2000, 20
SCALE_NV, THRESHOLD_UA = 100.0, 600
WATCHDOG_NS, STATUS_NS = 1_000_000_000, 900_000_000
_NOISE_UV, _LATENCY_SAMPLES = 8.0, 12
DONE, UNKNOWN, MALFORMED, RANGE, STATE, FAULT = range(6)


@dataclass(frozen=True, slots=True)
class GivenPulse:
    """A pulse that left the device; ``requested`` is False where no command led to it, ``reported`` where the device
    hides it.
    """

    ns: int
    sample: int
    current_ua: int
    requested: bool
    reported: bool


@dataclass(slots=True)
class DeviceFaults:
    """What is wrong with the device now. Times are ms; ``factor`` is the true rate over the claimed one."""

    deaf: bool = False
    mute: bool = False
    no_samples: bool = False
    no_status: bool = False
    no_stim: bool = False
    dead_uv: float | None = None
    stuck_on: bool = False
    stuck_off: bool = False
    no_watchdog: bool = False
    ack_late_ms: float = 0.0
    stim_late_ms: float = 0.0
    factor: float = 1.0
    jump: int = 0
    status_sample: int | None = None
    lead_off: int = 0
    battery: int = 90
    code: int = 0
    lose_acks: dict[int, int] = field(default_factory=dict)
    extra_pulses_hz: float = 0.0
    made_up_stims_hz: float = 0.0
    single_flag: bool = True
    refuse: dict[int, int] = field(default_factory=dict)
    drop_share: float = 0.0
    flip_share: float = 0.0
    garbage: bytes = b""


class Device:
    """The amplifier. ``tick`` and ``receive`` return nothing: what it sends gathers in ``outgoing``."""

    def __init__(self, seed: int, *, single_pulses: bool = True) -> None:
        self.faults = DeviceFaults()
        self.capabilities = 0xF if single_pulses else 0xB
        self.rng = np.random.default_rng(seed)
        self._noise = (self.rng.normal(0, _NOISE_UV, 1 << 14) * 1e3 / SCALE_NV).astype(np.int64)
        self._wave: Wave = m_wave(RATE_HZ, 400.0, 8.0) * 1e3 / SCALE_NV
        self.pulses: list[GivenPulse] = []
        self.on_spans: list[tuple[int, int | None]] = []
        self.received: list[tuple[int, int]] = []
        self.outgoing: list[bytes] = []
        self.streaming = self.enabled = False
        self.fault = 0
        self._train = (0, 100, 0)
        self._rest = b""
        self._seq = self._sample = self._received_ns = self._status_ns = self._now_ns = 0
        self._fraction = self._due_train = self._due_extra = self._due_made_up = 0.0
        self._reported: tuple[int, ...] = ()
        self._evoked: dict[int, Wave] = {}
        self._delayed: list[tuple[int, int, bytes]] = []
        self._last_acks: list[int] = []

    @property
    def is_on(self) -> bool:
        """Whether the stimulator is on now."""
        return self.enabled

    def opened(self, now_ns: int) -> None:
        """The host has opened the port: the stimulator goes off."""
        self.tick(now_ns)
        self._switch(now_ns, on=False)
        self._rest = b""

    def restart(self, now_ns: int) -> None:
        """Lose power for a moment: the count begins anew, as it streams on."""
        self.tick(now_ns)
        self._switch(now_ns, on=False)
        self._sample = 0

    def receive(self, data: bytes, now_ns: int) -> None:
        """Process bytes of the host."""
        self.tick(now_ns)
        *frames, self._rest = (self._rest + data).split(b"\0")
        for encoded in frames:
            payload = ona.unstuff(encoded)
            if len(payload) < 4 or ona.crc16(payload[:-2]) != int.from_bytes(payload[-2:], "little"):
                continue
            if not self.faults.deaf:
                self.received.append((now_ns, payload[0]))
                self._received_ns = now_ns
                self._execute(payload[0], payload[1], payload[2:-2], now_ns)
        self._report_state(now_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass to ``now_ns``."""
        passed_ns, self._now_ns = now_ns - self._now_ns, now_ns
        if (
            self.enabled
            and not (self.faults.no_watchdog or self.faults.stuck_on)
            and now_ns - self._received_ns >= WATCHDOG_NS
        ):
            self.fault = self.fault or 1
            self._switch(self._received_ns + WATCHDOG_NS, on=False)
        if self.streaming:
            self._fraction += passed_ns * RATE_HZ * self.faults.factor / 1e9
            while self._fraction >= FRAME_SAMPLES:
                self._fraction -= FRAME_SAMPLES
                self._frame(now_ns)
        due = [item for item in self._delayed if item[0] <= now_ns]
        self._delayed = [item for item in self._delayed if item[0] > now_ns]
        for _, kind, body in sorted(due):
            self._send(kind, body)
        self._report_state(now_ns)

    def _frame(self, now_ns: int) -> None:
        faults, first = self.faults, self._sample
        self._stimulate(first, now_ns)
        self._sample += FRAME_SAMPLES
        rows = self._noise[(first + np.arange(FRAME_SAMPLES)) % len(self._noise)].copy()
        for start, wave in list(self._evoked.items()):
            low, high = max(start, first), min(start + len(wave), self._sample)
            if low < high:
                rows[low - first : high - first] += wave[low - start : high - start].astype(np.int64)
            if start + len(wave) <= self._sample:
                del self._evoked[start]
        if faults.dead_uv is not None:
            rows[:] = int(faults.dead_uv * 1e3 / SCALE_NV)
        if faults.jump:
            self._sample += faults.jump
            first += faults.jump
            faults.jump = 0
        if not faults.no_samples:
            body = b"".join(int(value).to_bytes(3, "little", signed=True) for value in rows)
            self._send(ona.SAMPLES, struct.pack("<IBBB", first % 2**32, len(rows), 1, 0) + body)

    def _stimulate(self, first: int, now_ns: int) -> None:
        """Give what the train and the faults bring in the frame at ``first``."""
        current_ua, _, rate_mhz = self._train
        share = FRAME_SAMPLES / RATE_HZ
        if self.enabled and rate_mhz:
            self._due_train += share * rate_mhz / 1e3
            if self._due_train >= 1:
                self._due_train -= 1
                self.give(first, current_ua, now_ns, flags=0)
        self._due_extra += share * self.faults.extra_pulses_hz
        while self._due_extra >= 1:
            self._due_extra -= 1
            self.give(first, 800, now_ns, flags=4 if self.faults.single_flag else 0, requested=False)
        self._due_made_up += share * self.faults.made_up_stims_hz
        while self._due_made_up >= 1:
            self._due_made_up -= 1
            self._send(ona.STIM, ona.stim_body(first + int(self._due_made_up) % FRAME_SAMPLES, flags=4))

    def give(self, sample: int, current_ua: int, now_ns: int, *, flags: int, requested: bool = True) -> None:
        """Give a pulse and report it."""
        self.pulses.append(GivenPulse(now_ns, sample, current_ua, requested, not self.faults.no_stim))
        if current_ua > THRESHOLD_UA and not self.faults.lead_off:
            self._evoked[sample + _LATENCY_SAMPLES] = self._wave
        if not self.faults.no_stim:
            late_ns = int(self.faults.stim_late_ms * 1e6)
            self._send_late(now_ns + late_ns, ona.STIM, ona.stim_body(sample, current_ua, current_ua, flags=flags))

    def _execute(self, kind: int, seq: int, body: bytes, now_ns: int) -> None:
        result = self.faults.refuse.get(kind)
        if result is None:
            execute = self._commands().get(kind)
            result = UNKNOWN if execute is None else execute(body, now_ns)
        late_ns = int(self.faults.ack_late_ms * 1e6)
        if self.faults.lose_acks.get(kind, 0) > 0:
            self.faults.lose_acks[kind] -= 1
        else:
            self._send_late(now_ns + late_ns, ona.ACK, bytes((seq, result)))
        if kind == ona.HELLO and result == DONE:
            info = ona.info_body(((SCALE_NV, 5000.0, "needle"),), 1, RATE_HZ, capabilities=self.capabilities)
            self._send(ona.INFO, info)

    def _commands(self) -> dict[int, Callable[[bytes, int], int]]:
        return {
            ona.HELLO: lambda *_: DONE,
            ona.HEARTBEAT: lambda *_: DONE,
            ona.START: self._start,
            ona.STOP: self._stop,
            ona.STIM_SET: self._set,
            ona.STIM_ENABLE: self._enable,
            ona.STIM_ONCE: self._once,
        }

    def _start(self, _: bytes, now_ns: int) -> int:
        self._switch(now_ns, on=False)
        self.streaming, self._sample, self._fraction = True, 0, 0.0
        self._evoked.clear()
        return DONE

    def _stop(self, _: bytes, now_ns: int) -> int:
        self.streaming = False
        self._switch(now_ns, on=self.faults.stuck_on and self.enabled)
        return DONE

    def _set(self, body: bytes, _: int) -> int:
        if len(body) != 10:
            return MALFORMED
        self._train = struct.unpack("<IHI", body)
        return DONE

    def _enable(self, body: bytes, now_ns: int) -> int:
        on = bool(body[0])
        if not on:
            self.fault = 0
            self._switch(now_ns, on=self.faults.stuck_on and self.enabled)
            return DONE
        if self.fault or self.faults.code:
            return FAULT
        if not self.streaming:
            return STATE
        self._switch(now_ns, on=not self.faults.stuck_off)
        return DONE

    def _once(self, body: bytes, now_ns: int) -> int:
        if not self.enabled:
            return STATE
        current_ua, _ = struct.unpack("<IH", body)
        self.give(self._sample, current_ua, now_ns, flags=4)
        return DONE

    def _switch(self, now_ns: int, *, on: bool) -> None:
        if on and not self.enabled:
            self.on_spans.append((now_ns, None))
            self._due_train = 0.0
        elif not on and self.enabled:
            self.on_spans[-1] = (self.on_spans[-1][0], now_ns)
        self.enabled = on

    def raise_fault(self, code: int, now_ns: int) -> None:
        """Report the fault ``code``; the stimulator goes off."""
        self.fault = code
        self._switch(now_ns, on=False)

    def _report_state(self, now_ns: int) -> None:
        state = 3 if self.fault else 2 if self.enabled else 1 if self.streaming else 0
        shown = (state, self.fault, self.faults.lead_off, self.faults.battery)
        if self.faults.no_status or (shown == self._reported and now_ns - self._status_ns < STATUS_NS):
            return
        self._reported, self._status_ns = shown, now_ns
        sample = self._sample if self.faults.status_sample is None else self.faults.status_sample
        self._send(ona.STATUS, ona.status_body(sample, *shown))

    def _send_late(self, due_ns: int, kind: int, body: bytes) -> None:
        if due_ns <= self._now_ns:
            self._send(kind, body)
        else:
            self._delayed.append((due_ns, kind, body))

    def _send(self, kind: int, body: bytes) -> None:
        data = ona.frame(kind, self._seq, body)
        self._seq = (self._seq + 1) % 256
        if self.faults.mute or self.rng.random() < self.faults.drop_share:
            return
        if self.faults.flip_share and self.rng.random() < self.faults.flip_share:
            at = int(self.rng.integers(len(data) - 1))
            data = data[:at] + bytes((data[at] ^ 1 << int(self.rng.integers(8)),)) + data[at + 1 :]
        self.outgoing.append(self.faults.garbage + data)
