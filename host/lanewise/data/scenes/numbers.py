# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Scenes of numbers: several digits in a row on one page, by one hand, pen and light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lanewise.data.digits import Digits
from lanewise.data.scenes.conditions import (
    DIFFICULTIES,
    LEVELS,
    Conditions,
    draw_conditions,
)
from lanewise.data.scenes.render import SIZE, Scene, cover_of, ink_box, photograph
from lanewise.errors import UsageError

MOST_FIGURES = 5
_WIDEST = 1.1  # of the height: what a row of digits may take
_TALLEST = 0.6
Place = tuple[float, tuple[float, float]]


def number_scenes(
    digits: Digits,
    count: int,
    figures: int,
    difficulty: str = "desk",
    seed: int = 0,
    height: int = SIZE[1],
) -> Iterator[Scene]:
    """``count`` pictures of numbers of ``figures`` digits, drawn at random from ``digits``.

    ``scene.figures`` and ``scene.boxes`` tell them from left to right, ``scene.label`` is the
    number, ``scene.box`` the box of all its ink. The same arguments give the same pictures, and the
    first few do not depend on ``count``. Raises UsageError for another level than easy, desk, hard
    and wild, or fewer than 2 or more than ``MOST_FIGURES`` figures.
    """
    if difficulty not in (*DIFFICULTIES, "wild"):
        raise UsageError(f"no numbers on pages of the level {difficulty!r}")
    if not 2 <= figures <= MOST_FIGURES:
        raise UsageError(f"{figures} figures asked for; a number here has 2 to {MOST_FIGURES}")
    for number in range(count):
        rng = np.random.default_rng((seed, number, LEVELS.index(difficulty), figures))
        drawn = draw_conditions(difficulty, rng)
        places = _row(drawn, figures, rng)
        shown = rng.integers(len(digits), size=figures)
        covers = [
            cover_of(digits.images[at], replace(drawn, side=side, centre=centre), height)
            for at, (side, centre) in zip(shown, places, strict=True)
        ]
        ink = np.maximum.reduce(covers)
        labels = tuple(int(digits.labels[at]) for at in shown)
        boxes = tuple(box for box in map(ink_box, covers) if box is not None)
        what = _around(drawn, places)
        yield Scene(
            photograph(ink, what, rng, height),
            int("".join(map(str, labels))),
            what,
            ink_box(ink),
            difficulty,
            seed,
            number,
            None,
            labels,
            boxes,
        )


def _row(what: Conditions, figures: int, rng: np.random.Generator) -> list[Place]:
    """Side and centre of each digit: one size and line, by hand; a gap of 0.25 to 0.6 digits."""
    pitch = 1.0 + rng.uniform(0.25, 0.6)
    most = min(_TALLEST, _WIDEST / (1 + (figures - 1) * pitch))
    side = most * float(rng.uniform(0.8, 1.0))
    half = 0.5 * side * (1 + (figures - 1) * pitch)
    x = float(rng.uniform(half + 0.05, 4 / 3 - half - 0.05)) - half + side / 2
    y = float(rng.uniform(0.7 * side + 0.05, 0.95 - 0.7 * side))
    slope = float(rng.uniform(-0.05, 0.05))
    places = []
    for at in range(figures):
        lift = slope * at * pitch * side + rng.uniform(-0.05, 0.05) * side
        centre = (x + at * pitch * side, float(np.clip(y + lift, 0.62 * side, 1 - 0.62 * side)))
        places.append((side * float(rng.uniform(0.88, 1.0)), centre))
    return places


def _around(what: Conditions, places: list[Place]) -> Conditions:
    """Conditions whose digit is the whole row, so that nothing is laid on any part of it."""
    left, right = (places[at][1][0] for at in (0, -1))
    size = right - left + places[0][0]
    middle = ((left + right) / 2, sum(place[1][1] for place in places) / len(places))
    odd = what.oddities
    if odd is not None:
        odd = replace(odd, sheet=None)  # it was cut for one digit
    return replace(what, side=size, centre=middle, oddities=odd)
