# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Camera views kept in a folder: rendering takes minutes, framing them anew seconds.

What is kept is what the sensor delivers, before vision. So pictures to learn from are always those
that today's vision makes, and a change of vision costs no rendering.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from lanewise.data import scenes
from lanewise.data.digits import SIDE, Digits
from lanewise.data.marks import Marks
from lanewise.emulator.camera_digits import (
    LESSONS,
    Seen,
    Shown,
    UInt8,
    camera_views,
    lesson_scenes,
    sorted_out,
)
from lanewise.errors import UsageError
from lanewise.files import write_whole

NO_DIGIT = 255
"""Label in a file where no digit was drawn."""
SENSOR = ("sensor", "develop", "exposure", "tone", "tuning", "pixels", "registers")
"""Modules beside this one that decide what a view shows."""


def kept_camera_pictures(
    shown: Shown,
    count: int,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    cells: int = SIDE,
    crop: int = SIDE,
    levels: tuple[str, ...] = LESSONS,
) -> Seen:
    """What vision frames, at ``cells`` of the middle ``crop``, of ``count`` scenes of ``levels``,
    the views made or found in ``folder``.

    A file for each level, named after what is shown, the seed, and the sources that render scenes
    and emulate the sensor: another of these, and the views are made anew. Raises UsageError where
    digits are shown and none is found.
    """
    source = f"{_digest_of(shown)}-{_digest_of_sources()}"

    def views() -> Iterator[tuple[UInt8, tuple[float, float], float, int | None]]:
        done = 0
        for level, share, turned in lesson_scenes(shown, count, levels):
            path = folder / f"views-{level}-{share}-seed-{seed}-{source}.npz"
            if not path.is_file():
                told = None if progress is None else partial(_tell, progress, done, count)
                _make(path, turned, share, level, seed, told)
            yield from _kept(path)
            done += share

    name = "pages" if shown is None else shown.name
    seen = sorted_out(views(), f"{name} through the camera", cells, crop)
    if isinstance(shown, Digits) and not len(seen.digits):
        raise UsageError(f"{name}: no digit was found in {count} scenes; ask for more")
    return seen


def _kept(path: Path) -> Iterator[tuple[UInt8, tuple[float, float], float, int | None]]:
    """The views in ``path``: luma, centre and side of what was drawn, label or None."""
    with np.load(path) as kept:
        columns = (kept["luma"], kept["centre"], kept["side"], kept["label"])
        for luma, centre, side, label in zip(*columns, strict=True):
            drawn = None if label == NO_DIGIT else int(label)
            yield luma, (float(centre[0]), float(centre[1])), float(side), drawn


def _tell(progress: Callable[[int, int], None], before: int, count: int, done: int) -> None:
    progress(before + done, count)


def _make(
    path: Path,
    shown: Shown,
    count: int,
    level: str,
    seed: int,
    told: Callable[[int], None] | None,
) -> None:
    """Render and capture ``count`` views of ``level`` into ``path``."""
    lumas, centres, sides, labels = [], [], [], []
    for done, view in enumerate(camera_views(shown, count, level, seed), start=1):
        label = view.scene.label
        lumas.append(view.luma)
        centres.append(view.scene.conditions.centre)
        sides.append(view.scene.conditions.side)
        labels.append(NO_DIGIT if label is None else label)
        if told is not None:
            told(done)
    raw = io.BytesIO()
    np.savez(
        raw,
        luma=np.stack(lumas),
        centre=np.array(centres),
        side=np.array(sides),
        label=np.array(labels, np.uint8),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, raw.getvalue(), overwrite=True)


def _digest_of(shown: Shown) -> str:
    if shown is None:
        return "empty"
    content = hashlib.sha256(np.ascontiguousarray(shown.images).tobytes())
    sorts = shown.kinds if isinstance(shown, Marks) else shown.labels
    content.update(np.ascontiguousarray(sorts).tobytes())
    return content.hexdigest()[:12]


def _digest_of_sources() -> str:
    """Of the sources that decide what a view shows."""
    content = hashlib.sha256()
    drawing = sorted(Path(scenes.__file__).parent.glob("*.py"))
    for path in (*drawing, *(Path(__file__).with_name(f"{name}.py") for name in SENSOR)):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]
