# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs a program of a drive on an emulated board, for ``usb_board``.

    python -m lanewise.emulator.run_code PROGRAM PLACE BOARD VM FAULT SECONDS [PICTURE]...

PROGRAM is ``code.py``, or ``-`` for standard input; PLACE the drive's files in a folder, or (VM
``micropython`` only) a FAT image. What the program imports comes from the drive, as on a board; the
camera looks at one picture after the other for SECONDS each, or at drawn digits. FAULT is a name of
``faults.FAULTS`` or ``-``. ``os.getenv`` gives what the drive's ``settings.toml`` says, and nothing
of this computer's settings of the same names.
"""

from __future__ import annotations

import itertools
import os
import runpy
import signal
import sys
import threading
import tomllib
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lanewise.data.sources import load
from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.chip import Reload
from lanewise.emulator.sources import DigitSource, PictureSource, SequenceSource, Source
from lanewise.emulator.vm_hardware import RELOAD_STATUS, Console, run_in_vm

CODE = "code.py"
DIGITS = 20
SETTINGS = "settings.toml"
_OF_BOARDS = ("LANEWISE_", "CIRCUITPY_")
"""How the names of a board's settings begin."""


def main(arguments: Sequence[str]) -> int:
    """Run until the program ends; its exit status."""
    program, place, board, vm, fault, seconds, *pictures = arguments
    sources: list[Source] = [PictureSource(Path(picture)) for picture in pictures]
    if not sources:
        sources = [DigitSource(image) for image in load("pen", "test", count=DIGITS).images]
    sequence = SequenceSource(sources)
    stop = threading.Event()
    turning = threading.Thread(target=_turn, args=(sequence, float(seconds), stop), daemon=True)
    turning.start()
    from_console = program == "-"
    text = sys.stdin.read() if from_console else program
    console = Console(None if from_console else sys.stdin.buffer)
    folder = Path(place).resolve()
    try:
        with EmulatedBoard(board, sequence, None if fault == "-" else fault) as powered:
            while True:
                status = RELOAD_STATUS
                _take_settings(folder)
                if vm == "micropython":
                    status = run_in_vm(text, folder, powered, console)
                else:
                    with suppress(Reload), _imports_of(folder):
                        _run_here(text, from_console, folder, console)
                        status = 0
                if status != RELOAD_STATUS:
                    return status
                powered.restart()
                print("\nCode done running.\nsoft reboot\n\ncode.py output:", flush=True)
                text, from_console = CODE, False
    finally:
        stop.set()


@contextmanager
def _imports_of(folder: Path) -> Iterator[None]:
    """Forget what a program imports from the drive: the next one imports it anew."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
            if any(place and folder in Path(place).parents for place in places):
                del sys.modules[name]


def _take_settings(place: Path) -> None:
    """Settings of the drive instead of this computer's; a FAT image's are read in the VM."""
    for name in list(os.environ):
        if name.startswith(_OF_BOARDS):
            del os.environ[name]
    with suppress(OSError, UnicodeError, tomllib.TOMLDecodeError, ValueError):
        for name, value in tomllib.loads((place / SETTINGS).read_text("utf-8")).items():
            if name.startswith(_OF_BOARDS) and isinstance(value, str | int):
                os.environ[name] = str(value)


def _run_here(text: str, from_console: bool, place: Path, console: Console) -> None:
    os.chdir(place)
    sys.path[:0] = [""]
    sys.modules["usb_cdc"] = _serial_port(console)
    if not from_console and not Path(text).is_file():
        print("no code.py on the drive")
    elif from_console:
        exec(compile(text, "<stdin>", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_path(text, run_name="__main__")


def _serial_port(console: Console) -> types.ModuleType:
    """``usb_cdc`` with a console that never waits."""

    class _Port:
        timeout: float | None = None

        @property
        def in_waiting(self) -> int:
            return console.waiting()

        def read(self, count: int = 1) -> bytes:
            return console.read(count)

    module = types.ModuleType("usb_cdc", "Emulated usb_cdc.")
    vars(module).update(console=_Port(), data=None)
    return module


def _turn(sequence: SequenceSource, seconds: float, stop: threading.Event) -> None:
    for _ in itertools.count():
        if stop.wait(seconds):
            return
        sequence.advance()


if __name__ == "__main__":
    if hasattr(signal, "pthread_sigmask"):  # whoever starts this has them blocked for that moment
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    raise SystemExit(main(sys.argv[1:]))
