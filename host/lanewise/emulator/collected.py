# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pictures with labels, of a board's own camera or of any other, as digits to train on.

Each goes through the board's own vision, so a network learns what the board will show it. A frame
that ``lanewise monitor --collect`` saved is brightness as the camera sent it and is looked at as it
is; any other picture is first seen by the emulated camera.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lanewise.data.digits import CLASSES, SIDE, Digits
from lanewise.data.pictures import LABELS_FILE, Picture, picture_folder
from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.desk import WIDTHS, board_pins
from lanewise.emulator.sources import PictureSource
from lanewise.errors import DataError
from lanewise.resources import import_lanecam
from lanewise.vision.luma import frame_luma
from lanewise.vision.pipeline import read_frame

UInt8 = NDArray[np.uint8]
_SIZES = {(width, width * 3 // 4) for width in WIDTHS}
_DIGITS = tuple(str(digit) for digit in range(CLASSES))
_PHOTO_WIDTH = 160


@dataclass(frozen=True, eq=False)
class Collected:
    """``digits`` as the board framed them; ``refused``: (file, why) of those it did not."""

    digits: Digits
    refused: tuple[tuple[Path, str], ...]


def is_collection(folder: Path) -> bool:
    """Does ``folder`` hold labelled pictures: a ``labels.csv``, or folders named 0 to 9?"""
    return (folder / LABELS_FILE).is_file() or any((folder / name).is_dir() for name in _DIGITS)


def collected_digits(folder: Path) -> Collected:
    """The pictures of ``folder``, labelled by ``labels.csv`` or by folders named 0 to 9.

    Raises ``DataError`` when the labels are not digits, ``labels.csv`` disagrees with the folder,
    or the vision finds a digit in none of the pictures; ``PictureError`` for a damaged one.
    """
    images: list[UInt8] = []
    labels: list[int] = []
    refused: list[tuple[Path, str]] = []
    with _eye() as look:
        for picture in _labelled(folder):
            framed = read_frame(look(picture.path), SIDE, 8)
            if framed.ink is None:
                refused.append((picture.path, framed.outcome))
                continue
            images.append(framed.ink)
            labels.append(int(picture.label or ""))
    if not images:
        count = f"{len(refused)} pictures" if refused else "no picture"
        why = f" (the first: {refused[0][1]})" if refused else ""
        raise DataError(
            f"{folder}: the vision finds a digit in none of {count}{why}; look at one with: "
            f"lanewise emulate --model dense14 --images {folder} --show"
        )
    digits = Digits(np.stack(images), np.array(labels, np.uint8), folder.name)
    return Collected(digits, tuple(refused))


def _labelled(folder: Path) -> list[Picture]:
    found: list[Picture] = []
    if (folder / LABELS_FILE).is_file():
        found = picture_folder(folder)
    for name in _DIGITS:
        if (folder / name).is_dir() and any((folder / name).iterdir()):
            found += [Picture(one.path, name) for one in picture_folder(folder / name)]
    for picture in found:
        if picture.label not in _DIGITS:
            raise DataError(
                f"{picture.path} is labelled {picture.label!r}, expected a digit from 0 to 9"
            )
    return found


@contextmanager
def _eye() -> Iterator[Any]:
    """A function from a picture file to luma; the emulated camera starts when it is needed."""
    import_lanecam()
    started: list[tuple[EmulatedBoard, Any]] = []

    def look(path: Path) -> UInt8:
        source = PictureSource(path)  # it also says what is wrong with a file
        with Image.open(path) as picture:
            if picture.mode == "L" and picture.size in _SIZES:
                return np.asarray(picture)
        if not started:
            started.append(_camera())
        desk, camera = started[0]
        desk.source = source
        return frame_luma(camera.capture(), camera.height, camera.width, camera.colorspace)

    try:
        yield look
    finally:
        for desk, camera in started:
            camera.close()
            desk.__exit__(None, None, None)


def _camera() -> tuple[EmulatedBoard, Any]:
    desk = EmulatedBoard(fast=True)
    desk.__enter__()
    try:
        from lanecam.camera import Camera  # what it imports is there now

        camera = Camera(board_pins(desk.name, _PHOTO_WIDTH, "yuv"))
        camera.open()
    except BaseException:
        desk.__exit__(None, None, None)
        raise
    return desk, camera
