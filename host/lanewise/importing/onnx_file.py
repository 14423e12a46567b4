# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""ONNX files: the message itself, and the exact program of an export from here."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper

from lanewise.errors import LanewiseError, ModelFileError
from lanewise.export.onnx import onnx_model
from lanewise.export.structure import rebuild
from lanewise.importing.net import MAX_FILE_BYTES, MAX_WEIGHTS
from lanewise.integer.program import Program


def parse(data: bytes) -> onnx.ModelProto:
    """The protobuf message; raises ``ModelFileError`` for what is none, or too large."""
    if len(data) > MAX_FILE_BYTES:
        raise ModelFileError(f"{len(data)} bytes; at most {MAX_FILE_BYTES} are read")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise ModelFileError(f"not an ONNX file: {error}") from None
    if not model.graph.node:
        raise ModelFileError("not an ONNX file, or one without operators")
    return model


def array(tensor: onnx.TensorProto) -> NDArray[Any]:
    """The values of a tensor that lies in the file; sizes are checked before anything is made."""
    count = 1
    for side in tensor.dims:
        count *= max(int(side), 0)
        if count > MAX_WEIGHTS:
            raise ModelFileError(f"tensor {tensor.name!r} has over {MAX_WEIGHTS} elements")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ModelFileError(f"tensor {tensor.name!r} lies in another file; save it inside")
    try:
        found = numpy_helper.to_array(tensor)
    except Exception as error:
        raise ModelFileError(f"tensor {tensor.name!r} contradicts itself: {error}") from None
    return np.asarray(found)


def exact_program(model: onnx.ModelProto) -> Program | None:
    """The program that was exported into ``model``, proved by exporting it again; else None."""
    notes = {entry.key: entry.value for entry in model.metadata_props}
    if "lanewise.program" not in notes:
        return None
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    flavour = notes.get("lanewise.flavour", "integer")
    try:
        described = json.loads(notes["lanewise.program"])
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"its notes are no JSON: {error}") from None

    def arrays(at: int) -> tuple[NDArray[Any], NDArray[Any]]:
        one = described["ops"][at]
        kind = one["op"]
        weights = array(tensors[f"op{at}_{kind}_weights"])
        if weights.dtype == np.uint8:
            weights = weights.astype(np.int16) - 128
        bias = array(tensors[f"op{at}_{kind}_bias"]).reshape(-1)
        if flavour == "qlinear" and one["bits"] is not None:
            shift = np.broadcast_to(np.array(one["shift"], np.int64), bias.shape)
            bias = bias + ((np.int64(1) << shift) >> 1)
            return weights.reshape(len(bias), -1) if kind == "dense" else weights, bias
        return weights.T if kind == "dense" else weights, bias

    program = rebuild(described, arrays)
    try:
        again = onnx_model(program, flavour)
    except LanewiseError as error:
        raise ModelFileError(f"its notes describe no program: {error}") from error
    if again.graph != model.graph:
        raise ModelFileError(
            "it says it is an integer export of lanewise, but its graph is not what lanewise "
            "writes: export the model again"
        )
    return program
