# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Training digits as the board sees them: rendered scenes, through sensor, driver and vision.

A scene is captured by the device package's own camera on the emulated OV7670 and framed by the
board's own decisions; what the vision refuses, or finds somewhere else than where the digit was
drawn, is left out, because its label would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.data.digits import SIDE, Digits
from lanewise.data.scenes import DIFFICULTIES, Scene, scenes
from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.desk import board_pins
from lanewise.emulator.sources import ArraySource
from lanewise.errors import UsageError
from lanewise.resources import import_lanecam
from lanewise.vision.luma import frame_luma
from lanewise.vision.pipeline import read_frame

UInt8 = NDArray[np.uint8]
LESSONS = (*DIFFICULTIES, "wild")
"""Levels of scenes to learn from: those that are measured, and one beyond reality."""
NEAR = 0.25
"""How far from the digit's middle, in its sides, the middle of the box found may lie."""


@dataclass(frozen=True, eq=False)
class CameraView:
    """One captured scene: luma (height, width) uint8, and the scene that it shows."""

    luma: UInt8
    scene: Scene

    def framed(self) -> UInt8 | None:
        """The digit as vision frames it, (28, 28) uint8 ink; None if it missed the digit."""
        return framed(self.luma, self.scene.conditions.centre, self.scene.conditions.side)


def framed(luma: UInt8, centre: tuple[float, float], side: float) -> UInt8 | None:
    """A digit drawn at ``centre`` with ``side``, in heights of the picture, as vision frames it:
    (28, 28) uint8 ink; None if vision found nothing, or something elsewhere."""
    seen = read_frame(luma, SIDE, 8)
    if seen.ink is None or seen.box is None:
        return None
    height = luma.shape[0]
    left, top, wide, high = seen.box
    x, y = centre[0] * height, centre[1] * height
    reach = NEAR * side * height
    if abs(left + wide / 2 - x) > reach or abs(top + high / 2 - y) > reach:
        return None
    return seen.ink


def lesson_scenes(
    digits: Digits, count: int, levels: tuple[str, ...] = LESSONS
) -> Iterator[tuple[str, int, Digits]]:
    """How ``count`` scenes are shared out: level, scenes of it, and the digits they show in turn.

    Each level goes on where the one before stopped: no digit is favoured. Raises UsageError for a
    count below one of each.
    """
    if count < len(levels):
        raise UsageError(f"{count} scenes are too few for {len(levels)} levels")
    done = 0
    for at, difficulty in enumerate(levels):
        share = count // len(levels) + (at < count % len(levels))
        yield difficulty, share, digits.take(np.roll(np.arange(len(digits)), -done % len(digits)))
        done += share


def camera_views(
    digits: Digits,
    count: int,
    difficulty: str,
    seed: int = 0,
    width: int = 80,
    colorspace: str = "yuv",
    board: str = "raspberry_pi_pico",
) -> Iterator[CameraView]:
    """Capture ``count`` scenes of ``digits``, taken in turn, with the camera of ``board``.

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


def camera_digits(
    digits: Digits,
    count: int,
    seed: int = 0,
    levels: tuple[str, ...] = LESSONS,
    width: int = 80,
    progress: Callable[[int, int], None] | None = None,
) -> Digits:
    """``digits`` in turn, as framed by the board from ``count`` scenes of all ``levels``.

    Returns fewer than ``count``: scenes in which the vision does not find the digit are left out.
    ``progress`` is told how many scenes of ``count`` are done. The same arguments give the same
    pictures. Raises UsageError for an unknown difficulty or a count below one of each.
    """
    images: list[UInt8] = []
    labels: list[int] = []
    done = 0
    for difficulty, share, turned in lesson_scenes(digits, count, levels):
        for view in camera_views(turned, share, difficulty, seed, width):
            ink = view.framed()
            if ink is not None and view.scene.label is not None:
                images.append(ink)
                labels.append(view.scene.label)
            done += 1
            if progress is not None:
                progress(done, count)
    name = f"{digits.name} through the camera"
    if not images:
        raise UsageError(f"{name}: no digit was found in {count} scenes; ask for more")
    return Digits(np.stack(images), np.array(labels, np.uint8), name)
