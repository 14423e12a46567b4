# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""All that a model learns from the camera, and what is kept apart to set its margin by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lanewise.data.digits import SIDE, Digits
from lanewise.data.framed import FramedPictures
from lanewise.data.marks import load_marks
from lanewise.data.scenes import DIFFICULTIES
from lanewise.emulator.camera_bank import kept_camera_pictures
from lanewise.emulator.camera_digits import LESSONS, Seen, Shown, lesson_scenes


@dataclass(frozen=True)
class LessonPlan:
    """What is rendered: ``scenes`` of digits, ``marks`` of marks, each of all levels alike, and
    ``pages`` of level ``wild`` without ink; ``plain_marks`` are not rendered, but as MNIST is."""

    scenes: int
    marks: int
    pages: int
    plain_marks: int
    seed: int


@dataclass(frozen=True)
class CameraLessons:
    """``lessons``: pictures to train on beside MNIST's, digits and others; ``unseen``: digits that
    are not among them, on pages of the levels that models are judged by; ``apart``: marks of shapes
    that are not among them."""

    lessons: tuple[FramedPictures, ...]
    unseen: FramedPictures
    apart: FramedPictures


@dataclass(frozen=True)
class _Camera:
    """Frames scenes at ``cells`` of the middle ``crop``; views are kept in ``folder``."""

    cells: int
    crop: int
    folder: Path
    say: Callable[[str], None]

    def look(
        self,
        shown: Shown,
        count: int,
        seed: int,
        levels: tuple[str, ...] = LESSONS,
    ) -> Seen:
        """What vision makes of ``count`` scenes."""
        last = [0]

        def show(done: int, of: int) -> None:
            if 10 * done // of > last[0]:
                last[0] = 10 * done // of
                self.say(f"camera: {done} of {of} scenes")

        return kept_camera_pictures(
            shown, count, seed, self.folder, show, self.cells, self.crop, levels
        )


def camera_lessons(
    training: Digits,
    kept: int,
    how: LessonPlan,
    cells: int,
    crop: int,
    folder: Path,
    say: Callable[[str], None],
) -> CameraLessons:
    """What camera and vision make of scenes of ``training``, of which only the first ``kept``
    digits are learned from, and of scenes without a digit.

    Marks of the validation split are never learned from. The views are those of all of
    ``training`` whatever ``kept`` is; they are made or found in ``folder``. Raises UsageError where
    no digit is found.
    """
    camera = _Camera(cells, crop, folder, say)
    # Not in their order: each difficulty gets digits from everywhere.
    order = np.random.default_rng(how.seed).permutation(len(training))
    shown = training.take(order)
    seen = camera.look(shown, how.scenes, how.seed)
    shares = [share for _, share, _ in lesson_scenes(shown, how.scenes)]
    levels = np.repeat(LESSONS, shares)[seen.views]
    mine = order[seen.views % len(order)] < kept
    plain = load_marks("train", how.plain_marks, how.seed)
    marks, apart = (
        camera.look(load_marks(split, count, seed), count, seed).others
        for split, count, seed in (
            ("train", how.marks, how.seed + 1),
            ("validation", how.marks // 4, how.seed + 2),
        )
    )
    pages = camera.look(None, how.pages, how.seed + 3, ("wild",))
    lessons = (
        _some(seen.digits, mine),
        FramedPictures(plain.images, None, plain.name, SIDE),
        marks,
        pages.others,
        seen.others,
    )
    return CameraLessons(lessons, _some(seen.digits, ~mine & np.isin(levels, DIFFICULTIES)), apart)


def _some(pictures: FramedPictures, which: NDArray[np.bool_]) -> FramedPictures:
    assert pictures.labels is not None
    return replace(pictures, images=pictures.images[which], labels=pictures.labels[which])
