# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A sign: a mark with a shape of its own, written in the notation of the pen's glyphs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """How one sign is written.

    ``poses`` are as those of ``lanewise.data.pen.glyphs``; ``kind`` is one of ``KINDS``;
    ``held`` signs belong to the split ``validation``, the others to ``train``.
    """

    name: str
    kind: str
    poses: tuple[str, ...]
    held: bool


def listed(kind: str, held: bool, table: str) -> tuple[Sign, ...]:
    """Signs from lines of ``name: pose``, indented where they go on.

    The same name again, with as many points and strokes, adds a pose to its sign: everything
    between its poses is drawn too.
    """
    poses: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for line in table.strip().replace("\n    ", " ").splitlines():
        name, pose = (part.strip() for part in line.split(":"))
        layout = tuple(len(stroke.split()) for stroke in pose.split("/"))
        poses.setdefault((name, layout), []).append(pose)
    return tuple(Sign(name, kind, tuple(drawn), held) for (name, _), drawn in poses.items())
