# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The NumPy reference as a runtime, in batches so that progress can be shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Program
from lanewise.integer.reference import Reference
from lanewise.runtimes.base import Progress, no_progress

_BATCH = 2000


def run_reference(
    program: Program, images: NDArray[np.uint8], progress: Progress = no_progress
) -> NDArray[np.int32]:
    """Logits (n, labels) of ``images`` (n, height, width) by ``lanewise.integer.reference``."""
    reference = Reference(program, most_images=min(_BATCH, len(images)))
    parts = []
    for start in range(0, len(images), _BATCH):
        parts.append(reference.logits(images[start : start + _BATCH]))
        progress(len(parts[-1]))
    return np.concatenate(parts) if parts else np.zeros((0, len(program.labels)), np.int32)
