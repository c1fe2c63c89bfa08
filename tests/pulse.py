"""A PulseAudio server of one's own with a loudspeaker that is none, and what comes out of it with its times."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

RATE_HZ = 48_000
WAIT_S = 10.0
NEEDS = ("pulseaudio", "pactl", "parec")


def lacking() -> str | None:
    """What this machine lacks to hear itself, in words; None if nothing."""
    missing = [name for name in NEEDS if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: pulseaudio pulseaudio-utils)"
    try:
        import sounddevice  # noqa: F401
    except OSError:
        return "PortAudio not installed (Debian: libportaudio2)"
    return None


class PulseServer:
    """A private server; ``environment`` is what makes a program use it. It can be killed and started again."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sound-")
        self.address = f"unix:{self._folder.name}/native"
        self.environment = {
            "PULSE_SERVER": self.address, "XDG_RUNTIME_DIR": self._folder.name, "HOME": self._folder.name,
            "PULSE_RUNTIME_PATH": f"{self._folder.name}/run", "PULSE_COOKIE": f"{self._folder.name}/cookie",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to serve. Raises RuntimeError where it does not come up."""
        words = [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error",
            "-L", f"module-null-sink sink_name=out rate={RATE_HZ} channels=2",
            "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._folder.name}/native",
        ]  # fmt: skip
        environment = os.environ | self.environment
        self._process = subprocess.Popen(
            words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            if self._pactl("info") == 0:
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("a PulseAudio server did not start")

    def kill(self) -> None:
        """Have the server die at once, as a sound system that crashes."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
        Path(self._folder.name, "native").unlink(missing_ok=True)

    def freeze(self, *, on: bool) -> None:
        """Have the server stand still, or go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def close(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        self._folder.cleanup()

    def _pactl(self, *words: str) -> int:
        done = subprocess.run(
            ["pactl", *words], env=os.environ | self.environment, capture_output=True, timeout=WAIT_S, check=False
        )
        return done.returncode
