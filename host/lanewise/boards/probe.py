# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Ask a board over its REPL what its firmware has, and let it test its model itself."""

from __future__ import annotations

import json
from typing import Any

from lanewise.boards.bundle import MODEL_ON_BOARD
from lanewise.boards.checkup import FAIL, OK, WARN, Check
from lanewise.boards.lines import clean
from lanewise.boards.repl import RawRepl
from lanewise.errors import BoardError

NEEDED_MODULES = {
    "imagecapture": "this board's firmware cannot capture: RP2040, RP2350 and Grand Central M4 can",
    "busio": "install CircuitPython for this board again",
    "pwmio": "install CircuitPython for this board again",
}
WANTED_MODULES = {
    "ulab": "without it the plain engine is used: slower, same answers",
    "displayio": "without it nothing is shown on a display; the serial lines stay",
}
MARK = "LANEWISE "

_MODULES = """
import json, gc
found = {}
for name in %r:
    try:
        __import__(name)
        found[name] = True
    except ImportError:
        found[name] = False
gc.collect()
free = gc.mem_free() if hasattr(gc, "mem_free") else 0
print(%r + json.dumps({"modules": found, "free": free}))
"""

_GOLDEN = """
import sys, gc, json
sys.path[:0] = [%(folder)r + "/lib"]
gc.collect()
from lanecam import model as model_file
gc.collect()
from lanecam.engines.choice import choose
gc.collect()
model = model_file.load(%(model)r)
engine = choose(model)
wrong = 0
wide = %(wide)d
for text, logits in %(vectors)r:
    ink = bytearray([int(text[i : i + wide], 16) for i in range(0, len(text), wide)])
    wrong += list(engine.run(ink)) != logits
print(%(mark)r + json.dumps({"name": model.name, "wrong": wrong}))
"""


_CAMERA = """
import sys, gc, json
sys.path[:0] = [%(folder)r, %(folder)r + "/lib"]
gc.collect()
from boards import %(board)s as pins
from lanecam.camera_start import preflight
from lanecam.errors import CameraError
try:
    preflight(pins)
    wrong = None
except CameraError as error:
    wrong = str(error)
print(%(mark)r + json.dumps({"camera": wrong}))
"""


def camera_check(repl: RawRepl, folder: str, board: str) -> Check:
    """The board looks at its camera's wires: pull-ups, product id, VSYNC. No frame is taken.

    ``folder``: the slot that runs; ``board``: the board id that its file of pins is named by.
    """
    name = "wires, product id, VSYNC"
    if not board.isidentifier():
        return Check("camera", name, FAIL, f"{board!r} is no board id", "lanewise deploy MODEL")
    try:
        answer = answer_in(
            repl.run(_CAMERA % {"folder": folder, "board": board, "mark": MARK}, timeout_s=30.0)
        )
    except BoardError as error:
        return Check("camera", name, FAIL, str(error), "lanewise deploy MODEL")
    wrong = answer.get("camera", "no answer")
    if wrong is None:
        return Check("camera", name, OK, "it answers, is an OV7670, and sends frames")
    remedy = "check the wires against the table in the board's file of pins"
    return Check("camera", name, FAIL, clean(str(wrong).encode("ascii", "replace")), remedy)


def module_checks(repl: RawRepl) -> list[Check]:
    """Does the firmware have what the reader needs?"""
    names = [*NEEDED_MODULES, *WANTED_MODULES]
    answer = answer_in(repl.run(_MODULES % (names, MARK)))
    modules = answer.get("modules", {})
    found = []
    for name in names:
        there = modules.get(name) is True
        bad = FAIL if name in NEEDED_MODULES else WARN
        remedy = NEEDED_MODULES.get(name) or WANTED_MODULES[name]
        detail = "in the firmware" if there else "not in the firmware"
        found.append(
            Check("board", f"module {name}", OK if there else bad, detail, "" if there else remedy)
        )
    return found


def golden_check(
    repl: RawRepl, folder: str, vectors: list[tuple[str, list[int]]], digits_per_value: int
) -> Check:
    """The board computes ``vectors`` (ink in hexadecimal, logits) with its own files.

    ``folder``: the slot that runs, relative to the drive.
    """
    filled = {
        "folder": folder,
        "model": f"{folder}/{MODEL_ON_BOARD}",
        "vectors": vectors,
        "wide": digits_per_value,
    }
    try:
        answer = answer_in(repl.run(_GOLDEN % {**filled, "mark": MARK}, timeout_s=60.0))
    except BoardError as error:
        return Check("model", "self test", FAIL, str(error), "lanewise deploy MODEL")
    wrong = answer.get("wrong")
    if wrong == 0:
        return Check("model", "self test", OK, f"{len(vectors)} golden vectors, bit for bit")
    detail = f"{wrong} of {len(vectors)} golden vectors come out wrong"
    return Check("model", "self test", FAIL, detail, "deploy again; if it stays, replace the board")


def answer_in(output: str) -> dict[str, Any]:
    """The JSON object that a program printed after ``MARK``; raises ``BoardError`` without one."""
    for line in output.splitlines():
        if line.startswith(MARK):
            try:
                value = json.loads(line.removeprefix(MARK))
            except ValueError:
                break
            if isinstance(value, dict):
                return value
    raise BoardError("the board's answer cannot be understood; press RESET and try again")
