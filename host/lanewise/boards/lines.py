# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The lines a board says (docs/serial.md): cut from raw bytes, cleaned, and understood.

A serial port may say anything, at any length. What leaves here is printable ASCII of bounded
length: no escape sequence of a board reaches the terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

LONGEST_LINE = 400
"""Bytes of a line that are kept; the rest up to its end is dropped."""

KINDS = ("ready", "digit", "number", "none", "fault", "frame", "other")
READINGS = ("digit", "number", "none")
"""Kinds of which a frame has exactly one."""
_VERSION = "1"
_ESCAPES = re.compile(
    rb"\x1b\][^\x07\x1b\n]{0,300}(?:\x07|\x1b\\)"  # CircuitPython's status line (OSC)
    rb"|\x1b\[[0-9;?]{0,20}[@-~]"
)
_NUMBER = re.compile(r"-?\d{1,10}(\.\d{1,6})?")
_BOX = re.compile(r"\d{1,4}(,\d{1,4}){3}")


Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Event:
    """One line. kind: one of ``KINDS``; text: the line, clean.

    digit: the label read (kind ``digit``), all of them (``number``), or the guess of an unsure
    reading; reason: why there is
    none, or the part at fault; confidence: 0 to 1; box: (x, y, width, height) in frame pixels;
    each, boxes: of a number, confidence and box of each digit from left to right.
    """

    kind: str
    text: str
    digit: str | None = None
    reason: str | None = None
    confidence: float | None = None
    margin: int | None = None
    box: Box | None = None
    ms: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    each: tuple[float, ...] = ()
    boxes: tuple[Box, ...] = ()


class LineCutter:
    """Cuts bytes as they come into clean lines; remembers at most one unfinished line."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropping = False

    def feed(self, data: bytes) -> list[str]:
        """The lines that end in ``data``."""
        *ended, rest = (self._rest + data).split(b"\n")
        lines = []
        for raw in ended:
            if not self._dropping:
                lines.append(clean(raw))
            self._dropping = False
        if len(rest) > 2 * LONGEST_LINE:
            if not self._dropping:
                lines.append(clean(rest))
            self._dropping = True
            rest = b""
        self._rest = b"" if self._dropping else rest
        return lines


def clean(raw: bytes) -> str:
    """Printable ASCII of at most ``LONGEST_LINE`` letters; what is not is shown as ``?``."""
    bare = _ESCAPES.sub(b"", raw[: 4 * LONGEST_LINE]).strip(b"\r\x00")[:LONGEST_LINE]
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in bare)


def understand(line: str) -> Event:
    """What a clean line says; kind ``other`` for a line that is none of ours."""
    words = line.split(" ")
    named = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    if words[0] == "READY" and words[1:2] == [_VERSION]:
        return Event("ready", line, fields=named)
    if words[0] in ("FRAME", "DATA", "END"):
        return Event("frame", line)
    if words[0] == "FAULT" and len(words) > 2:
        return Event("fault", line, reason=words[1], fields={"message": " ".join(words[2:])})
    numbers = {name: value for name, value in named.items() if _NUMBER.fullmatch(value)}
    shared: dict[str, Any] = {
        "margin": _whole(numbers.get("margin")),
        "ms": _whole(numbers.get("ms")),
        "box": _box(named.get("box", "")),
    }
    if words[0] == "DIGIT" and len(words) > 2 and _NUMBER.fullmatch(words[2]):
        return Event(
            "digit", line, digit=words[1], confidence=float(words[2]), fields=named, **shared
        )
    if words[0] == "NUMBER" and len(words) > 2 and _NUMBER.fullmatch(words[2]):
        return Event(
            "number",
            line,
            digit=words[1],
            confidence=float(words[2]),
            fields=named,
            each=_shares(named.get("each", "")),
            boxes=_boxes(named.get("boxes", "")),
            **shared,
        )
    if words[0] == "NONE" and len(words) > 1 and "=" not in words[1]:
        sure = numbers.get("confidence")
        return Event(
            "none",
            line,
            digit=named.get("guess"),
            reason=words[1],
            confidence=None if sure is None else float(sure),
            fields=named,
            **shared,
        )
    return Event("other", line)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(float(text))


def _shares(text: str) -> tuple[float, ...]:
    parts = text.split(",")
    return tuple(map(float, parts)) if all(map(_NUMBER.fullmatch, parts)) else ()


def _boxes(text: str) -> tuple[Box, ...]:
    boxes = tuple(box for box in map(_box, text.split("/")) if box is not None)
    return boxes if len(boxes) == text.count("/") + 1 else ()


def _box(text: str) -> Box | None:
    if not _BOX.fullmatch(text):
        return None
    left, top, width, height = (int(edge) for edge in text.split(","))
    return left, top, width, height
