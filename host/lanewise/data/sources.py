# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Data by name: what ``--data NAME`` means everywhere."""

from __future__ import annotations

import os
from pathlib import Path

from lanewise.data.digits import Digits
from lanewise.data.marks import Marks, load_marks
from lanewise.data.mnist import SPLITS, cut_split, load_mnist, read_split_files
from lanewise.data.pen import pen_digits
from lanewise.data.picture_digits import picture_digits
from lanewise.data.pictures import LABELS_FILE
from lanewise.errors import UsageError

NAMES = ("pen", "mnist")
"""Built-in names; anything else must be a folder with IDX files named as MNIST's, or one of
pictures with a ``labels.csv`` (``picture_digits``)."""

PEN_COUNTS = {"train": 50000, "validation": 10000, "test": 10000, "train+validation": 60000}
"""How many pen digits a split has when no count is given: as many as MNIST's."""

MARKS = "marks"
"""The built-in pictures of what is no digit; ``load_ink`` draws so many unless told:"""

MARKS_COUNT = 10000

_PEN_STREAMS = {"train": 0, "validation": 1, "test": 2, "train+validation": 3}


def load(
    name: str,
    split: str = "train",
    data_dir: str | os.PathLike[str] | None = None,
    count: int | None = None,
    seed: int = 0,
) -> Digits:
    """The digits called ``name``: ``pen``, ``mnist``, or a folder with IDX files named as MNIST's.

    A folder with a ``labels.csv`` is one of pictures instead, all of them whatever the split.
    ``count`` takes the first so many (of pen: draws so many); ``seed`` matters to pen only, and its
    splits never share a picture. In a folder the last sixth of the training file is ``validation``.
    Raises UsageError for an unknown name or split or a count that cannot be had, DataError for bad
    files.
    """
    if split not in SPLITS:
        raise UsageError(f"no split named {split!r}; there are {', '.join(SPLITS)}")
    if count is not None and count < 1:
        raise UsageError(f"count is {count}; at least 1 digit is needed")
    if name == MARKS:
        raise UsageError("marks are no digits: only scenes and sheets show them, take pen or mnist")
    if name == "pen":
        if seed < 0:
            raise UsageError(f"seed is {seed}; it must not be negative")
        stream = seed * len(_PEN_STREAMS) + _PEN_STREAMS[split]
        drawn = pen_digits(PEN_COUNTS[split] if count is None else count, stream)
        return Digits(drawn.images, drawn.labels, f"pen {split}")
    if name == "mnist":
        digits = load_mnist(split, data_dir)
    elif (Path(name) / LABELS_FILE).is_file():
        digits = picture_digits(Path(name))
    elif Path(name).is_dir():
        folder = Path(name)
        images, labels = read_split_files(split, [folder, folder / "mnist"])
        digits = cut_split(images, labels, split, f"{folder.name} {split}")
    else:
        raise UsageError(
            f"no data named {name!r}; there are {', '.join(NAMES)}, or a folder with IDX files"
        )
    if count is None:
        return digits
    if count > len(digits):
        raise UsageError(f"{digits.name} has {len(digits)} digits, {count} asked for")
    return digits.take(slice(0, count))


def load_ink(
    name: str,
    split: str = "train",
    data_dir: str | os.PathLike[str] | None = None,
    count: int | None = None,
    seed: int = 0,
) -> Digits | Marks:
    """What ``load`` gives, or with the name ``marks`` what is no digit: all that scenes can show.

    Raises what ``load`` and ``load_marks`` raise.
    """
    if name == MARKS:
        return load_marks(split, MARKS_COUNT if count is None else count, seed)
    return load(name, split, data_dir, count, seed)
