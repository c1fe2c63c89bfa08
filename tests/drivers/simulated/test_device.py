"""The device side of ONA, clause by clause: frames, handshake, samples, status, buttons."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest

from drivers.ona.frames import MAX_ENCODED, encode
from drivers.simulated import messages as ona
from drivers.simulated.device import OnaDevice
from drivers.simulated.messages import DeviceState, Result
from drivers.simulated.patient import Patient
from tests.drivers.simulated.wire import MS, SECOND, Host
from tests.support.some import some


def _text(raw: bytes) -> tuple[str, bytes]:
    return raw[1 : 1 + raw[0]].decode(), raw[1 + raw[0] :]


def test_hello_gets_ack_then_info() -> None:
    host = Host(channels=3)
    assert host.send(ona.HELLO) is Result.DONE
    assert [frame.type for frame in host.frames] == [ona.ACK, ona.INFO]


def test_info_has_the_layout_of_the_protocol() -> None:
    host = Host(channels=3, rate=10_000)
    host.send(ona.HELLO)
    body = host.frames[-1].body
    assert struct.unpack("<BBIIHHHII", body[:24]) == (1, 3, 10_000, 6000, 10, 50, 1000, 10_000, 15)
    rest = body[24:]
    for channel in host.device.info.channels:
        assert struct.unpack("<ff", rest[:8]) == pytest.approx(channel[:2])
        name, rest = _text(rest[8:])
        assert name == channel[2]
    texts = []
    while rest:
        text, rest = _text(rest)
        texts.append(text)
    assert texts == ["Simulated ONA amplifier", "SIM-0", "1.0-simulated"]


def test_full_scale_of_24_bits_is_the_input_range() -> None:
    scale, top, _ = Host().device.info.channels[0]
    assert scale * (2**23 - 1) / 1000 == pytest.approx(top, rel=1e-6)


def test_nothing_is_sent_before_a_command() -> None:
    host = Host()
    host.run(3000, beat=False)
    assert host.raw == b""


def test_samples_are_contiguous_small_and_within_the_frame_limit() -> None:
    host = Host(channels=4, rate=20_000)
    host.start()
    host.run(500)
    expected = 0
    for first, count, channels, _ in some(host.sample_heads()):
        assert (first, channels) == (expected, 4)
        assert count == 40
        expected += count
    assert expected == 10_000
    assert max(map(len, host.raw.split(b"\0"))) < MAX_ENCODED


def test_frames_stay_within_1024_bytes_after_the_process_was_kept_waiting() -> None:
    host = Host(channels=7, rate=20_000)
    host.start()
    host.now_ns += 300 * MS
    host.take(host.device.tick(host.now_ns))
    assert sum(count for _, count, _, _ in host.sample_heads()) == 6000
    assert max(map(len, host.raw.split(b"\0"))) < MAX_ENCODED


def test_every_frame_has_the_next_sequence_number() -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=5000)
    host.run(1500)
    assert host.reader.lost == host.reader.bad == 0
    assert len(host.frames) > 700


def test_a_device_clock_that_runs_fast_gives_more_samples() -> None:
    host = Host(OnaDevice(Patient(1, sample_rate_hz=10_000), drift_ppm=1000.0))
    host.start()
    host.run(2000)
    assert host.sample_heads()[-1][0] + 20 == pytest.approx(20_020, abs=20)


def test_start_restarts_the_count() -> None:
    host = Host()
    host.start()
    host.run(100)
    host.frames.clear()
    host.start()
    host.run(50)
    firsts = [first for first, *_ in host.sample_heads()]
    assert 0 in firsts
    assert firsts[-1] == 480


def test_stop_sends_what_is_left_and_then_is_silent() -> None:
    host = Host()
    host.start()
    host.run(101)
    assert host.send(ona.STOP) is Result.DONE
    assert sum(count for _, count, _, _ in host.sample_heads()) >= 1010
    host.frames.clear()
    host.run(1500, beat=False)
    assert not host.frames


def test_what_the_wire_carries_is_what_the_patient_gives() -> None:
    host = Host(seed=8)
    host.start()
    host.run(400)
    twin = Patient(8, channels=2, sample_rate_hz=10_000, scenario="hold", start_mm=1.0)
    scale = twin.front_end.scale_nv_per_lsb / 1000
    np.testing.assert_allclose(host.lsb() * scale, twin.advance(4000), atol=scale)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (ona.HELLO, b"\0"),
        (ona.START, b"\1"),
        (ona.STOP, b"\0"),
        (ona.STIM_SET, b"\0" * 9),
        (ona.STIM_ENABLE, b""),
        (ona.STIM_ENABLE, b"\1\1"),
        (ona.HEARTBEAT, b"\0"),
        (ona.STIM_ONCE, b"\0" * 7),
    ],
)
def test_a_body_of_the_wrong_length_is_malformed(kind: int, body: bytes) -> None:
    host = Host()
    assert host.send(kind, body) is Result.MALFORMED
    assert [frame.type for frame in host.frames] == [ona.ACK]


def test_an_unknown_command_gets_its_own_result() -> None:
    assert Host().send(0x99, b"abc") is Result.UNKNOWN_COMMAND


def test_a_damaged_command_gets_no_reply() -> None:
    host = Host()
    frame = bytearray(encode(ona.HELLO, 0))
    frame[1] ^= 4
    assert host.device.feed(bytes(frame), host.now_ns) == b""


def test_commands_are_understood_byte_by_byte() -> None:
    host = Host()
    for byte in encode(ona.HELLO, 0):
        host.take(host.device.feed(bytes([byte]), host.now_ns))
    assert [frame.type for frame in host.frames] == [ona.ACK, ona.INFO]


def test_status_comes_every_second_and_at_once_on_change() -> None:
    host = Host()
    host.start()
    host.run(3500)
    times = [s["sample"] / 10_000 for s in host.statuses()]
    assert max(np.diff([0.0, *times, 3.5])) <= 1.0
    host.frames.clear()
    host.device.patient.set_lead_off(1, True)
    host.run(2)
    host.device.set_battery(17)
    host.run(2)
    assert [(s["lead_off"], s["battery"]) for s in host.statuses()] == [(2, 100), (2, 17)]


def test_status_reports_the_state() -> None:
    host = Host()
    host.start(enabled=True)
    host.enable(0)
    host.send(ona.STOP)
    assert [s["state"] for s in host.statuses()] == [
        DeviceState.STREAMING,
        DeviceState.STIMULATING,
        DeviceState.STREAMING,
        DeviceState.IDLE,
    ]


def test_a_button_is_reported_with_its_sample() -> None:
    host = Host()
    host.start()
    host.run(100)
    host.device.press(3, pressed=True)
    host.device.press(3, pressed=False)
    host.run(2)
    buttons = [struct.unpack("<IBB", f.body) for f in host.frames if f.type == ona.BUTTON]
    assert buttons == [(1000, 3, 1), (1000, 3, 0)]
    with pytest.raises(ValueError, match="0 to 7"):
        host.device.press(8, pressed=True)


def test_a_channel_at_its_range_is_flagged() -> None:
    host = Host(seed=21, channels=1)
    assert host.device.patient.front_end.range_uv == 10_000.0
    host.start(enabled=True, current_ua=6000, rate_mhz=2000)
    host.run(600)
    flagged = [first for first, _, _, flags in host.sample_heads() if flags & 1]
    assert flagged
    assert flagged[0] <= 5000 < flagged[0] + 20


def test_samples_dropped_in_the_device_are_a_jump_and_a_flag() -> None:
    host = Host()
    host.start()
    host.run(100)
    host.device.lose(57)
    host.run(100)
    heads = host.sample_heads()
    jumps = [(a, b) for a, b in itertools.pairwise(heads) if b[0] != a[0] + a[1]]
    assert [(b[0] - a[0] - a[1], b[3]) for a, b in jumps] == [(57, ona.DEVICE_DROPPED)]


def test_the_count_wraps_at_32_bits() -> None:
    body = ona.samples(2**32 + 5, 1, 1, 0, b"\0\0\0")
    assert struct.unpack("<I", body[:4]) == (5,)
    assert Host().now_ns > SECOND
