from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Block, Button, DeviceLost, Outcome, Pulse, Status
from drivers.ona.frames import FrameReader
from drivers.ona.messages import MalformedError, StimFlag, parse_button, parse_status, parse_stim
from drivers.ona.samples import SampleStream
from tests.drivers.ona.fake_ona import SAMPLES, frame, samples_body, status_body, stim_body

SCALE = np.array([0.5, 2.0], np.float32)
ROWS = [[1, -1], [8_388_607, -8_388_608], [0, 256]]


def confirmed(first_index: int = 0, gap: int = 0) -> SampleStream:
    stream = SampleStream(SCALE, first_index, gap)
    stream.confirm(sent=1)
    return stream


def far_on(next_sample: int) -> SampleStream:
    """Return a stream whose next sample is ``next_sample``, reached by gaps that a device could show."""
    stream = confirmed()
    while stream.next_sample < next_sample:
        stream.add_samples(samples_body(min(next_sample, stream.next_sample + 2**31 - 1), []), 0)
    stream.take(0)
    return stream


def only(blocks: list[Block]) -> Block:
    (block,) = blocks
    return block


def test_samples_are_microvolts_in_float32_by_channel() -> None:
    stream = confirmed()
    stream.add_samples(samples_body(0, ROWS), 77)
    block = only(stream.take(3))
    assert block.samples.dtype == np.float32
    assert block.samples.tolist() == [[0.5, -2.0], [4_194_303.5, -16_777_216.0], [0.0, 512.0]]
    assert (block.first_sample, block.end_sample, block.lost_before) == (0, 3, 0)
    assert (block.arrived_ns, block.bad_frames) == (77, 3)
    assert not stream
    assert stream.take(0) == []


def test_contiguous_frames_make_one_block_stamped_by_the_newest() -> None:
    stream = confirmed()
    for first in (0, 3, 6):
        stream.add_samples(samples_body(first, ROWS), first)
    stream.add_samples(samples_body(9, []), 9)
    block = only(stream.take(0))
    assert (block.first_sample, len(block.samples), block.arrived_ns) == (0, 9, 9)


def test_a_gap_begins_a_block_that_counts_the_missing() -> None:
    stream = confirmed()
    stream.add_samples(samples_body(0, ROWS), 0)
    stream.add_samples(samples_body(103, ROWS), 0)
    stream.add_samples(samples_body(106, ROWS), 0)
    before, after = stream.take(1)
    assert (before.end_sample, after.first_sample, after.lost_before, len(after.samples)) == (3, 103, 100, 6)
    assert (before.bad_frames, after.bad_frames) == (0, 1)
    stream.add_samples(samples_body(109, ROWS), 0)
    assert only(stream.take(0)).lost_before == 0


def test_a_gap_the_device_flags_is_counted_once() -> None:
    stream = confirmed()
    stream.add_samples(samples_body(0, ROWS), 0)
    stream.add_samples(samples_body(13, ROWS, flags=0x80), 0)
    stream.add_samples(samples_body(16, ROWS, flags=0x80), 0)
    assert [(block.first_sample, block.lost_before) for block in stream.take(0)] == [(0, 0), (13, 10), (16, 1)]


def test_clipping_is_reported_by_channel_and_no_flag_is_a_channels_beyond_the_seventh() -> None:
    stream = SampleStream(np.ones(9, np.float32))
    stream.add_samples(samples_body(0, [range(9)], flags=0b0100_0001, channels=9), 0)
    stream.add_samples(samples_body(1, [range(9)], flags=0b1000_0000, channels=9), 0)
    first, second = stream.take(0)
    assert first.clipped == (True, False, False, False, False, False, True, False, False)
    assert not any(second.clipped)


def test_the_count_goes_on_past_2_to_the_32() -> None:
    stream = far_on(2**32 - 3)
    stream.add_samples(samples_body(2**32 - 3, ROWS), 0)
    stream.add_samples(samples_body(2**32, ROWS), 0)
    stream.add_samples(samples_body(2**32 + 13, ROWS), 0)
    joined, after = stream.take(0)
    assert (joined.first_sample, joined.end_sample) == (2**32 - 3, 2**32 + 3)
    assert (after.first_sample, after.lost_before) == (2**32 + 13, 10)


@pytest.mark.parametrize("offset", [-2000, -1, 0, 1, 2000])
@pytest.mark.parametrize("now", [5000, 2**32 - 1000, 2**32 + 1000, 5 * 2**32 - 1])
def test_events_take_the_index_nearest_to_the_samples(now: int, offset: int) -> None:
    stream = far_on(now)
    index = now + offset
    assert parse_stim(stim_body(index), stream.unwrap)[0].sample == index
    assert parse_status(status_body(index), stream.unwrap, 2).sample == index
    assert parse_button((index % 2**32).to_bytes(4, "little") + b"\1\0", stream.unwrap).sample == index


def test_an_event_before_the_start_has_no_index() -> None:
    with pytest.raises(MalformedError, match="before the start"):
        confirmed(first_index=900).unwrap(2**32 - 1)


@pytest.mark.parametrize("order", ["before", "after"])
def test_events_come_with_the_block_of_their_moment(order: str) -> None:
    stream = confirmed()
    pulse, button = Pulse(2), Button(1, 3, pressed=True)
    status = Status(0, "streaming", "none", (False, False))
    if order == "after":
        stream.add_samples(samples_body(0, ROWS), 0)
    for event in (pulse, status, button):
        stream.add_event(event, 5)
    if order == "before":
        stream.add_samples(samples_body(0, ROWS), 0)
    block = only(stream.take(0))
    assert (block.pulses, block.status, block.buttons) == ((pulse,), (status,), (button,))
    assert len(block.samples) == 3


def test_an_event_alone_comes_in_a_block_without_samples() -> None:
    stream = confirmed()
    stream.add_samples(samples_body(0, ROWS), 0)
    stream.take(0)
    stream.add_event(Pulse(40), 9)
    block = only(stream.take(0))
    assert (block.first_sample, block.samples.shape, block.arrived_ns) == (3, (0, 2), 9)


def test_one_frame_that_goes_back_is_dropped_and_a_second_means_a_restart() -> None:
    stream = confirmed()
    for first in (0, 3, 0, 6):
        stream.add_samples(samples_body(first, ROWS), 0)
    assert (stream.duplicates, only(stream.take(0)).end_sample) == (1, 9)
    stream.add_samples(samples_body(0, ROWS), 0)
    with pytest.raises(DeviceLost, match="restarted its sample count, its stimulator is off; start it again"):
        stream.add_samples(samples_body(3, ROWS), 0)


def test_until_start_is_confirmed_a_count_from_0_starts_anew() -> None:
    stream = SampleStream(SCALE)
    stream.add_samples(samples_body(40, ROWS), 0)
    stream.add_samples(samples_body(0, ROWS), 0)
    stream.confirm(sent=1)
    stream.add_samples(samples_body(3, ROWS), 0)
    block = only(stream.take(0))
    assert (block.first_sample, block.end_sample, block.lost_before, stream.duplicates) == (0, 6, 0, 0)


def test_what_came_before_the_ack_of_a_start_sent_twice_is_forgotten() -> None:
    stream = SampleStream(SCALE, first_index=100, gap=7)
    stream.add_samples(samples_body(0, ROWS), 0)
    stream.confirm(sent=2)
    stream.add_samples(samples_body(0, ROWS), 0)
    block = only(stream.take(0))
    assert (block.first_sample, block.end_sample, block.lost_before, stream.duplicates) == (100, 103, 7, 0)


def test_a_run_after_a_gap_goes_on_in_the_index_and_shows_the_gap() -> None:
    stream = confirmed(first_index=1500, gap=500)
    stream.add_samples(samples_body(2, ROWS), 0)
    block = only(stream.take(0))
    assert (block.first_sample, block.lost_before) == (1502, 502)
    assert stream.unwrap(4) == 1504


@pytest.mark.parametrize(
    "body",
    [b"", samples_body(0, ROWS)[:-1], samples_body(0, ROWS) + b"\0", samples_body(0, [[1, 2, 3]], channels=3)],
    ids=["empty", "short", "long", "three channels"],
)
def test_a_samples_body_that_does_not_fit_is_malformed_and_changes_nothing(body: bytes) -> None:
    stream = confirmed()
    with pytest.raises(MalformedError):
        stream.add_samples(body, 0)
    assert not stream
    assert stream.next_sample == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=30), st.integers(0, 2**32))
def test_blocks_and_gaps_account_for_every_sample(frames: list[tuple[int, int]], start: int) -> None:
    stream = far_on(start)
    sent = start
    for count, gap in frames:
        sent += gap
        stream.add_samples(samples_body(sent, [[sent % 1000, 0]] * count), 0)
        sent += count
    at = start
    for block in stream.take(0):
        assert block.first_sample == at + block.lost_before
        at = block.end_sample
    assert at == sent


def test_flipped_bits_cost_samples_but_never_falsify_or_hide_one() -> None:
    rng = random.Random(11)
    stream, reader = confirmed(), FrameReader([SAMPLES])
    flipped = 0
    for at in range(3000):
        encoded = bytearray(frame(SAMPLES, at % 256, samples_body(at * 2, [[at * 2, -at], [at * 2 + 1, -at]])))
        for i in range(len(encoded)):
            if rng.random() < 0.01:
                encoded[i] ^= 1 << rng.randrange(8)
                flipped += 1
        for good in reader.feed(bytes(encoded)):
            stream.add_samples(good.body, at)
    blocks = stream.take(reader.bad)
    indices = np.concatenate([np.arange(block.first_sample, block.end_sample) for block in blocks])
    values = np.concatenate([block.samples for block in blocks])
    assert flipped > 500
    assert np.array_equal(values[:, 0], indices * np.float32(0.5))
    assert np.array_equal(values[:, 1], -(indices // 2) * np.float32(2.0))
    assert sum(len(block.samples) + block.lost_before for block in blocks) == stream.next_sample > 5900


@pytest.mark.parametrize(
    ("bits", "delivered", "outcome"),
    [
        (0, 500, Outcome.DELIVERED),
        (1, 320, Outcome.DELIVERED),
        (2, 0, Outcome.NOT_DELIVERED),
        (0, 0, Outcome.NOT_DELIVERED),
    ],
)
def test_a_pulse_reports_what_was_delivered(bits: int, delivered: int, outcome: Outcome) -> None:
    pulse, _ = parse_stim(stim_body(7, 500, delivered, 250, bits), lambda sample: sample)
    assert pulse == Pulse(7, 1500, delivered / 1000, 0.5, 0.1, 2.5, outcome, compliance=bits == 1, single=False)


def test_an_impedance_not_measured_is_none_and_a_single_pulse_is_flagged() -> None:
    pulse, flags = parse_stim(stim_body(7, impedance=0xFFFF, flags=0xFC), lambda sample: sample)
    assert pulse.impedance_kohm is None
    assert flags is StimFlag.ONCE
    assert pulse.single


@pytest.mark.parametrize(("code", "word"), [*enumerate(("idle", "streaming", "enabled", "fault")), (9, "state 9")])
def test_states_are_words(code: int, word: str) -> None:
    assert parse_status(status_body(state=code), int, 1).state == word


@pytest.mark.parametrize(
    ("code", "word"),
    [
        *enumerate(("none", "host lost", "over-current", "open circuit", "over-temperature", "battery")),
        (255, "other"),
        (6, "other"),
    ],
)
def test_faults_are_words(code: int, word: str) -> None:
    assert parse_status(status_body(fault=code), int, 1).fault == word


def test_status_reports_leads_battery_and_impedance() -> None:
    status = parse_status(status_body(lead_off=0b1000_0010, battery=55), int, 9)
    assert status.lead_off == (False, True, False, False, False, False, False, True, False)
    assert (status.battery_percent, status.impedance_kohm) == (55, None)
    assert parse_status(status_body(battery=255)[:-2] + b"\x0a\0", int, 1).impedance_kohm == 0.1
    assert parse_status(status_body(battery=255), int, 1).battery_percent is None


@pytest.mark.parametrize("tail", [b"\x08\0", b"\0\x02", b"\0"], ids=["button 8", "action 2", "short"])
def test_an_impossible_button_is_malformed(tail: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_button(bytes(4) + tail, int)


def test_random_bodies_raise_malformed_at_most() -> None:
    rng = random.Random(3)
    stream = confirmed()
    for _ in range(2000):
        body = rng.randbytes(rng.randrange(30))
        for parse in (
            lambda body=body: parse_stim(body, stream.unwrap),
            lambda body=body: parse_status(body, stream.unwrap, 2),
            lambda body=body: parse_button(body, stream.unwrap),
        ):
            try:
                parse()
            except MalformedError:
                continue
