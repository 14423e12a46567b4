# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Let a board measure itself: ``lanecam.bench`` of the deployed version, over the REPL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lanewise.boards.bundle import MODEL_ON_BOARD
from lanewise.boards.probe import MARK, answer_in
from lanewise.boards.repl import RawRepl
from lanewise.errors import BoardError

_PROGRAM = """
import json, sys
sys.path[:0] = [%(folder)r + "/lib"]
from lanecam import bench
session = bench.Bench(%(model)r, %(engine)r)
for ink in %(inks)r:
    session.frame(ink)
print(%(mark)r + json.dumps(session.report()))
"""
LONGEST_S = 120.0
"""Patience for one digit: plain loops take half a minute for a large convolution on a Pico."""


def measured_on_board(
    repl: RawRepl, folder: str, engine: str, inks: Sequence[str]
) -> dict[str, Any]:
    """What ``lanecam.bench`` reports of ``engine`` on ``inks`` (784 hexadecimal digits each).

    folder: the slot that runs, relative to the drive. A session begins with an empty heap, so each
    engine is given one of its own. Raises ``BoardError`` when the board's version has no bench, the
    engine is not exact for its model or does not fit its memory.
    """
    filled = {
        "folder": folder,
        "model": f"{folder}/{MODEL_ON_BOARD}",
        "engine": engine,
        "inks": list(inks),
        "mark": MARK,
    }
    try:
        return answer_in(repl.run(_PROGRAM % filled, timeout_s=LONGEST_S * (1 + len(inks))))
    except BoardError as error:
        if "ImportError" in str(error) or "has no attribute" in str(error):
            raise BoardError(
                f"{error}: the board's version cannot measure itself; run: lanewise deploy MODEL"
            ) from None
        raise
