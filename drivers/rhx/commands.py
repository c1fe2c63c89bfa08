"""Command connection of Intan RHX: text commands and text replies. One connection serves a whole session.

RHX reads what has arrived and takes it apart at the semicolons, so a command must not be cut in two. It sends nothing
where a command succeeds, and neither replies nor error texts have an end mark: each request therefore ends with a
``get`` of the controller's type, whose reply is known and ends the whole. RHX enters its run loop while it still
carries out the commands that it has read, and what came with ``set runmode run`` waits until the run ends: nothing is
sent after that command until samples show that the run has begun. RHX closes its server when its client leaves, so
nothing but the driver that the user chose connects here.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from drivers.base import DeviceLost, DeviceNotFound, DeviceRefused
from drivers.transport.port import open_port

REPLY_S = 2.0
"""Longest wait for a reply: RHX took 10 to 12 ms while running, seldom over 0.3 s."""

UPLOAD_S = 3.0
"""Longest wait for an upload: the first took 0.4 s."""

START_S = 5.0
"""Longest wait for the first samples of a run."""

_SEGMENT_BYTES, _LOCAL_SEGMENT_BYTES = 1200, 16_384
"""Most bytes of one request: what arrives as one TCP segment, over Ethernet and on this computer."""

_MORE_S = 0.1
_POLL_S = 0.005
_STOP_TRIES = 3
_RETURN = "Return: "
_TYPE = re.compile(r"Return: Type (\S+)\Z")
_VALUE = re.compile(r"\S+ (True|False|Stop|Run|Record|Trigger|Controller\w+|-?\d[\d.e+-]*)")
_TYPES = ("ControllerStimRecord", "ControllerRecordUSB3", "ControllerRecordUSB2")
_CONNECT = "in RHX choose Network, Remote TCP Control, Connect, then try again."


class RhxCommands:
    """Commands to RHX at ``host``:``port``, for use by several threads. Every call may raise DeviceLost.

    ``kind`` is the controller's type, such as ControllerStimRecord.
    """

    def __init__(self, host: str, port: int) -> None:
        """Connect. Raises DeviceNotFound where nothing listens."""
        self.name = f"RHX at {host}:{port}"
        try:
            self._port = open_port(f"socket://{host}:{port}")
        except DeviceNotFound as error:
            raise DeviceNotFound(f"{self.name} does not listen: {_CONNECT}") from error
        is_local = host == "localhost" or host.startswith("127.")
        self._most_bytes = _LOCAL_SEGMENT_BYTES if is_local else _SEGMENT_BYTES
        self._lock = threading.Lock()
        try:
            self.kind = self._first_reply()
        except BaseException:
            self._port.close()
            raise

    def get(self, name: str) -> str:
        """Return the value of ``name``. Raises DeviceRefused with RHX's own text where it has none."""
        (value,) = self.values([name])
        return value

    def values(self, names: Sequence[str]) -> list[str]:
        """Return the values of ``names``. Raises DeviceRefused with RHX's own text where it has one of them not."""
        return self._exchange([], names)

    def number(self, name: str) -> float:
        """Return the value of ``name`` as a number. Raises DeviceRefused where it is not a number."""
        value = self.get(name)
        try:
            return float(value)
        except ValueError:
            raise DeviceRefused(f"{self.name} reports that {name} is '{value}', which is not a number.") from None

    def change(
        self,
        values: Mapping[str, str | float],
        *,
        before: Sequence[str] = (),
        upload: Sequence[str] = (),
        also: Sequence[str] = (),
    ) -> list[str]:
        """Execute ``before``, set ``values``, upload the channels ``upload``, and read every value back.

        Returns the values of ``also``, read with them. Raises DeviceRefused where a value is not as set then.
        """
        commands = [f"execute {action}" for action in before]
        commands += [f"set {name} {value}" for name, value in values.items()]
        commands += [f"execute uploadstimparameters {channel}" for channel in upload]
        names = [*values, *also, *(["uploadinprogress"] if upload else [])]
        read_back = self._exchange(commands, names)
        for (name, value), is_now in zip(values.items(), read_back, strict=False):
            if not _same(is_now, value):
                raise DeviceRefused(f"{self.name} did not accept {name} {value}: it is {is_now}.")
        if upload and read_back[-1].lower() != "false":
            self._await_upload(upload)
        return read_back[len(values) : len(values) + len(also)]

    def execute(self, action: str) -> None:
        """Command RHX to do ``action``, which has no reply."""
        with self._lock:
            self._port.write(f"execute {action};".encode())

    def run(self, has_begun: Callable[[], bool]) -> None:
        """Start RHX; hold every other command back until ``has_begun`` returns True, which may wait a little.

        Raises DeviceRefused with RHX's own text, and DeviceLost where the run has not begun after 5 s.
        """
        with self._lock:
            self._port.write(b"set runmode run;")
            deadline = time.monotonic() + START_S
            while not has_begun():
                text = b"".join(data for _, data in self._port.read())
                if text:
                    raise DeviceRefused(f"{self.name} did not start: {_plain(text.decode('ascii', 'replace'))}")
                if time.monotonic() > deadline:
                    raise DeviceLost(f"{self.name} was commanded to run and sent no samples for {START_S:g} s.")

    def stop(self) -> None:
        """Stop RHX, whether it runs or not. Raises DeviceLost where it does not confirm that it has stopped."""
        with self._lock:
            for _ in range(_STOP_TRIES):
                self._port.write(b"set runmode stop;")  # alone, so that it is read where a run holds back what is older
                with contextlib.suppress(TimeoutError):
                    modes = re.findall(r"Return: RunMode (Run|Stop|Record|Trigger)", self._reply("get runmode;"))
                    if modes and modes[-1] == "Stop":
                        return
        raise DeviceLost(
            f"{self.name} may still be running: it does not confirm the command to stop; press Stop there."
        )

    def close(self) -> None:
        """Close the connection; RHX then closes its server."""
        self._port.close()

    def _await_upload(self, channels: Sequence[str]) -> None:
        deadline = time.monotonic() + UPLOAD_S
        while self.get("uploadinprogress").lower() != "false":
            if time.monotonic() > deadline:
                raise DeviceRefused(f"{self.name} did not finish uploading the stimulus of {', '.join(channels)}.")
            time.sleep(_POLL_S)

    def _exchange(self, commands: Sequence[str], names: Sequence[str]) -> list[str]:
        """Send ``commands``, then get ``names``, in as few requests as their size allows."""
        with self._lock:
            values: list[str] = []
            for segment in self._segments([*commands, *(f"get {name}" for name in names)]):
                try:
                    reply = self._reply("".join(f"{words};" for words in segment))
                except TimeoutError:
                    raise DeviceLost(f"{self.name} does not reply: {_CONNECT}") from None
                values += self._returned(reply, [words[4:] for words in segment if words.startswith("get ")])
            return values

    def _segments(self, commands: list[str]) -> Iterator[list[str]]:
        """Yield ``commands`` in parts that arrive as one segment each."""
        part: list[str] = []
        for words in commands:
            if part and sum(len(each) + 1 for each in [*part, words]) > self._most_bytes - len("get type;"):
                yield part
                part = []
            part.append(words)
        yield part

    def _returned(self, reply: str, names: list[str]) -> list[str]:
        """Return the values of ``names`` in ``reply``. Raises DeviceRefused for anything else in it."""
        before, *returned = reply.split(_RETURN)
        labels = [name.rpartition(".")[2].lower() for name in [*names, "type"]]
        words = [each.split() for each in returned]
        is_plain = all(len(each) == 2 for each in words)
        if before.strip() or not is_plain or [each[0].lower() for each in words] != labels:
            raise DeviceRefused(f"{self.name} reports: {_plain(_errors_in(reply))}")
        return [value for _, value in words[:-1]]

    def _reply(self, request: str) -> str:
        """Send ``request`` and return all that comes up to the reply that ends it. Raises TimeoutError."""
        self._port.write(f"{request}get type;".encode())
        end = f"{_RETURN}Type {self.kind}"
        reply = ""
        while not reply.endswith(end):
            chunks = self._port.read(REPLY_S)
            if not chunks:
                raise TimeoutError
            reply += b"".join(data for _, data in chunks).decode("ascii", "replace")
        return reply

    def _first_reply(self) -> str:
        """Return the controller's type. One that is not known ends with a pause."""
        self._port.write(b"get type;")
        reply = ""
        while True:
            chunks = self._port.read(_MORE_S if reply else REPLY_S)
            reply += b"".join(data for _, data in chunks).decode("ascii", "replace")
            match = _TYPE.search(reply)
            if match and (match[1] in _TYPES or not chunks):
                return match[1]
            if not chunks and reply:
                raise DeviceRefused(f"{self.name} reports: {_plain(reply)}")
            if not chunks:
                raise DeviceLost(f"{self.name} does not reply: {_CONNECT}")


def _errors_in(reply: str) -> str:
    """Return what is no returned value in ``reply``, each text once; all of it where nothing else is left."""
    before, *returned = reply.split(_RETURN)
    texts = [before, *(_VALUE.sub("", each, count=1) for each in returned)]
    rest = re.sub(r"(Unrecognized parameter)(?:\s*\1)+", r"\1", " ".join(texts))
    return rest if rest.strip() else reply


def _plain(text: str) -> str:
    return " ".join(text.split())[:300]


def _same(read_back: str, value: str | float) -> bool:
    try:
        return abs(float(read_back) - float(value)) < 1e-6
    except ValueError:
        return read_back.lower() == str(value).lower()
