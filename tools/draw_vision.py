# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Draw what the vision sees: luma with the box, ridges, mask and ink of five rendered desks.

    python tools/draw_vision.py docs/images/vision.png

The digits are the built-in pen's; of each difficulty the desk of most contrast is shown.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lanewise.data.digits import Digits
from lanewise.data.pen import pen_digits
from lanewise.data.scenes import scenes
from lanewise.endings import run_tool
from lanewise.errors import UsageError
from lanewise.vision.pipeline import _vision

DESKS = (("easy", 3), ("desk", 4), ("hard", 5), ("hard", 6), ("hard", 8))
SIZE = (160, 120)
GAP = 8


def desk_to_show(digits: Digits, level: str, seed: int) -> NDArray[np.uint8]:
    """Luma (60, 80) of the scene of most contrast, of 40, in which a digit is found."""
    vision = _vision(80, 60, 24, 4, 24)
    lumas = []
    for scene in scenes(digits, 40, level, seed):
        grey = Image.fromarray(scene.picture).convert("L").resize((80, 60), Image.Resampling.BOX)
        luma = np.asarray(grey)
        if vision.look(luma) == "digit":
            lumas.append(luma)
    return max(lumas, key=lambda luma: float(luma.std()))


def panels(luma: NDArray[np.uint8]) -> list[Image.Image]:
    """The four stages of one look."""
    vision = _vision(80, 60, 24, 4, 24)
    masks: list[bytes] = []
    found = vision.planes.mask

    def mask_of(k: int, limit: int) -> bytes:
        masks.append(found(k, limit))
        return masks[-1]

    vision.planes.mask = mask_of
    vision.look(luma)
    del vision.planes.mask  # the instance's, not the class's
    seen = Image.fromarray(luma).resize(SIZE, Image.Resampling.NEAREST)
    x, y, wide, high = (2 * value for value in vision.box)
    colour = 255 if luma.mean() < 128 else 0
    ImageDraw.Draw(seen).rectangle((x, y, x + wide - 1, y + high - 1), outline=colour)
    ridge = np.sqrt(np.clip(vision.planes._ridge, 0, None))
    mask = np.frombuffer(masks[-1], np.uint8).reshape(15, 20)
    ink = np.frombuffer(bytes(vision.ink), np.uint8).reshape(24, 24)
    stages = [(ridge / max(ridge.max(), 1), SIZE), (mask, SIZE), (ink / 15, (120, 120))]
    return [
        seen,
        *(
            Image.fromarray((255 - 255 * stage).astype(np.uint8)).resize(
                size, Image.Resampling.NEAREST
            )
            for stage, size in stages
        ),
    ]


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
def main(picture: Path) -> None:
    """Draw five desks into PICTURE, a .png file."""
    if picture.suffix.lower() != ".png":
        raise UsageError(f"{picture}: name a .png file")
    drawn = pen_digits(400, 7)
    digits = Digits(drawn.images, drawn.labels, "pen")
    sheet = Image.new("L", (4 * (SIZE[0] + GAP), len(DESKS) * (SIZE[1] + GAP)), 255)
    for row, (level, seed) in enumerate(DESKS):
        for column, panel in enumerate(panels(desk_to_show(digits, level, seed))):
            sheet.paste(panel, (column * (SIZE[0] + GAP), row * (SIZE[1] + GAP)))
    sheet.save(picture, optimize=True)


if __name__ == "__main__":
    run_tool(main)
