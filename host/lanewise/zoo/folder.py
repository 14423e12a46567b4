# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A model's folder: model, card, golden vectors and picture, written when all is known good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lanewise.errors import TrainingError
from lanewise.export.lanes import dumps
from lanewise.files import write_together
from lanewise.integer.program import Program
from lanewise.zoo.golden import golden_vectors, mismatches
from lanewise.zoo.picture import picture


def write_folder(program: Program, found: dict[str, Any], folder: Path) -> None:
    """Write ``program`` and its card ``found`` into ``folder``, replacing an earlier build.

    Raises ``TrainingError`` when the golden vectors do not come out of the program again.
    """
    vectors = golden_vectors(program, found["sha256"])
    if mismatches(program, vectors):
        raise TrainingError(f"{program.name}: golden vectors do not come out again")
    files = {
        "model.lanes": dumps(program),
        "card.json": (json.dumps(found, indent=1) + "\n").encode(),
        "golden.json": (json.dumps(vectors) + "\n").encode(),
        "weights.png": picture(program),
    }
    write_together({folder / name: data for name, data in files.items()}, overwrite=True)
