# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What varies in rendered scenes, and how far, as drawn: the tables of docs/scenes.md.

    python tools/table_scenes.py

Ranges hold 98 of 100 of 4,000 draws a level (first to 99th percentile); shares are of all draws.
"""

from __future__ import annotations

from collections.abc import Callable

import click
import numpy as np

from lanewise.data.scenes.conditions import DIFFICULTIES, Conditions, draw_conditions
from lanewise.data.scenes.oddities import OBJECTS, SHADOWS, Oddities
from lanewise.endings import run_tool

DRAWS = 4000
LUMA = (0.299, 0.587, 0.114)
Number = Callable[[Conditions], float]


def luma(colour: tuple[float, float, float]) -> float:
    """Of a reflectance or a light."""
    return float(np.dot(colour, LUMA))


def odd(conditions: Conditions) -> Oddities:
    """What a wild picture has."""
    assert conditions.oddities is not None
    return conditions.oddities


RANGES: tuple[tuple[str, Number], ...] = (
    ("paper, luma of its reflectance", lambda c: luma(c.paper)),
    ("paper, largest channel less smallest", lambda c: max(c.paper) - min(c.paper)),
    ("ink, luma of its reflectance", lambda c: luma(c.pen)),
    ("ink's opacity", lambda c: c.opacity),
    ("stroke width (0: as in the data)", lambda c: c.width),
    ("digit's longer side, of the height", lambda c: c.side),
    ("rotation, degrees", lambda c: c.turn),
    ("perspective", lambda c: c.tilt[0]),
    ("paper texture", lambda c: c.texture),
    ("slope of the light", lambda c: c.gradient[0]),
    ("vignette", lambda c: c.vignette),
    ("exposure", lambda c: c.exposure),
    ("blur, of the height", lambda c: c.blur),
    ("noise, levels", lambda c: c.noise),
    ("specks", lambda c: c.specks),
)
SHARES: tuple[tuple[str, Number], ...] = (
    ("light ink on dark paper", lambda c: luma(c.pen) > luma(c.paper)),
    ("ruled, squared or other print", lambda c: c.lines != "none" or has(c, "print", "none")),
    ("a shadow", lambda c: odd(c).shadow != "none" if c.oddities else c.shadow > 0),
    ("the table shows", lambda c: odd(c).sheet is not None if c.oddities else c.desk > 0),
    ("writing at the border", lambda c: c.scribbles > 0 or has(c, "text_lines", 0)),
)
WILD: tuple[tuple[str, Number], ...] = (
    *((f"shadow: {kind}", lambda c, kind=kind: odd(c).shadow == kind) for kind in SHADOWS[1:]),
    *((f"object: {name}", lambda c, name=name: name in odd(c).objects) for name in OBJECTS),
    ("ring of coffee", lambda c: odd(c).rings > 0),
    ("folds", lambda c: odd(c).folds > 0),
    ("torn sheet", lambda c: odd(c).sheet is not None and odd(c).torn > 0),
    ("grainy ink", lambda c: odd(c).grain > 0),
    ("camera shake", lambda c: odd(c).motion > 0),
    ("JPEG, quality 12 to 79", lambda c: odd(c).jpeg > 0),
    ("sharpened", lambda c: odd(c).sharpen > 0),
    ("scaled down and up", lambda c: odd(c).soften < 1),
)  # fmt: skip


def has(conditions: Conditions, name: str, without: object) -> bool:
    """Is an oddity there?"""
    return conditions.oddities is not None and getattr(conditions.oddities, name) != without


def drawn(level: str) -> list[Conditions]:
    """``DRAWS`` conditions of a level."""
    rng = np.random.default_rng(0)
    return [draw_conditions(level, rng) for _ in range(DRAWS)]


def spread(values: list[float]) -> str:
    """First to 99th percentile."""
    low, high = np.percentile(np.array(values, np.float64), (1, 99))
    whole = all(isinstance(value, int) for value in values)
    digits = 0 if whole or high >= 10 else 3 if high < 0.1 else 2
    if low == high:
        return f"{low:.{digits}f}"
    return f"{low:.{digits}f} to {high:.{digits}f}"


@click.command()
def main() -> None:
    """Print the tables."""
    levels = (*DIFFICULTIES, "wild")
    conditions = {level: drawn(level) for level in levels}
    click.echo("| range | " + " | ".join(levels) + " |")
    click.echo("| --- |" + " --- |" * len(levels))
    for name, value in RANGES:
        cells = [spread([value(c) for c in conditions[level]]) for level in levels]
        click.echo(f"| {name} | " + " | ".join(cells) + " |")
    for name, value in SHARES:
        cells = [f"{100 * np.mean([value(c) for c in conditions[le]]):.0f} %" for le in levels]
        click.echo(f"| {name} | " + " | ".join(cells) + " |")
    click.echo("\n| only in wild | share |\n| --- | --- |")
    for name, value in WILD:
        click.echo(f"| {name} | {100 * np.mean([value(c) for c in conditions['wild']]):.0f} % |")


if __name__ == "__main__":
    run_tool(main)
