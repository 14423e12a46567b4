# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pruning: channels that cannot matter go, and no logit of any input changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lanewise.integer.program import Conv2d, Dense, Mix, Pool, Program
from lanewise.integer.prune import pruned
from lanewise.integer.reference import logits


def conv(random, outputs, inputs, source, groups=1, padding=0):
    """A convolution some of whose channels can never rise above 0."""
    weights = random.integers(-3, 4, (outputs, inputs // groups, 3, 3))
    bias = random.integers(-20, 20, outputs)
    shift = random.integers(1, 4, outputs)
    dead = random.random(outputs) < 0.4
    shift[dead] = 31
    return Conv2d(weights, bias, shift, 3, "int4", (source,), 1, padding, groups)


def program(seed, depthwise=False):
    random = np.random.default_rng(seed)
    first, second = random.integers(1, 7, 2)
    ops = [
        conv(random, first, 1, 0),
        Pool("max", 2, 2, 0, 3, (1,)),
        conv(random, first if depthwise else second, first, 2, first if depthwise else 1, 1),
    ]
    made = len(ops[-1].bias)
    weights = random.integers(-7, 8, (10, made * 9))
    for channel in np.flatnonzero(random.random(made) < 0.3):
        weights.reshape(10, made, 9)[:, channel] = 0
    ops.append(Dense(weights, random.integers(-9, 9, 10), np.zeros(10, int), None, "int4", (3,)))
    return Program((1, 8, 8), 4, tuple(ops))


def widths(found):
    return [len(op.bias) for op in found.ops if not isinstance(op, Pool)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_no_logit_changes(seed, depthwise):
    whole = program(seed, depthwise)
    less = pruned(whole)
    inks = np.random.default_rng(seed).integers(0, 16, (20, 1, 8, 8), dtype=np.uint8)
    assert np.array_equal(logits(whole, inks), logits(less, inks))
    assert widths(pruned(less)) == widths(less)


def test_dead_and_unread_channels_go():
    random = np.random.default_rng(1)
    live = Conv2d(np.ones((4, 1, 3, 3), int), np.zeros(4, int), np.ones(4, int), 3, "int4", (0,))
    shift = np.array([1, 31, 1, 1])
    next_weights = random.integers(1, 4, (2, 4, 3, 3))
    next_weights[:, 3] = 0
    after = Conv2d(next_weights, np.zeros(2, int), np.ones(2, int), 3, "int4", (1,))
    last = Dense(np.ones((10, 32), int), np.zeros(10, int), np.zeros(10, int), None, "int4", (2,))
    whole = Program((1, 8, 8), 4, (replace(live, shift=shift), after, last))
    less = pruned(whole)
    assert widths(less) == [2, 2, 10]
    assert np.array_equal(less.ops[1].weights, next_weights[:, [0, 2]])


def test_a_value_keeps_one_channel_and_streams_keep_theirs():
    dead = Conv2d(np.ones((2, 1, 3, 3), int), np.zeros(2, int), np.full(2, 31), 3, "int4", (0,))
    last = Dense(np.ones((10, 72), int), np.zeros(10, int), np.zeros(10, int), None, "int4", (1,))
    assert widths(pruned(Program((1, 8, 8), 4, (dead, last)))) == [1, 10]
    matrix = np.array([[1, 1], [1, 1]], np.uint16)
    mix = Mix(matrix, np.array([], np.uint16), 1, 3, (1,))
    last = replace(last, inputs=(2,))
    whole = Program((1, 8, 8), 4, (dead, mix, last))
    assert pruned(whole).ops[0].weights.shape[0] == 2
