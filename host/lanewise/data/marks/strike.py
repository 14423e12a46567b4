# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits that somebody struck out: nothing to be read any more.

One stroke through a digit leaves a 0, a 7 or a 2 as many people write them, so there are always
several, and they reach beyond the digit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lanewise.data.pen.hand import write

Floats = npt.NDArray[np.float32]


def struck_out(
    count: int, segments: int, split: str, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Start and end (n, segments, 2) and relative half widths of ``count`` digits and what strikes
    them: five to seven lines to and fro, a cross of two and a line, in ``validation``
    loops, with which a 0 would only be a 0 again."""
    held = rng.random(count) < {"train": 0.0, "validation": 1.0}.get(split, 0.5)
    labels = rng.integers(held, 10).astype(np.uint8)
    start, end, width_start, width_end = write(labels, rng)
    room = segments - start.shape[1]
    over = np.empty((count, 2, room, 2), np.float32)
    for at in range(count):
        low = np.minimum(start[at], end[at]).min(axis=0)
        high = np.maximum(start[at], end[at]).max(axis=0)
        line = _loops(room, rng) if held[at] else _lines(room, rng)
        middle, half = (low + high) / 2, (high - low) / 2
        half = np.maximum(half, 0.7 * half.max()) * rng.uniform(1.0, 1.25, 2)
        over[at] = middle + line * half
    press = rng.uniform(0.8, 1.2, (count, 1)).astype(np.float32) * np.ones(room, np.float32)
    return (
        np.concatenate([start, over[:, 0]], axis=1),
        np.concatenate([end, over[:, 1]], axis=1),
        np.concatenate([width_start, press], axis=1),
        np.concatenate([width_end, press], axis=1),
    )


def _lines(room: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Ends (2, room, 2) in -1 to 1 of lines to and fro, or of a cross with a line through it."""
    if rng.random() < 0.5:
        count = int(rng.integers(6, 9))
        y = np.linspace(-0.8, 0.8, count) + rng.normal(0, 0.08, count)
        x = np.where(np.arange(count) % 2, 1.0, -1.0) + rng.normal(0, 0.06, count)
        points = np.stack([x, y], axis=1)
        if rng.random() < 0.3:
            points = points[:, ::-1]
        ends = np.stack([points[:-1], points[1:]])
    else:
        ends = np.array([[[-1.0, -1], [-1, 1], [-1, 0]], [[1.0, 1], [1, -1], [1, 0]]])
        ends = ends + rng.normal(0, 0.08, ends.shape)
    return ends[:, np.arange(room) % ends.shape[1]]


def _loops(room: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Ends (2, room, 2) in -1 to 1 of two or three loops from left to right over the whole."""
    t = np.linspace(0, rng.uniform(2.2, 3.0) * 2 * np.pi, room + 1)
    x = 0.5 * np.cos(t) + np.linspace(-0.7, 0.7, room + 1)
    y = rng.uniform(0.6, 0.9) * np.sin(t) * rng.choice([-1.0, 1.0])
    points = np.stack([x, y], axis=1)
    return np.stack([points[:-1], points[1:]])
