# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Random integer programs for property tests: every op, format, shift and a little of each size.

The structure is drawn by hypothesis, so that it shrinks; the numbers come from a seeded generator.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from lanewise.integer.certificate import ENGINE_LIMITS, accumulator_interval, activation_reach
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.shapes import output_shape
from lanewise.integer.weights import FORMATS

CHOICES = ("conv", "depthwise", "grouped", "dense", "mix", "expand", "max", "sum", "concat")


def random_weights(rng: np.random.Generator, shape: tuple[int, ...], storage: str) -> np.ndarray:
    """Weights of the format, now and then all at an extreme of its range."""
    form = FORMATS[storage]
    style = rng.integers(5)
    if style == 0:
        return rng.choice([form.low, form.high], size=shape).astype(np.int8)
    if style == 1:
        return (
            rng.integers(form.low, form.high + 1, size=shape) * (rng.random(shape) < 0.3)
        ).astype(np.int8)
    return rng.integers(form.low, form.high + 1, size=shape).astype(np.int8)


def _weighted_fields(rng: np.random.Generator, outputs: int) -> dict[str, np.ndarray]:
    size = int(rng.choice([10, 1000, 100_000]))
    shift = rng.integers(0, 9, size=outputs) if rng.random() < 0.5 else rng.integers(0, 12)
    return {
        "bias": rng.integers(-size, size + 1, size=outputs),
        "shift": np.broadcast_to(shift, (outputs,)),
    }


def doubly_stochastic(rng: np.random.Generator, n: int, shift: int) -> np.ndarray:
    """Integer matrix whose rows and columns all sum to ``2**shift``: a sum of permutations."""
    matrix = np.zeros((n, n), dtype=np.int64)
    left = 1 << shift
    while left:
        part = int(rng.integers(1, left + 1))
        matrix[np.arange(n), rng.permutation(n)] += part
        left -= part
    return matrix


def _hidden_op(
    kind: str, rng: np.random.Generator, at: int, shapes: list[Shape], bits: list[int]
) -> Op | None:
    """An op of ``kind`` on value ``at``, or None where it does not fit."""
    channels, height, width = shapes[at]
    storage = str(rng.choice(list(FORMATS)))
    out_bits = int(rng.integers(1, 9))
    if kind in ("conv", "depthwise", "grouped"):
        groups = {"conv": 1, "depthwise": channels, "grouped": 2}[kind]
        if channels % groups:
            return None
        outputs = groups * int(rng.integers(1, 4))
        rows, columns = (int(v) for v in rng.integers(1, 4, size=2))
        padding = int(rng.integers(0, max(rows, columns)))
        if height + 2 * padding < rows or width + 2 * padding < columns:
            return None
        return Conv2d(
            random_weights(rng, (outputs, channels // groups, rows, columns), storage),
            **_weighted_fields(rng, outputs),
            activation_bits=out_bits,
            storage=storage,
            inputs=(at,),
            stride=int(rng.integers(1, 3)),
            padding=padding,
            groups=groups,
        )
    if kind == "dense":
        outputs = int(rng.integers(1, 9))
        return Dense(
            random_weights(rng, (outputs, channels * height * width), storage),
            **_weighted_fields(rng, outputs),
            activation_bits=out_bits,
            storage=storage,
            inputs=(at,),
        )
    if kind == "mix":
        streams = int(rng.choice([n for n in (1, 2, 3, 4) if channels % n == 0]))
        shift = int(rng.integers(0, 9))
        stream = (channels // streams, height, width)
        branches = [v for v, shape in enumerate(shapes) if shape == stream]
        branch = int(rng.choice(branches)) if branches and rng.random() < 0.7 else None
        return Mix(
            doubly_stochastic(rng, streams, shift),
            rng.integers(0, 300, size=0 if branch is None else streams),
            shift,
            bits[at],
            (at,) if branch is None else (at, branch),
        )
    if kind == "expand":
        return Mix(
            rng.integers(0, 4, size=(int(rng.integers(1, 4)), 1)),
            np.zeros(0, int),
            1,
            out_bits,
            (at,),
        )
    if kind in ("max", "sum"):
        size = int(rng.integers(1, min(height, width, 3) + 1))
        shift = 0 if kind == "max" else int(rng.integers(0, 5))
        kept = bits[at] if kind == "max" else out_bits
        return Pool(kind, size, int(rng.integers(1, 3)), shift, kept, (at,))
    partners = [v for v, shape in enumerate(shapes) if shape[1:] == (height, width)]
    return Concat((at, int(rng.choice(partners))))


@st.composite
def programs(draw: st.DrawFn, most_ops: int = 4) -> tuple[Program, np.random.Generator]:
    """A well-formed program whose accumulators stay below 31 bits, and a generator for inputs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    bits = [draw(st.integers(1, 8))]
    shapes: list[Shape] = [shape]
    ops: list[Op] = []
    for kind in draw(st.lists(st.sampled_from(CHOICES), max_size=most_ops)):
        op = _hidden_op(kind, rng, int(rng.integers(len(shapes))), shapes, bits)
        if op is None:
            continue
        made = output_shape(op, [shapes[source] for source in op.inputs])
        if made[0] * made[1] * made[2] > 1500:
            continue
        ops.append(op)
        shapes.append(made)
        joined = max(bits[source] for source in op.inputs)
        bits.append(joined if isinstance(op, Concat) else op.activation_bits)
    labels = draw(st.integers(1, 5))
    storage = draw(st.sampled_from(sorted(FORMATS)))
    channels, height, width = shapes[-1]
    ops.append(
        Dense(
            random_weights(rng, (labels, channels * height * width), storage),
            rng.integers(-1000, 1000, size=labels),
            np.zeros(labels, int),
            None,
            storage,
            (len(shapes) - 1,),
        )
    )
    program = Program(
        shape, bits[0], tuple(ops), tuple(f"class {n}" for n in range(labels)), "random", 7, 3, 22
    )
    return program, rng


def at_limits(program: Program, rng: np.random.Generator) -> Program:
    """``program`` with biases that take its accumulators to the limits of one device engine.

    Each weighted channel whose interval is not wider than the engine's ends exactly at its lower
    limit, exactly at its upper one, or anywhere between; now and then a channel is one beyond.
    ``ulabdot`` adds a dense bias last, so that it counts twice, and the largest of all counts: one
    channel is moved there.
    """
    engine = str(rng.choice(sorted(ENGINE_LIMITS)))
    least, most = ENGINE_LIMITS[engine]
    tops = [np.full(program.input_shape[0], (1 << program.input_bits) - 1, np.int64)]
    shapes: list[Shape] = [program.input_shape]
    ops: list[Op] = []
    for op in program.ops:
        sources, shape = [tops[at] for at in op.inputs], shapes[op.inputs[0]]
        lo, hi = accumulator_interval(op, sources, shape)
        if isinstance(op, Dense | Conv2d):
            bias = op.bias.astype(np.int64)
            first, last = least - (lo - bias), most - (hi - bias)
            moved = first <= last
            if engine == "ulabdot" and isinstance(op, Dense):
                first, last = -(-first // 2), last // 2
                moved &= np.arange(len(bias)) == rng.integers(len(bias))
            inside = rng.integers(np.minimum(first, last), np.maximum(first, last) + 1)
            place = rng.random(len(bias))
            wanted = np.where(place < 0.3, first, np.where(place < 0.6, last, inside))
            bias = np.where(moved, wanted, bias)
            if rng.random() < 0.05:
                bias[place < 0.3] -= 1
                bias[place >= 0.3] += 1
            op = replace(op, bias=bias)
            lo, hi = accumulator_interval(op, sources, shape)
        ops.append(op)
        tops.append(activation_reach(op, hi))
        shapes.append(output_shape(op, [shapes[at] for at in op.inputs]))
    return replace(program, ops=tuple(ops))


def extreme_inputs(program: Program, rng: np.random.Generator, count: int = 6) -> np.ndarray:
    """Inputs of the whole range: empty, full, both ends mixed, and uniform noise."""
    most = (1 << program.input_bits) - 1
    batch = rng.integers(0, most + 1, size=(count, *program.input_shape))
    batch[0] = 0
    batch[1] = most
    batch[2] = rng.choice([0, most], size=program.input_shape)
    return batch.astype(np.uint8)
