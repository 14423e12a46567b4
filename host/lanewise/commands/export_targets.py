# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What each ``--to`` of ``lanewise export`` writes, and which options belong to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import LanewiseError, MissingExtraError, ModelFileError, UsageError
from lanewise.export.lanes import read
from lanewise.integer.program import Program
from lanewise.zoo.golden import golden_inputs, golden_vectors
from lanewise.zoo.shelf import model_path

TARGETS = ("flat", "onnx", "tflite", "c", "board")
_SELF_TEST_VECTORS = 4
_OPTION_OF = {"flavour": "onnx", "weights": "c", "board": "board"}


@dataclass(frozen=True)
class Options:
    """Where to write, and what only some targets take."""

    out: Path
    force: bool
    flavour: str | None
    weights: str | None
    board: str | None


def write_target(target: str, model: Path, options: Options) -> dict[str, int]:
    """Write ``model`` for ``target``; returns the name and size of each file.

    Raises ``UsageError`` for an option of another target.
    """
    for name, owner in _OPTION_OF.items():
        if getattr(options, name) is not None and owner != target:
            raise UsageError(f"--{name} belongs to --to {owner}, not to --to {target}")
    program, _ = read(model_path(model))
    out, force = options.out, options.force
    if target == "flat":
        from lanewise.export.flat import write_flat

        return write_flat(program, out, overwrite=force)
    if target == "c":
        from lanewise.export.c import write_c

        golden = _golden(program, model)
        return write_c(program, out, golden, options.weights or "packed", overwrite=force)
    if target == "board":
        from lanewise.boards.bundle import DEFAULT_BOARD, board_files
        from lanewise.boards.folder import write_bundle

        bundle = board_files(model, options.board or DEFAULT_BOARD)
        return write_bundle(bundle, out, overwrite=force)
    if target == "tflite":
        from lanewise.export.tflite import write_tflite

        return {out.name: write_tflite(program, out, _beside(model, "card.json"), force)}
    try:
        from lanewise.export.onnx import write_onnx
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this needs {error.name}; install it with: pip install 'lanewise[runtimes]'"
        ) from None
    flavour = options.flavour or "integer"
    return {out.name: write_onnx(program, out, flavour, _beside(model, "card.json"), force)}


def tflite_arena(path: Path) -> int | None:
    """Bytes of tflite-micro's arena for the model at ``path``; None where it is not installed."""
    from lanewise.runtimes.tflite import arena_bytes

    try:
        return arena_bytes(path.read_bytes())
    except MissingExtraError:
        return None


def _beside(model: Path, name: str) -> dict[str, Any] | None:
    """The JSON object ``name`` beside a model file, if there is one."""
    path = model.parent / name
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}") from error
    return found if isinstance(found, dict) else None


def _golden(program: Program, model: Path) -> NDArray[np.uint8]:
    """Inputs of the self test: the model's golden vectors, else drawn ones."""
    vectors = _beside(model, "golden.json")
    if vectors is not None and tuple(vectors.get("shape", ())) == program.input_shape:
        return golden_inputs(vectors)[:_SELF_TEST_VECTORS]
    try:
        return golden_inputs(golden_vectors(program, ""))[:_SELF_TEST_VECTORS]
    except LanewiseError:
        # The pen draws squares of ink only: anything else is tested on seeded noise.
        rng = np.random.default_rng(2026)
        shape = (_SELF_TEST_VECTORS, *program.input_shape)
        return rng.integers(0, 1 << program.input_bits, shape).astype(np.uint8)
