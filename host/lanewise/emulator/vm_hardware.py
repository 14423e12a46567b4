# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The emulated hardware as a program in a MicroPython VM reaches it: questions over two pipes.

The VM has modules of its own named ``board``, ``busio`` and so on (``runtimes/vm/hardware``), which
pass on what they are asked. The answers come from the emulated modules that CPython programs use,
so there is one emulation, not two.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.chip import AddressRange, WatchDogMode, WatchdogReset
from lanewise.emulator.pins import Pin
from lanewise.runtimes.micropython import SCRIPTS, interpreter
from lanewise.runtimes.vm_folder import VmFolder

HEAP_BYTES = 280_000
"""Twice a Pico's 140 kB: every word of this VM is twice as wide as a board's."""
RELOAD_STATUS = 75
"""Exit status of a VM whose program starts itself again (``supervisor.reload``)."""


class Hardware:
    """Answers the questions of one VM about one emulated board, which is switched on.

    ``console``: gives what the computer has sent, at most so many bytes, never waiting.
    """

    def __init__(self, board: EmulatedBoard, console: Console) -> None:
        import board as pins
        import busio
        import digitalio
        import imagecapture
        import pwmio

        self._board = board
        self._console = console
        self._pins: dict[str, Any] = {
            name: pin for name, pin in vars(pins).items() if isinstance(pin, Pin)
        }
        self._kinds: dict[str, Callable[..., Any]] = {
            "AddressRange": lambda start, length: AddressRange(start=start, length=length),
            "I2C": lambda scl, sda, hertz: busio.I2C(
                self._pin(scl), self._pin(sda), frequency=hertz
            ),
            "DigitalInOut": lambda pin: digitalio.DigitalInOut(self._pin(pin)),
            "PWMOut": lambda pin, duty, hertz: pwmio.PWMOut(
                self._pin(pin), duty_cycle=duty, frequency=hertz
            ),
            "ParallelImageCapture": lambda data, clock, vsync, href: (
                imagecapture.ParallelImageCapture(
                    data_pins=[self._pin(pin) for pin in data],
                    clock=self._pin(clock),
                    vsync=self._pin(vsync),
                    href=self._pin(href),
                )
            ),
        }
        self._pull = digitalio.Pull
        self._parts: list[Any] = []

    def _pin(self, name: str) -> Any:
        return self._pins[name]

    def answer(self, line: bytes) -> bytes:
        """The answer to one question, with a frame behind it if that was asked for."""
        name, *arguments = json.loads(line)
        try:
            value, more = self._ask(name, arguments)
        except OSError as error:
            told = {"error": "OSError", "errno": error.errno or 5, "text": str(error.strerror)}
            return json.dumps(told).encode() + b"\n"
        except (RuntimeError, TypeError, ValueError) as error:
            told = {"error": type(error).__name__, "text": str(error)}
            return json.dumps(told).encode() + b"\n"
        return json.dumps({"ok": value}).encode() + b"\n" + more

    def _ask(self, name: str, arguments: list[Any]) -> tuple[Any, bytes]:
        if name == "new":
            self._parts.append(self._kinds[arguments[0]](*arguments[1:]))
            return len(self._parts) - 1, b""
        if name == "get":
            return getattr(self._parts[arguments[0]], arguments[1]), b""
        if name == "set":
            setattr(self._parts[arguments[0]], arguments[1], arguments[2])
            return None, b""
        if name == "call":
            return self._call(self._parts[arguments[0]], *arguments[1:])
        if name == "now":
            return int(self._board.clock.now_s() * 1e6), b""
        if name == "wait":
            self._board.clock.wait(arguments[0])
            return None, b""
        if name == "waiting":
            return self._console.waiting(), b""
        if name == "read":
            return self._console.read(arguments[0]).hex(), b""
        if name == "pin":  # the first of its names in ``board``; none begins with a blank
            numbers = {f"GPIO{pin.number}": name for name, pin in self._pins.items()}
            return numbers.get(arguments[0], " "), b""
        if name == "watchdog":
            return self._watchdog(*arguments), b""
        memory = self._board.sleep_memory
        if name == "remember" and memory is not None:
            data = bytes.fromhex(arguments[1])
            memory[arguments[0] : arguments[0] + len(data)] = data
            return None, b""
        wiring = self._board.wiring
        return {
            "sleep memory": None if memory is None else memory.hex(),
            "board": self._board.name,
            "machine": f"{self._board.name} with {self._board.chip}",
            "pins": sorted(self._pins),
            "bus": (f"GP{wiring.scl}", f"GP{wiring.sda}"),
        }[name], b""

    def _watchdog(self, name: str, *value: Any) -> Any:
        """Feed the chip's watchdog, or get or set one of its two properties."""
        dog = self._board.watchdog
        if name == "feed":
            return dog.feed()
        if value:
            told = WatchDogMode[value[0]] if name == "mode" and value[0] else value[0]
            return setattr(dog, name, told)
        found = getattr(dog, name)
        return found.name if isinstance(found, WatchDogMode) else found

    def _call(self, part: Any, method: str, *arguments: Any) -> tuple[Any, bytes]:
        if method == "capture":
            frame = bytearray(arguments[0])
            part.capture(frame)
            return len(frame), bytes(frame)
        if method == "writeto":
            part.writeto(arguments[0], bytes.fromhex(arguments[1]))
            return None, b""
        if method == "readfrom":
            data = bytearray(arguments[1])
            part.readfrom_into(arguments[0], data)
            return data.hex(), b""
        if method == "latched":
            return part[slice(*arguments)].hex(), b""
        if method == "clear":
            part[slice(*arguments[:2])] = bytes.fromhex(arguments[2])
            return None, b""
        if method == "switch_to_input":
            pull = getattr(self._pull, arguments[0]) if arguments[0] else None
            part.switch_to_input(pull=pull)
            return None, b""
        return getattr(part, method)(*arguments), b""


class Console:
    """What the computer sends to the serial port, from a pipe; reading never waits."""

    def __init__(self, source: BinaryIO | None) -> None:
        self._source = source
        self._heard = b""

    def waiting(self) -> int:
        """Bytes that have come and were not read."""
        while self._source is not None and select.select([self._source], [], [], 0)[0]:
            data = os.read(self._source.fileno(), 4096)
            if not data:
                self._source = None
            self._heard += data
        return len(self._heard)

    def read(self, count: int) -> bytes:
        """The next bytes, at most ``count``."""
        self.waiting()
        data, self._heard = self._heard[:count], self._heard[count:]
        return data


def run_in_vm(program: str, place: Path, board: EmulatedBoard, console: Console) -> int:
    """Run ``code.py`` of ``place`` (a folder or a FAT image), or the text ``program``; exit status.

    Raises ``MissingExtraError`` when there is no MicroPython.
    """
    to_hardware, from_vm = os.pipe()
    to_vm, from_hardware = os.pipe()
    image = str(place) if place.is_file() else "-"
    with (
        closing(VmFolder()) as folder,
        tempfile.NamedTemporaryFile("w", suffix=".py") as written,
    ):
        if program != "code.py":
            written.write(program)
            written.flush()
        path = "code.py" if program == "code.py" else written.name
        start = folder.path / folder.script(SCRIPTS / "start.py")
        modules = folder.path / folder.link(SCRIPTS / "hardware", "hardware")
        process = subprocess.Popen(
            [
                *(str(interpreter()), "-X", f"heapsize={HEAP_BYTES}", str(start)),
                *(str(modules), str(from_vm), str(to_vm), image, path),
            ],
            cwd=place if place.is_dir() else None,
            env=folder.environment,
            pass_fds=(from_vm, to_vm),
            stdin=subprocess.DEVNULL,
        )
        os.close(from_vm)
        os.close(to_vm)
        try:
            hardware = Hardware(board, console)
            with os.fdopen(to_hardware, "rb") as asked, os.fdopen(from_hardware, "wb", 0) as told:
                for line in asked:
                    told.write(hardware.answer(line))
        except BrokenPipeError:
            pass  # the VM ended in the middle of an answer
        except WatchdogReset:
            process.kill()
            process.wait()
            return RELOAD_STATUS
        except BaseException:
            process.send_signal(signal.SIGKILL)
            raise
        finally:
            status = process.wait()
        sys.stdout.flush()
        return status
