"""A board that BrainFlow reads, as an amplifier. Needs brainflow.

BrainFlow returns samples from a buffer of its own, later than a driver of this package would. Most of its boards are
too slow for evoked responses. Tested on its synthetic and playback boards and on a simulated Cyton, on no board.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceInfo, DeviceLost, DeviceNotFound, DeviceRefused, OptionRefused
from drivers.toolkit.address import Address, parse_address
from drivers.toolkit.streaming import StreamingAmplifier

_POLL_S = 0.004
_BUFFER_S = 30
_NUMBERS = ("ip_port", "timeout")
_TEXTS = ("serial_port", "mac_address", "ip_address", "serial_number", "other_info", "file")
_OPTIONS = (*_NUMBERS, *_TEXTS, "master_board")
_COUNTERS = {"SYNTHETIC_BOARD": 256, "CYTON_BOARD": 256, "CYTON_WIFI_BOARD": 256, "FREEEEG32_BOARD": 256}
"""Boards that number every sample, and the number at which they restart; gaps of other boards do not show."""


@dataclass(frozen=True, slots=True)
class BoardLayout:
    """Rows of a board's data: its signals and its counter, which restarts at ``modulus`` (None: not used)."""

    name: str
    sample_rate_hz: float
    rows: tuple[int, ...]
    counter: int
    modulus: int | None


class BrainFlowBoard(StreamingAmplifier):
    """The board at ``brainflow:BOARD?serial_port=PORT``; BOARD is BrainFlow's name, such as CYTON or SYNTHETIC.

    The other options are BrainFlow's: ``mac_address``, ``ip_address``, ``ip_port``, ``serial_number``, ``other_info``,
    ``timeout``, ``file`` and ``master_board`` (a recording for PLAYBACK_FILE, and the board that made it).
    """

    def __init__(self, rest: str) -> None:
        self._address = parse_address("brainflow", rest, _OPTIONS)
        self._flow = library()
        self._board: Any = None
        self._running = False
        self._number = board_number(self._flow, self._address.target)
        self._parameters, master = _parameters(self._flow, self._address)
        self._layout = layout(self._flow, self._number if master is None else master)
        super().__init__(str(self._address))

    def _connect(self) -> DeviceInfo:
        try:
            self._board = self._flow.BoardShim(self._number, self._parameters)
            self._board.prepare_session()
        except self._flow.BrainFlowError as error:
            raise self._unreached(error) from error
        found = self._layout
        return DeviceInfo(
            model=f"BrainFlow {found.name}",
            serial=self._address.text("serial_number") or "",
            address=str(self._address),
            sample_rate_hz=found.sample_rate_hz,
            channels=tuple(Channel(f"channel {i + 1}") for i in range(len(found.rows))),
        )

    def _unreached(self, error: Exception) -> DeviceNotFound | DeviceRefused:
        code = getattr(error, "exit_code", 0)
        why = str(error).split(":")[0].replace("_", " ").lower()
        sentence = f"BrainFlow does not reach {self._address} ({why})"
        if code == self._flow.BrainFlowExitCodes.UNABLE_TO_OPEN_PORT_ERROR.value:
            return DeviceNotFound(f"{sentence}: there is no such port, or another program uses it.")
        return DeviceRefused(f"{sentence}: switch the board on, and check its name and options.")

    def _begin(self) -> None:
        self._last: int | None = None
        try:
            if self._running:
                self._board.stop_stream()
                self._running = False
            self._board.start_stream(round(_BUFFER_S * self._layout.sample_rate_hz))
            self._running = True
            self._board.get_board_data()
        except self._flow.BrainFlowError as error:
            raise DeviceLost(f"{self._address} does not start ({error}); switch the board off and on.") from error

    def _pump(self, timeout_s: float) -> None:
        """Poll BrainFlow's buffer every 4 ms, because it signals no arrival."""
        deadline = time.monotonic() + timeout_s
        while not self._poll() and time.monotonic() < deadline:
            time.sleep(min(_POLL_S, timeout_s))

    def _poll(self) -> bool:
        try:
            data = self._board.get_board_data()
        except (self._flow.BrainFlowError, AttributeError) as error:
            raise DeviceLost(f"{self._address} is gone ({error}); connect it again.") from error
        if data.shape[1]:
            self._take(data, time.monotonic_ns())
        return bool(data.shape[1])

    def _take(self, data: NDArray[np.float64], arrived_ns: int) -> None:
        """Emit the samples of ``data`` (rows, samples), with gaps where the board's counter shows them."""
        samples_uv = np.ascontiguousarray(data[list(self._layout.rows)].T, np.float32)
        begun = 0
        for at, lost in self._gaps(data[self._layout.counter]):
            self.emit_samples(samples_uv[begun:at], arrived_ns)
            self.emit_gap(lost)
            begun = at
        self.emit_samples(samples_uv[begun:], arrived_ns)

    def _gaps(self, numbers: NDArray[np.float64]) -> list[tuple[int, int]]:
        if self._layout.modulus is None:
            return []
        counted = numbers.astype(np.int64)
        before = int(counted[0]) - 1 if self._last is None else self._last
        missing = (np.diff(counted, prepend=before) - 1) % self._layout.modulus
        self._last = int(counted[-1])
        return [(at, int(missing[at])) for at in np.flatnonzero(missing).tolist()]

    def _release(self) -> None:
        board, self._board, self._running = self._board, None, False
        if board is not None:
            with contextlib.suppress(self._flow.BrainFlowError):
                if board.is_prepared():
                    board.release_session()


def library() -> Any:
    """Return BrainFlow's board module with its log switched off. Raises DeviceRefused where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it loads its library through setuptools, which issues a warning
            from brainflow import board_shim

            board_shim.BoardShim.disable_board_logger()
    except (ImportError, OSError) as error:
        raise DeviceRefused("Boards of BrainFlow need brainflow: pip install 'needle-guidance[brainflow]'.") from error
    return board_shim


def board_number(flow: Any, name: str) -> int:
    """Return BrainFlow's number of the board ``name``, with or without _BOARD. Raises OptionRefused."""
    known = {board.name: board.value for board in flow.BoardIds}
    wanted = name.upper().removesuffix("_BOARD") + "_BOARD"
    if wanted not in known or wanted == "NO_BOARD":
        some = ", ".join(sorted(key.removesuffix("_BOARD") for key in known if key != "NO_BOARD"))
        raise OptionRefused(f"BrainFlow has no board '{name}'; it has {some}.")
    number: int = known[wanted]
    return number


def layout(flow: Any, number: int) -> BoardLayout:
    """Return BrainFlow's description of board ``number``. Raises DeviceRefused for one without signals."""
    described: Mapping[str, Any] = flow.BoardShim.get_board_descr(number)
    rows = described.get("emg_channels") or described.get("eeg_channels") or ()
    name = flow.BoardIds(number).name
    if not rows or "sampling_rate" not in described:
        raise DeviceRefused(f"{name} has no signals of its own; for PLAYBACK_FILE give file= and master_board=.")
    return BoardLayout(
        str(described.get("name", name)),
        float(described["sampling_rate"]),
        tuple(rows),
        described["package_num_channel"],
        _COUNTERS.get(name),
    )


def _parameters(flow: Any, address: Address) -> tuple[Any, int | None]:
    """Return BrainFlow's parameters, and the board that made the recording to play, if any. Raises OptionRefused."""
    parameters, master = flow.BrainFlowInputParams(), address.text("master_board")
    for key in _TEXTS:
        setattr(parameters, key, address.text(key) or "")
    for key in _NUMBERS:
        if address.text(key):
            setattr(parameters, key, address.count(key, 1, 65_535))
    if master is None:
        return parameters, None
    parameters.master_board = board_number(flow, master)
    return parameters, parameters.master_board
