# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A hand that writes: glyph paths with a person's freedom in shape, slant, proportion and pressure.

The spreads below were chosen by eye and by the accuracy on MNIST's validation digits (never its
test digits) of nets that learned from pen digits alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lanewise.data.pen.glyphs import GLYPHS
from lanewise.data.pen.spline import Path, build_path

Floats = npt.NDArray[np.float32]

WOBBLE = 4.8
"""Typical displacement of a point of a glyph, in hundredths of the glyph's height."""

WARP = 2.6
"""Typical displacement of the whole picture by each wave of smooth distortion, same unit."""

SLANT = 0.24
"""Spread of the slant, horizontal units a unit of height."""

LEAN = (0.20, 0.22, 0.06, 0.04, 0.18, 0.12, 0.02, 0.02, 0.14, 0.08)
"""Mean slant of each digit, positive to the right: 0 and 1 lean most."""

TILT = 0.10
"""Spread of rotation, radians."""

ASPECT = (0.16, 0.24)
"""Mean and spread of the logarithm of width, against the glyphs as they are listed."""

PROPORTION = 0.24
"""Spread of how much the upper part grows at the cost of the lower."""

WEDGE = 0.18
"""Spread of how much wider the upper part is than the lower."""


@lru_cache(maxsize=1)
def glyph_book() -> tuple[list[Path], list[tuple[npt.NDArray[np.intp], Floats]]]:
    """All paths, and for each digit the numbers of its paths with their cumulative weights."""
    paths = [build_path(glyph) for glyph in GLYPHS]
    choices = []
    for digit in range(10):
        mine = np.array([i for i, glyph in enumerate(GLYPHS) if glyph.digit == digit])
        weight = np.cumsum([GLYPHS[i].weight for i in mine])
        choices.append((mine, (weight / weight[-1]).astype(np.float32)))
    return paths, choices


def write(
    labels: npt.NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Write one digit for each label.

    Returns start and end of the segments (n, SEGMENTS, 2) as x, y in hundredths of a glyph, and the
    pen's relative half width there (n, SEGMENTS), 1 = the pen at rest.
    """
    paths, choices = glyph_book()
    count = len(labels)
    pick = rng.random(count, dtype=np.float32)
    which = np.empty(count, dtype=np.intp)
    for digit, (numbers, cumulative) in enumerate(choices):
        mine = labels == digit
        which[mine] = numbers[np.searchsorted(cumulative[:-1], pick[mine], side="right")]
    return trace(paths, which, np.array(LEAN, dtype=np.float32)[labels], rng)


def trace(
    paths: list[Path],
    which: npt.NDArray[np.intp],
    lean: Floats,
    rng: np.random.Generator,
    roundest: float = 0.2,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw ``paths[which[i]]`` for each i, with a person's freedom and the mean slant ``lean``.

    Corners are between ``roundest`` (0: as if they were none) and 1 (sharp). Returns what ``write``
    does; all paths have the same room for segments and points.
    """
    count = len(which)
    points = _points(paths, which, rng)
    sharp = rng.uniform(roundest, 1.0, (count, 1, 1)).astype(np.float32)
    smooth = np.stack([path.smooth for path in paths])
    cornered = np.stack([path.cornered for path in paths])
    curve = np.empty((2, count, smooth.shape[2], 2), dtype=np.float32)
    for end in range(2):
        soft = smooth[which, end] @ points
        curve[end] = soft + sharp * (cornered[which, end] @ points - soft)
    curve = _distort(curve, lean, rng)
    joined = np.stack([path.joined for path in paths])[which]
    lead = np.stack([path.lead for path in paths])[which]
    trail = np.stack([path.trail for path in paths])[which]
    pressure = pressed(curve, joined, lead, trail, rng)
    return curve[0], curve[1], pressure[0], pressure[1]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape, dtype=np.float32)


def _points(paths: list[Path], which: npt.NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Points (n, POINTS, 2): a mixture of the glyph's poses, each point displaced a little."""
    poses = np.stack([path.poses for path in paths])[which]
    pose_count = np.array([path.pose_count for path in paths])[which]
    real = np.arange(poses.shape[1])[None, :] < pose_count[:, None]
    # A Dirichlet mixture with concentration below one: mostly near one pose, sometimes in between.
    share = -np.log(rng.random(real.shape, dtype=np.float32) + 1e-9)
    share = np.where(real, share**2, 0.0)
    share /= share.sum(axis=1, keepdims=True)
    points = np.einsum("np,npcd->ncd", share.astype(np.float32), poses)
    count, size, _ = points.shape
    care = np.exp(0.4 * _normal(rng, (count, 1, 1))) * np.float32(WOBBLE)
    stray = _normal(rng, (count, size, 2))
    # Neighbours move together, or round forms would turn into polygons.
    together = 0.6 * stray
    together[:, 1:] += 0.5 * stray[:, :-1]
    together[:, :-1] += 0.5 * stray[:, 1:]
    moved: Floats = points + care * together
    # Whole strokes drift against each other.
    stroke = np.stack([path.stroke for path in paths])[which]
    strokes = max(4, int(stroke.max(initial=0)) + 1)
    drift = _normal(rng, (count, strokes, 2)) * np.float32(2.0)
    drift[:, 0] = 0.0
    moved += np.take_along_axis(drift, stroke[:, :, None], axis=1)
    return moved


def _distort(curve: Floats, lean: Floats, rng: np.random.Generator) -> Floats:
    """Proportions, smooth waves, aspect, slant and tilt; ``curve`` is (2, n, SEGMENTS, 2)."""
    count = curve.shape[1]
    x, y = curve[..., 0] - 30.0, curve[..., 1] - 50.0
    shape = (1, count, 1)
    height = y / 50.0
    grow = np.float32(PROPORTION) * _normal(rng, shape)
    y = y + 25.0 * grow * (1.0 - height**2)
    x = x * (1.0 + np.float32(WEDGE) * _normal(rng, shape) * height)
    x = x + 2.5 * _normal(rng, shape) * (1.0 - height**2)
    x, y = wavering(x, y, rng)
    x = x * np.exp(np.float32(ASPECT[0]) + np.float32(ASPECT[1]) * _normal(rng, shape))
    x = x - (lean[None, :, None] + np.float32(SLANT) * _normal(rng, shape)) * y
    tilt = np.float32(TILT) * _normal(rng, shape)
    cos, sin = np.cos(tilt), np.sin(tilt)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1).astype(np.float32)


def wavering(
    x: npt.NDArray[np.floating], y: npt.NDArray[np.floating], rng: np.random.Generator
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Points in hundredths of a glyph, (ends, n, segments), moved by two waves for each drawing."""
    shape = (1, x.shape[1], 1)
    for _ in range(2):
        angle = rng.uniform(0.0, 2.0 * np.pi, shape).astype(np.float32)
        wave = 2.0 * np.pi / rng.uniform(60.0, 160.0, shape).astype(np.float32)
        phase = rng.uniform(0.0, 2.0 * np.pi, (2, *shape)).astype(np.float32)
        along = wave * (np.cos(angle) * x + np.sin(angle) * y)
        push = np.float32(WARP) * _normal(rng, (2, *shape))
        x, y = x + push[0] * np.sin(along + phase[0]), y + push[1] * np.sin(along + phase[1])
    return x, y


def pressed(
    curve: Floats,
    joined: npt.NDArray[np.bool_],
    lead: Floats,
    trail: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Relative half width (2, n, SEGMENTS): thin where the pen is fast, at lift-off, across the
    nib."""
    count = curve.shape[1]
    delta = curve[1] - curve[0]
    length = np.hypot(delta[..., 0], delta[..., 1]) + np.float32(1e-3)
    heading = np.arctan2(delta[..., 1], delta[..., 0])
    # Two-thirds power law (Lacquaniti, Terzuolo, Viviani 1983): speed ~ curvature ** (-1/3).
    turn = np.abs(np.diff(heading, axis=1))
    turn = np.minimum(turn, 2.0 * np.pi - turn) * joined / (0.5 * (length[:, 1:] + length[:, :-1]))
    bend = np.zeros_like(length)
    bend[:, 1:] += 0.5 * turn
    bend[:, :-1] += 0.5 * turn
    speed = (bend + 0.02) ** np.float32(-1.0 / 3.0)
    speed /= speed.mean(axis=1, keepdims=True)
    speed[:, 1:-1] = (speed[:, :-2] + speed[:, 1:-1] + speed[:, 2:]) / 3.0
    lightness = np.abs(_normal(rng, (count, 1))) * np.float32(0.18)
    nib = np.abs(_normal(rng, (count, 1))) * np.float32(0.10)
    edge = rng.uniform(0.0, np.pi, (count, 1)).astype(np.float32)
    width = (1.0 - lightness * (speed - 1.0)) * (1.0 + nib * np.cos(2.0 * (heading - edge)))
    both = np.stack([width, width])
    middle = 0.5 * (width[:, 1:] + width[:, :-1])
    both[0, :, 1:] = np.where(joined, middle, both[0, :, 1:])
    both[1, :, :-1] = np.where(joined, middle, both[1, :, :-1])
    for which, distance in enumerate((lead, trail)):
        taper = np.clip(_normal(rng, (count, 1)) * 0.28 + (0.05, 0.12)[which], -0.25, 0.7)
        reach = rng.uniform(6.0, 22.0, (count, 1)).astype(np.float32)
        for end in range(2):
            both[end] *= 1.0 - taper * np.exp(-distance[:, end] / reach)
    slow = rng.uniform(0.0, 2.0 * np.pi, (count, 1)).astype(np.float32)
    swing = np.float32(0.08) * _normal(rng, (count, 1))
    for end in range(2):
        both[end] *= 1.0 + swing * np.sin(lead[:, end] / 25.0 + slow)
    pressure: Floats = np.clip(both, 0.25, 2.0).astype(np.float32)
    return pressure
