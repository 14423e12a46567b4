# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Lanes over maps of which readers want different parts, or none, or the activations themselves."""

from __future__ import annotations

import numpy as np
import pytest

from lanewise.errors import LanewiseError
from lanewise.integer.definition import accumulators
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.runtimes.device import device_engine, run_device


def agrees(shape: Shape, bits: int, *ops: Op, inputs: int) -> None:
    """Lanes equal the definition on a program that ends in a dense op of ``inputs`` inputs."""
    rng = np.random.default_rng(3)
    last = Dense(rng.integers(-3, 4, (2, inputs)), [5, -5], [0, 0], None, inputs=(len(ops),))
    program = Program(shape, bits, (*ops, last), ("a", "b"))
    images = rng.integers(0, 1 << bits, (20, *shape)).astype(np.uint8)
    expected = accumulators(program, images)[-1].reshape(20, 2)
    assert len(np.unique(expected, axis=0)) > 1 or shape == (1, 1, 1)
    assert np.array_equal(run_device(program, images, engine="ulab16"), expected)


def pool(size: int, source: int, bits: int = 2) -> Pool:
    return Pool("max", size, size, 0, bits, (source,))


def test_a_mix_and_a_concat_read_as_much_as_others_read_of_their_sources():
    """The pool wants four of five rows and columns, the concat all of them."""
    mixed = Mix([[1]], [1], 1, 2, (0, 0))
    whole = Dense(np.ones((1, 25), int), [-15], [1], 4, inputs=(0,))
    part = Dense(np.ones((1, 4), int), [0], [0], 4, inputs=(2,))
    agrees((1, 5, 5), 2, mixed, pool(2, 1), whole, part, Concat((3, 4)), inputs=2)
    joined = Concat((0, 1))
    part = Dense(np.ones((1, 8), int), [-10], [0], 4, inputs=(3,))
    agrees((1, 5, 5), 2, mixed, joined, pool(2, 2), whole, part, Concat((4, 5)), inputs=2)


def test_a_convolution_of_which_only_padding_is_read_makes_its_biases():
    """Stride, padding and pooling leave a place over padding alone: of its source nothing."""
    wide = Conv2d([[[[-6, 7, 2]]], [[[-5, -1, 2]]]], [200, 90], [6, 6], 2, inputs=(1,), stride=2,
                  padding=1)  # fmt: skip
    agrees((1, 1, 1), 1, Pool("max", 1, 2, 0, 1, (0,)), wide, Pool("max", 1, 2, 0, 2, (2,)),
           inputs=2)  # fmt: skip


def test_a_depthwise_convolution_reads_activations_and_no_high_bytes():
    """The mix goes beyond its largest activation: bytes of 3 stand for 1."""
    beyond = Mix([[3], [2]], [], 0, 1, (0,))
    deep = Conv2d([[[[6, 7, 4]]], [[[-3, 7, 1]]]], [4, 10], [1, 2], 7, inputs=(1,), groups=2)
    agrees((1, 1, 5), 1, beyond, deep, inputs=6)


def test_a_single_channel_of_one_bit_sees_its_kernel_turned_around():
    """Its only kernel is the weights themselves, turned in place once all views are cut."""
    conv = Conv2d([[[[-8, 7, -8], [7, -8, 7], [7, 7, 5]]]], [-1], [0], 4, padding=1)
    agrees((1, 5, 4), 1, conv, inputs=20)


def test_sums_of_a_convolution_beyond_float32_are_refused_too():
    """Its kernel would be exact, but the certificate does not admit it."""
    conv = Conv2d([[[[1]]]], [1 << 24], [4], 2)
    last = Dense([[1]], [0], [0], None, inputs=(1,))
    program = Program((1, 1, 1), 1, (conv, last), ("only",))
    with pytest.raises(LanewiseError, match=r"op 0 \(conv2d\).*leave 2\*\*24, ulabdot is not"):
        device_engine(program, "ulabdot")
