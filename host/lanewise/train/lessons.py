# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Distillation sets: distorted copies of the training pictures with a teacher's logits, on disk.

The teacher answers each picture once; students then train from plain files as fast as they can
read them. Copy 0 holds the pictures as they are, the others are distorted. A set that was cut off
is gone on with, copy by copy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lanewise.data.digits import Digits
from lanewise.errors import TrainingError
from lanewise.files import write_whole
from lanewise.train.augmentation import distort, generator
from lanewise.train.recipe import Augmentation
from lanewise.train.teacher import Teacher, teacher_logits

GENTLE = Augmentation(rotation_deg=9.0, scale=0.10, shear=0.12, shift_px=1.0, elastic_px=1.2)
"""Distortions for small students: like a person's next attempt at the same digit."""

_STREAM = 21
_BLOCK = 1000


@dataclass(frozen=True)
class LessonRecipe:
    """How a distillation set is made; ``copies`` counts the undistorted one."""

    copies: int = 12
    seed: int = 7
    augmentation: Augmentation = field(default_factory=lambda: GENTLE)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` undoes it."""
        return asdict(self) | {"augmentation": self.augmentation.to_json()}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> LessonRecipe:
        """A recipe from plain JSON values; raises ``TrainingError`` for an unknown field."""
        values = dict(plain)
        try:
            if "augmentation" in values:
                values["augmentation"] = Augmentation(**values["augmentation"])
            return cls(**values)
        except TypeError as error:
            raise TrainingError(f"distillation recipe does not fit: {error}") from None


@dataclass(frozen=True)
class Lessons:
    """A finished set in ``folder``: ``copies`` times the same labelled digits.

    labels: (n,) uint8 in the order of the training file.
    """

    folder: Path
    copies: int
    labels: NDArray[np.uint8]
    digest: str

    def images(self, copy: int) -> NDArray[np.uint8]:
        """Pictures (n, 28, 28) uint8 of one copy, mapped from disk."""
        made: NDArray[np.uint8] = np.load(_images_path(self.folder, copy), mmap_mode="r")
        return made

    def logits(self, copy: int) -> NDArray[np.float16]:
        """The teacher's logits (n, 10) float16 for one copy."""
        made: NDArray[np.float16] = np.load(_logits_path(self.folder, copy))
        return made


def _images_path(folder: Path, copy: int) -> Path:
    return folder / f"copy-{copy:03d}-images.npy"


def _logits_path(folder: Path, copy: int) -> Path:
    return folder / f"copy-{copy:03d}-logits.npy"


def distorted_copy(digits: Digits, recipe: LessonRecipe, copy: int) -> NDArray[np.uint8]:
    """Copy ``copy`` of the pictures: (n, 28, 28) uint8, a function of seed and number alone."""
    if copy == 0:
        return digits.images
    out = np.empty_like(digits.images)
    for start in range(0, len(digits), _BLOCK):
        part = torch.from_numpy(np.ascontiguousarray(digits.images[start : start + _BLOCK]))
        random = generator(recipe.seed, _STREAM, copy, start)
        ink = distort(part, recipe.augmentation, random)[:, 0]
        out[start : start + _BLOCK] = ink.add_(0.5).clamp_(0, 255).byte().numpy()
    return out


def prepare_lessons(
    teachers: list[Teacher],
    digits: Digits,
    recipe: LessonRecipe,
    folder: Path,
    identity: dict[str, Any],
    report: Callable[[str], None] = print,
) -> Lessons:
    """Make what is missing of the set in ``folder``.

    identity: plain JSON values that name the teachers. Raises ``TrainingError`` when the folder
    holds a set of other teachers, data or distortions.
    """
    wanted = {**recipe.to_json(), "teachers": identity, "data": _digest(digits)}
    wanted.pop("copies")
    text = json.dumps(wanted, sort_keys=True)
    label = folder / "set.json"
    if label.exists() and label.read_text() != text:
        raise TrainingError(f"{folder} holds another distillation set; delete it or name another")
    if not label.exists():
        write_whole(label, text.encode())
    for copy in range(recipe.copies):
        if _logits_path(folder, copy).exists():
            continue
        drawn = _images_path(folder, copy)
        if not drawn.exists():
            _save(drawn, distorted_copy(digits, recipe, copy))
        images: NDArray[np.uint8] = np.load(drawn)
        logits = teacher_logits(teachers, images)
        _save(_logits_path(folder, copy), logits.astype(np.float16))
        share = float((logits.argmax(1) == digits.labels).mean())
        report(f"copy {copy + 1}/{recipe.copies}: the teacher reads {share:.4f} as labelled")
    return Lessons(folder, recipe.copies, digits.labels, hashlib.sha256(text.encode()).hexdigest())


def _digest(digits: Digits) -> str:
    total = hashlib.sha256(digits.images.tobytes())
    total.update(digits.labels.tobytes())
    return total.hexdigest()


def _save(path: Path, array: NDArray[Any]) -> None:
    temporary = path.with_suffix(".part.npy")
    np.save(temporary, array)
    temporary.replace(path)
