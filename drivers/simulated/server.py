"""Process of a simulated amplifier: its address on the first line of stdout, control lines on stdin until its end."""

from __future__ import annotations

import argparse
import contextlib
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence

import numpy as np

from drivers.simulated.control import Control
from drivers.simulated.device import FRAME_S, OnaDevice
from drivers.simulated.faults import Faults
from drivers.simulated.front_ends import KINDS, kinds_in_words
from drivers.simulated.motion import SCENARIOS
from drivers.simulated.muscle import SimulatedTarget
from drivers.simulated.patient import Patient
from drivers.simulated.ports import PtyPort, SimulatedPort, SocketPort
from drivers.transport.reader_thread import ReaderThread

IDLE_S = 0.01


class _Lines:
    """Lines of stdin, read without blocking; ``ended`` once the parent has closed it or died."""

    def __init__(self) -> None:
        self._reader = ReaderThread[str]("stdin", self._read)
        self.wake, self._poke = socket.socketpair()
        self.ended = False
        self._reader.start()

    def _read(self) -> EOFError:
        for line in sys.stdin:
            self._reader.put(line)
            self._poke.send(b"\0")
        self.ended = True
        self._poke.send(b"\0")
        return EOFError("stdin has been closed")

    def drain(self) -> list[str]:
        """Return the lines read since the last call."""
        self.wake.recv(4096)
        lines: list[str] = []
        with contextlib.suppress(EOFError):
            while (line := self._reader.next()) is not None:
                lines.append(line)
        return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m drivers.simulated",
        description="A simulated patient and amplifier that use ONA on a pseudo-terminal or a TCP socket. "
        "It is a simulation: its results need not hold for a person.",
        epilog=f"{Control.__doc__}\n    Front ends (--front):\n\n{kinds_in_words()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0, help="which patient (default 0)")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--rate", type=int, default=20_000, metavar="HZ", help="sample rate (default 20000)")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="procedure")
    parser.add_argument("--start-mm", type=float, help="first distance to the nerve (default: drawn)")
    parser.add_argument("--mains", type=float, default=50.0, metavar="HZ")
    parser.add_argument("--still", action="store_true", help="no tremor, no breathing")
    parser.add_argument("--needle", action="store_true", help="the first channel is the needle's own EMG")
    parser.add_argument("--muscle", help="the muscle under the electrodes (default: drawn)")
    parser.add_argument("--latency-ms", nargs=2, type=float, metavar=("FROM", "TO"), help="range of its M latency")
    parser.add_argument("--late-ms", nargs=2, type=float, metavar=("FROM", "TO"), help="range of its H latency")
    parser.add_argument("--depth-mm", type=float, help="depth of the nerve, beyond which no needle begins")
    parser.add_argument("--waits", action="store_true", help="the needle begins when the stimulator is switched on")
    parser.add_argument("--front", choices=sorted(KINDS), help="the amplifier's front end, see below")
    parser.add_argument("--drift-ppm", type=float, default=0.0, help="how much faster the device's clock runs")
    parser.add_argument("--set", nargs=2, action="append", default=[], metavar=("FAULT", "VALUE"), dest="faults")
    parser.add_argument("--listen", metavar="HOST:PORT", help="a TCP socket instead of a pseudo-terminal")
    return parser


def _device(options: argparse.Namespace) -> OnaDevice:
    patient = Patient(
        options.seed,
        sample_rate_hz=options.rate,
        channels=options.channels,
        scenario=options.scenario,
        start_mm=options.start_mm,
        mains_hz=options.mains,
        still=options.still,
        needle=options.needle,
        front=options.front,
        target=_target(options),
        depth_mm=options.depth_mm,
        waits=options.waits,
    )
    faults = Faults(rng=np.random.default_rng(options.seed))
    for name, value in options.faults:
        faults.set(name, value)
    return OnaDevice(patient, serial=f"SIM-{options.seed}", drift_ppm=options.drift_ppm, faults=faults)


def _target(options: argparse.Namespace) -> SimulatedTarget | None:
    if options.muscle is None:
        return None
    m_ms, h_ms = (tuple(span) if span else None for span in (options.latency_ms, options.late_ms))
    return SimulatedTarget(options.muscle, m_ms, h_ms)


def _port(listen: str | None) -> SimulatedPort:
    if listen is None and sys.platform != "win32":
        return PtyPort()
    host, _, number = (listen or "127.0.0.1:0").rpartition(":")
    return SocketPort(host, int(number))


def serve(device: OnaDevice, port: SimulatedPort) -> None:
    """Run ``device`` at ``port`` until stdin ends."""
    lines, control = _Lines(), Control(device, port)
    stdin = lines.wake.fileno()
    while not lines.ended:
        host = port.readable_descriptor()
        waits = [stdin] if host is None else [stdin, host]
        ready, _, _ = select.select(waits, [], [], FRAME_S if device.streaming else IDLE_S)
        now_ns = time.monotonic_ns()
        if stdin in ready:
            for line in lines.drain():
                sys.stdout.write(control.run(line, now_ns) + "\n")
            sys.stdout.flush()
        data = port.read() if host is None or host in ready else b""
        if port.newly_opened():
            device.port_opened(now_ns)
        output = device.feed(data, now_ns) if data else device.tick(now_ns)
        if output and not port.write(output):
            device.mark_output_dropped()


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse ``arguments``, print the address, serve."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.closing(_port(options.listen)) as port:
        device = _device(options)
        print(port.address, flush=True)
        serve(device, port)
