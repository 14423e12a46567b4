# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits from a folder of pictures, one digit each, framed as MNIST's: for scenes and for training.

A picture's border tells the paper's level (its median), whatever differs from it is ink: full
where it differs most, none below a quarter of that. The ink's box is scaled to 20 pixels on its
longer side and its centre of mass put in the middle of 28x28. Meant for clean pictures of one
digit, scanned or drawn, dark on light or light on dark; photographs of desks are the board's work.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from lanewise.data.digits import Digits
from lanewise.data.pen.framing import BOX, centre_by_mass
from lanewise.data.pictures import LARGEST_PICTURE, Picture, picture_folder
from lanewise.errors import DataError

_LEAST_INK = 24  # grey levels between paper and ink below which a picture counts as empty
_THRESHOLD = 0.25


def picture_digits(folder: Path) -> Digits:
    """The digits of a folder of pictures with its ``labels.csv``, in order of their names.

    Raises DataError where a picture is unlabelled, unreadable or empty, or a label is no digit.
    """
    pictures = picture_folder(folder)
    labels = [_label(picture, folder) for picture in pictures]
    images = np.stack([_framed(_read(picture.path), picture.path) for picture in pictures])
    return Digits(images, np.array(labels, np.uint8), folder.name)


def _label(picture: Picture, folder: Path) -> int:
    if not picture.label or picture.label not in "0123456789" or len(picture.label) != 1:
        said = f"the label {picture.label!r}" if picture.label else "no label"
        raise DataError(
            f"{picture.path} has {said}; labels.csv in {folder} must give each picture 0 to 9"
        )
    return int(picture.label)


def _read(path: Path) -> npt.NDArray[np.float32]:
    try:
        with warnings.catch_warnings():
            # The size is checked here, against a lower limit than the warning's.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                if opened.width * opened.height > LARGEST_PICTURE:
                    raise DataError(
                        f"{path}: {opened.width}x{opened.height} pixels, the limit is "
                        f"{LARGEST_PICTURE // 1_000_000} million: scale the picture down"
                    )
                opened.thumbnail((512, 512))
                return np.asarray(opened.convert("L"), np.float32)
    except (
        OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError, OverflowError,
        Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise DataError(f"{path} cannot be read as a picture; save it again as PNG") from error


def _framed(grey: npt.NDArray[np.float32], path: Path) -> npt.NDArray[np.uint8]:
    """(28, 28) uint8 ink of one digit on plain paper, (h, w) grey levels."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))
    most = float(ink.max())
    if most < _LEAST_INK:
        raise DataError(f"{path} shows no ink: nothing in it differs from its border")
    ink = np.clip((ink / most - _THRESHOLD) / (1 - _THRESHOLD), 0, 1)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    boxed = Image.fromarray(cut.astype(np.float32)).resize(size, Image.Resampling.BOX)
    level = np.asarray(np.clip(np.asarray(boxed) * 255 + 0.5, 0, 255), np.uint8)
    framed: npt.NDArray[np.uint8] = centre_by_mass(level[None])[0]
    return framed
