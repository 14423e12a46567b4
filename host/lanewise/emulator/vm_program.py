# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``code.py`` in a MicroPython VM on the emulated board, held at each line it says.

The same interface as ``program.Program``, but the program's objects live in another process, so
what no line says is asked for over the wire.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.chip import WatchdogReset
from lanewise.emulator.program import LONGEST_SILENCE_S
from lanewise.emulator.vm_hardware import HEAP_BYTES, RELOAD_STATUS, Console, Hardware
from lanewise.errors import EmulatorError
from lanewise.resources import bundled
from lanewise.runtimes.micropython import SCRIPTS, interpreter
from lanewise.runtimes.vm_folder import VmFolder

DRIVE = "drive"
"""What the program in the VM calls the board's drive."""
_LIBRARIES = ("adafruit_ov7670", "adafruit_bus_device")


class _BoardConsole(Console):
    """The emulated board's own serial port."""

    def __init__(self, board: EmulatedBoard) -> None:
        super().__init__(None)
        self._board = board

    def waiting(self) -> int:
        return self._board.console.in_waiting

    def read(self, count: int) -> bytes:
        return self._board.console.read(count)


class VmProgram:
    """``code.py`` on ``drive`` in a VM of ``heap_bytes``; a context manager.

    Raises ``MissingExtraError`` when there is no MicroPython.
    """

    def __init__(
        self,
        board: EmulatedBoard,
        drive: Path,
        settings: Mapping[str, object],
        heap_bytes: int = HEAP_BYTES,
    ) -> None:
        self._board = board
        self._drive = drive
        self._settings = {name: str(value) for name, value in settings.items()}
        self._heap_bytes = heap_bytes
        self._folder: VmFolder
        self._process: subprocess.Popen[str]
        self._owed = False
        self._spoke_s = 0.0
        self.mem_alloc = 0
        """Bytes of the VM's heap in use at the last line, garbage included."""
        self.resets = 0
        """How often the watchdog started the program again."""
        self.reloads = 0
        """How often the program started itself again."""

    def __enter__(self) -> VmProgram:
        _copy_libraries(self._drive / "lib")
        self._folder = VmFolder()
        self._folder.link(self._drive, DRIVE)
        self._folder.link(bundled("device") / "lib", "lib")
        self._folder.link(SCRIPTS / "hardware", "hardware")
        self._folder.script(SCRIPTS / "desk.py")
        self._launch()
        return self

    def _launch(self) -> None:
        asked, from_vm = os.pipe()
        to_vm, told = os.pipe()
        self._process = subprocess.Popen(
            [
                *(str(interpreter()), "-X", f"heapsize={self._heap_bytes}", "desk.py"),
                *("hardware", str(from_vm), str(to_vm), DRIVE, "lib"),
            ],
            cwd=self._folder.path,
            pass_fds=(from_vm, to_vm),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._folder.environment | self._settings,
        )
        os.close(from_vm)
        os.close(to_vm)
        self._asked = os.fdopen(asked, "rb")
        self._told = os.fdopen(told, "wb", 0)
        self._hardware = Hardware(self._board, _BoardConsole(self._board))

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.close()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._asked, self._told, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def next_line(self) -> str:
        """Let the program run up to the next line it says; that line.

        Raises ``EmulatorError`` when the program ends instead, with its last words.
        """
        if self._owed:
            self._answer(None)
        name, *arguments = self._question("say")
        del name
        self._owed = True
        self._spoke_s = self._board.clock.now_s()
        self.mem_alloc = int(arguments[1])
        return str(arguments[0])

    def seen(self) -> list[Any]:
        """What ``runtimes/vm/desk.py`` tells beside the line; the program is held further on."""
        self._answer("look")
        answer = self._question("seen")
        self._owed = True
        return answer[1:]

    def _answer(self, value: str | None) -> None:
        self._owed = False
        with suppress(BrokenPipeError):
            self._told.write(json.dumps({"ok": value}).encode() + b"\n")

    def _question(self, wanted: str) -> list[Any]:
        """Answer the hardware's questions until one of another kind comes."""
        while True:
            line = self._asked.readline()
            if not line:
                self._after_the_end()
                continue
            if line.startswith(b'["' + wanted.encode() + b'"'):
                question: list[Any] = json.loads(line)
                return question
            try:
                self._told.write(self._hardware.answer(line))
            except BrokenPipeError:
                pass  # how it ended shows when it is asked again
            except WatchdogReset:
                self.resets += 1
                self._start_anew()
            if self._board.clock.now_s() - self._spoke_s > LONGEST_SILENCE_S:
                raise EmulatorError(
                    f"the board has said nothing for {LONGEST_SILENCE_S:.0f} s of its time"
                )

    def _after_the_end(self) -> None:
        """Start a program anew that ended in order to; EmulatorError for any other end."""
        if self._process.wait() == RELOAD_STATUS:
            self.reloads += 1
            self._start_anew()
            return
        said = self._process.stdout.read() if self._process.stdout else ""
        words = said.strip().splitlines()
        raise EmulatorError(
            f"the MicroPython VM ({self._heap_bytes} bytes of heap) stopped: "
            f"{words[-1] if words else 'without a word'}"
        )

    def _start_anew(self) -> None:
        """The chip resets, or the program starts itself again."""
        self._end()
        self._board.restart()
        self._launch()


def _copy_libraries(folder: Path) -> None:
    """The installed Adafruit driver and its bus device, as a deploy puts them there."""
    folder.mkdir(exist_ok=True)
    for name in _LIBRARIES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise EmulatorError(f"{name} is not installed; install lanewise again")
        origin = Path(found.origin)
        if found.submodule_search_locations:
            shutil.copytree(
                origin.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copyfile(origin, folder / origin.name)
