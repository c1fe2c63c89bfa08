"""One connection without its port: the events of incoming bytes, and the bytes sent."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import CommandOutcome, DeviceLost
from drivers.ona.commands import SentCommand
from drivers.ona.frames import FrameReader, OnaFrame
from drivers.ona.link import OnaLink
from drivers.ona.messages import CommandKind, Reply
from tests.drivers.ona.fake_ona import ACK, SAMPLES, STATUS, STIM, frame, samples_body, status_body, stim_body

MS = 1_000_000
ONCE = 4


def opened() -> OnaLink:
    return OnaLink("The amplifier at X", FrameReader(tuple(Reply)))


def kinds_sent(link: OnaLink) -> list[int]:
    return [sent.type for sent in FrameReader(range(256)).feed(link.data_to_send())]


def shown(events: list[OnaFrame | SentCommand]) -> list[str]:
    return [event.kind.name if isinstance(event, SentCommand) else Reply(event.type).name for event in events]


def test_a_command_is_sent_and_its_ack_returned_as_the_command_it_settles() -> None:
    link = opened()
    command = link.request(CommandKind.START, b"", 0)
    assert kinds_sent(link) == [CommandKind.START]
    assert link.data_to_send() == b""
    assert link.receive_data(frame(ACK, 0, bytes((0, 0))), 5 * MS) == [command]
    assert command.settled


def test_frames_are_returned_in_order_around_the_command_that_was_settled() -> None:
    link = opened()
    link.request(CommandKind.START, b"", 0)
    data = frame(SAMPLES, 0, samples_body(0, [[1, 2]])) + frame(ACK, 1, bytes((0, 0)))
    data += frame(STATUS, 2, status_body(3))
    assert shown(link.receive_data(data, 0)) == ["SAMPLES", "START", "STATUS"]


def test_the_next_command_is_sent_with_the_ack_of_the_one_before() -> None:
    link = opened()
    for kind in (CommandKind.STIM_SET, CommandKind.STIM_ENABLE):
        link.request(kind, b"", 0)
    assert kinds_sent(link) == [CommandKind.STIM_SET]
    link.receive_data(frame(ACK, 0, bytes((0, 0))), MS)
    assert kinds_sent(link) == [CommandKind.STIM_ENABLE]
    assert link.take_outcomes() == [CommandOutcome("STIM_SET", None)]


def test_an_ack_cut_short_is_counted_as_bad_and_settles_nothing() -> None:
    reader = FrameReader(tuple(Reply))
    link = OnaLink("The amplifier at X", reader)
    link.request(CommandKind.START, b"", 0)
    assert link.receive_data(frame(ACK, 0, b"\0"), 0) == []
    assert reader.bad == 1


def test_a_command_whose_late_ack_came_is_settled_by_its_time() -> None:
    link = opened()
    command = link.request(CommandKind.START, b"", 0)
    assert link.service(100 * MS) == []
    assert link.receive_data(frame(ACK, 0, bytes((0, 0))), 110 * MS) == []
    assert link.service(200 * MS) == [command]
    assert len(command.seqs) == 2


def test_a_device_without_a_response_is_lost() -> None:
    link = opened()
    link.request(CommandKind.START, b"", 0)
    for at_ms in (100, 200, 300):
        link.service(at_ms * MS)
    with pytest.raises(DeviceLost, match="The amplifier at X did not acknowledge START, sent 4 times"):
        link.service(400 * MS)


def test_a_pulse_reported_before_its_ack_is_that_of_its_own_command_however_the_bytes_were_cut() -> None:
    link = opened()
    first = link.request(CommandKind.STIM_ONCE, b"", 0)
    second = link.request(CommandKind.STIM_ONCE, b"", 0)
    link.receive_data(frame(STIM, 0, stim_body(5, flags=ONCE)) + frame(ACK, 1, bytes((0, 0))), MS)
    assert first.settled
    assert second.result is None


STREAM = b"".join(
    (
        frame(SAMPLES, 0, samples_body(0, [[1, 2]] * 20)),
        frame(STIM, 1, stim_body(5, flags=ONCE)),
        frame(ACK, 2, bytes((0, 0))),
        b"\x05torn\0",
        frame(ACK, 3, b"\1"),
        frame(STATUS, 4, status_body(30)),
        frame(ACK, 5, bytes((1, 3))),
        frame(STIM, 6, b"short"),
        frame(SAMPLES, 7, samples_body(20, [[1, 2]] * 20)),
    )
)


def outcome(chunks: list[bytes]) -> tuple[object, ...]:
    reader = FrameReader(tuple(Reply))
    link = OnaLink("The amplifier at X", reader)
    for kind in (CommandKind.STIM_ONCE, CommandKind.STIM_SET, CommandKind.STIM_ENABLE):
        link.request(kind, b"", 0)
    events, sent = [], b""
    for chunk in chunks:
        events += link.receive_data(chunk, MS)
        sent += link.data_to_send()
    outcomes = [(each.command, str(each.error)) for each in link.take_outcomes()]
    bodies = [event.body for event in events if isinstance(event, OnaFrame)]
    return shown(events), bodies, sent, outcomes, reader.bad, reader.lost


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_no_result_depends_on_how_the_bytes_were_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in pairwise(edges)]
    assert outcome(chunks) == outcome([STREAM])
    assert outcome([bytes((byte,)) for byte in STREAM]) == outcome([STREAM])


@given(st.binary(max_size=2000))
def test_whatever_the_bytes_nothing_is_raised(data: bytes) -> None:
    link = opened()
    link.request(CommandKind.START, b"", 0)
    link.receive_data(data, 0)
