# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The level ``wild``: what varies there beyond the other levels, and beyond any real desk.

Meant for training and for breaking things: a vision that only knows one renderer's desks has
learnt the renderer. Every range is wider than life, every phenomenon more frequent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lanewise.data.scenes.conditions import Colour, Conditions

TABLES = ("plain", "wood", "stripes", "checks", "stone", "cloth")
PRINTS = ("none", "ruled", "squared", "dots", "four lines", "margin", "slanted")
OBJECTS = ("staple", "paper clip", "pen", "coin", "eraser", "tape", "hole", "finger")
SHADOWS = ("none", "soft", "hard edge", "hand", "blinds", "lamp")

_LEAST_CONTRAST = 0.16
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Oddities:
    """Lengths are shares of the picture's height, reflectances 0 to 1.

    sheet: corners (x, y) of the paper, or None where it fills the picture; table, table_colours:
    what lies around it; torn: how far the sheet's edge strays; print, print_colour: what is
    printed on it; objects: names of things that lie about, away from the digit; text_lines: rows
    of print at the border; rings: of coffee; folds: of the paper; grain: share of the ink that
    misses the paper's valleys; glaze: the ink lets the paper's print through; shadow: its kind;
    cast: red, green, blue of the light; gamma: of the picture; motion: length of the camera's
    shake; jpeg: quality or 0; sharpen: percent; soften: size it was once scaled down to, of 1;
    colour_noise: standard deviation in levels.
    """

    sheet: tuple[tuple[float, float], ...] | None
    torn: float
    table: str
    table_colours: tuple[Colour, Colour]
    print: str
    print_colour: Colour
    objects: tuple[str, ...]
    text_lines: int
    rings: int
    folds: int
    grain: float
    glaze: bool
    shadow: str
    cast: Colour
    gamma: float
    motion: float
    jpeg: int
    sharpen: int
    soften: float
    colour_noise: float


def draw_wild(rng: np.random.Generator) -> Conditions:
    """The conditions of one picture of the level ``wild``."""
    paper, pen, opacity = _paper_and_pen(rng)
    side = float(rng.uniform(0.34, 0.82))
    room = 0.5 * side * 1.25
    centre = (
        float(rng.uniform(room, 4 / 3 - room)),
        float(rng.uniform(min(room, 0.5), max(1 - room, 0.5))),
    )
    plain = Conditions(
        paper=paper,
        pen=pen,
        opacity=opacity,
        width=float(rng.uniform(-0.7, 1.0)),
        side=side,
        centre=centre,
        turn=float(rng.uniform(-18, 18)),
        tilt=(float(rng.uniform(-0.22, 0.22)), float(rng.uniform(-0.22, 0.22))),
        texture=float(rng.uniform(0, 0.05)),
        lines="none",
        line_depth=float(rng.uniform(0.06, 0.45)),
        line_pitch=float(np.exp(rng.uniform(np.log(0.05), np.log(0.4)))),
        gradient=(float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5))),
        vignette=float(rng.uniform(0, 0.6)),
        shadow=float(rng.uniform(0.1, 0.6)),
        shadow_blur=float(np.exp(rng.uniform(np.log(0.01), np.log(0.4)))),
        desk=0.0,
        desk_level=0.0,
        specks=int(rng.integers(0, 12)),
        scribbles=int(rng.integers(1, 4)) if rng.random() < 0.2 else 0,
        exposure=_exposure(paper, rng),
        blur=float(rng.uniform(0, 0.012)),
        noise=float(rng.uniform(0, 8)),
    )
    return replace(plain, oddities=_oddities(rng, side, centre))


def _oddities(rng: np.random.Generator, side: float, centre: tuple[float, float]) -> Oddities:
    def chance(odds: float) -> bool:
        return bool(rng.random() < odds)

    count = int(rng.integers(1, 4)) if chance(0.45) else 0
    print_name = PRINTS[int(rng.integers(1, len(PRINTS)))] if chance(0.5) else "none"
    return Oddities(
        sheet=_sheet(rng, side, centre) if chance(0.4) else None,
        torn=float(rng.uniform(0.003, 0.015)) if chance(0.2) else 0.0,
        table=TABLES[int(rng.integers(len(TABLES)))],
        table_colours=(_colour(rng, 0.03, 0.8), _colour(rng, 0.03, 0.8)),
        print=print_name,
        print_colour=_colour(rng, 0.1, 0.8),
        objects=tuple(OBJECTS[int(rng.integers(len(OBJECTS)))] for _ in range(count)),
        text_lines=int(rng.integers(1, 4)) if chance(0.2) else 0,
        rings=1 if chance(0.1) else 0,
        folds=int(rng.integers(1, 3)) if chance(0.15) else 0,
        grain=float(rng.uniform(0.1, 0.5)) if chance(0.3) else 0.0,
        glaze=chance(0.3),
        shadow=SHADOWS[int(rng.integers(1, len(SHADOWS)))] if chance(0.6) else "none",
        cast=_cast(rng),
        gamma=float(np.exp(rng.uniform(np.log(0.7), np.log(1.5)))),
        motion=float(rng.uniform(0.005, 0.025)) if chance(0.2) else 0.0,
        jpeg=int(rng.integers(12, 80)) if chance(0.35) else 0,
        sharpen=int(rng.integers(50, 200)) if chance(0.25) else 0,
        soften=float(rng.uniform(0.5, 0.9)) if chance(0.15) else 1.0,
        colour_noise=float(rng.uniform(0, 6)) if chance(0.3) else 0.0,
    )


def _colour(rng: np.random.Generator, low: float, high: float) -> Colour:
    """Any colour: from grey to about half saturated."""
    grey = rng.uniform(low, high)
    red, green, blue = np.clip(grey * (1 + rng.uniform(0, 0.5) * rng.uniform(-1, 1, 3)), 0.02, 0.98)
    return float(red), float(green), float(blue)


def _paper_and_pen(rng: np.random.Generator) -> tuple[Colour, Colour, float]:
    """Any paper, and any ink that can be told from it by its luma."""
    dark_page = rng.random() < 0.3
    paper = _colour(rng, 0.03, 0.3) if dark_page else _colour(rng, 0.45, 0.97)
    opacity = float(rng.uniform(0.45, 1.0))
    pen = (0.95, 0.95, 0.95) if dark_page else (0.04, 0.04, 0.05)
    for _ in range(8):
        tried = _colour(rng, 0.45, 0.97) if dark_page else _colour(rng, 0.03, 0.45)
        apart = abs(float((np.array(paper) - np.array(tried)) @ _LUMA)) * opacity
        if apart >= _LEAST_CONTRAST + 0.25 * float(np.array(paper) @ _LUMA) * (not dark_page):
            return paper, tried, opacity
    return paper, pen, max(opacity, 0.7)


def _sheet(
    rng: np.random.Generator, side: float, centre: tuple[float, float]
) -> tuple[tuple[float, float], ...]:
    """Corners of a sheet around the digit: edges outside the picture or inside, all askew."""
    away = 0.62 * side + rng.uniform(0.03, 0.35, 4)
    x, y = centre
    left, right, top, bottom = x - away[0], x + away[1], y - away[2], y + away[3]
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    corners += rng.uniform(-0.02, 0.02, (4, 2))
    angle = rng.uniform(-0.12, 0.12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = (corners - centre) @ turn.T + centre
    return tuple((float(cx), float(cy)) for cx, cy in turned)


def _exposure(paper: Colour, rng: np.random.Generator) -> float:
    """Factor on the light: a dark page is not left in the dark as well."""
    least = 0.4 if float(np.array(paper) @ _LUMA) > 0.4 else 0.8
    return float(np.exp(rng.uniform(np.log(least), np.log(1.35))))


def _cast(rng: np.random.Generator) -> Colour:
    """Candle to sky, and off that line: light's colour with green 1."""
    warm = rng.uniform(-0.3, 0.3)
    red, blue = np.exp(warm), np.exp(-warm)
    return float(red), float(np.exp(rng.uniform(-0.08, 0.08))), float(blue)
