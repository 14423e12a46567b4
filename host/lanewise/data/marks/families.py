# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Marks drawn by rule instead of from a list: scribbles, lines, grids, filled shapes.

Each family makes one mark at a time from a generator: strokes, each (points, 2) in any unit, y
downward. What could pass for a digit is kept away by the rules: single lines do not stand up (1),
waves and zigzags have more turns than 2, 3, 5, 7 and Z, spirals more than 6 and 9, and no lines
stand side by side (11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Line = npt.NDArray[np.float64]
Strokes = list[Line]

LONG = 4.0
"""Length of a free scribble's line, of its box's longer side: an 8 has about 3."""

WIDE = 0.6
"""The least width of a free scribble, of its height: narrow ones end up as 0, 1 and 8."""

FLAT = 0.6
"""Radians from the horizontal that a row of something may rise or fall."""


@dataclass(frozen=True)
class Family:
    """How one sort of mark is drawn.

    ``pen``: median of the pen's width, of the usual one's; ``held`` families belong to the split
    ``validation``, the others to ``train``.
    """

    name: str
    kind: str
    strokes: Callable[[np.random.Generator], Strokes]
    held: bool = False
    pen: float = 1.0


def _turned(line: Line, angle: float) -> Line:
    cos, sin = np.cos(angle), np.sin(angle)
    turned: Line = line @ np.array([[cos, sin], [-sin, cos]])
    return turned


def _rounded(line: Line) -> Line:
    """Corners cut once (Chaikin 1974)."""
    cut = [0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]]
    return np.concatenate([line[:1], np.stack(cut, axis=1).reshape(-1, 2), line[-1:]])


def _row(count: int) -> Line:
    return np.linspace(0.0, 1.0, count)


def _free(
    draw: Callable[[np.random.Generator], Strokes],
) -> Callable[[np.random.Generator], Strokes]:
    """Lets pass only what is ``LONG`` and ``WIDE``."""

    def drawn(rng: np.random.Generator) -> Strokes:
        while True:
            strokes = draw(rng)
            width, height = np.ptp(np.concatenate(strokes), axis=0)
            length = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in strokes)
            if width >= WIDE * height and length >= LONG * max(width, height):
                return strokes

    return drawn


def tangle(rng: np.random.Generator) -> Strokes:
    """A closed or open curve of random waves, which crosses itself many times."""
    t = _row(64)[:, None] * rng.uniform(0.8, 1.0) * 2 * np.pi
    waves = np.arange(2, int(rng.integers(6, 9)))
    size = rng.normal(0, 1, (len(waves), 2)) / waves[:, None] ** 0.2
    phase = rng.uniform(0, 2 * np.pi, (len(waves), 2))
    return [sum(s * np.sin(n * t + p) for n, s, p in zip(waves, size, phase, strict=True))]


def scrawl(rng: np.random.Generator) -> Strokes:
    """Straight or bent jumps to and fro between random points, in one or two strokes."""
    drawn = []
    for _ in range(int(rng.integers(1, 3))):
        points = rng.uniform(0, 1, (int(rng.integers(7, 13)), 2))
        points[::2, 0] *= rng.uniform(0.1, 1.0)
        drawn.append(points)
    return [_rounded(line) for line in drawn] if rng.random() < 0.5 else drawn


def hatching(rng: np.random.Generator) -> Strokes:
    """Parallel lines that fill a field, joined at their ends or apart, at any angle."""
    count = int(rng.integers(5, 11))
    across = (np.arange(count) + rng.normal(0, 0.12, count)) / count
    ends = np.stack(
        [rng.normal(0, 0.05, count), rng.uniform(0.6, 1.0) + rng.normal(0, 0.08, count)], axis=1
    )
    lines = [
        np.stack([pair, np.full(2, at)], axis=1) for pair, at in zip(ends, across, strict=True)
    ]
    angle = rng.uniform(0, np.pi)
    if rng.random() < 0.6:
        lines = [np.concatenate([line[:: (-1) ** at] for at, line in enumerate(lines)])]
    return [_turned(line, angle) for line in lines]


def zigzag(rng: np.random.Generator) -> Strokes:
    """At least five legs up and down along a slanting line."""
    count = int(rng.integers(6, 11))
    x = np.arange(count) + rng.normal(0, 0.12, count)
    y = np.where(np.arange(count) % 2, 1.0, -1.0) * rng.uniform(0.5, 2.0)
    y = y + rng.normal(0, 0.15, count)
    return [_turned(np.stack([x, y], axis=1), rng.uniform(-FLAT, FLAT))]


def wave(rng: np.random.Generator) -> Strokes:
    """Two periods of a wave or more, along a slanting line."""
    t = _row(48) * rng.uniform(2.0, 4.5) * 2 * np.pi
    y = np.sin(t + rng.uniform(0, 6)) * rng.uniform(0.8, 3.0) * (1 + 0.3 * np.sin(0.37 * t))
    return [_turned(np.stack([t, y], axis=1), rng.uniform(-FLAT, FLAT))]


def pieces(rng: np.random.Generator) -> Strokes:
    """A sign of no alphabet: five to seven strokes, hardly bowed, between points of a grid."""
    places = np.stack(np.meshgrid(np.arange(3.0), 1.2 * np.arange(3)), axis=2).reshape(-1, 2)
    pairs = np.array([(a, b) for a in range(9) for b in range(a)])
    t = _row(8)[:, None]
    drawn: Strokes = []
    for one, other in pairs[rng.permutation(len(pairs))[: int(rng.integers(5, 8))]]:
        way = places[other] - places[one]
        bow = np.array([-1, 1]) * way[::-1] * rng.uniform(-0.1, 0.1)
        drawn.append(places[one] + way * t + 4 * t * (1 - t) * bow)
    return drawn


def coil(rng: np.random.Generator) -> Strokes:
    """A row of loops, like the letters e or l in a row."""
    t = _row(62) * rng.uniform(3.0, 6.0) * 2 * np.pi
    pitch, tall = rng.uniform(0.15, 0.5), rng.uniform(0.7, 2.0)
    line = np.stack([pitch * t + np.sin(t), tall * np.cos(t)], axis=1)
    return [_turned(line, rng.uniform(-FLAT, FLAT))]


def spiral(rng: np.random.Generator) -> Strokes:
    """Two and a half turns or more."""
    turn = rng.uniform(2.6, 4.2) * 2 * np.pi * _row(62)
    angle = rng.choice([-1.0, 1.0]) * turn + rng.uniform(0, 2 * np.pi)
    radius = 0.3 + turn
    return [
        np.stack([radius * np.cos(angle), rng.uniform(0.7, 1) * radius * np.sin(angle)], axis=1)
    ]


def wander(rng: np.random.Generator) -> Strokes:
    """A long walk that turns by chance, kept near its middle."""
    place, heading, line = np.zeros(2), rng.uniform(0, 6), []
    bend = 0.0
    for _ in range(62):
        bend = 0.85 * bend + rng.normal(0, 0.4)
        heading += bend
        place = 0.88 * place + np.array([np.cos(heading), np.sin(heading)])
        line.append(place)
    return [np.array(line)]


def crosshatching(rng: np.random.Generator) -> Strokes:
    """Hatching twice, the second time across the first."""
    return [*hatching(rng), *hatching(rng)][:12]


def cursive(rng: np.random.Generator) -> Strokes:
    """A word that says nothing: loops and bows of changing height in a row."""
    heights = rng.choice([0.5, 0.5, 1.2], int(rng.integers(4, 7)))
    t = _row(62) * len(heights)
    tall = heights[np.minimum(t.astype(int), len(heights) - 1)]
    loop = rng.uniform(0.0, 0.35)
    x = 0.7 * t + loop * np.sin(2 * np.pi * t)
    y = -tall * (1 - np.cos(2 * np.pi * t)) / 2
    return [_turned(np.stack([x - 0.25 * y, y], axis=1), rng.uniform(-0.3, 0.3))]


def stroke(rng: np.random.Generator) -> Strokes:
    """One long line, lying or leaning backward, straight or a little bowed."""
    angle = rng.uniform(-0.35, 0.75)
    t = _row(10)
    bow = rng.normal(0, 0.08) * np.sin(np.pi * t)
    return [_turned(np.stack([t, bow], axis=1), angle)]


def lines(rng: np.random.Generator) -> Strokes:
    """Two to five lying lines."""
    count = int(rng.integers(2, 6))
    gap, angle = rng.uniform(0.12, 0.3), rng.uniform(-FLAT, FLAT)
    ends = rng.normal(0, 0.06, (count, 2)) + np.array([0.0, 1.0])
    return [
        _turned(np.stack([pair, np.full(2, gap * at)], axis=1), angle)
        for at, pair in enumerate(ends)
    ]


def grid(rng: np.random.Generator) -> Strokes:
    """Lines across lines, three at least one way."""
    down, over = rng.integers(1, 4), rng.integers(3, 5)
    if rng.random() < 0.5:
        down, over = over, down
    wide, high = rng.uniform(0.6, 1.0, 2)
    level = [np.array([[-0.1, at], [wide + 0.1, at]]) for at in _row(int(over)) * high]
    upright = [np.array([[at, -0.1], [at, high + 0.1]]) for at in _row(int(down) + 2)[1:-1] * wide]
    angle = rng.uniform(-0.4, 0.4)
    return [_turned(line, angle) for line in level + upright]


def tee(rng: np.random.Generator) -> Strokes:
    """A lying line that another crosses or hangs from: a standing foot would make it a 1."""
    lying = np.array([[0.0, 0.0], [1.0, 0.0]])
    at, lean = rng.uniform(0.35, 0.6), rng.uniform(-0.5, 0.5)
    down = np.array([[at, 0.0], [at + lean, 1.0]])
    if rng.random() < 0.6:
        down[0] -= rng.uniform(0.3, 1.0) * (down[1] - down[0])
    return [_turned(line, rng.uniform(-0.2, 0.2)) for line in (lying, down)]


def fan(rng: np.random.Generator) -> Strokes:
    """Three lines or more that spread from one point, or cross in one, to one side or all round."""
    count = int(rng.integers(3, 7))
    round_about = rng.random() < 0.5
    reach = 2 * np.pi if round_about else rng.uniform(1.2, 2.4)
    angle = np.arange(count) * reach / count + rng.normal(0, 0.08, count) + rng.uniform(0, 6)
    inner = rng.uniform(0.0, 0.15, count)
    outer = rng.uniform(0.7, 1.0, count)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [np.stack([a * at, b * at]) for a, b, at in zip(inner, outer, way, strict=True)]


def _filled(outline: Line, rng: np.random.Generator) -> Strokes:
    """The inside of a convex outline (points, 2), as lines close to each other."""
    angle = rng.uniform(0, np.pi)
    outline = _turned(outline - outline.mean(axis=0), angle)
    edges = np.stack([outline, np.roll(outline, -1, axis=0)], axis=1)
    low, high = outline[:, 1].min(), outline[:, 1].max()
    found = []
    for y in np.linspace(low, high, 30)[1:-1]:
        above = edges[(edges[:, 0, 1] - y) * (edges[:, 1, 1] - y) < 0]
        share = (y - above[:, 0, 1]) / (above[:, 1, 1] - above[:, 0, 1])
        x = above[:, 0, 0] + share * (above[:, 1, 0] - above[:, 0, 0])
        found.append(_turned(np.array([[x.min(), y], [x.max(), y]]), -angle))
    return found


def blot(rng: np.random.Generator) -> Strokes:
    """A filled round form, at most half as high again as wide."""
    angle = _row(25)[:-1] * 2 * np.pi
    radius = 1 + 0.18 * np.sin(2 * angle + rng.uniform(0, 6)) * rng.random()
    outline = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _filled(outline * np.array([1.0, rng.uniform(0.3, 1.5)]), rng)


def wedge(rng: np.random.Generator) -> Strokes:
    """A filled triangle, as a corner of something dark."""
    while True:
        corners = rng.uniform(0, 1, (3, 2))
        one, other = corners[1:] - corners[0]
        if abs(float(one[0] * other[1] - one[1] * other[0])) > 0.3:
            return _filled(corners, rng)


def slab(rng: np.random.Generator) -> Strokes:
    """A filled box, lying or near square, turned a little."""
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * np.array([1.0, rng.uniform(0.3, 1.2)])
    return _filled(_turned(outline, rng.uniform(-0.5, 0.5)), rng)


def finger(rng: np.random.Generator) -> Strokes:
    """A filled form with one round end, that lies or leans backward."""
    wide = rng.uniform(0.35, 0.7)
    angle = _row(16) * np.pi - np.pi / 2
    end = np.stack([1 + wide / 2 * np.cos(angle), wide / 2 * np.sin(angle)], axis=1)
    outline = np.concatenate([[[0.0, -wide / 2 * rng.uniform(1, 1.4)]], end, [[0.0, wide / 2]]])
    return _filled(_turned(outline, rng.uniform(-FLAT, FLAT) + rng.choice([0, np.pi])), rng)


FAMILIES: tuple[Family, ...] = (
    Family("tangle", "scribble", _free(tangle), pen=0.8),
    Family("scrawl", "scribble", _free(scrawl)),
    Family("hatching", "scribble", hatching, pen=0.85),
    Family("zigzag", "scribble", zigzag),
    Family("pieces", "scribble", _free(pieces)),
    Family("coil", "scribble", coil, pen=0.8),
    Family("spiral", "scribble", spiral, pen=0.75),
    Family("stroke", "line", stroke, pen=1.1),
    Family("lines", "line", lines, pen=0.9),
    Family("grid", "line", grid, pen=0.8),
    Family("tee", "line", tee),
    Family("blot", "blob", blot),
    Family("wedge", "blob", wedge),
    Family("finger", "blob", finger),
    Family("wave", "scribble", wave, held=True),
    Family("wander", "scribble", _free(wander), held=True, pen=0.8),
    Family("crosshatching", "scribble", crosshatching, held=True, pen=0.7),
    Family("cursive", "scribble", cursive, held=True, pen=0.8),
    Family("fan", "line", fan, held=True, pen=0.9),
    Family("slab", "blob", slab, held=True),
)
