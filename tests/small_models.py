# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Small model files for tests that need a model, but not one that reads well."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lanewise.export.lanes import write
from lanewise.integer.program import Dense, Program


def small_model(
    path: Path, cells: int = 14, reject_margin: int = 0, crop: int = 28, bits: int = 4
) -> Path:
    """Write a one-layer model of random weights; returns ``path``."""
    rng = np.random.default_rng(cells)
    layer = Dense(
        rng.integers(-9, 10, (10, cells * cells)).astype(np.int8),
        rng.integers(-50, 51, 10),
        np.zeros(10, np.uint8),
        None,
    )
    program = Program(
        (1, cells, cells),
        bits,
        (layer,),
        name="small model",
        logits_per_nat=100,
        reject_margin=reject_margin,
        crop=crop,
    )
    write(program, None, path)
    return path
