# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Measured figures of the reader around the network: vision's cycles, the package's memory.

They are kept in reader.json, each measured by ``lanecam.bench`` on what its ``source`` names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class ReaderFigures:
    """source, date, frame: what was measured, when, on which frame.

    vision_cycles: from frame to framed ink; package_heap_bytes: of a board's heap for the device
    package itself, compiled; array_bytes: of a ulab array without its data; in_place_bytes: what an
    in-place operation of ulab leaves behind.
    """

    source: str
    date: str
    frame: str
    vision_cycles: int
    package_heap_bytes: int
    array_bytes: int
    in_place_bytes: int


@cache
def reader_figures() -> ReaderFigures:
    """The figures in reader.json."""
    path = Path(__file__).with_name("reader.json")
    return ReaderFigures(**json.loads(path.read_text(encoding="utf-8")))
