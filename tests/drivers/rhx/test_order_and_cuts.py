"""Commands and replies of RHX in any order and cut anywhere, and many starts and stops, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import Clock, DeviceError, DeviceRefused
from drivers.rhx.amplifier import IntanRhx
from drivers.rhx.commands import RhxCommands
from drivers.rhx.samples import FRAMES, MAGIC
from tests.drivers.reading import read_for
from tests.drivers.rhx.bench import opened
from tests.drivers.rhx.fake_rhx import FakeRhx
from tests.drivers.rhx.rhx_model import STIMULUS, RhxModel

Chunk = tuple[int, bytes]


@dataclass
class VirtualRhx:
    """RHX without sockets, in virtual time: ``cut`` divides what it sends, ``late_s`` is how late it reads and sends.

    It stands in for the modules ``time`` and ``open_port`` of the driver.
    """

    model: RhxModel
    late_s: Callable[[], float]
    cut: Callable[[bytes], list[bytes]] = lambda data: [data]
    now_s: float = 0.0
    writes: list[bytes] = field(default_factory=list)
    unread: bytes = b""
    reads_s: float = 0.0
    replies: list[tuple[float, bytes]] = field(default_factory=list)
    samples: list[tuple[float, bytes]] = field(default_factory=list)
    began_s: float = 0.0
    sent: int = 0

    def monotonic(self) -> float:
        return self.now_s

    def monotonic_ns(self) -> int:
        return round(self.now_s * 1e9)

    def sleep(self, duration_s: float) -> None:
        self.run_until(self.now_s + duration_s)

    def open_port(self, url: str, **_: object) -> VirtualPort:
        return VirtualPort(self, self.replies if url.endswith(":1") else self.samples)

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        if not self.unread:
            self.reads_s = self.now_s + self.late_s()
        self.unread += data

    def run_until(self, until_s: float) -> None:
        """Let RHX do all that it does by ``until_s``, in steps of 2 ms."""
        while self.now_s < until_s:
            self.now_s = min(self.now_s + 0.002, until_s)
            self.step()

    def step(self) -> None:
        runs = self.model.runs
        self.model.poll()
        if self.unread and self.now_s >= self.reads_s:
            segment, self.unread = self.unread.decode(), b""
            self.model.feed(segment)
        replied, self.model.replies = "".join(self.model.replies).encode(), []
        at_s = max([self.now_s, *(when for when, _ in self.replies)]) + (self.late_s() if replied else 0.0)
        self.replies += [(at_s, part) for part in self.cut(replied) if part]
        if self.model.runs > runs:
            self.began_s, self.sent = self.now_s, 0
        while self.model.streams and (self.sent + FRAMES) / 30_000 <= self.now_s - self.began_s:
            self.samples.append((self.now_s, block(self.sent, len(self.model.outputs()))))
            self.sent += FRAMES


@dataclass
class VirtualPort:
    """One of its two connections."""

    rhx: VirtualRhx
    queue: list[tuple[float, bytes]]

    def write(self, data: bytes) -> None:
        self.rhx.write(data)

    def read(self, timeout_s: float = 0.0) -> list[Chunk]:
        until_s = self.rhx.now_s + timeout_s
        while not (found := [part for at_s, part in self.queue if at_s <= self.rhx.now_s]):
            if self.rhx.now_s >= until_s:
                return []
            self.rhx.run_until(min(self.rhx.now_s + 0.001, until_s))
        del self.queue[: len(found)]
        return [(self.rhx.monotonic_ns(), part) for part in found]

    def close(self) -> None:
        """Do nothing: its state survives."""


def block(first: int, bands: int) -> bytes:
    frames = np.zeros(FRAMES, [("time", "<u4"), ("words", "<u2", (bands,))])
    frames["time"] = np.arange(first, first + FRAMES)
    return MAGIC + frames.tobytes()


def virtual(monkeypatch: pytest.MonkeyPatch, late_s: Callable[[], float], **options: object) -> VirtualRhx:
    rhx = VirtualRhx(RhxModel(), late_s)
    rhx.model._clock = rhx.monotonic
    for module in ("drivers.rhx.commands", "drivers.rhx.amplifier"):
        monkeypatch.setattr(f"{module}.time", rhx)
        monkeypatch.setattr(f"{module}.open_port", rhx.open_port)
    monkeypatch.setattr(Clock, "monotonic_ns", lambda _: rhx.monotonic_ns())
    monkeypatch.setattr(Clock, "sleep", lambda _, duration_s: rhx.sleep(duration_s))
    return rhx


@pytest.fixture
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield monkeypatch


def test_200_starts_and_stops_with_replies_up_to_300_ms_late_all_succeed_and_leave_rhx_stopped(
    patched: pytest.MonkeyPatch,
) -> None:
    late = random.Random(1)
    rhx = virtual(patched, lambda: late.uniform(0.0, 0.3))
    failures, left_running = [], 0
    for number in range(200):
        amplifier = IntanRhx("localhost:1?data_port=2")
        try:
            amplifier.connect().start()
            rhx.sleep(late.uniform(0.0, 0.5))
            assert amplifier.read(0.5)
        except DeviceError as error:
            failures.append(f"{number}: {error}")
        amplifier.close()
        left_running += rhx.model.running
        rhx.sleep(1.0)
        rhx.samples.clear()
    assert (failures, left_running) == ([], 0)


@pytest.mark.slow
def test_200_starts_and_stops_over_sockets_with_replies_up_to_300_ms_late_all_succeed() -> None:
    late, rhx = random.Random(2), FakeRhx()
    rhx.round_s = lambda: late.uniform(0.0, 0.3)
    failures, left_running = [], 0
    for number in range(200):
        amplifier = opened(rhx)
        try:
            amplifier.start()
            assert read_for(amplifier, 0.05)
        except DeviceError as error:
            failures.append(f"{number}: {error}")
        amplifier.close()
        left_running += rhx.running
        rhx.press_connect()
    rhx.close()
    assert (failures, left_running) == ([], 0)


names = st.lists(
    st.sampled_from(["runmode", "version", "stimstepsizemicroamps", "a-010.source"]), min_size=1, max_size=5
)
values = st.dictionaries(
    st.sampled_from([name for name, (_, accepts, _) in STIMULUS.items() if not isinstance(accepts[0], str)]),
    st.integers(0, 256),
    max_size=8,
)
actions = st.lists(st.one_of(names, values, st.sampled_from(["run", "stop", "upload", "wrong"])), max_size=8)


def has_samples(port: VirtualPort) -> bool:
    return bool(port.read(0.02))


def wrong(commands: RhxCommands) -> None:
    """Request what RHX does not have, alone and among others."""
    for batch in (["a-099.source"], ["version", "nothing", "type"]):
        with pytest.raises(DeviceRefused, match=r"reports: Unrecognized parameter$"):
            commands.values(batch)


@settings(max_examples=30, deadline=None)
@given(actions=actions, seed=st.integers(0, 1000))
def test_in_any_order_late_and_cut_anywhere_every_reply_is_the_one_to_its_request(
    actions: list[list[str] | dict[str, int] | str], seed: int
) -> None:
    chance = random.Random(seed)

    def cut(data: bytes) -> list[bytes]:
        edges = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(4))})
        return [data[a:b] for a, b in pairwise(edges)]

    with pytest.MonkeyPatch.context() as monkeypatch:
        rhx = virtual(monkeypatch, lambda: chance.choice([0.0, 0.001, 0.012, 0.3]))
        rhx.cut = cut
        model, commands, is_on = rhx.model, RhxCommands("localhost", 1), False
        for action in [*actions, "stop"]:
            if isinstance(action, list):
                assert commands.values(action) == [model.value(name) for name in action]
            elif isinstance(action, dict):
                changed = {f"a-010.{name}": value for name, value in action.items()}
                commands.change(changed, also=["version"])
                assert {name: float(model.value(name)) for name in changed} == changed
            elif action == "run" and not is_on:
                model.values["a-000.tcpdataoutputenabled"] = "True"
                port = rhx.open_port("data:2")
                port.read()  # as the driver does: samples of an earlier run do not show that this one has begun
                commands.run(partial(has_samples, port))
                is_on = True
                assert model.running
            elif action == "upload":
                commands.change({"a-010.stimenabled": "true"}, upload=["a-010"])
                assert model._uploaded["a-010"]["stimenabled"] == "True"
            elif action == "wrong":
                wrong(commands)
            elif action == "stop":
                commands.stop()
                is_on = False
                assert not model.running
        for data in rhx.writes:
            assert data.endswith(b";")
            assert len(data) <= 16_384
            assert b"set runmode" not in data or data.count(b";") == 1


def test_to_another_computer_no_request_is_longer_than_a_segment(patched: pytest.MonkeyPatch) -> None:
    rhx = virtual(patched, lambda: 0.0)
    commands = RhxCommands("192.168.0.7", 1)
    wanted = [f"a-{number:03d}.stimenabled" for number in range(32)] * 4
    assert commands.values(wanted) == ["False"] * len(wanted)
    assert max(map(len, rhx.writes)) <= 1200


def test_a_controller_of_a_new_type_is_recorded_from(patched: pytest.MonkeyPatch) -> None:
    rhx = virtual(patched, lambda: 0.0)
    rhx.model.values["type"] = "ControllerOfTomorrow"
    amplifier = IntanRhx("localhost:1?data_port=2").connect()
    amplifier.start()
    assert amplifier.read(0.1)
    assert "ControllerOfTomorrow" in amplifier.info.model
    amplifier.close()
