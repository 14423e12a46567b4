# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A foreign TFLite graph, float or int8, as one chain of layers.

Quantized tensors are read as the reals they stand for, and the ranges of their activations are kept
as ceilings; only the rounding to shifts is done anew.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ModelFileError
from lanewise.importing.flatbuffer import Table
from lanewise.importing.net import Net
from lanewise.importing.padding import Window, same_pads
from lanewise.importing.sequence import Sequence, refuse_all
from lanewise.importing.tflite_file import File, Tensor

NAMES = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE",
    9: "FULLY_CONNECTED", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 21: "RELU6", 22: "RESHAPE",
    25: "SOFTMAX", 34: "PAD", 39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV", 43: "SQUEEZE",
    45: "STRIDED_SLICE", 50: "LOG_SOFTMAX", 53: "CAST", 55: "MAXIMUM", 57: "MINIMUM",
    70: "EXPAND_DIMS", 77: "SHAPE", 82: "REDUCE_MAX", 83: "PACK", 114: "QUANTIZE",
}  # fmt: skip
"""Operators that are read, by their code."""
_OTHERS = {
    2: "CONCATENATION", 11: "L2_NORMALIZATION", 14: "LOGISTIC", 20: "RELU_N1_TO_1", 23:
    "RESIZE_BILINEAR", 28: "TANH", 32: "CUSTOM", 44: "UNIDIRECTIONAL_SEQUENCE_LSTM", 49: "SPLIT",
    54: "PRELU", 56: "ARG_MAX", 67: "TRANSPOSE_CONV", 74: "SUM", 97: "RESIZE_NEAREST_NEIGHBOR", 98:
    "LEAKY_RELU", 99: "SQUARED_DIFFERENCE", 111: "ELU", 117: "HARD_SWISH", 126: "BATCH_MATMUL",
    150: "GELU",
}  # fmt: skip
"""Names of others that people bring."""
_SIDE = ("SHAPE", "STRIDED_SLICE", "PACK")
"""What only computes the shape of a RESHAPE, whose result the file states anyway."""
_NONE, _RELU, _RELU6 = 0, 1, 3
_SAME = 0
_FUSED = {"FULLY_CONNECTED": 0, "ADD": 0, "MUL": 0, "SUB": 0, "DIV": 0, "CONV_2D": 3}
_FUSED |= {"DEPTHWISE_CONV_2D": 4, "MAX_POOL_2D": 5, "AVERAGE_POOL_2D": 5}
"""Field of each operator's options that holds its fused activation."""


def read_net(data: bytes, name: str) -> Net:
    """The network of a file; raises ``ModelFileError`` listing what is not supported."""
    file = File(data)
    kinds = []
    for at, operator in enumerate(file.operators):
        index = operator.number(0, "<I")
        if index >= len(file.codes):
            raise ModelFileError(f"operator {at} has the kind {index}, of {len(file.codes)}")
        kinds.append(file.codes[index])
    unknown = [(_OTHERS.get(code, f"with code {code}"), at) for at, code in enumerate(kinds)
               if code not in NAMES]  # fmt: skip
    refuse_all(unknown, name)
    if len(file.inputs) != 1 or len(file.outputs) != 1:
        raise ModelFileError(f"{len(file.inputs)} inputs, {len(file.outputs)} outputs; one of each")
    source = file.tensor(file.inputs[0])
    if not 2 <= len(source.shape) <= 4:
        raise ModelFileError(
            f"an input of shape {source.shape}; (1, rows, columns, channels) is read"
        )
    net = Sequence(source.shape[1:], channels_last=True)
    chain = _Chain(file, net, file.inputs[0])
    for at, (operator, code) in enumerate(zip(file.operators, kinds, strict=True)):
        try:
            chain.read(operator, NAMES[code], f"{NAMES[code]} at {at}")
        except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
            raise ModelFileError(f"{NAMES[code]} at {at} contradicts itself: {error}") from None
    if chain.value != file.outputs[0]:
        raise ModelFileError("the last operator does not make the one output")
    return net.finish(name, *_range(source))


def _range(source: Tensor) -> tuple[float, float]:
    """Reals that no ink and full ink stand for: a quantized input tells, a float one is 0 to 1."""
    if source.type == 0 or not source.scale.size:
        return 0.0, 1.0
    low, high = {9: (-128, 127), 3: (0, 255)}.get(source.type, (0, 0))
    scale, zero = float(source.scale[0]), int(source.zero[0])
    return scale * (low - zero), scale * (high - zero)


class _Chain:
    """Follows one value through the operators."""

    def __init__(self, file: File, net: Sequence, value: int) -> None:
        self.file, self.net, self.value = file, net, value
        self.side: set[int] = set()

    def read(self, operator: Table, kind: str, name: str) -> None:
        """Add one operator; raises ``ModelFileError`` where it breaks the chain."""
        inputs = [int(number) for number in operator.array(1, "<i4")]
        outputs = [int(number) for number in operator.array(2, "<i4")]
        if not inputs or len(outputs) != 1:
            raise ModelFileError(f"{name}: {len(inputs)} inputs, {len(outputs)} outputs")
        if kind in _SIDE and all(self._beside(number, kind) for number in inputs):
            self.side.add(outputs[0])
            return
        others = [number for number in inputs if number not in (self.value, -1)]
        alone = all(self._beside(number, kind) for number in others)
        if inputs.count(self.value) != 1 or not alone or kind in _SIDE:
            raise ModelFileError(f"{name}: the network is not one chain of layers")
        if inputs[0] != self.value and kind not in ("ADD", "MUL", "SUB", "MAXIMUM", "MINIMUM"):
            raise ModelFileError(f"{name}: the network is not one chain of layers")
        before, self.value = self.value, outputs[0]
        options = operator.table(4) or Table(b"\4\0\4\0\4\0\0\0", 4)
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self._conv(kind, name, inputs, options)
        elif kind == "FULLY_CONNECTED":
            self._dense(name, inputs, options)
        elif kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
            self._pool(kind, name, options)
        elif kind in ("ADD", "SUB", "MUL", "DIV"):
            self._arithmetic(kind, name, inputs, before)
        elif kind in ("RELU", "RELU6"):
            self.net.relu(name, 6.0 if kind == "RELU6" else math.inf)
        elif kind in ("MAXIMUM", "MINIMUM"):
            self._extreme(kind, name, inputs, before)
        elif kind == "PAD":
            sides = self._integers(inputs, 1)
            self.net.pad(name, np.reshape(np.array(sides, np.int64), (-1, 2)).T)
        elif kind in ("MEAN", "REDUCE_MAX"):
            keep = bool(options.number(0, "<b"))
            self.net.reduce(
                name, "mean" if kind == "MEAN" else "max", self._integers(inputs, 1), keep
            )
        elif kind == "TRANSPOSE":
            self.net.transpose(name, self._integers(inputs, 1))
        elif kind in ("SOFTMAX", "LOG_SOFTMAX"):
            self.net.softmax()
        elif kind in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"):
            self.net.reshape(name, self.file.tensor(self.value).shape)
        elif kind == "CAST" and self.file.tensor(self.value).type != 0:
            raise ModelFileError(f"{name}: to a type that is no float")
        if kind in _FUSED:
            self._activation(name, options.number(_FUSED[kind], "<b"))
        self._ceiling()

    def _beside(self, number: int, kind: str) -> bool:
        """Whether ``number`` is no value of the chain: a constant, or computed from shapes."""
        if number in self.side or (kind == "SHAPE" and number == self.value):
            return True
        return bool(self.file.bytes_of(self.file.tensor(number).buffer))

    def _integers(self, inputs: list[int], at: int) -> list[int]:
        values = self.file.integers(self.file.tensor(inputs[at])).reshape(-1)
        if values.dtype.kind != "i" or values.size > 16:
            raise ModelFileError(f"{values.size} numbers of {values.dtype} where axes are expected")
        return [int(value) for value in values]

    def _bias(self, inputs: list[int], count: int) -> NDArray[np.float32]:
        if len(inputs) < 3 or inputs[2] < 0:
            return np.zeros(count, np.float32)
        return self.file.reals(inputs[2])

    def _dense(self, name: str, inputs: list[int], options: Table) -> None:
        weights = self.file.reals(inputs[1])
        if weights.ndim != 2 or options.number(1, "<b"):
            raise ModelFileError(f"{name}: weights {weights.shape}, or shuffled ones")
        if not options.number(2, "<b"):
            self.net.reshape(name, (1, -1))
        self.net.dense(name, weights, self._bias(inputs, len(weights)))

    def _conv(self, kind: str, name: str, inputs: list[int], options: Table) -> None:
        depthwise = kind != "CONV_2D"
        weights = self.file.reals(inputs[1])
        if weights.ndim != 4:
            raise ModelFileError(f"{name}: weights {weights.shape}")
        weights = weights.transpose(3, 0, 1, 2) if depthwise else weights.transpose(0, 3, 1, 2)
        channels = self.net.shape[0]
        groups = channels if depthwise else channels // max(1, weights.shape[1])
        at = 5 if depthwise else 4
        across, down = (options.number(at + step, default=1) for step in (0, 1))
        strides = (options.number(2), options.number(1))
        kernel = (weights.shape[2], weights.shape[3])
        window = Window(strides, dilations=(down, across))
        if options.number(0, "<b") == _SAME:
            if self.net.margins is not None:
                raise ModelFileError(f"{name}: SAME padding after PAD")
            size = (self.net.shape[1], self.net.shape[2])
            window = Window(strides, same_pads(size, kernel, window), (down, across))
        bias = self._bias(inputs, len(weights))
        self.net.conv(name, weights, bias, window, groups, last=True)

    def _pool(self, kind: str, name: str, options: Table) -> None:
        strides = (options.number(2), options.number(1))
        size = (options.number(4), options.number(3))
        window = Window(strides)
        if options.number(0, "<b") == _SAME:
            maps = (self.net.shape[1], self.net.shape[2])
            window = Window(strides, same_pads(maps, size, window))
        self.net.pool(name, "max" if kind == "MAX_POOL_2D" else "mean", window, size, last=True)

    def _arithmetic(self, kind: str, name: str, inputs: list[int], moving: int) -> None:
        at = 1 if inputs[0] == moving else 0
        other = self.file.reals(inputs[at]).astype(np.float64)
        one, none = np.ones(()), np.zeros(())
        with np.errstate(all="ignore"):
            if kind in ("ADD", "SUB"):
                sign = -1.0 if kind == "SUB" and at == 0 else 1.0
                self.net.scale(name, sign * one, -other if kind == "SUB" and at == 1 else other)
            else:
                self.net.scale(name, other if kind == "MUL" else 1 / other, none)

    def _extreme(self, kind: str, name: str, inputs: list[int], moving: int) -> None:
        at = 1 if inputs[0] == moving else 0
        limits = np.unique(self.file.reals(inputs[at]))
        last = self.net.layers[-1] if self.net.layers else None
        missing = kind == "MINIMUM" and getattr(last, "relu", None) is None
        if limits.size != 1 or missing or (kind == "MAXIMUM" and limits[0] != 0):
            raise ModelFileError(
                f"{name}: limits {limits[:4]}; a ReLU's 0 or its upper end is read"
            )
        self.net.relu(name, math.inf if kind == "MAXIMUM" else float(limits[0]))

    def _activation(self, name: str, code: int) -> None:
        if code in (_RELU, _RELU6):
            self.net.relu(name, 6.0 if code == _RELU6 else math.inf)
        elif code != _NONE:
            raise ModelFileError(f"{name}: fused activation {code} is not supported")

    def _ceiling(self) -> None:
        """Keep the range of a quantized activation: its largest value is known."""
        tensor = self.file.tensor(self.value)
        if tensor.type != 9 or not tensor.scale.size or self.net.ended:
            return
        zero, scale = int(tensor.zero[0]), float(tensor.scale[0])
        if zero == -128:
            self.net.floor("int8 range")
        self.net.ceiling(scale * (127 - zero))
