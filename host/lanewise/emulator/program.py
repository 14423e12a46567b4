# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``code.py`` at work on the emulated board, stopped at each line it says.

As after a reset, everything on the drive is imported anew, and it finds a board's ``time`` (with
the board's clock), ``os`` (with ``settings.toml``) and ``print`` (to the serial console). The
program runs in a thread of its own, but never at the same time as its host: ``next_line`` lets it
run up to its next line and holds it there, so the host may look into it and change what the camera
sees.
"""

from __future__ import annotations

import os
import queue
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.chip import Reload, WatchdogReset
from lanewise.emulator.clock import Clock
from lanewise.errors import EmulatorError

ON_DRIVE = frozenset({"lanecam", "boards", "adafruit_ov7670"})
"""Top-level names that are imported anew and see the board's modules."""


LONGEST_SILENCE_S = 120.0
"""Seconds of the board's time without a line after which it is taken for stuck."""


class PowerOff(BaseException):
    """The board loses its power; no program of the board catches this."""


class BoardTime:
    """``time`` as a board has it: its clock, not the host's."""

    def __init__(self, clock: Clock, while_waiting: Callable[[], None]) -> None:
        self._clock = clock
        self._while_waiting = while_waiting

    def sleep(self, seconds: float) -> None:
        """Wait on the board's clock: skipped where that is fast."""
        self._while_waiting()
        self._clock.wait(seconds)

    def monotonic(self) -> float:
        """Seconds since the board was switched on."""
        return self._clock.now_s()

    def monotonic_ns(self) -> int:
        """Nanoseconds since the board was switched on."""
        return int(self._clock.now_s() * 1e9)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class BoardOs:
    """``os`` as a board has it: ``getenv`` reads ``settings.toml``, ``uname`` names the chip."""

    def __init__(self, settings: Mapping[str, object], machine: str) -> None:
        self._settings = settings
        self._machine = machine

    def getenv(self, name: str, default: str | None = None) -> str | None:
        """A value of ``settings.toml``, as text."""
        value = self._settings.get(name)
        return default if value is None else str(value)

    def uname(self) -> SimpleNamespace:
        """Only ``machine`` is used: ``... with rp2040``."""
        return SimpleNamespace(machine=self._machine)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, said: Any, modules: Mapping[str, object]) -> None:
        super().__init__(name, path)
        self._said = said
        self._board_modules = modules

    def exec_module(self, module: ModuleType) -> None:
        names = vars(module)
        names["print"] = self._said
        super().exec_module(module)
        for name, thing in self._board_modules.items():
            if name in names:
                names[name] = thing


class _Drive(MetaPathFinder):
    """Finds what a board's program imports in the folders of its drive."""

    def __init__(self, folders: Sequence[str], said: Any, modules: Mapping[str, object]) -> None:
        self._folders = list(folders)
        self._said = said
        self._modules = modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module on the drive; None leaves it to the host."""
        if fullname.partition(".")[0] not in ON_DRIVE:
            return None
        spec = PathFinder.find_spec(fullname, list(path) if path else [*self._folders, *sys.path])
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path, self._said, self._modules)
        return spec


@contextmanager
def drive_modules(
    folders: Sequence[str], said: Any, modules: Mapping[str, object]
) -> Iterator[None]:
    """Import names of ``ON_DRIVE`` anew from ``folders``; afterwards all is as before."""
    before = _drive_names()
    for name in before:
        del sys.modules[name]
    finder = _Drive(folders, said, modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in _drive_names():
            del sys.modules[name]
        sys.modules.update(before)


def _drive_names() -> dict[str, ModuleType]:
    return {
        name: module for name, module in sys.modules.items() if name.partition(".")[0] in ON_DRIVE
    }


class Program:
    """``FILE`` on a board that is switched on; a context manager.

    ``folders``: where the drive's modules lie, first come first; ``settings``: what
    ``settings.toml`` says.
    """

    def __init__(
        self,
        board: EmulatedBoard,
        file: Path,
        folders: Sequence[Path],
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self._board = board
        self._file = file
        self._folders = [str(folder) for folder in folders]
        self._settings = dict(settings or {})
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._go = threading.Semaphore(0)
        self._off = False
        self._spoke_s = 0.0
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="code.py")
        self._modules: Any = None
        self.app: Any = None
        """``lanecam.running`` at the last line: the program's own objects, to look at."""
        self.resets = 0
        """How often the watchdog started the program again."""
        self.reloads = 0
        """How often the program started itself again."""

    def __enter__(self) -> Program:
        board_modules = {
            "time": BoardTime(self._board.clock, self._while_waiting),
            "os": BoardOs(self._settings, f"{self._board.name} with {self._board.chip}"),
        }
        self._modules = drive_modules(self._folders, self._print, board_modules)
        self._modules.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._off = True
        while self._thread.is_alive():
            self._go.release()
            self._thread.join(0.05)
        self._modules.__exit__(None, None, None)

    def next_line(self) -> str:
        """Let the program run up to the next line it says; that line.

        Raises ``EmulatorError`` when the program ends instead, with its last words.
        """
        self._go.release()
        line = self._said.get()
        if line is None:
            self._said.put(None)
            if isinstance(self._problem, EmulatorError):
                raise self._problem
            words = (
                f"{type(self._problem).__name__}: {self._problem}" if self._problem else "it ended"
            )
            raise EmulatorError(f"the board's program stopped: {words}") from self._problem
        self.app = getattr(sys.modules.get("lanecam"), "running", None)
        return line

    def _run(self) -> None:
        try:
            self._go.acquire()
            while not self._off and self._start():
                pass
        except PowerOff:
            pass
        except BaseException as problem:
            self._problem = problem
        finally:
            self._said.put(None)

    def _while_waiting(self) -> None:
        """Called at each sleep of the program, which may be all that it does."""
        if self._off:
            raise PowerOff
        if self._board.clock.now_s() - self._spoke_s > LONGEST_SILENCE_S:
            self._problem = EmulatorError(
                f"the board has said nothing for {LONGEST_SILENCE_S:.0f} s of its time"
            )
            raise PowerOff

    def _start(self) -> bool:
        """Run the program from its beginning; True when it or the watchdog starts it again."""
        try:
            runpy.run_path(str(self._file), {"print": self._print}, run_name="__main__")
        except WatchdogReset:
            self.resets += 1
        except Reload:
            self.reloads += 1
        else:
            return False
        for name in _drive_names():
            del sys.modules[name]
        self._board.restart()
        return True

    def _print(self, *words: object, sep: str = " ", end: str = "\n") -> None:
        """The board's ``print``: hand over the line and wait for the host."""
        if self._off:
            raise PowerOff
        self._spoke_s = self._board.clock.now_s()
        self._said.put(sep.join(map(str, words)))
        self._go.acquire()
        if self._off:
            raise PowerOff
