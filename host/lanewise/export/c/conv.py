# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A convolution on int16 lanes as C of its own, the max pooling after it in the same function.

Accumulators of a strip of output rows lie in RAM as pairs (lanes.py). Channel by channel the
kernels are unpacked once, then every input that is not zero adds its products to all the outputs
it reaches, ``pairs`` at a time in straight code: nothing is tested, shifted or masked there. A lane
starts at ``bias + 32768 - 2**shift``, so that its top bit says whether the output is 1 or more:
most outputs are 0, and two (pooled: eight) of them cost one test. The largest of a window is taken
before the shift, which keeps order; outputs that no window reads are never made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lanewise.export.c.lanes import even, fits_pairs, pack_lanes
from lanewise.integer.certificate import OpBound
from lanewise.integer.program import Conv2d, Op, Pool, Program, Shape

STRIP_WORDS = (512, 1024)
"""Accumulators that a strip aims at, over one channel and over several: there each strip more
unpacks the kernels once more."""
MOST_POOLED = 4
"""Largest window that is pooled in place."""
_MOST_PAIRS = 24


@dataclass(frozen=True)
class Plan:
    """Sizes of one convolution: outputs that are made (rows, columns), rows of a strip, pairs of an
    output pixel, window of the pooling (1: none), whether lanes start ``2**shift`` lower."""

    op: Conv2d
    shape: Shape
    rows: int
    columns: int
    strip: int
    pairs: int
    window: int
    lowered: bool

    @property
    def acc_words(self) -> int:
        """Words of accumulators."""
        return self.strip * self.columns * self.pairs

    @property
    def kernel_words(self) -> int:
        """Words of one channel's unpacked kernels."""
        return int(np.prod(self.op.weights.shape[2:])) * self.pairs


def plan(op: Conv2d, shape: Shape, made: Shape, bound: OpBound, pool: Pool | None) -> Plan:
    """How ``op`` is laid out; ``pool``: the max pooling that follows, when it is fused."""
    window = pool.size if pool else 1
    rows, columns = (side // window * window for side in made[1:])
    pairs = even(made[0]) // 2
    aim = STRIP_WORDS[shape[0] > 1]
    windows = max(1, aim // (window * columns * pairs))
    steps = -(-rows // window)
    strip = -(-steps // -(-steps // windows)) * window
    step = 1 << int(op.shift.max())
    lowered = step < 1 << 15 and bound.lo - step >= -(1 << 15)
    return Plan(op, shape, rows, columns, strip, pairs, window, lowered)


def suits(op: Op, bound: OpBound | None) -> bool:
    """Whether ``op`` is a convolution that runs on lanes."""
    if not isinstance(op, Conv2d) or op.groups > 1 or op.activation_bits is None:
        return False
    return fits_pairs(bound) and op.padding < min(op.weights.shape[2:])


def fused(program: Program, bounds: Mapping[int, OpBound]) -> frozenset[int]:
    """Convolutions whose one reader is the max pooling right after them, done together."""
    readers = [source for op in program.ops for source in op.inputs]
    return frozenset(
        at
        for at, (op, pool) in enumerate(pairwise(program.ops))
        if suits(op, bounds.get(at))
        and isinstance(pool, Pool)
        and (pool.kind, pool.inputs) == ("max", (at + 1,))
        and pool.size == pool.stride <= MOST_POOLED
        and readers.count(at + 1) == 1
    )


def lane_biases(how: Plan) -> NDArray[np.uint32]:
    """Where each pair of lanes starts; the one that fills an odd count up stays at zero."""
    bias = how.op.bias.astype(np.int64) + 32768
    if how.lowered:
        bias -= np.int64(1) << how.op.shift.astype(np.int64)
    lanes = np.pad(bias, (0, len(bias) % 2))
    return np.asarray(lanes[0::2] + (lanes[1::2] << 16), dtype=np.uint32)


def packed_kernels(how: Plan, bits: int) -> NDArray[np.uint32]:
    """Words (channels, words): kernel rows, column phases of the stride, columns from last to
    first, outputs. One input adds a single run of them to each output row."""
    outputs, channels, rows, columns = how.op.weights.shape
    kernels = np.zeros((channels, rows, columns, even(outputs)), np.int8)
    kernels[..., :outputs] = how.op.weights.transpose(1, 2, 3, 0)
    phases = [kernels[:, :, p :: how.op.stride][:, :, ::-1] for p in range(how.op.stride)]
    return pack_lanes(np.concatenate(phases, axis=2).reshape(channels, -1), bits)


def column_table(how: Plan) -> NDArray[np.integer]:
    """For each input column: where its run begins among the accumulators of an output row and among
    a kernel row's words, and its length."""
    stride, padding = how.op.stride, how.op.padding
    kernel_columns = how.op.weights.shape[3]
    found = []
    for column in range(how.shape[2]):
        phase, last = (column + padding) % stride, (column + padding) // stride
        before = sum(len(range(p, kernel_columns, stride)) for p in range(phase))
        taps = len(range(phase, kernel_columns, stride))
        first = last - taps + 1
        head = max(0, -first)
        run = max(0, min(last + 1, how.columns) - first - head)
        found.append((max(0, first) if run else 0, before + head, run))
    table = np.array(found) * how.pairs
    return table.astype(np.uint8 if table.max() < 256 else np.uint16)


def _steps(how: Plan) -> int:
    """Pairs in one stretch of straight code: a divisor of an output's pairs."""
    return max(n for n in range(1, min(how.pairs, _MOST_PAIRS) + 1) if how.pairs % n == 0)


def _reach(how: Plan) -> str:
    """C that finds the kernel rows that bring input ``row`` to the strip's output rows."""
    stride, padding = how.op.stride, how.op.padding
    most = how.op.weights.shape[2] - 1
    reach = f"row + {padding}" if padding else "row"
    below = "bottom - 1" if stride == 1 else f"(bottom - 1) * {stride}"
    above = "top" if stride == 1 else f"top * {stride}"
    high = f"reach - {above} < {most} ? reach - {above} : {most}" if most else "0"
    low = "0" if stride == 1 else f"reach % {stride}"
    text = f"""\
                const uint32_t reach = {reach};
                const uint32_t low = reach > {below} ? reach - ({below}) : {low};
                const uint32_t high = {high};
"""
    if stride > 1:
        skip = how.shape[0] * how.shape[2]
        text += f"""\
                if (low > high) {{
                    in += {skip};
                    continue;
                }}
"""
    return text


def _adding(how: Plan, table: str, kind: str) -> str:
    """C that adds every input of a row to the accumulators."""
    stride, words = how.op.stride, how.op.weights.shape[3] * how.pairs
    steps, row_words = _steps(how), how.columns * how.pairs
    over = "" if stride == 1 else f" / {stride}"
    lines = "\n".join(
        f"                            a[{at}] += w[{at}] * value;" for at in range(steps)
    )
    runs = column_table(how)[:, 2]
    missing = " || column[2] == 0" if not runs.all() else ""
    count = "high - low + 1" if stride == 1 else f"(high - low) / {stride} + 1"
    return f"""\
                const uint32_t count = {count};
                uint32_t *to = acc + ((reach - low){over} - top) * {row_words};
                const uint32_t *from = kernel + low * {words};
                const {kind} *column = {table};
                for (; column != {table} + {3 * how.shape[2]}; column += 3, in += {how.shape[0]}) {{
                    const uint32_t value = *in, run = column[2];
                    uint32_t left = count, *a = to + column[0];
                    const uint32_t *w = from + column[1];
                    if (value == 0{missing}) continue;
                    for (;;) {{
                        const uint32_t *end = w + run;
                        do {{
{lines}
                            a += {steps};
                            w += {steps};
                        }} while (w != end);
                        if (--left == 0) break;
                        a -= {row_words} + run;
                        w += {stride * words} - run;
                    }}
                }}
"""


def _storing(how: Plan, shift: tuple[str, str], top: int) -> str:
    """C that makes outputs of a strip's accumulators."""
    side, row_words = how.window, how.columns * how.pairs
    places = [row * row_words + column * how.pairs for row in range(side) for column in range(side)]
    loads = "\n".join(
        f"                    const uint32_t v{n} = at[{p}];" for n, p in enumerate(places)
    )
    names = [f"v{n}" for n in range(len(places))]
    low, high = [f"({name} & 0xFFFFu)" for name in names], names
    while len(low) > 1:
        low, high = (
            [
                f"larger({one[n]}, {one[n + 1]})" if n + 1 < len(one) else one[n]
                for n in range(0, len(one), 2)
            ]
            for one in (low, high)
        )
    odd = "                y--;\n" if len(how.op.bias) % 2 else ""
    function = "lowered_lane" if how.lowered else "plain_lane"
    rest = f"            at += {(side - 1) * row_words};\n" if side > 1 else ""
    pixel = f"                at += {(side - 1) * how.pairs};\n" if side > 1 else ""
    return f"""\
        at = acc;
        for (row = top; row < bottom; row += {side}) {{
            for (channel = 0; channel < {how.columns // side}; channel++) {{
                for (i = 0; i < {2 * how.pairs}; i += 2, at++, y += 2) {{
{loads}
                    if ((({" | ".join(names)}) & 0x80008000u) == 0) {{
                        y[0] = y[1] = 0;
                        continue;
                    }}
                    y[0] = {function}({low[0]}, {shift[0]}, {top});
                    y[1] = {function}({high[0]} >> 16, {shift[1]}, {top});
                }}
{odd}{pixel}            }}
{rest}        }}
"""


def conv_function(
    how: Plan, name: str, tables: dict[str, str], kind: str, bits: int, words: int, shift: str
) -> str:
    """The C function ``name``.

    tables: names of weights, bias and columns; kind: the type of the last; words: of one channel's
    packed kernels; shift: a number or a table's name.
    """
    op, (channels, height, width) = how.op, how.shape
    assert op.activation_bits is not None
    stride, padding, kernel_rows = op.stride, op.padding, op.weights.shape[2]
    top = (1 << op.activation_bits) - 1
    shifts = (f"{shift}[i]", f"{shift}[i + 1]") if not shift.isdigit() else (shift, shift)
    steps = _steps(how)
    starts = "\n".join(
        f"                at[{at}] = {tables['bias']}[i + {at}];" for at in range(steps)
    )
    scaled = "top" if stride == 1 else f"top * {stride}"
    first = f"{scaled} > {padding} ? {scaled} - {padding} : 0" if padding else scaled
    beyond = "bottom" if stride == 1 else f"bottom * {stride}"
    margin = kernel_rows - stride - padding
    end = f"{beyond} + {margin}" if margin >= 0 else f"{beyond} - {-margin}"
    wide = bits == 16
    load = f"kernel = {tables['weights']} + channel * {words};"
    load = (
        load if wide else f"unpack{bits}(kernel, {tables['weights']} + channel * {words}, {words});"
    )
    declared = "const uint32_t *kernel;" if wide else ""
    taken = "" if wide else "uint32_t *kernel, "
    pooled = f", the largest of each {how.window}x{how.window}" if how.window > 1 else ""
    size = f"{kernel_rows}x{op.weights.shape[3]} on {channels} maps of {height}x{width}"
    return f"""\
/* {len(op.bias)} kernels {size}{pooled}. */
static void {name}(uint32_t *acc, {taken}const uint8_t *x, uint8_t *y) {{
    uint32_t top;
    for (top = 0; top < {how.rows}; top += {how.strip}) {{
        const uint32_t bottom = top + {how.strip} < {how.rows} ? top + {how.strip} : {how.rows};
        const uint32_t first = {first};
        const uint32_t last = {end} < {height} ? {end} : {height};
        uint32_t *at = acc, *acc_end = acc + (bottom - top) * {how.columns * how.pairs};
        uint32_t channel, row, i;
        {declared}
        while (at != acc_end)
            for (i = 0; i < {how.pairs}; i += {steps}, at += {steps}) {{
{starts}
            }}
        for (channel = 0; channel < {channels}; channel++) {{
            const uint8_t *in = x + first * {width * channels} + channel;
            {load}
            for (row = first; row < last; row++) {{
{_reach(how)}{_adding(how, tables["columns"], kind)}            }}
        }}
{_storing(how, shifts, top)}    }}
}}
"""
