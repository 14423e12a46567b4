# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The reference: a batch through the program, exact to the last integer.

``lanewise.integer.definition`` says in int64 what every op means. Where the certificate proves that
floating point holds every partial sum, ``lanewise.integer.batch`` gives the same logits, much
faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ProgramError
from lanewise.integer.batch.run import BatchRunner, real_type
from lanewise.integer.certificate import Certificate, certify
from lanewise.integer.definition import accumulators, requantize
from lanewise.integer.program import Program
from lanewise.integer.shapes import validate

__all__ = ["Reference", "input_batch", "logits", "requantize", "trace"]

Int32 = NDArray[np.int32]
_TRACED = 256
"""Images that the definition takes at once: int64 maps are large."""


class Reference:
    """``program`` ready to run batch after batch; raises ``ProgramError`` if it is malformed."""

    def __init__(
        self, program: Program, certificate: Certificate | None = None, most_images: int = 1 << 20
    ) -> None:
        """``most_images``: the largest batch to expect."""
        validate(program)
        self.program = program
        real = real_type(program, certificate or certify(program))
        self._runner = BatchRunner(program, real, most_images) if real else None

    def logits(self, images: NDArray[np.integer[Any]]) -> Int32:
        """Logits of a batch: ``(n, labels)``. See ``lanewise.integer.reference.logits``."""
        batch = _in_range(self.program, images)
        if self._runner:
            return self._runner.logits(batch)
        last = trace(self.program, batch)[-1]
        return last.reshape(len(batch), -1).astype(np.int32)


def logits(
    program: Program,
    images: NDArray[np.integer[Any]],
    certificate: Certificate | None = None,
) -> Int32:
    """Logits of a batch: ``(n, labels)`` int32.

    images: ``(n, height, width)`` or ``(n, channels, height, width)`` integers of the program's
    input shape, each within ``[0, 2**input_bits - 1]``. Raises ``ProgramError`` otherwise.
    """
    return Reference(program, certificate, len(images)).logits(images)


def trace(program: Program, images: NDArray[np.integer[Any]]) -> list[NDArray[np.int64]]:
    """Accumulators of every op, in order: each ``(n, channels, height, width)`` int64.

    images: as for ``logits``. This is the definition itself.
    """
    batch = input_batch(program, images)
    starts = range(0, max(1, len(batch)), _TRACED)
    parts = [accumulators(program, batch[start : start + _TRACED]) for start in starts]
    return [np.concatenate(same_op) for same_op in zip(*parts, strict=True)]


def input_batch(program: Program, images: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """``images`` as ``(n, channels, height, width)``, checked against the declared range."""
    validate(program)
    return _in_range(program, images)


def _in_range(program: Program, images: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    batch = np.asarray(images)
    if batch.ndim == 3:
        batch = batch[:, None]
    if batch.ndim != 4 or batch.shape[1:] != program.input_shape or batch.dtype.kind not in "iu":
        raise ProgramError(
            f"{program.name} takes integers (n, {', '.join(map(str, program.input_shape))}), "
            f"got {batch.dtype} {images.shape}"
        )
    most = (1 << program.input_bits) - 1
    signed = batch.dtype.kind == "i"
    if batch.size and (int(batch.max()) > most or (signed and int(batch.min()) < 0)):
        raise ProgramError(f"{program.name} takes ink from 0 to {most}, got up to {batch.max()}")
    return batch
