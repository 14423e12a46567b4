# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pen digits by number and seed: from a hand's strokes to pictures in MNIST's framing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lanewise.data.digits import SIDE, Digits
from lanewise.data.pen.framing import BOX, centre_by_mass, fit_box
from lanewise.data.pen.hand import write
from lanewise.data.pen.render import render
from lanewise.errors import UsageError

CHUNK = 256
"""Digits drawn at a time, each chunk from (seed, number of the chunk) alone."""

PEN_PX = (2.5, 0.27)
"""Median of the pen's width in pixels of the framed picture, and spread of its logarithm."""

SOFT_PX = (1.0, 1.8)
"""Range of the width of the grey edge, in pixels."""

MOST = 4_000_000
"""Digits drawn at once: 3 GB of pictures."""

ROUGH_PX = 0.10
"""Typical unevenness of the edge, in pixels."""


def pen_digits(n: int, seed: int) -> Digits:
    """``n`` digits, equal for equal seeds; the first ones do not depend on ``n``.

    Labels are in random order and balanced within each chunk: their counts differ by at most one.
    Raises UsageError for a negative count or seed, and for more than ``MOST`` digits.
    """
    if n < 0 or seed < 0:
        raise UsageError(f"count {n} and seed {seed} must not be negative")
    if n > MOST:
        raise UsageError(f"{n} pen digits do not fit in memory; at most {MOST}")
    images = np.empty((n, SIDE, SIDE), dtype=np.uint8)
    labels = np.empty(n, dtype=np.uint8)
    for chunk, start in enumerate(range(0, n, CHUNK)):
        here = slice(start, min(start + CHUNK, n))
        pictures, answers = _draw_chunk(seed, chunk)
        images[here] = pictures[: here.stop - start]
        labels[here] = answers[: here.stop - start]
    return Digits(images, labels, "pen")


def _draw_chunk(seed: int, chunk: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, chunk])))
    first = int(rng.integers(10))
    labels = rng.permutation((np.arange(CHUNK) + first) % 10).astype(np.uint8)
    start, end, width_start, width_end = write(labels, rng)
    pen_px = PEN_PX[0] * np.exp(PEN_PX[1] * rng.standard_normal(CHUNK))
    radius = (np.clip(pen_px, 1.2, 7.0) / 2.0 / BOX).astype(np.float32)
    start, end, radius = fit_box(start, end, radius)
    softness = rng.uniform(*SOFT_PX, CHUNK).astype(np.float32)
    uneven = rng.standard_normal((CHUNK, BOX, BOX), dtype=np.float32)
    uneven *= np.float32(ROUGH_PX)
    thickness = radius[:, None]
    ink = render(start, end, width_start * thickness, width_end * thickness, softness, uneven, BOX)
    return centre_by_mass(ink), labels
