# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ``lanewise emulate`` looks at: picture files, folders, drawn digits, scenes, a webcam."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lanewise.data.pictures import picture_folder
from lanewise.data.scenes import number_scenes, scenes
from lanewise.data.sources import load
from lanewise.emulator.sources import ArraySource, DigitSource, PictureSource, Source


@dataclass(frozen=True)
class Sight:
    """Something to look at: its name, what it shows if that is known ("": no digit), its source."""

    name: str
    label: str | None
    open: Callable[[], Source]


def file_sight(path: Path, label: str | None = None) -> Sight:
    """A picture file."""
    return Sight(str(path), label, lambda: PictureSource(path))


def folder_sights(folder: Path) -> list[Sight]:
    """The pictures of a folder, with its labels if there are any."""
    return [file_sight(picture.path, picture.label) for picture in picture_folder(folder)]


def digit_sights(
    name: str, split: str, data_dir: Path | None, limit: int, scale: float
) -> list[Sight]:
    """Digits of a data set, each drawn on a plain page."""
    digits = load(name, split, data_dir=data_dir, count=limit)

    def sight(index: int) -> Sight:
        image = digits.images[index]
        label = str(digits.labels[index])
        return Sight(f"{digits.name} {index}", label, lambda: DigitSource(image, scale=scale))

    return [sight(index) for index in range(len(digits))]


def scene_sights(
    count: int,
    level: str,
    seed: int,
    name: str,
    split: str,
    data_dir: Path | None,
    figures: int = 1,
) -> Iterator[Sight]:
    """Rendered desks with digits of a data set; each is drawn when it is its turn.

    ``figures``: digits in a row on each page.
    """
    digits = load(name, split, data_dir=data_dir)
    if figures > 1:
        drawn = number_scenes(digits, count, figures, level, seed)
    else:
        drawn = scenes(digits, count, level, seed)
    for number, scene in enumerate(drawn):
        source = ArraySource(scene.picture)
        label = "".join(map(str, scene.figures))
        yield Sight(f"{level} scene {seed}.{number}", label, partial(_same, source))


def _same(source: Source) -> Source:
    return source


def webcam_sights(camera: int | str, count: int) -> Iterator[Sight]:
    """``count`` looks through a webcam, or at a film; each is one picture, taken as it is opened.

    A film that has fewer pictures ends earlier.
    """
    from lanewise.emulator.webcam import WebcamSource

    with WebcamSource(camera) as webcam:
        for number in range(min(count, webcam.pictures or count)):
            yield Sight(f"webcam {camera} look {number}", None, lambda: ArraySource(webcam.scene()))
