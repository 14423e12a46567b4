# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Flat arrays for people who write their own runtime: .lanes, .bin files, one .npz, a manifest.

``manifest.json`` lists the ops in order with their parameters, and for every array its file,
dtype, shape and meaning. All .bin files are little-endian, C order, without a header.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import LanewiseError, UsageError
from lanewise.export.lanes import dumps, stored_bytes
from lanewise.files import write_together
from lanewise.integer.certificate import certify
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program
from lanewise.integer.shapes import validate

RULE = (
    "acc = bias + sum(weight * x); y = clip(acc >> shift, 0, 2**activation_bits - 1); "
    "activation_bits null: logits, not shifted. "
    "mix and sum pool add 2**(shift - 1) before they shift."
)


def op_arrays(op: Op) -> dict[str, NDArray[Any]]:
    """The arrays of ``op`` by their role, in the dtype they are written in."""
    if isinstance(op, Dense | Conv2d):
        return {"weights": op.weights, "bias": op.bias, "shift": op.shift}
    if isinstance(op, Mix):
        arrays: dict[str, NDArray[Any]] = {"matrix": op.matrix}
        return arrays | ({"branch": op.branch} if op.branch.size else {})
    return {}


def _parameters(op: Op) -> dict[str, Any]:
    if isinstance(op, Concat):
        return {}
    shared: dict[str, Any] = {"activation_bits": op.activation_bits}
    if isinstance(op, Conv2d):
        shared |= {"stride": op.stride, "padding": op.padding, "groups": op.groups}
    if isinstance(op, Pool):
        shared |= {"pool": op.kind, "size": op.size, "stride": op.stride}
    if isinstance(op, Mix | Pool):
        shared |= {"shift": op.shift}
    return shared


def flat_files(program: Program) -> dict[str, bytes]:
    """Every file of the export by its name."""
    shapes = validate(program)
    proof = certify(program)
    bounds = {bound.op: bound for bound in proof.bounds}
    files: dict[str, bytes] = {"model.lanes": dumps(program, proof)}
    named: dict[str, NDArray[Any]] = {}
    ops = []
    for index, op in enumerate(program.ops):
        kind = type(op).__name__.lower()
        arrays = {}
        for role, array in op_arrays(op).items():
            name = f"{index:02d}_{kind}_{role}"
            stored = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            files[f"{name}.bin"] = stored.tobytes()
            named[name] = array
            arrays[role] = {
                "file": f"{name}.bin",
                "dtype": array.dtype.name,
                "shape": list(array.shape),
            }
        entry = {"op": kind, "inputs": list(op.inputs), "makes": list(shapes[index + 1])}
        bound = bounds.get(index)
        if bound is not None:
            entry["accumulator"] = [bound.lo, bound.hi]
        ops.append(entry | _parameters(op) | {"arrays": arrays})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named)  # type: ignore[arg-type]
    files["arrays.npz"] = buffer.getvalue()
    manifest = {
        "name": program.name,
        "labels": list(program.labels),
        "input": {
            "shape": list(program.input_shape),
            "bits": program.input_bits,
            "crop": program.crop,
        },
        "logits_per_nat": program.logits_per_nat,
        "reject_margin": program.reject_margin,
        "stored_bytes": stored_bytes(program),
        "acc_bits": proof.acc_bits,
        "byte_order": "little",
        "arithmetic": RULE,
        "values": "value 0 is the input, op k makes value k + 1; shape: channels, rows, columns",
        "ops": ops,
    }
    files["manifest.json"] = (json.dumps(manifest, indent=1) + "\n").encode()
    return files


def write_flat(program: Program, folder: Path, overwrite: bool = False) -> dict[str, int]:
    """Write the export as ``folder``; returns each file's size in bytes.

    A new folder appears whole or not at all. With ``overwrite`` an existing one has its files
    replaced once all are on the disk; nothing else in it is touched. Raises ``UsageError`` when the
    folder is there, and not empty, without ``overwrite``.
    """
    files = flat_files(program)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise UsageError(f"{folder} is not empty; choose another or say --force")
        write_together({folder / name: data for name, data in files.items()}, overwrite=True)
    else:
        _write_new(folder, files)
    return {name: len(data) for name, data in files.items()}


def _write_new(folder: Path, files: dict[str, bytes]) -> None:
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        temporary.chmod(0o755)
        temporary.replace(folder)
        temporary = None
    except OSError as error:
        raise LanewiseError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
