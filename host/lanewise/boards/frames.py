# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Frames that a running app sends as lines (docs/serial.md): put together, and believed if whole.

FRAME 80 60 yuv 9600 7      width, height, colour space, bytes, label
DATA 0 gICAgIB...           offset and base64, in order
END 1a2b3c4d                CRC-32 of all bytes
"""

from __future__ import annotations

import binascii
import re
import time
from collections.abc import Callable
from typing import Any

from lanewise.boards.capture import LARGEST_FRAME, Frame
from lanewise.boards.lines import READINGS, Event, LineCutter, understand
from lanewise.errors import BoardError

ANSWER_WAIT_S = 3.0
FRAME_WAIT_S = 24.0
ASKED = 3
"""How often a frame is asked for in that time."""
MOST_BETWEEN = 8
"""Lines of other kinds between two of a frame; after more its end was lost."""

_HEAD = re.compile(r"FRAME (\d{1,4}) (\d{1,4}) (yuv|rgb|rgb-swapped) (\d{1,6}) (\S{1,32})")
_WORDS = ("FRAME", "DATA", "END")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,16}")


class FrameCatcher:
    """Takes the lines of frames out of what a board says.

    ``problem``: why the last frame was not believed, or None. ``label``: that of the last one.
    """

    def __init__(self) -> None:
        self._head: re.Match[str] | None = None
        self._data = bytearray()
        self._between = 0
        self.problem: str | None = None
        self.label: str | None = None

    @property
    def is_amid(self) -> bool:
        """Has a frame begun that has not ended?"""
        return self._head is not None

    def feed(self, line: str) -> Frame | None:
        """The frame that ends with this line, if it is whole; ``problem`` says why not."""
        word = line.split(" ", 1)[0]
        self._between = 0 if word in _WORDS else self._between + 1
        if word == "FRAME":
            self._begin(line)
        elif word == "DATA" and self._head is not None:
            self._go_on(line)
        elif word == "END" and self._head is not None:
            return self._end(line)
        elif self._head is not None and self._between > MOST_BETWEEN:
            self._fail("its end was lost on the way")
        return None

    def _begin(self, line: str) -> None:
        self.problem = None
        self._data.clear()
        self._head = head = _HEAD.fullmatch(line)
        self.label = head and head[5]
        if head is None:
            self._fail("its first line makes no sense")
        elif not 0 < int(head[4]) == 2 * int(head[1]) * int(head[2]) <= LARGEST_FRAME:
            self._fail("its size makes no sense")

    def _go_on(self, line: str) -> None:
        assert self._head is not None
        words = line.split(" ")
        try:
            data = binascii.a2b_base64(words[2].encode("ascii"), strict_mode=True)
            right = len(words) == 3 and int(words[1]) == len(self._data)
        except (IndexError, ValueError):
            right = False
        if not right or len(self._data) + len(data) > int(self._head[4]):
            self._fail("a piece of it was lost on the way")
            return
        self._data += data

    def _end(self, line: str) -> Frame | None:
        head = self._head
        assert head is not None
        data = bytes(self._data)
        whole = len(data) == int(head[4]) and line == f"END {binascii.crc32(data):08x}"
        self._fail(None if whole else "it did not arrive whole")
        return Frame(int(head[1]), int(head[2]), head[3], data) if whole else None

    def _fail(self, why: str | None) -> None:
        self._head, self.problem = None, why
        self._data.clear()


def app_listens(
    port: Any, wait_s: float = ANSWER_WAIT_S, now: Callable[[], float] = time.monotonic
) -> bool:
    """Does a reader run that takes commands? It is asked for its status."""
    port.write(b"\nstatus\n")
    return _heard(port, lambda line: line.startswith("OK status"), wait_s, now)


def reading_now(
    port: Any, wait_s: float = ANSWER_WAIT_S, now: Callable[[], float] = time.monotonic
) -> Event | None:
    """What the app reads at this moment; None when it says nothing."""
    port.reset_input_buffer()
    found: list[Event] = []

    def take(line: str) -> bool:
        event = understand(line)
        if event.kind in (*READINGS, "fault"):
            found.append(event)
        return bool(found)

    _heard(port, take, wait_s, now)
    return found[0] if found else None


def ask_for_frame(
    port: Any, label: str, wait_s: float = FRAME_WAIT_S, now: Callable[[], float] = time.monotonic
) -> Frame:
    """The next frame that a running app sees; ``BoardError`` when it sends none that is whole.

    It is asked ``ASKED`` times: a reader that starts again for want of memory forgets what it was
    told, and lines are lost on the way. A frame that was asked for under another label is let pass.
    """
    if not _NAME.fullmatch(label):
        raise BoardError(f"{label!r} is no label: up to 16 letters, digits, - or _")
    catcher = FrameCatcher()
    cutter = LineCutter()
    found: list[Frame] = []
    refused: list[str] = []

    def take(line: str) -> bool:
        frame = catcher.feed(line)
        if frame is not None and catcher.label == label:
            found.append(frame)
        if line.startswith("REFUSED save"):
            refused.append(line.removeprefix("REFUSED save").strip(": "))
        return bool(found or refused or catcher.problem)

    why = f"nothing came in {wait_s:.0f} s"
    for _ in range(ASKED):
        if not catcher.is_amid:
            catcher.problem = None
            port.write(f"\nsave {label}\n".encode("ascii"))
        _heard(port, take, wait_s / ASKED, now, cutter)
        if found:
            return found[0]
        why = catcher.problem or why
        if refused:
            why = refused[0]
            break
    raise BoardError(f"no frame from the board: {why}; try again")


def _heard(
    port: Any,
    wanted: Callable[[str], bool],
    wait_s: float,
    now: Callable[[], float],
    cutter: LineCutter | None = None,
) -> bool:
    """Read lines until one is wanted; False when none came in time."""
    cutter = cutter or LineCutter()
    end = now() + wait_s
    while now() < end:
        data = port.read(1)
        if data:
            data += port.read(port.in_waiting)
        for line in cutter.feed(data):
            if wanted(line):
                return True
    return False
