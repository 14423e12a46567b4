# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Camera views kept in a folder: rendering takes minutes, framing them anew seconds.

What is kept is what the sensor delivers, before vision. So pictures to learn from are always those
that today's vision makes, and a change of vision costs no rendering.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from lanewise.data import scenes
from lanewise.data.digits import Digits
from lanewise.emulator.camera_digits import UInt8, camera_views, framed, lesson_scenes
from lanewise.errors import UsageError
from lanewise.files import write_whole

SENSOR = ("sensor", "develop", "exposure", "tone", "tuning", "pixels", "registers")
"""Modules beside this one that decide what a view shows."""


def kept_camera_digits(
    digits: Digits,
    count: int,
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Digits:
    """What ``camera_digits`` makes of all levels, its views made or found in ``folder``.

    A file for each level, named after the digits, the seed, and the sources that render scenes and
    emulate the sensor: another of these, and the views are made anew.
    """
    source = f"{_digest_of(digits)}-{_digest_of_sources()}"
    images: list[UInt8] = []
    labels: list[int] = []
    done = 0
    for level, share, turned in lesson_scenes(digits, count):
        path = folder / f"views-{level}-{share}-seed-{seed}-{source}.npz"
        if not path.is_file():
            told = None if progress is None else partial(_tell, progress, done, count)
            _make(path, turned, share, level, seed, told)
        with np.load(path) as kept:
            places, sides = kept["centre"], kept["side"]
            for luma, place, side, label in zip(
                kept["luma"], places, sides, kept["label"], strict=True
            ):
                ink = framed(luma, (float(place[0]), float(place[1])), float(side))
                if ink is not None:
                    images.append(ink)
                    labels.append(int(label))
        done += share
    if not images:
        raise UsageError(f"{digits.name}: no digit was found in {count} scenes; ask for more")
    name = f"{digits.name} through the camera"
    return Digits(np.stack(images), np.array(labels, np.uint8), name)


def _tell(progress: Callable[[int, int], None], before: int, count: int, done: int) -> None:
    progress(before + done, count)


def _make(
    path: Path,
    digits: Digits,
    count: int,
    level: str,
    seed: int,
    told: Callable[[int], None] | None,
) -> None:
    """Render and capture ``count`` views of ``level`` into ``path``."""
    lumas, centres, sides, labels = [], [], [], []
    for done, view in enumerate(camera_views(digits, count, level, seed), start=1):
        if view.scene.label is not None:
            lumas.append(view.luma)
            centres.append(view.scene.conditions.centre)
            sides.append(view.scene.conditions.side)
            labels.append(view.scene.label)
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


def _digest_of(digits: Digits) -> str:
    content = hashlib.sha256(np.ascontiguousarray(digits.images).tobytes())
    content.update(np.ascontiguousarray(digits.labels).tobytes())
    return content.hexdigest()[:12]


def _digest_of_sources() -> str:
    """Of the sources that decide what a view shows."""
    content = hashlib.sha256()
    drawing = sorted(Path(scenes.__file__).parent.glob("*.py"))
    for path in (*drawing, *(Path(__file__).with_name(f"{name}.py") for name in SENSOR)):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]
