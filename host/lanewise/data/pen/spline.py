# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From points to curves: a glyph's pen path as a matrix times its points.

Uniform Catmull-Rom splines (Catmull and Rom, 1974) pass through their points and are linear in
them, so one matrix product draws a batch of glyphs, each with points of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

SEGMENTS = 48
"""Every glyph is cut into so many straight segments."""

POINTS = 20
"""Room for points; glyphs with fewer are padded with zeros."""

POSES = 8
"""Room for poses; glyphs with fewer have zero weight on the rest."""

Floats = npt.NDArray[np.float32]


class Drawn(Protocol):
    """What a path is built from: a name for messages, and poses in the notation of ``glyphs``."""

    @property
    def name(self) -> str: ...

    @property
    def poses(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Path:
    """A glyph ready to be drawn.

    ``poses``: (POSES, POINTS, 2); ``pose_count`` of them are real. ``smooth`` and ``cornered``:
    matrices (2, SEGMENTS, POINTS), the start and end of each segment,
    without and with the corners. ``lead`` and ``trail``: (2, SEGMENTS) distance to the stroke's
    beginning and end at both ends of each segment, in the glyph's units. ``joined``: (SEGMENTS -
    1,) whether a segment continues in the next. ``stroke``: (POINTS,) number of the stroke a point
    belongs to.
    """

    poses: Floats
    pose_count: int
    smooth: Floats
    cornered: Floats
    lead: Floats
    trail: Floats
    joined: npt.NDArray[np.bool_]
    stroke: npt.NDArray[np.intp]


def build_path(glyph: Drawn, segments: int = SEGMENTS) -> Path:
    """Turn a glyph into matrices; ValueError where its poses do not have the same strokes."""
    parsed = [_parse(pose) for pose in glyph.poses]
    layout = [len(stroke) for stroke in parsed[0]]
    if any([len(stroke) for stroke in pose] != layout for pose in parsed):
        raise ValueError(f"{glyph.name}: poses differ in their strokes or points")
    if sum(layout) > POINTS or len(parsed) > POSES:
        raise ValueError(f"{glyph.name}: more than {POINTS} points or {POSES} poses")
    poses = np.zeros((POSES, POINTS, 2), dtype=np.float32)
    for p, pose in enumerate(parsed):
        poses[p, : sum(layout)] = [(x, y) for stroke in pose for x, y, _ in stroke]
    middle = poses[: len(parsed)].mean(axis=0)
    stroke_of = np.zeros(POINTS, dtype=np.intp)
    pieces: list[tuple[int, int, int]] = []  # stroke, first point, second point
    offset = 0
    for s, size in enumerate(layout):
        stroke_of[offset : offset + size] = s
        pieces += [(s, i, i + 1) for i in range(offset, offset + size - 1)]
        offset += size
    length = np.array([np.hypot(*(middle[b] - middle[a])) for _, a, b in pieces])
    cuts = share_out(length, segments)
    corner = [mark for stroke in parsed[0] for _, _, mark in stroke]
    smooth, cornered = (
        _matrices(pieces, cuts, layout, corners) for corners in ([False] * offset, corner)
    )
    lead, trail = _distances(pieces, cuts, length)
    owner = np.repeat([s for s, _, _ in pieces], cuts)
    return Path(
        poses, len(parsed), smooth, cornered, lead, trail, owner[1:] == owner[:-1], stroke_of
    )


def _parse(pose: str) -> list[list[tuple[float, float, bool]]]:
    strokes = []
    for stroke in pose.split("/"):
        points = []
        for word in stroke.split():
            x, y = word.rstrip("!").split(",")
            points.append((float(x), float(y), word.endswith("!")))
        strokes.append(points)
    return strokes


def share_out(length: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.intp]:
    """Split ``total`` segments among the pieces by length, at least one each; needs as many."""
    exact = length / length.sum() * (total - len(length))
    shares: npt.NDArray[np.intp] = np.floor(exact).astype(np.intp)
    rest = total - len(length) - int(shares.sum())
    shares[np.argsort(exact - shares)[::-1][:rest]] += 1
    shares += 1
    return shares


def _matrices(
    pieces: list[tuple[int, int, int]],
    cuts: npt.NDArray[np.intp],
    layout: list[int],
    corner: list[bool],
) -> Floats:
    """(2, segments, POINTS): weights of the points in the start and the end of each segment."""
    identity = np.eye(POINTS)
    first = np.cumsum([0, *layout])
    ends: tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.float64]]] = ([], [])
    for (s, a, b), count in zip(pieces, cuts, strict=True):
        before, after = a - 1, b + 1
        p1, p2 = identity[a], identity[b]
        # At a stroke's end or a corner the curve knows nothing of what lies beyond.
        p0 = 1.5 * p1 - 0.5 * p2 if before < first[s] or corner[a] else identity[before]
        p3 = 1.5 * p2 - 0.5 * p1 if after >= first[s + 1] or corner[b] else identity[after]
        for k in range(count):
            for which, t in ((0, k / count), (1, (k + 1) / count)):
                ends[which].append(
                    0.5
                    * (
                        2.0 * p1
                        + (p2 - p0) * t
                        + (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3) * t**2
                        + (3.0 * p1 - p0 - 3.0 * p2 + p3) * t**3
                    )
                )
    return np.array(ends, dtype=np.float32)


def _distances(
    pieces: list[tuple[int, int, int]], cuts: npt.NDArray[np.intp], length: npt.NDArray[np.float64]
) -> tuple[Floats, Floats]:
    """How far each segment's ends are from the beginning and from the end of their stroke."""
    owner = np.repeat([s for s, _, _ in pieces], cuts)
    step = np.repeat(length / cuts, cuts)
    lead, trail = np.zeros((2, len(owner))), np.zeros((2, len(owner)))
    for s in np.unique(owner):
        mine = owner == s
        run = np.cumsum(step[mine])
        lead[0, mine], lead[1, mine] = run - step[mine], run
        trail[:, mine] = run[-1] - lead[:, mine]
    return lead.astype(np.float32), trail.astype(np.float32)
