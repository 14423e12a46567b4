# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A folder of rendered scenes: PNG pictures and labels.csv, written whole or not at all."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from lanewise.data.scenes.render import Scene
from lanewise.errors import UsageError

COLUMNS = ("file", "label", "level", "seed", "number", "digit", "x", "y", "width", "height")
"""Of labels.csv: label is empty on a page without a digit; level, seed and number name the scene
in its stream, digit the picture of the source that it shows (empty for a number of several); x to
height are the ink's box in pixels."""


def write_scenes(scenes: Iterable[Scene], folder: Path) -> int:
    """Write scenes to a new folder with a ``labels.csv`` of ``COLUMNS``; returns how many.

    Raises UsageError when there is already something called so.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already; name a new folder or remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        with (whole / "labels.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for count, scene in enumerate(scenes, start=1):
                name = f"{count - 1:05d}.png"
                Image.fromarray(scene.picture).save(whole / name)
                writer.writerow((name, *_row(scene)))
        shutil.move(whole, folder)
    return count


def _row(scene: Scene) -> tuple[object, ...]:
    label = "".join(map(str, scene.figures))  # a number keeps its leading zeros
    digit = "" if scene.digit is None else scene.digit
    box = scene.box or ("", "", "", "")
    return (label, scene.level, scene.seed, scene.number, digit, *box)
