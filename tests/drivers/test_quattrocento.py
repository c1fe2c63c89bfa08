"""The Quattrocento driver: golden bytes of the maker's protocol, its counter, its trigger, and a public client."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

from drivers.base import Block, DeviceLost, OptionRefused
from drivers.quattrocento.amplifier import Quattrocento
from drivers.quattrocento.configuration import UV_PER_STEP, parse_setup
from tests.drivers.fake_quattrocento import FakeQuattrocento, crc, wave
from tests.drivers.reading import read_until, samples_of
from tests.support.peer_source import load_alone


@pytest.fixture
def device() -> Iterator[FakeQuattrocento]:
    made = FakeQuattrocento()
    yield made
    made.close()


def read_samples(device: FakeQuattrocento, options: str, count: int) -> tuple[Quattrocento, list[Block]]:
    amplifier = Quattrocento(f"{device.host_port}?{options}").connect()
    amplifier.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= count)
    amplifier.close()
    return amplifier, blocks


def test_the_command_is_that_of_the_protocol_bit_by_bit() -> None:
    setup = parse_setup("device?channels=in1-1,multiple4-64&rate_hz=10240")
    body = bytes([0b1_0_0_11_11_1, 0, 0, *[0, 0, 0b00_01_11_00] * 12])
    assert setup.command(acquire=True) == body + bytes([crc(body)])
    bipolar = parse_setup("device?channels=in3-1&rate_hz=2048&mode=bipolar&highpass_hz=200&lowpass_hz=130")
    body = bytes([0b1_0_0_01_01_0, 0, 0, *[0, 0, 0b00_11_00_10] * 12])
    assert bipolar.command(acquire=False) == body + bytes([crc(body)])


@pytest.mark.parametrize(
    ("channels", "count", "columns"),
    [
        ("in1-1", 120, [0]),
        ("in2-16,multiple1-1", 120, [31, 32]),
        ("in3-1,in4-16", 216, [32, 63]),
        ("multiple3-64", 312, [6 * 16 + 3 * 64 - 1]),
        ("in8-16,multiple1-1,multiple4-64", 408, [127, 128, 383]),
    ],
)
def test_the_smallest_set_of_inputs_is_sent_and_each_channel_is_where_the_protocol_puts_it(
    channels: str, count: int, columns: list[int]
) -> None:
    setup = parse_setup(f"device?channels={channels}")
    assert (setup.frame_channels, setup.columns) == (count, columns)


def test_samples_are_microvolts_of_the_named_channels(device: FakeQuattrocento) -> None:
    amplifier, blocks = read_samples(device, "channels=in1-2,multiple2-7&rate_hz=5120", 400)
    samples = np.concatenate([block.samples for block in blocks])
    numbers = np.arange(len(samples))
    expected = np.stack([wave(numbers, column) for column in (1, 4 * 16 + 64 + 6)], axis=1) * UV_PER_STEP
    assert pytest.approx(expected, rel=1e-5) == samples
    assert amplifier.info.sample_rate_hz == 5120
    assert pytest.approx(0.5086, abs=1e-4) == UV_PER_STEP
    assert sum(block.lost_before for block in blocks) == 0
    assert not device.streaming


def test_a_counter_that_wraps_is_no_gap_and_one_that_jumps_over_its_end_is(device: FakeQuattrocento) -> None:
    amplifier = Quattrocento(f"{device.host_port}?channels=in1-1").connect()
    amplifier.start()
    read_until(amplifier, lambda blocks: samples_of(blocks) >= 10)
    device.skip(77)
    blocks = read_until(amplifier, lambda blocks: any(block.lost_before for block in blocks))
    amplifier.close()
    assert sum(block.lost_before for block in blocks) == 77
    after = next(block for block in blocks if block.lost_before)
    assert after.samples[0, 0] == pytest.approx(wave(np.array([after.first_sample]), 0)[0] * UV_PER_STEP)


def test_each_rising_edge_of_the_trigger_is_a_stimulus_on_its_sample(device: FakeQuattrocento) -> None:
    amplifier, blocks = read_samples(device, "channels=in1-1&trigger=1", 1600)
    found = [pulse.sample for block in blocks for pulse in block.pulses]
    assert found[:3] == [480, 980, 1480]
    assert amplifier.info.marks_pulses
    _, silent = read_samples(device, "channels=in1-1", 1600)
    assert not any(block.pulses for block in silent)


def test_what_counts_no_samples_is_lost_in_a_sentence(device: FakeQuattrocento) -> None:
    amplifier = Quattrocento(f"{device.host_port}?channels=in1-1").connect()
    amplifier.start()
    read_until(amplifier, lambda blocks: samples_of(blocks) >= 10)
    device.send(b"\x01\x02\x03")  # bytes that belong to no frame: everything after them is out of step
    with pytest.raises(DeviceLost, match="its sample counter does not go on"):
        read_until(amplifier, lambda _: False)
    amplifier.close()


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "is not an address"),
        ("host:0", "is not an address"),
        ("host?channels=in9-1", "'in9-1' is not a channel"),
        ("host?channels=in1-17", "'in1-17' is not a channel"),
        ("host?channels=multiple5-1", "'multiple5-1' is not a channel"),
        ("host?channels=in1-1,in1-1", "twice"),
        ("host?rate_hz=1000", "is not one of 512, 2048, 5120, 10240"),
        ("host?rate_hz=2048&lowpass_hz=4400", "is not one of 130, 500, 900"),
        ("host?mode=tripolar", "is not one of monopolar, differential, bipolar"),
    ],
)
def test_a_malformed_address_is_refused_in_a_sentence(rest: str, words: str) -> None:
    with pytest.raises(OptionRefused, match=words):
        Quattrocento(rest)


class _Signal:
    """Signal of the client's window library: it keeps what is emitted."""

    def __init__(self, *_: object) -> None:
        self.emitted: list[Any] = []

    def emit(self, value: object) -> None:
        self.emitted.append(value)


class _Object:
    """Base class of the client's window library."""

    def __init__(self, *_: object) -> None: ...


class _Socket:
    """Socket of the client's network library: it keeps what is written."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytearray) -> int:
        self.sent.append(bytes(data))
        return len(data)


def public_client(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Return a Quattrocento of PyPI's biosignal-device-interface and its constants, without window and socket."""
    pytest.importorskip("aenum", reason="uv pip install --no-deps biosignal-device-interface aenum")
    package = "biosignal_device_interface"
    stubs: dict[str, dict[str, Any]] = {
        "psutil": {},
        "PySide6.QtCore": {"QObject": _Object, "Signal": _Signal, "QTimer": MagicMock, "QIODevice": None},
        "PySide6.QtNetwork": {"QTcpSocket": _Socket, "QHostAddress": None},
    }
    for name in ("core.base_device", "otb.otb_quattrocento"):
        constants = f"{package}.constants.devices.{name}_constants"
        stubs[constants] = vars(load_alone(constants, {}, monkeypatch))
    base = f"{package}.devices.core.base_device"
    stubs[base] = vars(load_alone(base, stubs, monkeypatch))
    client = load_alone(f"{package}.devices.otb.otb_quattrocento", stubs, monkeypatch).OTBQuattrocento()
    return client, SimpleNamespace(**stubs[f"{package}.constants.devices.otb.otb_quattrocento_constants"])


@pytest.mark.slow
def test_a_public_client_sends_the_same_command_and_reads_the_same_frames(
    device: FakeQuattrocento, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, its = public_client(monkeypatch)
    client._grids = [0]
    client._acq_sett_configuration.update(
        its.QuattrocentoDecimMode.INACTIVE,
        its.QuattrocentoRecordingMode.STOP,
        its.QuattrocentoSamplingFrequencyMode.ULTRA,
        its.QuattrocentoNumberOfChannelsMode.LOW,
    )
    for name, each in vars(client).items():
        if name.endswith("put_configuration") or "_input_" in name:
            each.update(  # its names of filters and modes are one code below those of the protocol
                its.QuattrocentoHighPassFilterMode.LOW,
                its.QuattrocentoLowPassFilterMode.ULTRA,
                its.QuattrocentoDetectionMode.NONE,
            )
    client.configure_device({})
    client._start_streaming()
    client._stop_streaming()
    setup = parse_setup("device?channels=in1-1")
    _, start, stop = client._interface.sent
    assert (start, stop) == (setup.command(acquire=True), setup.command(acquire=False))
    device.channels = 120
    client._process_data(bytearray(device.bytes_of(0, 64)))
    (millivolts,) = client.biosignal_data_available.emitted
    expected = np.stack([wave(np.arange(64), column) for column in range(64)]) * UV_PER_STEP / 1e3
    np.testing.assert_allclose(millivolts, expected, rtol=1e-5)
