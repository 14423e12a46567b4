# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Training digits as the board sees them: rendered scenes, through sensor, driver and vision.

A scene is captured by the device package's own camera on the emulated OV7670 and framed by the
board's own decisions, at the cells of the model that is to learn from it. What the vision refuses
is left out; what it finds somewhere else than where the digit was drawn has no label: it is what a
model should know for no digit. So is all that is found where no digit was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lanewise.data.digits import SIDE, Digits
from lanewise.data.framed import FramedPictures
from lanewise.data.marks import Marks
from lanewise.data.scenes import DIFFICULTIES, Scene, scenes
from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.desk import board_pins
from lanewise.emulator.sources import ArraySource
from lanewise.errors import UsageError
from lanewise.resources import import_lanecam
from lanewise.vision.luma import frame_luma
from lanewise.vision.pipeline import read_frame

UInt8 = NDArray[np.uint8]
Shown: TypeAlias = Digits | Marks | None
"""What scenes show: digits, marks that are none, or nothing but the page."""
LESSONS = (*DIFFICULTIES, "wild")
"""Levels of scenes to learn from: those that are measured, and one beyond reality."""
NEAR = 0.25
"""How far from the digit's middle, in its sides, the middle of the box found may lie."""
PIECE = 0.3
"""A box that has so much of the digit's square, and is not near, may show a piece of it."""


@dataclass(frozen=True, eq=False)
class CameraView:
    """One captured scene: luma (height, width) uint8, and the scene that it shows."""

    luma: UInt8
    scene: Scene

    def framed(self, cells: int = SIDE, crop: int = SIDE) -> UInt8 | None:
        """The digit as vision frames it, (cells, cells) uint8 ink; None if it missed the digit."""
        what = self.scene.conditions
        ink, there = framed(self.luma, what.centre, what.side, cells, crop)
        return ink if there else None


def framed(
    luma: UInt8, centre: tuple[float, float], side: float, cells: int = SIDE, crop: int = SIDE
) -> tuple[UInt8 | None, bool | None]:
    """What vision frames of a picture with something drawn at ``centre``, ``side`` long, in
    heights of the picture: (cells, cells) uint8 ink, or None, and whether it is that.

    None for whether: it may be a piece of it.
    """
    seen = read_frame(luma, cells, 8, crop)
    if seen.ink is None or seen.box is None:
        return None, None
    height = luma.shape[0]
    left, top, wide, high = seen.box
    x, y, side = centre[0] * height, centre[1] * height, side * height
    if abs(left + wide / 2 - x) <= NEAR * side and abs(top + high / 2 - y) <= NEAR * side:
        return seen.ink, True
    across = min(left + wide, x + side / 2) - max(left, x - side / 2)
    down = min(top + high, y + side / 2) - max(top, y - side / 2)
    shared = max(across, 0.0) * max(down, 0.0)
    return seen.ink, None if shared > PIECE * side * side else False


def lesson_scenes(
    digits: Shown, count: int, levels: tuple[str, ...] = LESSONS
) -> Iterator[tuple[str, int, Shown]]:
    """How ``count`` scenes are shared out: level, scenes of it, and what they show in turn.

    Each level goes on where the one before stopped: no digit is favoured. Raises UsageError for a
    count below one of each.
    """
    if count < len(levels):
        raise UsageError(f"{count} scenes are too few for {len(levels)} levels")
    done = 0
    for at, difficulty in enumerate(levels):
        share = count // len(levels) + (at < count % len(levels))
        turned: Shown = digits
        if digits is not None:
            order = np.roll(np.arange(len(digits)), -done % len(digits))
            turned = digits.take(order)
        yield difficulty, share, turned
        done += share


def camera_views(
    digits: Shown,
    count: int,
    difficulty: str,
    seed: int = 0,
    width: int = 80,
    colorspace: str = "yuv",
    board: str = "raspberry_pi_pico",
) -> Iterator[CameraView]:
    """Capture ``count`` scenes with the camera of ``board``: of ``digits`` or marks, taken in
    turn, or of pages without one.

    Raises UsageError for an unknown difficulty, EmulatorError when the camera does not start.
    """
    import_lanecam()
    with EmulatedBoard(board, fast=True) as desk:
        from lanecam.camera import Camera  # what it imports is there now

        camera = Camera(board_pins(board, width, colorspace))
        camera.open()
        try:
            for scene in scenes(digits, count, difficulty, seed):
                desk.source = ArraySource(scene.picture)
                frame = camera.capture()
                yield CameraView(frame_luma(frame, camera.height, width, colorspace), scene)
        finally:
            camera.close()


@dataclass(frozen=True, eq=False)
class Seen:
    """What vision framed: the digits that were drawn, ``views`` (n,) the number of the view that
    each comes from, and what is no digit."""

    digits: FramedPictures
    views: NDArray[np.int64]
    others: FramedPictures


def sorted_out(
    views: Iterable[tuple[UInt8, tuple[float, float], float, int | None]],
    name: str,
    cells: int,
    crop: int,
) -> Seen:
    """What vision frames, at ``cells`` of the middle ``crop``, of views: luma, centre and side of
    what was drawn there, and its label, or None where no digit was drawn."""
    digits: list[UInt8] = []
    labels: list[int] = []
    numbers: list[int] = []
    others: list[UInt8] = []
    for number, (luma, centre, side, label) in enumerate(views):
        ink, there = framed(luma, centre, side, cells, crop)
        if ink is None:
            continue
        if label is None or there is False:
            others.append(ink)
        elif there:
            digits.append(ink)
            labels.append(label)
            numbers.append(number)
    none = np.zeros((0, cells, cells), np.uint8)
    shown = np.stack(digits) if digits else none
    beside = np.stack(others) if others else none
    return Seen(
        FramedPictures(shown, np.array(labels, np.uint8), name, crop),
        np.array(numbers, np.int64),
        FramedPictures(beside, None, f"no digits in {name}", crop),
    )


def camera_digits(
    digits: Digits,
    count: int,
    seed: int = 0,
    levels: tuple[str, ...] = LESSONS,
    width: int = 80,
    progress: Callable[[int, int], None] | None = None,
    cells: int = SIDE,
    crop: int = SIDE,
) -> FramedPictures:
    """``digits`` in turn, as framed by the board from ``count`` scenes of all ``levels``, at
    ``cells`` of the middle ``crop``.

    Returns fewer than ``count``: scenes in which the vision does not find the digit are left out.
    ``progress`` is told how many scenes of ``count`` are done. The same arguments give the same
    pictures. Raises UsageError for an unknown difficulty or a count below one of each.
    """

    def views() -> Iterator[tuple[UInt8, tuple[float, float], float, int | None]]:
        done = 0
        for difficulty, share, turned in lesson_scenes(digits, count, levels):
            for view in camera_views(turned, share, difficulty, seed, width):
                what = view.scene.conditions
                yield view.luma, what.centre, what.side, view.scene.label
                done += 1
                if progress is not None:
                    progress(done, count)

    name = f"{digits.name} through the camera"
    found = sorted_out(views(), name, cells, crop).digits
    if not len(found):
        raise UsageError(f"{name}: no digit was found in {count} scenes; ask for more")
    return found
