"""Our simulations driven by independent programs, and our drivers against the same simulations."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Iterator

import pytest

from tests.drivers.stimulators.benches import bench
from tests.drivers.stimulators.sim_p24 import SimP24
from tests.drivers.stimulators.sim_pulsepal import SimPulsePal
from tests.drivers.stimulators.wire import served


@pytest.fixture(autouse=True)
def _silenced() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_pypulsepal_drives_our_pulsepal_as_it_would_the_device() -> None:
    pypulsepal = pytest.importorskip("pypulsepal")
    device = SimPulsePal()
    with served(device) as wire:
        client = pypulsepal.PulsePal(wire.path)
        assert client.firmware_version == 21
        assert client.program_one_param(0, "phase1Voltage", 2.5)
        assert client.program_one_param(0, "phase1Duration", 0.0001)
        assert client.program_one_param(0, "pulseTrainDuration", 0.0001)
        client.trigger_selected_channels(True, False, False, False)
        assert client.set_fixed_voltage(0, 1.0)
        client._arcom.serial_object.close()
    (pulse,) = device.given
    assert pulse.current_ma == pytest.approx(2.5, abs=1e-3)
    assert pulse.width_ms == pytest.approx(0.1)
    assert device.fixed[1] == pytest.approx(1.0, abs=1e-3)


def test_pypulsepal_and_our_driver_leave_the_same_settings_in_the_device() -> None:
    pypulsepal = pytest.importorskip("pypulsepal")
    theirs, ours = SimPulsePal(), SimPulsePal()
    with served(theirs) as wire:
        client = pypulsepal.PulsePal(wire.path)
        for name, value in (("phase1Voltage", 0.5), ("phase1Duration", 0.0002), ("pulseTrainDuration", 0.0002)):
            assert client.program_one_param(0, name, value)
        client.trigger_selected_channels(True, False, False, False)
        assert client.set_fixed_voltage(0, 0.0)
        client._arcom.serial_object.close()
    with bench("pulsepal", ours) as made:
        made.stimulator.enable(True)
        made.serve(0.05)
        made.pulse(0.5, 0.2)
        made.serve(0.03)
    for code in (4, 10):
        assert ours.stored[code, 1] == theirs.stored[code, 1]
    assert abs(ours.stored[2, 1] - theirs.stored[2, 1]) <= 1, "they round up, we round to the nearest"
    assert len(ours.given) == len(theirs.given) == 1


def test_science_mode_4_drives_our_p24_as_it_would_the_device() -> None:
    peer = pytest.importorskip("science_mode_4")
    device = SimP24("P24-PEER01")

    async def stimulate(path: str) -> str:
        connection = peer.SerialPortConnection(path)
        connection.open()
        p24 = peer.DeviceP24(connection)
        general, low = p24.get_layer_general(), p24.get_layer_low_level()
        name = str(await general.get_device_id())
        await low.init(peer.LowLevelMode.NO_MEASUREMENT, peer.LowLevelHighVoltageSource.STANDARD)
        points = [peer.ChannelPoint(100, 2.5), peer.ChannelPoint(100, 0), peer.ChannelPoint(100, -2.5)]
        low.send_channel_config(True, peer.Channel.RED, peer.Connector.YELLOW, points)
        await low.stop()
        connection.close()
        return name

    with served(device) as wire:
        assert asyncio.run(stimulate(wire.path)) == "P24-PEER01"
    (pulse,) = device.given
    assert (pulse.current_ma, pulse.width_ms) == (2.5, 0.1)
    assert not device.initialised


def test_our_p24_driver_and_science_mode_4_write_the_same_bytes() -> None:
    peer = pytest.importorskip("science_mode_4")
    from science_mode_4.protocol.protocol import Protocol

    device = SimP24()
    with bench("p24", device) as made:
        made.stimulator.enable(True)
        made.serve(0.02)
        made.pulse(2.5, 0.1)
        received = made.served.received
    points = [peer.ChannelPoint(100, 2.5), peer.ChannelPoint(100, 0), peer.ChannelPoint(100, -2.5)]
    request, config = peer.PacketGeneralGetDeviceId(), peer.PacketLowLevelChannelConfig()
    arming = (
        peer.PacketMidLevelStop(),
        peer.PacketLowLevelStop(),
        peer.PacketLowLevelInit(),
        peer.PacketGeneralGetStimStatus(),
    )
    config.execute_stimulation, config.points = True, points
    config.channel, config.connector = peer.Channel.RED, peer.Connector.YELLOW
    packets = (request, *arming, config)
    for number, packet in enumerate(packets):
        packet.number = number
    assert received.startswith(b"".join(Protocol.packet_to_bytes(packet) for packet in packets))


@pytest.mark.parametrize("volts", [-10.0, 0.0, 2.5, 10.0])
def test_the_volts_of_our_driver_are_those_the_firmware_reads(volts: float) -> None:
    from drivers.stimulators.pulsepal import parameter, volts_code

    sent = parameter(2, 1, volts_code(volts))
    assert struct.unpack("<H", sent[-2:])[0] / 65_535 * 20 - 10 == pytest.approx(volts, abs=2e-4)
