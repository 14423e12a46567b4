# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The models that come with Lanewise, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanewise.errors import ModelFileError
from lanewise.resources import bundled


@dataclass(frozen=True)
class Shelved:
    """One model of the zoo: its name, its ``.lanes`` file and its card."""

    name: str
    path: Path
    card: dict[str, Any]


def shelf(folder: Path | None = None) -> list[Shelved]:
    """Every model of the zoo, or of ``folder``, the smallest first.

    Raises ``ModelFileError`` for a broken card.
    """
    found = []
    for path in (folder or bundled("models")).glob("*/card.json"):
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
            found.append(Shelved(str(card["name"]), path.with_name("model.lanes"), card))
        except (OSError, ValueError, KeyError) as error:
            raise ModelFileError(f"{path} is no card of a model: {error}") from error
    return sorted(found, key=lambda one: (one.card["stored_bytes"], one.name))


def model_path(name_or_path: Path) -> Path:
    """The file meant: ``name_or_path`` where it exists, else the zoo's model of that name.

    Raises ``ModelFileError`` for a plain name that is neither.
    """
    if not name_or_path.exists() and len(name_or_path.parts) == 1:
        zoo = shelf()
        for one in zoo:
            if one.name == str(name_or_path):
                return one.path
        if not name_or_path.suffix:
            names = ", ".join(one.name for one in zoo)
            raise ModelFileError(f"{name_or_path} is no file and no model of the zoo ({names})")
    return name_or_path
