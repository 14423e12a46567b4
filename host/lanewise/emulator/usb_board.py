# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An emulated board as a computer sees it over USB: a drive and a serial port.

In a folder it keeps what a board shows: its drive while CircuitPython runs, ``RPI-RP2/`` in the
bootloader, and ``serial``, a link to a pseudo-terminal. ``code.py`` on the drive really runs, on
the emulated camera, in CPython or in a MicroPython VM, and starts again when a file on the drive
changes. What is sent to the port reaches it as ``usb_cdc.console``. Ctrl-C, Ctrl-D and the raw REPL
do what they do on a board; ``microcontroller.reset()`` after ``on_next_reset`` enters the
bootloader, and so does a touch at 1200 baud; the bootloader takes a firmware file and comes back as
CircuitPython.

POSIX only (pseudo-terminals).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lanewise.emulator.usb_storage import FolderStorage, Storage
from lanewise.errors import EmulatorError, UsageError

BOOTLOADER = "RPI-RP2"
SERIAL = "serial"
UID = "E000000000000001"
_INFO_FILE = "INFO_UF2.TXT"

_INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
_BANNER = "Adafruit CircuitPython {} on 2026-01-01; Raspberry Pi Pico with rp2040 (emulated)"
_QUIET_S = 0.5  # CircuitPython waits so long after the last write before it starts again
_LOOK_S = 0.1
_PATIENCE_S = 5.0
_RAW, _FRIENDLY, _STOP, _RESTART = b"\x01", b"\x02", b"\x03", b"\x04"


@dataclass(frozen=True)
class Look:
    """What the emulated camera sees: pictures (none: drawn digits), seconds each, and a fault.

    vm: what runs the drive's programs, ``cpython`` or ``micropython``.
    """

    pictures: tuple[Path, ...] = ()
    seconds: float = 2.0
    fault: str | None = None
    vm: str = "cpython"


class UsbBoard:
    """A board in ``folder``; a context manager, and ``run`` until ``stop`` says so.

    ``firmware_version`` takes the bytes of a UF2 file and gives CircuitPython's version in it, or
    None when the board would not take the file; ``storage`` keeps the files (a folder, if none is
    given). Raises ``UsageError`` when the folder holds
    something else, ``EmulatorError`` on a system without pseudo-terminals.
    """

    def __init__(
        self,
        folder: Path,
        firmware_version: Callable[[bytes], str | None],
        board: str = "raspberry_pi_pico",
        look: Look | None = None,
        version: str = "10.0.3",
        in_bootloader: bool = False,
        storage: Storage | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.storage = storage or FolderStorage(self.folder)
        self.drive = self.storage.shown
        self.bootloader = self.folder / BOOTLOADER
        self.port = self.folder / SERIAL
        self.board = board
        self.look = look or Look()
        self.version = version
        self.starts = 0
        self._firmware_version = firmware_version
        self._begin_in_bootloader = in_bootloader
        self._in_bootloader = False
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""
        self._unsent = b""
        self._listened_at = 0.0
        self._raw: bytes | None = None
        self._seen: object = None
        self._changed_at: float | None = None
        self._running_wanted = True
        self._scratch: tempfile.TemporaryDirectory[str]

    # -- plugging in and out ---------------------------------------------------------------------

    def __enter__(self) -> UsbBoard:
        if not hasattr(os, "openpty"):
            raise EmulatorError("a board with a serial port needs pseudo-terminals (not Windows)")
        allowed = {BOOTLOADER, SERIAL, *self.storage.names}
        if self.folder.exists():
            _refuse_others(self.folder, allowed)
            if self.bootloader.is_dir():
                _refuse_others(self.bootloader, {_INFO_FILE})
        self.folder.mkdir(parents=True, exist_ok=True)
        self._plug_port()
        # What a program that is killed leaves behind goes with the board.
        self._scratch = tempfile.TemporaryDirectory(prefix="lanewise-")
        try:
            (self._enter_bootloader if self._begin_in_bootloader else self._enter_circuitpython)()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_code()
        self.storage.close()
        self._scratch.cleanup()
        self.port.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def _plug_port(self) -> None:
        import tty

        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))

    def _enter_bootloader(self) -> None:
        self._end_code()
        self.storage.vanish()
        self.bootloader.mkdir(exist_ok=True)
        (self.bootloader / _INFO_FILE).write_bytes(_INFO.encode())
        self._in_bootloader = True

    def _enter_circuitpython(self) -> None:
        self._in_bootloader = False
        for path in (self.bootloader / _INFO_FILE, *self.bootloader.glob("*.uf2")):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # gone, or something else was put there: it stays
            self.bootloader.rmdir()
        text = f"{_BANNER.format(self.version)}\r\nBoard ID:{self.board}\r\nUID:{UID}\r\n"
        self.storage.appear(text.encode())
        self._seen = self.storage.state()
        self._start_code()

    # -- running ---------------------------------------------------------------------------------

    def run(self, stop: Callable[[], bool]) -> None:
        """Live until ``stop()`` is true."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._master, selectors.EVENT_READ)
            while not stop():
                if selector.select(_LOOK_S / 4):
                    self._hear()
                self._speak()
                if self._touched():
                    self._enter_bootloader()
                if self._in_bootloader:
                    self._look_for_firmware()
                else:
                    self._look_for_changes()

    def _start_code(self) -> None:
        self._end_code()
        self._running_wanted = True
        self.starts += 1
        with _undisturbed():  # a process that nobody knows would never be ended
            self._process = subprocess.Popen(
                self._command("code.py"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": self._scratch.name},
                start_new_session=True,  # it may have a VM of its own, which must end with it
            )
        assert self._process.stdout is not None and self._process.stdin is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        os.set_blocking(self._process.stdin.fileno(), False)

    def _command(self, program: str) -> list[str]:
        look = self.look
        pictures = [str(path.absolute()) for path in look.pictures]
        place = str(self.storage.working_place())
        arguments = [program, place, self.board, look.vm, look.fault or "-", str(look.seconds)]
        begin = [sys.executable, "-u", "-B", "-m", "lanewise.emulator.run_code"]
        return [*begin, *arguments, *pictures]

    def _end_code(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        self._process = None

    def _speak(self) -> None:
        self._say(b"")
        if self._unsent or self._process is None or self._process.stdout is None:
            return  # it waits in print() until somebody reads, as on a board
        data = self._process.stdout.read(4096)
        if data:
            self._say(data.replace(b"\n", b"\r\n"))
        elif self._process.poll() is not None:
            self._end_code()
            self._say(b"\r\nCode done running.\r\n")

    def _say(self, data: bytes) -> None:
        """Send, and keep what does not go at once; as on USB it is lost where nobody listens."""
        self._unsent += data
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]
                self._listened_at = time.monotonic()
        except BlockingIOError:
            if time.monotonic() - self._listened_at > _PATIENCE_S:
                self._unsent = b""

    def _say_all(self, data: bytes) -> None:
        """As ``_say``, but waits while somebody reads."""
        data, self._unsent = self._unsent + data, b""
        end = time.monotonic() + _PATIENCE_S
        while data and time.monotonic() < end:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                time.sleep(0.001)

    def _hear(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        if self._raw is not None:
            self._hear_raw(data)
            return
        self._heard = (self._heard + data)[-4096:]
        if _STOP in data:
            self._end_code()
            self._running_wanted = False
            self._say(b"\r\nKeyboardInterrupt\r\n>>> ")
        if _RAW in data:
            self._end_code()
            self._raw, self._heard = b"", b""
            self._say(b"\r\nraw REPL; CTRL-B to exit\r\n>")
            return
        if _RESTART in data:
            self._start_code()
        elif self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):  # full or gone: as on USB, it is lost
                os.write(self._process.stdin.fileno(), data)
        if b"reset()" in self._heard:
            into = b"RunMode.UF2" in self._heard or b"RunMode.BOOTLOADER" in self._heard
            self._heard = b""
            (self._enter_bootloader if into else self._start_code)()

    def _hear_raw(self, data: bytes) -> None:
        """The raw REPL: programs end in Ctrl-D; Ctrl-B leaves it. Each begins with no names."""
        self._raw = (self._raw or b"") + data
        while self._raw is not None and (_RESTART in self._raw or _FRIENDLY in self._raw):
            if _FRIENDLY in self._raw.partition(_RESTART)[0]:
                left = self._raw.partition(_FRIENDLY)[2]
                self._raw = None
                self._say(b"\r\n>>> ")
                if _RESTART in left:
                    self._start_code()
                return
            program, _, self._raw = self._raw.partition(_RESTART)
            command = self._command("-")
            done = subprocess.run(command, input=program, capture_output=True, check=False)
            ended = b"OK" + done.stdout + b"\x04" + done.stderr + b"\x04>"
            self._say_all(ended.replace(b"\n", b"\r\n"))

    def _touched(self) -> bool:
        """Has somebody set the port to 1200 baud, which asks a board for its bootloader?"""
        import termios

        speed = termios.tcgetattr(self._slave)[5]
        if speed != termios.B1200:
            return False
        settings = termios.tcgetattr(self._slave)
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(self._slave, termios.TCSANOW, settings)
        return not self._in_bootloader

    def _look_for_changes(self) -> None:
        now = time.monotonic()
        files = self.storage.state()
        if files != self._seen:
            self._seen, self._changed_at = files, now
        elif self._changed_at is not None and now - self._changed_at >= _QUIET_S:
            self._changed_at = None
            if self._running_wanted:
                self._start_code()

    def _look_for_firmware(self) -> None:
        for path in self.bootloader.glob("*.uf2"):
            try:
                version = self._firmware_version(path.read_bytes())
            except OSError:
                continue
            if version is not None:
                self.version = version
                self._enter_circuitpython()
                return


def _refuse_others(folder: Path, allowed: set[str]) -> None:
    """Nothing that somebody keeps in ``folder`` may be taken for the board's."""
    others = sorted({path.name for path in folder.iterdir()} - allowed)
    if others:
        raise UsageError(f"{folder} holds {others[0]}; name a new or empty folder")


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and ``kill`` wait until what is done here is done; programs started inherit that."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
