# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Take single frames from a board's camera over its REPL, with the board's own files and pins."""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass

from lanewise.boards.repl import RawRepl
from lanewise.errors import BoardError

LARGEST_FRAME = 640 * 480 * 2
_MARK = "LANEWISE "
_END = "LANEWISE END"

_CAPTURE = """
import sys, gc, json, binascii
sys.path[:0] = [%(folder)r, %(folder)r + "/lib"]
gc.collect()
from boards import %(board)s as pins
from lanecam.camera import Camera
camera = Camera(pins)
try:
    camera.open()
    camera.capture()
    frame = camera.capture()
    print(%(mark)r + json.dumps([camera.width, camera.height, camera.colorspace]))
    for at in range(0, len(frame), 60):
        print(binascii.b2a_base64(bytes(frame[at : at + 60])).decode().strip())
    print(%(end)r)
finally:
    camera.close()
"""


@dataclass(frozen=True)
class Frame:
    """One frame as the camera sent it, two bytes a pixel; colorspace: yuv, rgb or rgb-swapped."""

    width: int
    height: int
    colorspace: str
    data: bytes


def take_frame(repl: RawRepl, folder: str, board: str) -> Frame:
    """The next frame that the camera of ``board`` sees, by the version in ``folder``.

    Raises ``BoardError`` with the board's words when its camera fails, or when what comes is no
    whole frame.
    """
    if not board.isidentifier():
        raise BoardError(f"{board!r} is no board id")
    program = _CAPTURE % {"folder": folder, "board": board, "mark": _MARK, "end": _END}
    lines = [line.strip() for line in repl.run(program, timeout_s=30.0).splitlines()]
    try:
        begin = next(at for at, line in enumerate(lines) if line.startswith(_MARK))
        width, height, colorspace = json.loads(lines[begin].removeprefix(_MARK))
        body = lines[begin + 1 : lines.index(_END, begin)]
        data = b"".join(binascii.a2b_base64(line) for line in body)
        right = 0 < 2 * width * height == len(data) <= LARGEST_FRAME
    except (StopIteration, ValueError, TypeError):
        right = False
    if not right or colorspace not in ("yuv", "rgb"):
        raise BoardError("no whole frame came from the board; try again")
    return Frame(width, height, colorspace, data)
