# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A board with ``device/code.py`` on it, a camera, a model, and pictures to look at.

Nothing of the board's logic is repeated here: ``code.py`` itself runs (``program.py``), with the
board's own file of pins and ``settings.toml``, and what it read is what its serial line says. Only
what no line says (the picture, the ink, the logits) is looked up in the program's objects.
"""

from __future__ import annotations

import importlib
import math
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.faults import Fault
from lanewise.emulator.program import Program
from lanewise.emulator.sources import ArraySource, Source
from lanewise.emulator.vm_program import DRIVE, VmProgram
from lanewise.emulator.wiring import BOARDS
from lanewise.errors import EmulatorError, ModelFileError, UsageError
from lanewise.resources import bundled, import_lanecam

WIDTHS = (40, 80, 160, 320, 640)
COLORSPACES = ("rgb", "yuv")
VMS = ("cpython", "micropython")
_MODEL = "digits.lanes"


def boards_with_pins() -> list[str]:
    """Emulated boards for which ``device/boards`` holds a file of pins."""
    return [name for name in BOARDS if (bundled("device") / "boards" / f"{name}.py").is_file()]


def board_pins(board: str, width: int, colorspace: str) -> SimpleNamespace:
    """The names in ``device/boards/BOARD.py``, with another size and colour space.

    To be called while an emulated board is switched on, whose pins the file names.
    """
    folder = str(bundled("device"))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = importlib.import_module(f"boards.{board}")
    names = {name: value for name, value in vars(module).items() if name.isupper()}
    return SimpleNamespace(**names | {"WIDTH": width, "COLORSPACE": colorspace})


@dataclass(frozen=True)
class Figure:
    """One digit of a number: label, confidence 0 to 1, box (x, y, width, height) in the frame."""

    digit: str
    confidence: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Seen:
    """One picture as the board read it.

    outcome: ``digit`` or a named reason; digit: the label, or None; confidence: 0 to 1; margin:
    best logit minus second; box: (x, y, width, height) in frame pixels, or None; luma: (height,
    width) uint8 of the frame, at most 80 wide; ink: (cells, cells) uint8 input of the
    model, all zero unless a digit was framed; logits: int, or None; line: what the board said;
    warnings: other lines that it said meanwhile; frame: the bytes that the camera sent; figures: of
    a number, its digits from left to right; boxes: of several digits or of a number, each one's
    from left to right.
    """

    outcome: str
    digit: str | None
    confidence: float
    margin: int
    box: tuple[int, int, int, int] | None
    luma: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    logits: tuple[int, ...] | None
    line: str = ""
    warnings: tuple[str, ...] = ()
    frame: bytes = b""
    figures: tuple[Figure, ...] = ()
    boxes: tuple[tuple[int, int, int, int], ...] = ()


def lay_out(
    drive: Path,
    model: Path,
    board: str,
    changes: Mapping[str, object] | None = None,
    called: str | None = None,
) -> Path:
    """Put onto an empty ``drive`` what a deploy puts there, but the libraries; its ``code.py``.

    ``changes``: names in the board file with other values, such as ``WIDTH``; ``called``: the
    drive's path for the program, where that is another.
    """
    device = bundled("device")
    code = (device / "code.py").read_text(encoding="utf-8")
    (drive / "boards").mkdir(parents=True)
    stock = (device / "boards" / f"{board}.py").read_text(encoding="utf-8")
    changed = "".join(f"{name} = {value!r}\n" for name, value in (changes or {}).items())
    (drive / "boards" / f"{board}.py").write_text(f"{stock}\n{changed}", encoding="utf-8")
    if model.is_file():
        shutil.copyfile(model, drive / _MODEL)
    beside = model.with_suffix(".conf")
    if beside.is_file():
        shutil.copyfile(beside, drive / (drive / _MODEL).with_suffix(".conf").name)
    code = code.replace("import raspberry_pi_pico as", f"import {board} as")
    code = code.replace(f'"{_MODEL}"', repr(f"{called or drive}/{_MODEL}"))
    path = drive / "code.py"
    path.write_text(code, encoding="utf-8")
    return path


class EmulatedDesk:
    """A board with its program, ready to look at one source after another.

    A context manager. ``vote``: frames that a reading rests on; ``settings``: more lines of
    ``settings.toml``; ``pins``: names of the board file with other values; ``vm``: one of ``VMS``,
    which runs the program; ``start=False`` leaves
    the first line, and all others, to ``program.next_line``; ``drive`` is the board's drive. Raises
    ``UsageError`` for a size or colour space the camera does not have, ``ModelFileError`` when the
    device refuses the model, ``EmulatorError`` with the device's own words when the camera does not
    start or stops.
    """

    def __init__(
        self,
        model_path: Path | str,
        width: int = 80,
        colorspace: str = "rgb",
        board: str = "raspberry_pi_pico",
        fault: str | Fault | None = None,
        *,
        vote: int = 1,
        settings: Mapping[str, object] | None = None,
        pins: Mapping[str, object] | None = None,
        seed: int = 0,
        module: Any = None,
        vm: str = "cpython",
        start: bool = True,
    ) -> None:
        if width not in WIDTHS:
            raise UsageError(f"the camera is {', '.join(map(str, WIDTHS))} wide, not {width}")
        if colorspace not in COLORSPACES:
            raise UsageError(f"colour space {colorspace!r} is neither of {', '.join(COLORSPACES)}")
        self.model_path = str(model_path)
        self.width = width
        self.colorspace = colorspace
        self.vote = vote
        extra = {} if module is None else {"module": module}
        self.board = EmulatedBoard(board, fault=fault, fast=True, seed=seed, **extra)
        self.ready = ""
        self.vm = vm
        self._start_now = start
        self.drive = Path()
        self._settings = {"LANEWISE_VOTE": vote} | dict(settings or {})
        self._pins = {"WIDTH": width, "COLORSPACE": colorspace} | dict(pins or {})
        self._stack = ExitStack()
        self._waiting: list[str] = []
        self.program: Program | VmProgram

    def __enter__(self) -> EmulatedDesk:
        import_lanecam()
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lanewise-"))
            self.drive = Path(folder) / "CIRCUITPY"
            in_vm = self.vm == "micropython"
            called = DRIVE if in_vm else None
            model = Path(self.model_path)
            code = lay_out(self.drive, model, self.board.name, self._pins, called)
            stack.enter_context(self.board)
            library = bundled("device") / "lib"
            program: Program | VmProgram
            if in_vm:
                program = VmProgram(self.board, self.drive, self._settings)
            else:
                program = Program(self.board, code, [self.drive, library], self._settings)
            stack.enter_context(program)
            self.program = program
            if self._start_now:
                self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def app(self) -> Any:
        """The running ``lanecam.app.App``. Raises UsageError when it runs in another process."""
        if isinstance(self.program, VmProgram):
            raise UsageError("the app runs in a MicroPython VM: it cannot be looked into")
        return self.program.app

    def _start(self) -> None:
        """Run the program until it is ready."""
        while not self.ready:
            line = self.program.next_line()
            if line.startswith("READY "):
                self.ready = line
            elif line in self._waiting:  # said again: the board does not come further
                raise EmulatorError(f"the board says: {line.split(' ', 2)[2]}")
            else:
                self._mind(line)

    def look(self, source: Source, frames: int = 1) -> Seen:
        """Point the camera at ``source``, let the board read ``frames`` frames; the last reading.

        With several frames, a blank page comes before, so that the board begins a new vote.
        """
        if frames > 1:
            self.board.source = _BLANK
            self._next_reading()
        self.board.source = source
        for _ in range(frames):
            line = self._next_reading()
        return self._seen(line)

    def _next_reading(self) -> str:
        while True:
            line = self.program.next_line()
            if line.startswith(("DIGIT ", "NUMBER ", "NONE ")):
                return line
            self._mind(line)

    def _mind(self, line: str) -> None:
        """A line that is no reading: an error, or a warning to be kept."""
        if line.startswith("FAULT model "):
            raise ModelFileError(line.removeprefix("FAULT model "))
        if line.startswith("FAULT ") and not line.startswith(("FAULT link ", "FAULT settings ")):
            raise EmulatorError(f"the board says: {line.split(' ', 2)[2]}")
        self._waiting.append(line)

    def _seen(self, line: str) -> Seen:
        told = self._told()
        outcome, digit, confidence, margin, box, width, height, figures, boxes, ink, logits = told
        warnings, self._waiting = tuple(self._waiting), []
        side = math.isqrt(len(ink))
        shown = np.frombuffer(ink, np.uint8) if logits is not None else np.zeros(len(ink), np.uint8)
        return Seen(
            outcome=outcome,
            digit=digit,
            confidence=confidence,
            margin=margin,
            box=None if box is None else (box[0], box[1], box[2], box[3]),
            luma=self._luma(width, height),
            ink=shown.reshape(side, side),
            logits=None if logits is None else tuple(logits),
            line=line,
            warnings=warnings,
            frame=self.board.last_frame,
            figures=tuple(
                Figure(label, sure, (at[0], at[1], at[2], at[3])) for label, sure, at in figures
            ),
            boxes=tuple((at[0], at[1], at[2], at[3]) for at in boxes) if len(boxes) > 1 else (),
        )

    def display_picture(self) -> NDArray[np.uint8] | None:
        """What the board's display shows, (height, width, 3) uint8 RGB; None without a display."""
        return self.board.display_picture()

    def _luma(self, width: int, height: int) -> NDArray[np.uint8]:
        """The last frame's brightness, every so many pixels, by the device's own reading of it."""
        from lanecam.vision.luma import Luma

        step = max(1, width // WIDTHS[1])
        luma = Luma(self.colorspace)
        small = bytearray(width // step * (height // step))
        for y in range(height // step):
            luma.row(
                *(self.board.last_frame, y * step * width, width // step, step),
                *(small, y * (width // step)),
            )
        return np.frombuffer(bytes(small), np.uint8).reshape(height // step, -1)

    def _told(self) -> tuple[Any, ...]:
        """What no line says, looked up in the program."""
        if isinstance(self.program, VmProgram):
            *said, ink, logits = self.program.seen()
            return *said, bytes.fromhex(ink), logits
        app = self.app
        reading, vision = app.reading, app.reader.vision
        return (
            *(reading.outcome, reading.digit, reading.confidence, reading.margin, reading.box),
            *(app.camera.width, app.camera.height, reading.figures),
            *(vision.boxes, bytes(vision.ink), reading.logits),
        )


_BLANK = ArraySource(np.full((480, 640, 3), 230, np.uint8))
