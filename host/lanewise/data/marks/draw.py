# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Marks by number and seed: strokes of signs and families, inked and framed as pen digits are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lanewise.data.digits import SIDE
from lanewise.data.marks.families import FAMILIES, Family, Strokes
from lanewise.data.marks.letters import LETTERS
from lanewise.data.marks.printed import printed
from lanewise.data.marks.signs import Sign
from lanewise.data.marks.strike import struck_out
from lanewise.data.marks.symbols import SYMBOLS
from lanewise.data.marks.value import KINDS, Marks
from lanewise.data.pen.draw import CHUNK, MOST, PEN_PX, ROUGH_PX, SOFT_PX
from lanewise.data.pen.framing import BOX, centre_by_mass, fit_box
from lanewise.data.pen.hand import pressed, trace, wavering
from lanewise.data.pen.render import render
from lanewise.data.pen.spline import Path, build_path, share_out
from lanewise.errors import UsageError

Floats = npt.NDArray[np.float32]

SPLITS = ("train", "validation", "train+validation")
"""``validation`` has signs and families that ``train`` has not; the third has all of them."""

SEGMENTS = 64
"""Every mark is cut into so many straight segments."""

SHARES = {
    "letter": 0.28, "symbol": 0.12, "doodle": 0.12, "scribble": 0.18, "line": 0.08, "blob": 0.06,
    "crossed": 0.06, "print": 0.10,
}  # fmt: skip
"""How many marks of a set are of each kind."""

PEN_SPREAD = 0.32
"""Spread of the logarithm of the pen's width: a little more than that of pen digits."""


FILL = {"letter": 0.42, "crossed": 0.65, "blob": 4.0}
"""The most ink in the field of a mark, of its area, for each kind as of ``letter`` if not named:
beyond it strokes would run together; in blobs they shall."""

MARGIN = 4.0
"""A mark's field is its box and so many pixels more on both axes."""


LEAN = 0.08
"""Mean slant of signs."""

ROUNDEST = 0.7
"""Corners are sharper than those of digits: a triangle without any would be a 0."""


def load_marks(split: str, count: int, seed: int = 0) -> Marks:
    """``count`` marks of ``split``, equal for equal seeds; the first do not depend on ``count``.

    Raises UsageError for another split than ``SPLITS``, a count below 1 or beyond what memory
    holds, or a negative seed.
    """
    if split not in SPLITS:
        raise UsageError(f"marks have no split named {split!r}; there are {', '.join(SPLITS)}")
    if not 1 <= count <= MOST:
        raise UsageError(f"{count} marks asked for; there can be 1 to {MOST}")
    if seed < 0:
        raise UsageError(f"seed is {seed}; it must not be negative")
    images = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    kinds = np.empty(count, dtype=np.uint8)
    for chunk, start in enumerate(range(0, count, CHUNK)):
        here = slice(start, min(start + CHUNK, count))
        pictures, sorts = _draw_chunk(split, seed, chunk)
        images[here] = pictures[: here.stop - start]
        kinds[here] = sorts[: here.stop - start]
    return Marks(images, kinds, f"marks {split}")


@lru_cache(maxsize=1)
def sign_paths() -> list[Path]:
    """The path of each of ``LETTERS`` and ``SYMBOLS``."""
    return [build_path(sign, SEGMENTS) for sign in (*LETTERS, *SYMBOLS)]


def of_split(things: Sequence[Sign | Family], kind: str, split: str) -> npt.NDArray[np.intp]:
    """Places in ``things`` of those of ``kind`` that ``split`` draws."""
    both = split == "train+validation"
    return np.array(
        [
            at
            for at, thing in enumerate(things)
            if thing.kind == kind and (both or thing.held == (split == "validation"))
        ],
        dtype=np.intp,
    )


def _draw_chunk(
    split: str, seed: int, chunk: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    words = [seed, SPLITS.index(split), chunk]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
    share = np.array([SHARES[kind] for kind in KINDS])
    kinds = rng.choice(len(KINDS), CHUNK, p=share / share.sum()).astype(np.uint8)
    start, end = (
        np.zeros((CHUNK, SEGMENTS, 2), np.float32),
        np.ones((CHUNK, SEGMENTS, 2), np.float32),
    )
    width_start, width_end = (np.ones((CHUNK, SEGMENTS), np.float32) for _ in range(2))
    pen = np.ones(CHUNK)
    for kind, name in enumerate(KINDS):
        mine = np.flatnonzero(kinds == kind)
        if not len(mine) or name == "print":
            continue
        if name == "crossed":
            drawn = struck_out(len(mine), SEGMENTS, split, rng)
        elif len(signs := of_split((*LETTERS, *SYMBOLS), name, split)):
            which = rng.choice(signs, len(mine))
            drawn = trace(sign_paths(), which, np.full(len(mine), LEAN, np.float32), rng, ROUNDEST)
        else:
            which = rng.choice(of_split(FAMILIES, name, split), len(mine))
            pen[mine] = [FAMILIES[at].pen for at in which]
            drawn = _by_rule([FAMILIES[at].strokes(rng) for at in which], rng)
        start[mine], end[mine], width_start[mine], width_end[mine] = drawn
    pen_px = pen * PEN_PX[0] * np.exp(PEN_SPREAD * rng.standard_normal(CHUNK))
    most = np.array([FILL.get(kind, FILL["letter"]) for kind in KINDS])
    pen_px = np.minimum(pen_px, most[kinds] * _room(start, end))
    radius = (np.clip(pen_px, 1.2, 7.0) / 2.0 / BOX).astype(np.float32)
    start, end, radius = fit_box(start, end, radius)
    softness = rng.uniform(*SOFT_PX, CHUNK).astype(np.float32)
    uneven = rng.standard_normal((CHUNK, BOX, BOX), dtype=np.float32) * np.float32(ROUGH_PX)
    thickness = radius[:, None]
    ink = render(start, end, width_start * thickness, width_end * thickness, softness, uneven, BOX)
    prints = np.flatnonzero(kinds == KINDS.index("print"))
    ink[prints] = printed(len(prints), split, rng)
    return centre_by_mass(ink), kinds


def _room(start: Floats, end: Floats) -> npt.NDArray[np.float64]:
    """Area of each mark's field by the length of its strokes, in pixels (n,)."""
    low, high = np.minimum(start, end).min(axis=1), np.maximum(start, end).max(axis=1)
    scale = BOX / (high - low).max(axis=1)
    length = np.hypot(*np.moveaxis(end - start, 2, 0)).sum(axis=1) * scale
    field = ((high - low) * scale[:, None] + MARGIN).prod(axis=1)
    return np.asarray(field / length, np.float64)


def _by_rule(
    drawings: list[Strokes], rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Cut drawings into ``SEGMENTS`` segments each, with the tremor and pressure of a hand."""
    count = len(drawings)
    curve = np.empty((2, count, SEGMENTS, 2), np.float32)
    joined = np.empty((count, SEGMENTS - 1), np.bool_)
    lead, trail = (np.empty((count, 2, SEGMENTS), np.float32) for _ in range(2))
    for at, strokes in enumerate(drawings):
        curve[:, at], joined[at], lead[at], trail[at] = _cut(strokes)
    x, y = wavering(curve[..., 0], curve[..., 1], rng)
    curve = np.stack([x, y], axis=-1).astype(np.float32)
    width = pressed(curve, joined, lead, trail, rng)
    return curve[0], curve[1], width[0], width[1]


def _cut(strokes: Strokes) -> tuple[Floats, npt.NDArray[np.bool_], Floats, Floats]:
    """Ends of the segments (2, SEGMENTS, 2) in hundredths, which of them go on in the next, and the
    distances of both ends from the stroke's beginning and end, (2, SEGMENTS) each."""
    points = np.concatenate(strokes)
    scale = 100.0 / np.ptp(points, axis=0).max()
    first = np.concatenate([line[:-1] for line in strokes]) * scale
    second = np.concatenate([line[1:] for line in strokes]) * scale
    owner = np.repeat(np.arange(len(strokes)), [len(line) - 1 for line in strokes])
    length = np.hypot(*(second - first).T) + 1e-6
    cuts = share_out(length, SEGMENTS)
    piece = np.repeat(np.arange(len(cuts)), cuts)
    step = np.arange(SEGMENTS) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    share = np.stack([step, step + 1]) / cuts[piece]
    ends = first[piece] + share[..., None] * (second - first)[piece]
    before = np.cumsum(length) - length
    opening = np.array([before[owner == stroke][0] for stroke in range(len(strokes))])
    whole = np.array([length[owner == stroke].sum() for stroke in range(len(strokes))])
    lead = before[piece] - opening[owner[piece]] + share * length[piece]
    trail = whole[owner[piece]] - lead
    goes_on = owner[piece][1:] == owner[piece][:-1]
    return ends.astype(np.float32), goes_on, lead.astype(np.float32), trail.astype(np.float32)
