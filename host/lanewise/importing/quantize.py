# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Quantization after training: a float network becomes an integer program with shifts only.

One level of layer ``y`` stands for the real ``S_y``, freely chosen; a weight of channel ``c`` for
``S_w = S_y / (S_x 2**shift_c)``, with the largest shift at which the channel's largest weight still
fits. So only the weights' scale is tied to a power of two, and at least half of their range is
used. ``S_y`` minimizes the squared error of the calibration data's activations. Before that each
channel is scaled so that all use the same range, and the next layer's weights take the factor back
(cross-layer equalization, arXiv:1906.04721, section 4.1): scaling by a positive factor goes through
ReLU and pooling, and the rows of a layer have scales of their own anyway. A layer without a
ReLU keeps its negatives by a zero point: the level that stands for 0 goes into its own bias, and
out of the next one's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ModelFileError, UsageError
from lanewise.importing.net import Float, Layer, Linear, Net, Pooling, apply_in_parts
from lanewise.importing.scaling import Scaling
from lanewise.integer.program import Conv2d, Dense, Op, Pool, Program
from lanewise.integer.shapes import MAX_SHIFT
from lanewise.integer.weights import FORMATS

_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
_SAMPLE = 1 << 16
_MOST_FACTOR = 64.0
"""Most that equalization stretches a channel: one that hardly ever speaks stays quiet."""


@dataclass(frozen=True)
class Levels:
    """Level ``n`` stands for ``real * (n - zero)``."""

    real: float
    zero: float


@dataclass(frozen=True)
class Precision:
    """Bits of input, activations, and the storage format of weights."""

    input_bits: int = 8
    activation_bits: int = 8
    storage: str = "int8"


def real_inputs(net: Net, ink: NDArray[np.uint8], bits: int) -> Float:
    """Ink levels (n, channels, rows, columns) of ``bits`` bits as the reals the network takes."""
    share = ink.astype(np.float32) / ((1 << bits) - 1)
    return np.asarray(net.low + (net.high - net.low) * share, np.float32)


def quantize(
    net: Net, ink: NDArray[np.uint8], labels: tuple[str, ...], precision: Precision | None = None
) -> Program:
    """The integer program of ``net``; ``ink``: calibration inputs in levels of the input's bits.

    Raises ``ModelFileError`` naming the layer that unsigned activations cannot hold: one that pads
    values which may be negative.
    """
    how = precision or Precision()
    if how.storage not in FORMATS:
        raise UsageError(f"storage {how.storage!r} is unknown; choose one of {', '.join(FORMATS)}")
    net = _without_offset(net)
    _refuse_last(net)
    ops: list[Op] = []
    layers = list(net.layers)
    x = real_inputs(net, ink, how.input_bits)
    scale = Levels((net.high - net.low) / ((1 << how.input_bits) - 1), 0.0)
    bits, logits_per_nat = how.input_bits, 1
    for index in range(len(layers)):
        source, layer = (index,), layers[index]
        if isinstance(layer, Linear) and layer.padding and scale.zero:
            raise ModelFileError(
                f"{layer.name}: pads with zeros where no ReLU came before; put one there"
            )
        x = apply_in_parts(layer, x)
        if isinstance(layer, Linear) and index < len(layers) - 1:
            factor, whole = _equalizing(layer, x, scale, how)
            x = x * factor[:, None, None]
            layers[index:] = _rescaled(layers[index:], factor, whole)
            layer = layers[index]
        if isinstance(layer, Pooling):
            op, scale = _pool(layer, scale, bits, how, source)
            ops.append(op)
        elif index == len(layers) - 1:
            top = FORMATS[how.storage].high
            step = max(float(np.abs(layer.weights).max(initial=0)), 1e-30) / top
            weights = _levels(layer.weights / step, how.storage)
            bias = np.rint(
                layer.bias.astype(np.float64) / (step * scale.real) - _moved(weights, scale)
            )
            ops.append(_weighted(layer, weights, bias, np.zeros(len(bias), int), None, how, source))
            logits_per_nat = max(1, min(round(1 / (step * scale.real)), (1 << 31) - 1))
        else:
            made, scale = _hidden(layer, x, scale, how, source)
            ops.append(made)
        bits = how.activation_bits if not isinstance(layer, Pooling) else _bits(ops[-1])
    return Program(net.input_shape, how.input_bits, tuple(ops), labels, net.name, logits_per_nat)


def _moved(weights: NDArray[np.int64], levels: Levels) -> NDArray[np.float64]:
    """What the zero point of the inputs adds to each accumulator."""
    return np.asarray(levels.zero * weights.reshape(len(weights), -1).sum(axis=1), np.float64)


def _bits(op: Op) -> int:
    bits = getattr(op, "activation_bits", None)
    assert bits is not None
    return int(bits)


def _without_offset(net: Net) -> Net:
    """Fold ``low`` into the first bias, so that ink 0 is the real 0."""
    if net.low == 0:
        return net
    first = net.layers[0]
    if not isinstance(first, Linear) or first.padding:
        raise ModelFileError(
            f"{first.name}: inputs begin at {net.low:g}, which needs a first layer without "
            f"padding; train on ink from 0 to 1"
        )
    moved = first.bias + net.low * first.weights.sum(axis=(1, 2, 3))
    layers = (replace(first, bias=moved.astype(np.float32)), *net.layers[1:])
    return replace(net, layers=layers, low=0.0, high=net.high - net.low)


def _refuse_last(net: Net) -> None:
    last = net.layers[-1] if net.layers else None
    if not isinstance(last, Linear) or last.relu is not None:
        raise ModelFileError(f"{net.name}: its last layer must be dense or conv, without ReLU")


def _levels(values: NDArray[np.floating], storage: str) -> NDArray[np.int64]:
    form = FORMATS[storage]
    return np.clip(np.rint(values.astype(np.float64)), form.low, form.high).astype(np.int64)


def _best_scale(y: Float, top: int, low: float, high: float) -> float:
    """Real value of a level: of the shares of the range, the one with the least squared error."""
    sample = y.ravel()[:: max(1, y.size // _SAMPLE)].astype(np.float64)
    errors = []
    for share in _SHARES:
        scale = share * (high - low) / top
        zero = round(-share * low / scale)
        held = (np.clip(np.rint(sample / scale) + zero, 0, top) - zero) * scale
        errors.append(float(((held - sample) ** 2).sum()))
    return _SHARES[int(np.argmin(errors))] * (high - low) / top


def _output_levels(layer: Linear, y: Float, top: int) -> Levels:
    """Levels for what ``layer`` makes on the calibration data."""
    high = max(float(y.max(initial=0)), 1e-6)
    if layer.relu is None:
        low = min(float(y.min(initial=0)), 0.0)
        scale = _best_scale(y, top, low, high)
        return Levels(scale, float(round(-low * top / (high - low))))
    most = min(layer.ceiling or high, layer.relu)
    fixed = layer.ceiling or most == layer.relu
    return Levels(most / top if fixed else _best_scale(y, top, 0.0, most), 0.0)


def _equalizing(layer: Linear, y: Float, given: Levels, how: Precision) -> tuple[Float, float]:
    """Factors of the channels of ``y`` (n, channels, rows, columns) that give all the largest
    channel's range, as far as the weights of ``layer`` go along; and that range."""
    top, count = (1 << how.activation_bits) - 1, y.shape[1]
    apart = np.abs(y).transpose(1, 0, 2, 3).reshape(count, -1)
    reach = np.array([_best_scale(one, top, 0.0, max(float(one.max()), 1e-6)) for one in apart])
    reach = np.maximum(reach * top, 1e-6)
    if layer.relu is not None:
        reach = np.minimum(reach, min(layer.relu, layer.ceiling or math.inf))
    whole = float(reach.max())
    largest = np.abs(layer.weights).reshape(count, -1).max(axis=1).astype(np.float64)
    # Beyond that a weight would be too large for its format and the whole layer get coarser.
    room = whole / top * FORMATS[how.storage].high / (given.real * np.maximum(largest, 1e-30))
    factor = np.minimum(np.minimum(whole / reach, _MOST_FACTOR), np.maximum(room, 1.0))
    return np.asarray(factor, np.float32), whole


def _rescaled(layers: list[Layer], factor: Float, whole: float) -> list[Layer]:
    """The first layer's channels times ``factor``, the next weighted layer's inputs divided by it;
    what the first makes ends at ``whole`` where it has a ReLU."""
    first = layers[0]
    assert isinstance(first, Linear)
    weights = first.weights * factor[:, None, None, None]
    first = replace(first, weights=weights, bias=first.bias * factor)
    if first.relu is not None:
        first = replace(first, relu=math.inf, ceiling=whole)
    found: list[Layer] = [first]
    for at, layer in enumerate(layers[1:], 1):
        if isinstance(layer, Linear):
            back_factor = (1 / factor.astype(np.float64))[:, None, None]
            back = Scaling(back_factor, np.zeros_like(back_factor))
            return [*found, back.into(layer), *layers[at + 1 :]]
        found.append(layer)
    return found


def _hidden(
    layer: Linear, y: Float, given: Levels, how: Precision, source: tuple[int, ...]
) -> tuple[Op, Levels]:
    made = _output_levels(layer, y, (1 << how.activation_bits) - 1)
    largest = np.abs(layer.weights).reshape(len(layer.bias), -1).max(axis=1).astype(np.float64)
    limit = FORMATS[how.storage].high
    made = Levels(max(made.real, given.real * float(largest.max(initial=0)) / limit), made.zero)
    room = made.real * limit / (given.real * np.maximum(largest, 1e-30))
    shift = np.clip(np.floor(np.log2(room)), 0, min(MAX_SHIFT, 24)).astype(np.int64)
    step = made.real / (given.real * np.exp2(shift))
    weights = _levels(layer.weights / step[:, None, None, None], how.storage)
    zero = (np.int64(round(made.zero)) << shift) + ((np.int64(1) << shift) >> 1)
    bias = np.rint(layer.bias / (step * given.real) - _moved(weights, given)) + zero
    return _weighted(layer, weights, bias, shift, how.activation_bits, how, source), made


def _weighted(
    layer: Linear,
    weights: NDArray[np.int64],
    bias: NDArray[np.floating],
    shift: NDArray[np.integer],
    bits: int | None,
    how: Precision,
    source: tuple[int, ...],
) -> Op:
    most = float(np.abs(bias).max(initial=0))
    if not math.isfinite(most) or most >= 1 << 30:
        raise ModelFileError(f"{layer.name}: a bias of {most:g} levels does not fit 31 bits")
    held, moved = bias.astype(np.int32), shift.astype(np.uint8)
    small = weights.astype(np.int8)
    if layer.dense:
        return Dense(small.reshape(len(bias), -1), held, moved, bits, how.storage, source)
    return Conv2d(
        small, held, moved, bits, how.storage, source,
        stride=layer.stride, padding=layer.padding, groups=layer.groups,
    )  # fmt: skip


def _pool(
    layer: Pooling, given: Levels, bits: int, how: Precision, source: tuple[int, ...]
) -> tuple[Op, Levels]:
    if layer.kind == "max":
        return Pool("max", layer.size, layer.stride, 0, bits, source), given
    area = layer.size**2
    shift = max(0, math.ceil(math.log2(area)))
    op = Pool("sum", layer.size, layer.stride, shift, bits, source)
    gain = (1 << shift) / area
    return op, Levels(given.real * gain, given.zero / gain)
