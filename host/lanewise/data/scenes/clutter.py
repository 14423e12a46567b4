# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What is printed on a wild sheet and what lies about on it, none of it on the digit."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from lanewise.data.scenes.conditions import Colour, Conditions
from lanewise.data.scenes.oddities import Oddities

Draw = ImageDraw.ImageDraw
Point = tuple[float, float]


def level(colour: Colour, opacity: float = 1.0) -> tuple[int, int, int, int]:
    """Reflectances 0 to 1 as a colour to draw with."""
    red, green, blue = (round(255 * min(max(share, 0), 1)) for share in colour)
    return red, green, blue, round(255 * opacity)


def draw_print(pen: Draw, what: Conditions, odd: Oddities, rng: np.random.Generator) -> None:
    """Lines, squares or dots all over the sheet."""
    width, height = pen.im.size
    if odd.print == "none":
        return
    ink = level(odd.print_colour, what.line_depth)
    pitch = max(6.0, what.line_pitch * height)
    wide = 1 if rng.random() < 0.6 else 2
    angle = np.radians(what.turn * 0.5 + rng.uniform(-4, 4))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    start = np.array([width / 2, height / 2]) + across * pitch * rng.random()
    reach = int(width / pitch) + 2

    def line(number: float, direction: np.ndarray, step: np.ndarray, bold: int) -> None:
        here = start + number * pitch * step
        ends = np.concatenate([here - 2 * width * direction, here + 2 * width * direction])
        pen.line([float(value) for value in ends], fill=ink, width=bold)

    if odd.print == "margin":
        line(rng.choice([-1, 1]) * 0.4 * width / pitch, across, along, wide + 1)
    if odd.print == "dots":
        for row in range(-reach, reach + 1):
            for column in range(-reach, reach + 1):
                x, y = start + pitch * (row * across + column * along)
                pen.ellipse((x - wide, y - wide, x + wide, y + wide), fill=ink)
        return
    for number in range(-reach, reach + 1):
        line(number, along, across, wide)
        if odd.print == "squared":
            line(number, across, along, wide)
        elif odd.print == "four lines" and number % 4 == 0:
            line(number, along, across, wide + 1)
        elif odd.print == "slanted":
            line(number, across + 0.4 * along, along, 1)


def draw_stains(pen: Draw, what: Conditions, odd: Oddities, rng: np.random.Generator) -> None:
    """Rings of coffee and folds of the paper, faint, anywhere."""
    width, height = pen.im.size
    for _ in range(odd.rings):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        r = rng.uniform(0.15, 0.4) * height
        brown = level((0.35, 0.22, 0.10), rng.uniform(0.1, 0.35))
        first = rng.uniform(0, 360)
        pen.arc((x - r, y - r, x + r, y + r), first, first + 300, fill=brown, width=4)
    for _ in range(odd.folds):
        at, slope = rng.uniform(0, width), rng.uniform(-0.3, 0.3)
        for shift, grey in ((0, 0.0), (2, 1.0)):
            ends = (at + shift, 0, at + shift + slope * height, height)
            pen.line(ends, fill=level((grey, grey, grey), rng.uniform(0.05, 0.2)), width=2)


def draw_text(pen: Draw, what: Conditions, odd: Oddities, rng: np.random.Generator) -> None:
    """Rows of small print at the upper or lower border: strokes the size of letters."""
    width, height = pen.im.size
    size = rng.uniform(0.02, 0.045) * height
    grey = level(odd.print_colour if rng.random() < 0.5 else (0.1, 0.1, 0.1), 0.9)
    upper = what.centre[1] > 0.5
    for row in range(odd.text_lines):
        offset = (0.6 + 1.8 * row) * size
        y = offset if upper else height - offset - size
        x = rng.uniform(0, 0.4) * width
        while x < width * rng.uniform(0.7, 1.0):
            for _ in range(int(rng.integers(2, 9))):
                _letter(pen, (x, y), size, grey, rng)
                x += 0.7 * size
            x += 0.6 * size


def _letter(
    pen: Draw, at: Point, size: float, ink: tuple[int, ...], rng: np.random.Generator
) -> None:
    x, y = at
    kind = rng.integers(4)
    if kind == 0:
        pen.line((x, y, x, y + size), fill=ink)
    elif kind == 1:
        pen.ellipse((x, y + 0.35 * size, x + 0.5 * size, y + size), outline=ink)
    elif kind == 2:
        pen.line((x, y + 0.4 * size, x, y + size), fill=ink)
        pen.line((x, y + 0.5 * size, x + 0.4 * size, y + 0.5 * size), fill=ink)
    else:
        pen.arc((x, y + 0.3 * size, x + 0.5 * size, y + size), 40, 320, fill=ink)


def draw_objects(pen: Draw, what: Conditions, odd: Oddities, rng: np.random.Generator) -> None:
    """Things that lie about, each somewhere away from the digit, many of them cut by the border."""
    for name in odd.objects:
        if name == "pen":
            draw_pencil(pen, what, rng)
            continue
        at = _away(pen, what, rng)
        if at is not None:
            _OBJECTS[name](pen, at, pen.im.size[1], rng)


def draw_pencil(pen: Draw, what: Conditions, rng: np.random.Generator) -> None:
    """The pen that wrote, lying on the page and pointing away from the digit."""
    at = _away(pen, what, rng)
    if at is None:
        return
    height = pen.im.size[1]
    away = np.array(at) - np.array(what.centre) * height
    angle = np.arctan2(away[1], away[0]) + rng.uniform(-0.4, 0.4)
    end = np.array(at) + height * np.array([np.cos(angle), np.sin(angle)])
    colour = level(tuple(rng.uniform(0.05, 0.9, 3).tolist()))
    pen.line((*at, float(end[0]), float(end[1])), fill=colour, width=int(0.04 * height))


def _away(pen: Draw, what: Conditions, rng: np.random.Generator) -> Point | None:
    """A point that keeps clear of the digit, near the border where nothing else is free."""
    width, height = pen.im.size
    clear = (0.5 * what.side * 1.3 + 0.06) * height
    x0, y0 = what.centre[0] * height, what.centre[1] * height
    for _ in range(12):
        x, y = rng.uniform(-0.05, 1.05) * width, rng.uniform(-0.05, 1.05) * height
        if abs(x - x0) > clear or abs(y - y0) > clear:
            return x, y
    return None


def _staple(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    angle = rng.uniform(0, np.pi)
    x, y = 0.03 * height * np.cos(angle), 0.03 * height * np.sin(angle)
    grey = rng.uniform(0.2, 0.8)
    pen.line((at[0] - x, at[1] - y, at[0] + x, at[1] + y), level((grey, grey, grey)), width=2)


def _clip(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    metal = level((0.3, 0.3, rng.uniform(0.3, 0.6)))
    for inset in (0.0, 0.012):
        x, y = (0.025 - inset / 2) * height, (0.07 - inset) * height
        box = (at[0] - x, at[1] - y, at[0] + x, at[1] + y)
        pen.rounded_rectangle(box, radius=x, outline=metal, width=2)


def _coin(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    r = rng.uniform(0.04, 0.07) * height
    tone = rng.uniform(0.3, 0.7)
    copper = (tone, tone * rng.uniform(0.6, 1), tone * rng.uniform(0.4, 0.9))
    box = (at[0] - r, at[1] - r, at[0] + r, at[1] + r)
    pen.ellipse(box, fill=level(copper), outline=level((tone / 2,) * 3), width=2)


def _eraser(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    colour = level(tuple(rng.uniform(0.2, 0.95, 3).tolist()))
    x, y = rng.uniform(0.03, 0.07, 2) * height
    box = (at[0] - x, at[1] - y, at[0] + x, at[1] + y)
    pen.rounded_rectangle(box, radius=3, fill=colour)


def _tape(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0.03, 0.08, 2) * height
    box = (at[0] - x, at[1] - y, at[0] + x, at[1] + y)
    pen.rectangle(box, fill=level((0.95, 0.9, 0.7), rng.uniform(0.2, 0.6)))


def _hole(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    r = rng.uniform(0.02, 0.035) * height
    dark = rng.uniform(0.02, 0.4)
    pen.ellipse((at[0] - r, at[1] - r, at[0] + r, at[1] + r), fill=level((dark, dark, dark)))


def _finger(pen: Draw, at: Point, height: int, rng: np.random.Generator) -> None:
    """A fingertip that comes in from the nearest border."""
    width = height * 4 / 3
    edges = ((0.0, at[1]), (width, at[1]), (at[0], 0.0), (at[0], float(height)))
    near = min(edges, key=lambda edge: abs(edge[0] - at[0]) + abs(edge[1] - at[1]))
    skin = np.array([0.75, 0.5, 0.4]) * rng.uniform(0.25, 1.1)
    thick = int(rng.uniform(0.06, 0.11) * height)
    tip = (near[0] * 0.7 + at[0] * 0.3, near[1] * 0.7 + at[1] * 0.3)
    red, green, blue = (float(share) for share in skin)
    colour = level((red, green, blue))
    pen.line((*near, *tip), fill=colour, width=2 * thick)
    box = (tip[0] - thick, tip[1] - thick, tip[0] + thick, tip[1] + thick)
    pen.ellipse(box, fill=colour)


_OBJECTS = {
    "staple": _staple,
    "paper clip": _clip,
    "coin": _coin,
    "eraser": _eraser,
    "tape": _tape,
    "hole": _hole,
    "finger": _finger,
}


def drawing(page: Image.Image) -> Draw:
    """A pen on ``page`` (mode RGB) that blends what it draws by its opacity."""
    return ImageDraw.Draw(page, "RGBA")
