# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A network built from its architecture: value by value, as the integer program runs."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from lanewise.errors import TrainingError
from lanewise.nn.architectures import (
    Architecture,
    ConvSpec,
    DenseSpec,
    LayerSpec,
    MixSpec,
    PoolSpec,
)
from lanewise.nn.constraints import soft_projection
from lanewise.nn.layers import (
    Phase,
    QuantConv2d,
    QuantDense,
    QuantPool,
    QuantWeighted,
    row_grid,
)
from lanewise.nn.quantizers import RowGrid
from lanewise.nn.streams import QuantMix

Shape = tuple[int, int, int]


class Network(nn.Module):
    """Logits of integer inputs.

    Forward takes (n, 1, size, size) float tensors that hold integers 0 to 2**input_bits - 1 and
    gives (n, labels) logits in real units. Once past ``Phase.FLOAT``, in evaluation mode, they are
    the integer program's logits times ``logit_scale``, exactly.
    """

    def __init__(self, architecture: Architecture, acc_bits: int) -> None:
        super().__init__()
        if not 4 <= acc_bits <= 32:
            raise TrainingError(f"accumulators of {acc_bits} bits: choose 4 to 32")
        self.architecture = architecture
        self.acc_bits = acc_bits
        self.phase = Phase.FLOAT
        self.layers = nn.ModuleList()
        self.shapes: list[Shape] = [(1, architecture.size, architecture.size)]
        self._bits: list[int] = [architecture.input_bits]
        self.exponents: list[int] = [architecture.input_bits]
        for index, spec in enumerate(architecture.layers):
            self._add(index, spec)
        self._pool_early()

    def _pool_early(self) -> None:
        """Let weighted layers take the max pool that alone reads them before their activation."""
        readers = [self.architecture.sources(index) for index in range(len(self.layers))]
        for index, layer in enumerate(self.layers):
            sources = readers[index]
            before = self.layers[sources[0] - 1] if sources[0] else None
            alone = sum(sources[0] in others for others in readers) == 1
            if not (isinstance(layer, QuantPool) and layer.kind == "max" and alone):
                continue
            if isinstance(before, QuantWeighted):
                before.pool = (layer.size, layer.stride)
                layer.done_before = True

    def _add(self, index: int, spec: LayerSpec) -> None:
        where = f"{self.architecture.name}, layer {index}"
        for source in reversed(self.architecture.sources(index)):
            if not 0 <= source <= index:
                raise TrainingError(f"{where}: reads value {source}, which is not made yet")
        shape, bits, exponent = self.shapes[source], self._bits[source], self.exponents[source]
        layer: QuantWeighted | QuantPool | QuantMix
        if isinstance(spec, MixSpec):
            layer = QuantMix(where, spec, bits, exponent, self.acc_bits)
            made = self._mixed(where, spec, self.architecture.sources(index))
        elif isinstance(spec, PoolSpec):
            stride = spec.stride or spec.size
            if spec.size > min(shape[1:]):
                raise TrainingError(f"{where}: window {spec.size} on {shape[1]}x{shape[2]}")
            layer = QuantPool(spec.kind, spec.size, stride, spec.shift, bits, exponent)
            made = _slid(shape, shape[0], spec.size, stride, 0)
        else:
            out_bits = spec.activation_bits
            out_exponent = None if out_bits is None else out_bits - self.architecture.range_exponent
            grid = row_grid(spec.storage, bits, exponent, out_bits, out_exponent, self.acc_bits)
            if isinstance(spec, DenseSpec):
                inputs = shape[0] * shape[1] * shape[2]
                layer = QuantDense(inputs, spec.outputs, grid, spec.storage)
                made = (spec.outputs, 1, 1)
            else:
                layer, made = _convolution(where, spec, shape, grid)
            layer.constraint = spec.constraint
            layer.soft = soft_projection(spec.constraint)
            bits, exponent = out_bits or 0, out_exponent or 0
        self.layers.append(layer)
        self.shapes.append(made)
        self._bits.append(bits)
        self.exponents.append(exponent)

    def _mixed(self, where: str, spec: MixSpec, sources: tuple[int, ...]) -> Shape:
        """Shape that a mix makes, once its inputs are found to fit."""
        channels, height, width = self.shapes[sources[0]]
        if spec.kind == "expand":
            return channels * spec.streams, height, width
        if channels % spec.streams:
            raise TrainingError(f"{where}: {channels} channels are not {spec.streams} streams")
        one = (channels // spec.streams, height, width)
        if spec.kind == "gather":
            return one
        grid = (self._bits[sources[0]], self.exponents[sources[0]])
        other = (self._bits[sources[1]], self.exponents[sources[1]])
        if self.shapes[sources[1]] != one or other != grid:
            raise TrainingError(
                f"{where}: a branch of {self.shapes[sources[1]]}, {other[0]} bits, does not fit "
                f"streams of {one}, {grid[0]} bits"
            )
        return channels, height, width

    def forward(self, x: Tensor) -> Tensor:
        # Channels last is faster on a CPU; of one channel, torch is told so by the stride it has.
        real = x.contiguous() * 2.0**-self.architecture.input_bits
        size = self.architecture.size
        values: list[Tensor] = [real.as_strided(real.shape, (size * size, 1, size, 1))]
        for index, layer in enumerate(self.layers):
            values.append(layer(*(values[at] for at in self.architecture.sources(index))))
        return values[-1].flatten(1)

    def weighted(self) -> Iterator[QuantWeighted]:
        """The layers with weights, in order."""
        for layer in self.layers:
            if isinstance(layer, QuantWeighted):
                yield layer

    def set_phase(self, phase: Phase) -> None:
        """Put every layer into ``phase``."""
        self.phase = phase
        for layer in self.layers:
            if isinstance(layer, QuantWeighted | QuantPool | QuantMix):
                layer.phase = phase

    def refresh_exponents(self) -> None:
        """Fit all weight exponents to the weights as they are now."""
        for layer in self.weighted():
            layer.refresh_exponents()

    def hold(self) -> None:
        """Project all weights into their accumulator bounds."""
        for layer in self.weighted():
            layer.hold()

    @property
    def logit_scale(self) -> float:
        """Real logit units per integer logit unit."""
        last = list(self.weighted())[-1]
        return float(2.0 ** -(float(last.exponent[0]) + last.grid.input_exponent))

    def weight_count(self) -> int:
        """Weights, without biases."""
        return sum(layer.weight.numel() for layer in self.weighted())


def _slid(shape: Shape, channels: int, window: int, stride: int, padding: int) -> Shape:
    height = (shape[1] + 2 * padding - window) // stride + 1
    width = (shape[2] + 2 * padding - window) // stride + 1
    return channels, height, width


def _convolution(
    where: str, spec: ConvSpec, shape: Shape, grid: RowGrid
) -> tuple[QuantConv2d, Shape]:
    channels, groups = shape[0], spec.groups
    if groups < 1 or channels % groups or spec.outputs % groups:
        raise TrainingError(f"{where}: {groups} groups divide not {channels} and {spec.outputs}")
    if not (0 <= spec.padding < spec.kernel <= min(shape[1:]) + 2 * spec.padding):
        raise TrainingError(
            f"{where}: kernel {spec.kernel}, padding {spec.padding} on {shape[1]}x{shape[2]}"
        )
    layer = QuantConv2d(
        channels,
        spec.outputs,
        spec.kernel,
        grid,
        spec.storage,
        stride=spec.stride,
        padding=spec.padding,
        groups=groups,
    )
    return layer, _slid(shape, spec.outputs, spec.kernel, spec.stride, spec.padding)


def build(architecture: Architecture, acc_bits: int, seed: int) -> Network:
    """A network with weights drawn from ``seed``; leaves torch's global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(architecture, acc_bits)
