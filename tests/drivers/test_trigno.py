"""The Trigno driver: queries only, rates and units as the server states them, refusals, and a public client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from drivers.base import DeviceLost, DeviceRefused, OptionRefused
from drivers.trigno import TrignoBase
from tests.drivers.fake_trigno import PER_FRAME, FakeTrigno, Settings, volts
from tests.drivers.pty_device import TcpDevice
from tests.drivers.reading import read_until, samples_of
from tests.support.peer_source import load_alone


@pytest.fixture
def server() -> Iterator[FakeTrigno]:
    made = FakeTrigno()
    yield made
    made.close()


def connected(server: FakeTrigno, options: str = "") -> TrignoBase:
    return TrignoBase(server.address + options).connect()


@pytest.mark.parametrize("big_endian", [False, True])
def test_samples_are_microvolts_in_either_order_of_bytes(server: FakeTrigno, big_endian: bool) -> None:
    server.settings.big_endian = big_endian
    amplifier = connected(server, "&sensors=1,5")
    assert [channel.name for channel in amplifier.info.channels] == [
        "EMG 1",
        "EMG 5.1",
        "EMG 5.2",
        "EMG 5.3",
        "EMG 5.4",
    ]
    assert amplifier.info.sample_rate_hz == pytest.approx(1925.926, abs=1e-3)
    assert (amplifier.info.firmware, amplifier.info.serial) == ("3.6.0", "BID: 0123")
    assert "no sample numbers" in amplifier.info.model
    assert amplifier.info.notes == (), "a note is something to mend, and `check` would never pass"
    amplifier.start()
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 100)
    amplifier.close()
    samples = np.concatenate([block.samples for block in blocks])
    expected = np.stack([volts(np.arange(len(samples)), position) for position in (0, 4, 5, 6, 7)], axis=1) * 1e6
    np.testing.assert_allclose(samples, expected, rtol=1e-6)
    assert not server.data.streaming


def test_the_server_is_only_queried_started_and_stopped(server: FakeTrigno) -> None:
    amplifier = connected(server, "&sensors=1,3")
    assert all(command.endswith("?") for command in server.commands)
    amplifier.start()
    read_until(amplifier, samples_of)
    amplifier.close()
    assert [command for command in server.commands if not command.endswith("?")] == ["START", "STOP"]


@pytest.mark.parametrize(
    ("compatible", "upsampling", "rate_hz"),
    [(True, True, 2000.0), (True, False, 1925.926), (False, True, 1925.926), (False, False, 1925.926)],
)
def test_the_rate_is_that_of_the_stream_and_not_of_the_sensor(
    server: FakeTrigno, compatible: bool, upsampling: bool, rate_hz: float
) -> None:
    server.settings.compatible, server.settings.upsampling = compatible, upsampling
    amplifier = connected(server)
    amplifier.close()
    assert amplifier.info.sample_rate_hz == pytest.approx(rate_hz, abs=1e-3)


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        (Settings(), "&sensors=2", "sensor 2 is not paired"),
        (Settings(positions={1: 0}), "", "sensor 1 is not paired"),
        (Settings(positions={16: 4}), "&sensors=16", "sensor 16 sends no EMG"),
        (Settings(unit="g"), "", "sends 'g', no voltage"),
        (Settings(sensor_rate_hz=1481.48), "", "samples at 1481.48 Hz and the server sends 1925.93 Hz"),
        (Settings(per_frame=0), "", "no sensor that sends EMG"),
        (Settings(banner="SSH-2.0-OpenSSH_9.2"), "", "No Trigno server replies"),
    ],
)
def test_what_would_give_wrong_values_is_refused_in_a_sentence(settings: Settings, options: str, words: str) -> None:
    server = FakeTrigno(settings)
    with pytest.raises(DeviceRefused, match=words):
        connected(server, options)
    server.close()


def test_a_server_that_never_replies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(TcpDevice):
        def bytes_of(self, first: int, count: int) -> bytes:
            return bytes(0 * first * count)

        def reply_to(self, data: bytes) -> bytes:
            return data[:0]

    monkeypatch.setattr("drivers.trigno._REPLY_S", 0.1)
    silent = Silent(1.0, streaming=False)
    host, port = silent.host_port.split(":")
    with pytest.raises(DeviceRefused, match="does not reply"):
        TrignoBase(f"{host}?port={port}").connect()
    silent.close()


def test_a_base_that_stops_sending_is_lost(server: FakeTrigno, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrignoBase, "silence_s", 0.2)
    amplifier = connected(server)
    amplifier.start()
    read_until(amplifier, samples_of)
    server.data.streaming = False
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.2 s"):
        read_until(amplifier, lambda _: False)
    amplifier.close()


@pytest.mark.parametrize("rest", ["", "socket://host", "host?sensors=0", "host?sensors=17", "host?sensors=1,1"])
def test_a_malformed_address_is_refused(rest: str) -> None:
    with pytest.raises(OptionRefused):
        TrignoBase(rest)


@pytest.mark.slow
def test_a_public_client_reads_the_same_simulation(server: FakeTrigno, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoMemory:
        def create_variable(self, *_: object) -> None: ...

        def modify_variable(self, *_: object) -> None: ...

    memory = {"libemg.shared_memory_manager": {"SharedMemoryManager": NoMemory}, "libemg": {}}
    peer = load_alone("libemg._streamers._delsys_streamer", memory, monkeypatch)
    auxiliary = FakeTrigno().data  # the client connects to a second data port too, and reads nothing there
    rows: list[Any] = []
    command, data, aux = (int(each.host_port.split(":")[1]) for each in (server, server.data, auxiliary))
    client = peer.DelsysEMGStreamer(
        recv_ip="127.0.0.1", cmd_port=command, data_port=data, aux_port=aux, channel_list=[0, 2, 15]
    )

    def take(row: object) -> None:
        rows.append(row)
        if len(rows) >= 5 * PER_FRAME:
            client.signal.set()

    client.add_emg_handler(take)
    thread = threading.Thread(target=client.run, daemon=True)
    thread.start()
    thread.join(5.0)
    assert not thread.is_alive()
    client._data_socket.close()
    client._aux_socket.close()
    expected = np.stack([volts(np.arange(len(rows)), position) for position in (0, 2, 15)], axis=1)
    np.testing.assert_array_equal(np.concatenate(rows), expected)
    assert server.commands == ["START", "STOP"]
    auxiliary.close()
