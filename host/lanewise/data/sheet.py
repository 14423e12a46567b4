# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits and marks to look at: a contact sheet as a picture, or as text for a terminal."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lanewise.data.digits import SIDE, Digits
from lanewise.data.idx import written_whole
from lanewise.data.marks.value import Marks
from lanewise.errors import UsageError

_SHADES = " .:-=+*#%@"


def contact_sheet(digits: Digits | Marks, columns: int | None = None) -> npt.NDArray[np.uint8]:
    """All digits side by side, dark on white: uint8 luma (rows * 28, columns * 28).

    ``columns`` defaults to a sheet about twice as wide as high. Raises UsageError without any
    digit.
    """
    if len(digits) == 0:
        raise UsageError(f"{digits.name}: no digit to show")
    columns = columns or min(len(digits), math.ceil(math.sqrt(2 * len(digits))))
    rows = math.ceil(len(digits) / columns)
    cells = np.zeros((rows * columns, SIDE, SIDE), dtype=np.uint8)
    cells[: len(digits)] = digits.images
    tiled = cells.reshape(rows, columns, SIDE, SIDE).swapaxes(1, 2)
    return 255 - tiled.reshape(rows * SIDE, columns * SIDE)


def save_sheet(
    digits: Digits | Marks, path: Path, *, zoom: int = 2, overwrite: bool = False
) -> None:
    """Write the contact sheet as a picture of the format its name ends in, whole or not at all.

    Raises UsageError for a format Pillow cannot write, DataError where the file exists already or
    the folder cannot be written.
    """
    known = Image.registered_extensions()
    picture_format = known.get(path.suffix.lower())
    if picture_format not in Image.SAVE:
        raise UsageError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; use .png")
    sheet = Image.fromarray(contact_sheet(digits))
    sheet = sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST)
    with written_whole(path, overwrite=overwrite) as target:
        sheet.save(target, format=picture_format)


def text_picture(image: npt.NDArray[np.uint8]) -> list[str]:
    """One digit as 14 lines of 28 characters: two rows of pixels a line, denser is more ink."""
    pairs = image.reshape(SIDE // 2, 2, SIDE).mean(axis=1)
    levels = np.minimum(pairs * len(_SHADES) / 256.0, len(_SHADES) - 1).astype(int)
    return ["".join(_SHADES[level] for level in line) for line in levels]
