# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What varies from one picture of a desk to the next, and how far, for each difficulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lanewise.errors import UsageError

if TYPE_CHECKING:
    from lanewise.data.scenes.oddities import Oddities

DIFFICULTIES = ("easy", "desk", "hard")
"""The levels that models are judged by."""

LEVELS = (*DIFFICULTIES, "wild", "empty")
"""All levels: ``wild`` goes beyond reality, for training; ``empty`` is pages without a digit, of
each other level in turn."""

Colour = tuple[float, float, float]

PENS: tuple[Colour, ...] = (
    (0.05, 0.05, 0.06),  # black ballpoint
    (0.08, 0.12, 0.45),  # blue
    (0.10, 0.10, 0.25),  # blue-black
    (0.55, 0.08, 0.08),  # red
    (0.06, 0.32, 0.14),  # green
    (0.25, 0.25, 0.27),  # soft pencil
)
CHALKS: tuple[Colour, ...] = ((0.92, 0.92, 0.90), (0.95, 0.90, 0.60), (0.75, 0.85, 0.95))


@dataclass(frozen=True)
class Conditions:
    """One desk. Lengths are shares of the picture's height, reflectances 0 to 1, angles degrees.

    lines: "none", "ruled" or "squared"; shadow: share of the light it takes; desk: how far the
    table reaches into the picture beyond the paper's edge; noise: standard deviation in levels;
    oddities: what only the level ``wild`` has.
    """

    paper: Colour
    pen: Colour
    opacity: float
    width: float
    side: float
    centre: tuple[float, float]
    turn: float
    tilt: tuple[float, float]
    texture: float
    lines: str
    line_depth: float
    line_pitch: float
    gradient: tuple[float, float]
    vignette: float
    shadow: float
    shadow_blur: float
    desk: float
    desk_level: float
    specks: int
    scribbles: int
    exposure: float
    blur: float
    noise: float
    oddities: Oddities | None = None


def check_difficulty(difficulty: str) -> None:
    """Raise UsageError for an unknown difficulty."""
    if difficulty not in LEVELS:
        raise UsageError(f"no difficulty {difficulty!r}; there are {', '.join(LEVELS)}")


def draw_conditions(difficulty: str, rng: np.random.Generator) -> Conditions:
    """Draw the conditions of one picture of a level other than ``empty``.

    Raises UsageError for an unknown difficulty.
    """
    check_difficulty(difficulty)
    if difficulty == "wild":
        from lanewise.data.scenes.oddities import draw_wild

        return draw_wild(rng)
    if difficulty not in DIFFICULTIES:
        raise UsageError(f"pages of the level {difficulty!r} have conditions of other levels")
    level = DIFFICULTIES.index(difficulty)

    def within(*reach: float) -> float:
        """Anything from 0 to the reach for this difficulty, either sign."""
        return float(rng.uniform(-reach[level], reach[level]))

    def chance(*odds: float) -> bool:
        return bool(rng.random() < odds[level])

    light = rng.uniform((0.80, 0.62, 0.50)[level], 0.97)
    tint = np.clip(light + rng.normal(0, (0.01, 0.03, 0.05)[level], 3), 0.2, 1.0)
    paper: Colour = (float(tint[0]), float(tint[1]), float(tint[2]))
    pen = PENS[int(rng.integers((2, len(PENS), len(PENS))[level]))]
    if chance(0, 0, 0.3):
        dark = rng.uniform(0.03, 0.22)
        paper = (float(dark), float(dark * rng.uniform(0.9, 1.4)), float(dark))
        pen = CHALKS[int(rng.integers(len(CHALKS)))]
    side = float(rng.uniform((0.55, 0.45, 0.38)[level], 0.78))
    room = 0.5 * side * 1.25
    lines = "none"
    if chance(0, 0.5, 0.6):
        lines = ("ruled", "squared")[int(rng.integers(2))]
    return Conditions(
        paper=paper,
        pen=pen,
        opacity=float(rng.uniform((0.9, 0.7, 0.45)[level], 1.0)),
        width=float(rng.uniform((-0.3, -0.5, -0.6)[level], (0.4, 0.7, 1.0)[level])),
        side=side,
        centre=(
            float(rng.uniform(room, 4 / 3 - room)),
            float(rng.uniform(min(room, 0.5), max(1 - room, 0.5))),
        ),
        turn=within(4, 10, 13),
        tilt=(within(0.02, 0.10, 0.16), within(0.02, 0.10, 0.16)),
        texture=float(rng.uniform(0, (0.005, 0.02, 0.03)[level])),
        lines=lines,
        line_depth=float(rng.uniform(0.06, (0.2, 0.25, 0.40)[level])),
        line_pitch=float(rng.uniform(0.10, 0.30)),
        gradient=(within(0.08, 0.25, 0.35), within(0.08, 0.25, 0.35)),
        vignette=float(rng.uniform(0, (0.10, 0.30, 0.45)[level])),
        shadow=float(rng.uniform(0.1, (0, 0.35, 0.50)[level])) if chance(0, 0.4, 0.6) else 0.0,
        shadow_blur=float(rng.uniform((0.2, 0.05, 0.02)[level], 0.25)),
        desk=float(rng.uniform(0.03, 0.15)) if chance(0, 0.25, 0.4) else 0.0,
        desk_level=float(rng.uniform(0.08, 0.6)),
        specks=int(rng.integers((1, 4, 9)[level])),
        scribbles=int(rng.integers(1, 4)) if chance(0, 0, 0.3) else 0,
        exposure=float(rng.uniform((0.85, 0.7, 0.5)[level], (1.05, 1.1, 1.2)[level])),
        blur=float(rng.uniform(0, (0.004, 0.007, 0.010)[level])),
        noise=float(rng.uniform(0.5, (2, 4, 7)[level])),
    )
