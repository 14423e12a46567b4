# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small sequential network in float: what a foreign file is read into before quantization."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ModelFileError
from lanewise.integer.program import Shape
from lanewise.integer.shapes import MAX_ELEMENTS

Float = NDArray[np.float32]
MAX_FILE_BYTES = 1 << 24
"""Largest file that is read: sixteen times a board's drive."""
MAX_WEIGHTS = 1 << 20
"""Most weights of one tensor."""
MAX_PRODUCTS = 1 << 27
"""Most multiply-accumulates of all layers for one picture: a hundred times what a board does."""
MAX_FIELDS = 1 << 22
"""Most numbers in all the windows of one layer and picture, laid out one after the other."""


def printable(name: str | bytes, most: int = 80) -> str:
    """A name out of a file as messages show it: in one line, and not without end. protobuf gives
    bytes where a string is not UTF-8."""
    text = name if isinstance(name, str) else repr(name)
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:most])
    return shown + ("..." if len(text) > most else "")


@dataclass(frozen=True)
class Linear:
    """Convolution, or dense as a convolution over the whole map (``dense``).

    weights: (outputs, inputs / groups, rows, columns); bias: (outputs,). relu: None, or the upper
    clip (infinity for a plain ReLU). ceiling: the largest output that the file itself states.
    """

    name: str
    weights: Float
    bias: Float
    stride: int = 1
    padding: int = 0
    groups: int = 1
    relu: float | None = None
    ceiling: float | None = None
    dense: bool = False


@dataclass(frozen=True)
class Pooling:
    """``max`` or ``mean`` over square windows without padding."""

    name: str
    kind: str
    size: int
    stride: int


Layer = Linear | Pooling


@dataclass(frozen=True)
class Net:
    """input_shape: (channels, rows, columns); low, high: reals that ink 0 and full ink stand for;
    labels: how many the last layer makes."""

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    low: float = 0.0
    high: float = 1.0


def after(shape: Shape, layer: Layer) -> Shape:
    """Shape that ``layer`` makes of ``shape``; raises ``ModelFileError`` where it does not fit."""
    channels, height, width = shape
    if isinstance(layer, Pooling):
        rows, columns, padding, outputs = layer.size, layer.size, 0, channels
    else:
        outputs, members, rows, columns = layer.weights.shape
        padding = layer.padding
        if members * layer.groups != channels or outputs % layer.groups:
            raise ModelFileError(f"{layer.name}: weights {layer.weights.shape} on {channels} maps")
        if not 0 <= padding < max(rows, columns):
            raise ModelFileError(
                f"{layer.name}: padding {padding} around a {rows}x{columns} kernel"
            )
    high, wide = height + 2 * padding, width + 2 * padding
    if layer.stride < 1 or min(rows, columns) < 1 or rows > high or columns > wide:
        raise ModelFileError(f"{layer.name}: a window of {rows}x{columns} on {height}x{width}")
    made = outputs, (high - rows) // layer.stride + 1, (wide - columns) // layer.stride + 1
    fields = channels * rows * columns * made[1] * made[2]
    if math.prod(made) > MAX_ELEMENTS or fields > MAX_FIELDS:
        raise ModelFileError(
            f"{layer.name}: makes {made} out of {fields} numbers; at most {MAX_ELEMENTS} out of "
            f"{MAX_FIELDS} are read"
        )
    return made


def apply(layer: Layer, x: Float) -> Float:
    """What ``layer`` makes of a batch (n, channels, rows, columns)."""
    view = np.lib.stride_tricks.sliding_window_view
    step = layer.stride
    if isinstance(layer, Pooling):
        windows = view(x, (layer.size, layer.size), axis=(2, 3))[:, :, ::step, ::step]
        pooled = windows.max(axis=(4, 5)) if layer.kind == "max" else windows.mean(axis=(4, 5))
        return np.asarray(pooled, np.float32)
    pad = layer.padding
    outputs, members, rows, columns = layer.weights.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    fields = view(padded, (rows, columns), axis=(2, 3))[:, :, ::step, ::step]
    count, _, height, width = fields.shape[:4]
    grouped = fields.reshape(count, layer.groups, members, height, width, rows, columns)
    flat = grouped.transpose(1, 0, 3, 4, 2, 5, 6).reshape(
        layer.groups, -1, members * rows * columns
    )
    kernels = layer.weights.reshape(layer.groups, outputs // layer.groups, -1)
    summed = np.matmul(flat, kernels.transpose(0, 2, 1))
    summed = summed.reshape(layer.groups, count, height, width, -1).transpose(1, 0, 4, 2, 3)
    made = summed.reshape(count, outputs, height, width) + layer.bias[:, None, None]
    if layer.relu is not None:
        made = np.clip(made, 0, layer.relu)
    return np.asarray(made, np.float32)


def apply_in_parts(layer: Layer, x: Float) -> Float:
    """``apply``, a few pictures at a time, so that windows never fill the memory."""
    rows, columns = (
        (layer.size, layer.size) if isinstance(layer, Pooling) else layer.weights.shape[2:]
    )
    part = max(1, MAX_FIELDS // max(1, x[0].size * rows * columns)) if len(x) else 1
    pieces = [apply(layer, x[at : at + part]) for at in range(0, len(x), part)]
    return np.concatenate(pieces) if pieces else apply(layer, x)


def forward(net: Net, x: Float) -> Float:
    """Outputs (n, labels) for inputs (n, channels, rows, columns)."""
    for layer in net.layers:
        x = apply_in_parts(layer, x)
    return np.asarray(x.reshape(len(x), -1))
