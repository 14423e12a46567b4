# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A folder of picture files, with or without a ``labels.csv`` that says what each one shows.

``labels.csv`` has two columns, file name and label, and may begin with a header whose second column
is ``label``; under one that names more columns after these two it may have them. An empty label
says that the picture shows no digit, and stands under a header only. The file must agree with the
folder: every picture named once, no name without its picture.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from lanewise.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
LABELS_FILE = "labels.csv"
LARGEST_PICTURE = 50_000_000
"""Pixels. A picture above this is refused before it is decoded (12,000 x 4,000 still passes)."""


@dataclass(frozen=True)
class Picture:
    """A picture file and what it shows: "" for no digit, None where that is not known."""

    path: Path
    label: str | None = None


def picture_folder(folder: Path) -> list[Picture]:
    """The pictures of ``folder`` in order of their names.

    Raises ``DataError`` when there is no such folder, it holds no picture, or ``labels.csv``
    disagrees with it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name one that holds pictures")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError(f"{folder} holds no pictures ({', '.join(SUFFIXES)})")
    labels_path = folder / LABELS_FILE
    if not labels_path.exists():
        return [Picture(path) for path in files]
    labels = _labels(labels_path)
    unlabelled = [path.name for path in files if path.name not in labels]
    if unlabelled:
        raise DataError(
            f"{labels_path} has no label for {unlabelled[0]}"
            f"{_and_others(unlabelled)}; add a line for each picture or remove the file"
        )
    missing = sorted(set(labels) - {path.name for path in files})
    if missing:
        raise DataError(
            f"{labels_path} names {missing[0]}{_and_others(missing)}, which is not in {folder}; "
            f"remove the line or add the picture"
        )
    return [Picture(path, labels[path.name]) for path in files]


def _and_others(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


def _labels(path: Path) -> dict[str, str]:
    labels: dict[str, str] = {}
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as CSV: {error}") from error
    columns, headed = ["file", "label"], False
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if number == 1 and len(cells) > 1 and cells[1].lower() == "label":
            columns, headed = cells, True
            continue
        if not any(cells):
            continue
        unlabelled = len(cells) > 1 and not cells[1] and not headed
        if len(cells) != len(columns) or not cells[0] or unlabelled:
            raise DataError(
                f"{path}, line {number}: expected {','.join(columns)!r}, found {','.join(row)!r}"
            )
        if cells[0] in labels:
            raise DataError(f"{path}, line {number}: {cells[0]} has a label already")
        if Path(cells[0]).name != cells[0]:
            raise DataError(f"{path}, line {number}: {cells[0]!r} is not a plain file name")
        labels[cells[0]] = cells[1]
    return labels
