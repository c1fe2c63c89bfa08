"""Simulated amplifier as a state machine without I/O: bytes from the host and the time in, bytes to the host out.

It follows the ONA protocol, version 1. The device's clock is the host's monotonic clock times ``1 + drift_ppm``. The
patient's time counts the samples streamed, so it stands still while the device is idle.
"""

from __future__ import annotations

import heapq

from drivers.ona.frames import FrameReader, OnaFrame, encode
from drivers.simulated import messages as ona
from drivers.simulated.dead_input import HUNG_BUFFER_S, Converter
from drivers.simulated.faults import Faults
from drivers.simulated.messages import DeviceState, Info, Result, StatusFault
from drivers.simulated.patient import Patient
from drivers.simulated.stimulator import StimOutput

HOST_LOST_NS = 1_000_000_000
STATUS_EVERY_NS = 900_000_000
FRAME_S = 0.002
MODEL = "Simulated ONA amplifier"
FIRMWARE = "1.0-simulated"


class OnaDevice:
    """An amplifier with ``patient`` at its electrodes. Times are ns of the monotonic clock and never go back."""

    def __init__(
        self, patient: Patient, *, serial: str = "SIM-0", drift_ppm: float = 0.0, faults: Faults | None = None
    ) -> None:
        """Power up, idle and disabled."""
        self.patient, self.faults = patient, faults or Faults()
        front = patient.front_end
        channels = tuple((front.scale_nv_per_lsb, front.range_uv, name) for name in patient.muscles.names)
        self.info = Info(patient.sample_rate_hz, channels, MODEL, serial, FIRMWARE)
        self._stim = StimOutput(self.info, self.faults)
        self._rate_per_ns = patient.sample_rate_hz * (1 + drift_ppm * 1e-6) * 1e-9
        self._frame_samples = max(round(FRAME_S * patient.sample_rate_hz), 1)
        room = 1000 - ona.SAMPLES_OVERHEAD
        self._max_frame_samples = min(255, room // (3 * patient.channels))
        self._converter = Converter(3 * patient.channels, round(HUNG_BUFFER_S * patient.sample_rate_hz))
        self._foreign: list[tuple[float, float, float]] = []
        self._reader = FrameReader(range(256))
        self._queued: list[tuple[int, bytes]] = []
        self._delayed: list[tuple[int, int, int, bytes]] = []
        self._seq = self._order = 0
        self._streaming, self._fault, self._battery = False, StatusFault.NONE, 100
        self._started_ns = self._received_ns = self._status_ns = self._stalled_ns = 0
        self._sent = self._skip = 0
        self._dropped = False
        self._reported_state = self._state()

    def feed(self, data: bytes, now_ns: int) -> bytes:
        """Process bytes from the host; return the bytes that the device sends up to ``now_ns``."""
        self._advance(now_ns)
        for frame in self._reader.feed(data):
            if not self.faults.deaf:
                self._received_ns = now_ns
                self._execute(frame, now_ns)
        return self._flush(now_ns)

    def tick(self, now_ns: int) -> bytes:
        """Let time pass; return the bytes that the device sends up to ``now_ns``."""
        self._advance(now_ns)
        return self._flush(now_ns)

    @property
    def streaming(self) -> bool:
        """Whether samples flow."""
        return self._streaming

    def port_opened(self, now_ns: int) -> None:
        """Record that a host has opened the port: the stimulator is disabled, and the host's sequence restarts."""
        self._advance(now_ns)
        self._stim.disable()
        self._reader.resync()

    def press(self, button: int, *, pressed: bool) -> None:
        """Press or release a pedal or needle button. Raises ValueError outside 0..7."""
        if not 0 <= button <= 7:
            raise ValueError(f"buttons are 0 to 7, not {button}")
        self._queue_frame(ona.BUTTON, ona.button(self._sent, button, pressed=pressed))

    def give_foreign_pulse(self, current_ma: float, width_ms: float, now_ns: int) -> None:
        """Give a pulse of another stimulator now. Raises ValueError for a current or width that is not above 0."""
        if not (current_ma > 0 and width_ms > 0):
            raise ValueError("a pulse has a current in mA and a width in ms above 0")
        if self._streaming:
            self._foreign.append((max(self._position(now_ns), self._sent), current_ma, width_ms))

    def raise_fault(self, fault: StatusFault) -> None:
        """Latch ``fault``: the stimulator is disabled until the host has sent STIM_ENABLE 0."""
        self._stim.disable()
        self._fault = fault

    def set_battery(self, percent: int) -> None:
        """Set the battery's charge; an empty battery is a fault. Raises ValueError outside 0..100."""
        if not 0 <= percent <= 100:
            raise ValueError(f"the battery holds 0 to 100 %, not {percent}")
        self._battery = percent
        if percent == 0:
            self.raise_fault(StatusFault.BATTERY)

    def stall(self, until_ns: int) -> None:
        """Send nothing until ``until_ns``, and then everything at once."""
        self._stalled_ns = until_ns

    def lose(self, samples: int) -> None:
        """Drop the next ``samples`` inside the device; the frame after them is flagged."""
        self._skip += samples

    def mark_output_dropped(self) -> None:
        """Record that bytes could not be sent and are lost; the next SAMPLES frame is flagged."""
        self._dropped = True

    def _position(self, now_ns: int) -> float:
        return (now_ns - self._started_ns) * self._rate_per_ns

    def _advance(self, now_ns: int) -> None:
        if not self._streaming:
            return
        self._stream(now_ns, whole=False)
        if self._stim.enabled and not self.faults.stuck_on and now_ns - self._received_ns >= HOST_LOST_NS:
            self.raise_fault(StatusFault.HOST_LOST)

    def _stream(self, now_ns: int, *, whole: bool) -> None:
        """Record and send what is due, in frames of about 2 ms; with ``whole`` also the unfinished frame."""
        count = int(self._position(now_ns)) - self._sent
        count += 1 if whole else -(count % self._frame_samples)
        while count > 0:
            chunk = min(count, self._skip or self._max_frame_samples)
            self._record(chunk, now_ns)
            count -= chunk

    def _record(self, count: int, now_ns: int) -> None:
        start, self._sent = self._sent, self._sent + count
        pulses = []
        for due in self._stim.due(start, self._sent, self._position(self._received_ns + HOST_LOST_NS)):
            delivery = self._stim.deliver(due, self._impedance_kohm(due.position - start))
            pulses.append((max(due.position - start, 0.0), delivery.delivered_ua / 1000, due.width_us / 1000))
            if not self.faults.no_stim:
                self._queue_shifted(ona.STIM, delivery.body(), now_ns)
        for made_up in self._stim.invented_reports(start, self._sent):
            self._queue_frame(ona.STIM, made_up.body())
        pulses += self._foreign_pulses(start)
        raw, flags = self.patient.record(count, sorted(pulses))
        raw = self._converter.read(raw, self.faults.dead_input)
        if self._skip:
            self._skip, self._dropped = self._skip - count, True
            return
        flags |= ona.DEVICE_DROPPED if self._dropped else 0
        self._dropped = False
        self._queue_shifted(ona.SAMPLES, ona.samples(start, count, self.patient.channels, flags, raw), now_ns)

    def _foreign_pulses(self, start: int) -> list[tuple[float, float, float]]:
        """Return the foreign pulses from sample ``start`` to the end of the recorded part, and remove them."""
        due = [pulse for pulse in self._foreign if pulse[0] < self._sent]
        self._foreign = [pulse for pulse in self._foreign if pulse[0] >= self._sent]
        return [(max(at - start, 0.0), current_ma, width_ms) for at, current_ma, width_ms in due]

    def _impedance_kohm(self, ahead_samples: float = 0.0) -> float | None:
        if self.faults.open_circuit:
            return None
        if self.faults.impedance_kohm is not None:
            return self.faults.impedance_kohm
        return self.patient.impedance_kohm(self.patient.sample + ahead_samples)

    def _state(self) -> tuple[int, int, int, int]:
        if self._fault:
            state = DeviceState.FAULT
        elif not self._streaming:
            state = DeviceState.IDLE
        else:
            state = DeviceState.STIMULATING if self._stim.enabled else DeviceState.STREAMING
        return state, self._fault, self.patient.lead_off_bits & 0xFF, self._battery

    def _execute(self, frame: OnaFrame, now_ns: int) -> None:
        length = ona.BODY_BYTES.get(frame.type)
        if length is None:
            result = Result.UNKNOWN_COMMAND
        elif len(frame.body) != length:
            result = Result.MALFORMED
        else:
            result = self._result(frame, now_ns)
        self._queue_frame(ona.ACK, ona.ack(frame.seq, result))
        if frame.type == ona.HELLO and result is Result.DONE:
            self._queue_frame(ona.INFO, self.faults.info_of(self.info).body())

    def _result(self, frame: OnaFrame, now_ns: int) -> Result:
        match frame.type:
            case ona.START:
                return self._start(now_ns)
            case ona.STOP:
                return self._stop(now_ns)
            case ona.STIM_SET:
                return self._stim_set(frame.body, now_ns)
            case ona.STIM_ENABLE:
                return self._stim_enable(frame.body[0], now_ns)
            case ona.STIM_ONCE:
                return self._stim_once(frame.body, now_ns)
        return Result.DONE

    def _start(self, now_ns: int) -> Result:
        self._stop(now_ns)
        self._streaming, self._started_ns, self._sent, self._dropped = True, now_ns, 0, False
        self._foreign.clear()
        self._status_ns = self._skip = 0
        return Result.DONE

    def _stop(self, now_ns: int) -> Result:
        if self._streaming:
            self._stream(now_ns, whole=True)
        self._stim.restart()
        self._streaming = False
        return Result.DONE

    def _stim_set(self, body: bytes, now_ns: int) -> Result:
        current_ua, width_us, rate_mhz = ona.SET_BODY.unpack(body)
        if not self._stim.in_range(current_ua, width_us, rate_mhz):
            return Result.OUT_OF_RANGE
        self._stim.set(current_ua, width_us, rate_mhz, self._position(now_ns))
        return Result.DONE

    def _stim_enable(self, on: int, now_ns: int) -> Result:
        if on > 1:
            return Result.OUT_OF_RANGE
        if not on:
            if not self.faults.stuck_on:
                self._stim.disable()
            self._fault = StatusFault.NONE
            return Result.DONE
        if self._fault:
            return Result.FAULT
        if not self._streaming:
            return Result.NOT_IN_THIS_STATE
        self.patient.begin()
        if not self.faults.stuck_off:
            self._stim.enable(self._position(now_ns))
        return Result.DONE

    def _stim_once(self, body: bytes, now_ns: int) -> Result:
        if self._fault:
            return Result.FAULT
        if not self._stim.enabled:
            return Result.DONE if self.faults.stuck_off else Result.NOT_IN_THIS_STATE
        current_ua, width_us = ona.ONCE_BODY.unpack(body)
        if not self._stim.in_range(current_ua, width_us):
            return Result.OUT_OF_RANGE
        self._stim.schedule_once(self._position(now_ns), current_ua, width_us)
        return Result.DONE

    def _queue_frame(self, frame_type: int, body: bytes) -> None:
        self._queued.append((frame_type, body))

    def _queue_shifted(self, frame_type: int, body: bytes, now_ns: int) -> None:
        """Queue STIM later than its samples, or samples later than their STIM, by the fault's shift."""
        shift_ms = self.faults.stim_shift_ms
        late_ms = max(shift_ms, 0.0) if frame_type == ona.STIM else max(-shift_ms, 0.0)
        if not late_ms and not self._delayed:
            self._queue_frame(frame_type, body)
            return
        self._order += 1
        heapq.heappush(self._delayed, (now_ns + int(late_ms * 1e6), self._order, frame_type, body))

    def _flush(self, now_ns: int) -> bytes:
        while self._delayed and self._delayed[0][0] <= now_ns:
            self._queue_frame(*heapq.heappop(self._delayed)[2:])
        self._report_status(now_ns)
        if now_ns < self._stalled_ns:
            return b""
        ready, self._queued = self._queued, []
        return b"".join(self._encoded(frame_type, body) for frame_type, body in ready)

    def _report_status(self, now_ns: int) -> None:
        if self.faults.no_status:
            return
        state = self._state()
        overdue = self._streaming and now_ns - self._status_ns >= STATUS_EVERY_NS
        if state != self._reported_state or overdue:
            self._reported_state, self._status_ns = state, now_ns
            self._queue_frame(ona.STATUS, ona.status(self._sent, state, self._impedance_kohm()))

    def _encoded(self, frame_type: int, body: bytes) -> bytes:
        self._seq = (self._seq + 1) % 256
        return self.faults.corrupt(encode(frame_type, self._seq, body))
