# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The fast batch path equals the int64 definition, on every program and at every extreme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanewise.export.lanes import read
from lanewise.integer.batch.columns import order, place, runs
from lanewise.integer.batch.dense import Chain
from lanewise.integer.batch.fields import Fields, fields_of
from lanewise.integer.batch.maps import Maps
from lanewise.integer.batch.pairs import Pairs, pairs_of
from lanewise.integer.batch.run import BatchRunner, real_type
from lanewise.integer.batch.sums import Sums, sums_of
from lanewise.integer.certificate import Certificate, certify
from lanewise.integer.definition import accumulators
from lanewise.integer.program import Conv2d, Dense, Pool, Program
from lanewise.integer.reference import Reference, logits
from lanewise.resources import bundled
from strategies import extreme_inputs, programs

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))
MODELS = sorted(path.parent for path in bundled("models").glob("*/model.lanes"))


def defined(program, batch):
    return accumulators(program, batch)[-1].reshape(len(batch), -1)


@given(programs(most_ops=6), st.integers(1, 9))
@settings(RELAXED, max_examples=250)
def test_batches_equal_the_definition(drawn, block):
    program, rng = drawn
    batch = extreme_inputs(program, rng, count=7)
    expected = defined(program, batch)
    assert np.array_equal(logits(program, batch), expected)
    for real in {real_type(program, certify(program)), np.float64}:
        assert np.array_equal(BatchRunner(program, real, block).logits(batch), expected)


@st.composite
def chains(draw):
    """Dense layers wide enough for rows in pairs, weights at the ends of their formats included."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bits = draw(st.integers(1, 8))
    widths = [draw(st.integers(60, 90)) for _ in range(draw(st.integers(1, 3)))]
    ops, count, shape = [], 12 * 6, (1, 12, 6)
    for at, width in enumerate([*widths, 3]):
        last = at == len(widths)
        largest = draw(st.sampled_from([1, 7, 127]))
        weights = rng.integers(-largest, largest + 1, (width, count))
        if draw(st.booleans()):
            weights = rng.choice([-largest, 0, largest], (width, count), p=[0.3, 0.4, 0.3])
        bias = rng.integers(-500, 500, width)
        shift = np.zeros(width, int) if last else rng.integers(0, 12, width)
        ops.append(Dense(weights, bias, shift, None if last else 4, "int8", (at,)))
        count = width
    program = Program(shape, bits, tuple(ops), tuple("abc"))
    return program, rng


def opposite_inputs(program, rng):
    """Inputs that drive accumulators of the first layer to the two ends of their intervals."""
    most = (1 << program.input_bits) - 1
    rows = program.ops[0].weights[:6]
    ends = np.concatenate([rows > 0, rows < 0]).reshape(-1, *program.input_shape) * most
    return np.concatenate([ends.astype(np.uint8), extreme_inputs(program, rng)])


@given(chains())
@settings(RELAXED, max_examples=100)
def test_rows_in_pairs_equal_the_definition(drawn):
    program, rng = drawn
    batch = opposite_inputs(program, rng)
    expected = defined(program, batch)
    for real in {real_type(program, certify(program)), np.float64}:
        out = np.empty(expected.shape, np.int32)
        Chain(program, len(batch), real).run(batch, out)
        assert np.array_equal(out, expected)
        Maps(program, len(batch), real).run(batch, out)
        assert np.array_equal(out, expected)


def pair_of(top: int, bottom: int) -> Program:
    """Two hidden outputs of equal weights, so that a pair just fits float32 or just does not."""
    weights = np.zeros((2, 64), int)
    weights[:, :16], weights[:, 16:32] = top, bottom
    hidden = Dense(weights, [0, 0], [0, 0], 8)
    last = Dense(np.eye(2, dtype=int), [0, 0], [0, 0], None, inputs=(1,))
    return Program((1, 8, 8), 4, (hidden, last), ("low", "high"))


def test_pairs_are_made_up_to_the_last_certified_bit_and_not_beyond():
    """Intervals of 12 bits go in pairs, those of 13 do not; both are exact at their ends."""
    for program, paired in ((pair_of(8, -8), True), (pair_of(9, -9), False)):
        images = np.zeros((3, 1, 8, 8), np.uint8)
        flat = images.reshape(3, 64)
        flat[1, :16] = flat[2, 16:32] = 15
        chain = Chain(program, 3, np.float32)
        assert [bool(layer.shared) for layer in chain._layers] == [paired, False]
        out = np.empty((3, 2), np.int32)
        chain.run(images, out)
        assert np.array_equal(out, defined(program, images))
        assert all(layer.shared for layer in Chain(program, 3, np.float64)._layers[:1])


def test_the_type_follows_the_certificate():
    """float32 holds every integer up to 2**24; the bias counts twice, as it may come first."""
    for bias, real in (((1 << 23) - 1, np.float32), (1 << 23, np.float64)):
        layer = Dense(np.array([[1]]), [bias], [0], None)
        program = Program((1, 1, 1), 1, (layer,), ("only",))
        assert real_type(program, certify(program)) is real
        assert logits(program, np.ones((1, 1, 1), np.uint8)).item() == bias + 1


def test_a_certificate_beyond_every_float_leaves_the_definition():
    layer = Dense(np.array([[3]]), [1], [0], None)
    program = Program((1, 1, 1), 1, (layer,), ("only",))
    wide = Certificate(tuple(replace(bound, hi=1 << 60) for bound in certify(program).bounds))
    assert real_type(program, wide) is None
    assert logits(program, np.ones((1, 1, 1), np.uint8), wide).item() == 4


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2])
def test_pooling_before_requantization_equals_pooling_after(size, padding, stride):
    """Also where windows leave an edge unread and every accumulator is negative."""
    rng = np.random.default_rng(size)
    conv = Conv2d(rng.integers(-8, 8, (7, 2, 3, 3)), rng.integers(-900, 200, 7),
                  rng.integers(0, 6, 7), 4, stride=stride, padding=padding)  # fmt: skip
    side = (9 + 2 * padding - 3) // stride + 1
    pooled = (side - size) // size + 1
    last = Dense(rng.integers(-8, 8, (3, 7 * pooled**2)), [0] * 3, [0] * 3, None, inputs=(2,))
    pool = Pool("max", size, size, 0, 4, (1,))
    program = Program((2, 9, 9), 4, (conv, pool, last), tuple("abc"))
    batch = extreme_inputs(program, rng, 20)
    assert np.array_equal(logits(program, batch), defined(program, batch))


def test_an_empty_batch_has_no_logits():
    program, _ = read(MODELS[0] / "model.lanes")
    assert logits(program, np.zeros((0, *program.input_shape), np.uint8)).shape == (0, 10)


def test_a_reference_keeps_nothing_of_the_batch_before():
    program, _ = read(bundled("models") / "pebble" / "model.lanes")
    rng = np.random.default_rng(5)
    batches = [extreme_inputs(program, rng, count) for count in (60, 3, 100)]
    reference = Reference(program)
    for batch in batches:
        assert np.array_equal(reference.logits(batch), logits(program, batch))


@pytest.mark.parametrize("folder", MODELS, ids=[folder.name for folder in MODELS])
def test_zoo_models_equal_the_definition(folder):
    program, proof = read(folder / "model.lanes")
    assert real_type(program, proof) is np.float32
    batch = extreme_inputs(program, np.random.default_rng(7), 70)
    batch[3:] *= np.random.default_rng(8).random(batch[3:].shape) < 0.3
    assert np.array_equal(logits(program, batch), defined(program, batch))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3, 7, 40, 127]),
    st.integers(0, 2),
    st.integers(5, 10),
    st.sampled_from(["dense", "conv", "pool"]),
)
@settings(RELAXED, max_examples=120)
def test_convolutions_by_tiles_equal_the_definition(seed, largest, padding, side, reader):
    """Maps of even and odd width, bare and padded, read by all that reads them, at both ends."""
    rng = np.random.default_rng(seed)
    first = Conv2d(rng.integers(-largest, largest + 1, (10, 12, 3, 3)), rng.integers(-90, 90, 10),
                   rng.integers(0, 9, 10), 4, padding=padding)  # fmt: skip
    made = side + 2 * padding - 2
    ops = [first]
    size = 10 * made**2
    if reader == "conv":
        ops.append(Conv2d(rng.integers(-9, 9, (6, 10, 3, 3)), rng.integers(-90, 90, 6),
                          rng.integers(0, 9, 6), 4, inputs=(1,)))  # fmt: skip
        size = 6 * (made - 2) ** 2
    if reader == "pool":
        ops.append(Pool("max", 2, 2, 0, 4, (1,)))
        size = 10 * (made // 2) ** 2
    last = Dense(rng.integers(-9, 9, (3, size)), [0] * 3, [0] * 3, None, inputs=(len(ops),))
    program = Program((12, side, side), 4, (*ops, last), tuple("abc"))
    ends = np.concatenate([first.weights > 0, first.weights < 0]) * 15
    field = np.zeros((len(ends), 12, side, side), np.uint8)
    field[:, :, 1:4, 1:4] = ends
    field = np.concatenate([field, np.roll(field, 1, 3)])  # both columns of a tile
    batch = np.concatenate([field, extreme_inputs(program, rng)])
    out = np.empty((len(batch), 3), np.int32)
    for real in (np.float32, np.float64):
        maps = Maps(program, len(batch), real)
        assert maps._steps[0].tiled
        maps.run(batch, out)
        assert np.array_equal(out, defined(program, batch))


def test_tiles_are_made_up_to_the_last_certified_bit_and_not_beyond():
    """Sums of 15 channels fit float32 with their halves, those of 16 do not; both are exact."""
    for channels, tiled in ((15, True), (16, False)):
        full = channels * 9 * 127 * 255
        weights = np.full((2, channels, 3, 3), 127)
        weights[1] = -127
        # Full ink makes a multiple of the shift's unit: one ink less is seen.
        conv = Conv2d(weights, [-(full % 32768), 9000], [15, 15], 8)
        last = Dense(np.eye(2, 8, 0, int) + np.eye(2, 8, 4, int), [0, 0], [0, 0], None, inputs=(1,))
        program = Program((channels, 4, 4), 8, (conv, last), ("up", "down"))
        assert real_type(program, certify(program)) is np.float32
        batch = extreme_inputs(program, np.random.default_rng(channels), 12)
        batch[3:9] = 255
        batch[4, -1, 1, 1] = batch[5, 0, 2, 1] = batch[6, 3, 1, 2] = batch[7, 2, 2, 2] = 254
        maps = Maps(program, len(batch), np.float32)
        assert maps._steps[0].tiled is tiled
        out = np.empty((len(batch), 2), np.int32)
        maps.run(batch, out)
        expected = defined(program, batch)
        assert np.array_equal(out, expected)
        assert len(np.unique(expected[3:8, 0])) > 1


@given(st.integers(1, 12), st.integers(0, 3), st.integers(1, 3), st.integers(1, 9))
def test_columns_lie_where_runs_say(width, first, step, count):
    """Even columns before odd ones, in the map and in the one made of its columns."""
    wanted = first + step * np.arange(count)
    if wanted[-1] >= width:
        return
    lie = order(width)
    made = np.empty(count, int)
    for mine, theirs in runs(width, first, count, step):
        made[mine] = lie[theirs]
    assert np.array_equal(made, wanted[order(count)])
    assert [lie[place(width, column)] for column in range(width)] == list(range(width))


def sums(reach: int, lo: int, hi: int, bias: int) -> Sums:
    """Two outputs of 80 inputs alike, without a shift."""
    rows = np.ones((2, 80), np.int64), *(np.full(2, n, np.int64) for n in (bias, 0, lo, hi, reach))
    return Sums(*rows)


def test_sums_that_fit_no_float_in_pairs_are_not_paired():
    """2**32 * 3.0e9 takes more than 63 bits."""
    wide = sums((1 << 31) + 900_000_000, -(1 << 28), (1 << 31) - 1, 900_000_000)
    assert pairs_of(wide, np.float64) is None
    assert fields_of(wide, np.float64) is None
    small = sums((1 << 11) + 900, -(1 << 8), (1 << 11) - 1, 900)
    assert pairs_of(small, np.float64)
    assert fields_of(small, np.float64)


def test_fields_are_made_up_to_the_last_bit_and_not_beyond():
    """11 bits below and 12 above fill a fraction of 23; one more above, and they go in pairs."""
    rng = np.random.default_rng(3)
    for above, kind in ((8, Fields), (9, Pairs)):
        weights = np.zeros((2, 64), int)
        weights[0, :16], weights[0, 16:32] = 4, -4
        weights[1, 8:24], weights[1, 32:48] = above, -above
        hidden = Dense(weights, [0, 0], [0, 0], 8)
        last = Dense(np.array([[1, -3], [-2, 1]]), [5, 6], [0, 0], None, inputs=(1,))
        program = Program((1, 8, 8), 4, (hidden, last), ("low", "high"))
        batch = np.concatenate([opposite_inputs(program, rng), extreme_inputs(program, rng, 9)])
        chain = Chain(program, len(batch), np.float32)
        assert type(chain._layers[0].shared) is kind
        out = np.empty((len(batch), 2), np.int32)
        chain.run(batch, out)
        assert np.array_equal(out, defined(program, batch))


def test_the_constant_of_fields_goes_into_the_next_layers_reach():
    op = Dense(np.array([[3, -2]]), [7], [0], None)
    made = sums_of(op, np.array([15, 15]), 100)
    assert (made.lo.item(), made.hi.item()) == (7 - 30, 7 + 45)
    assert made.bias.item() == 7 - 100  # 3 * 100 - 2 * 100 too much
    assert made.reach.item() == 3 * 115 + 93


def test_swift_runs_in_fields_at_every_end_of_its_intervals():
    """The cheapest model, the one that is compared with others' integer kernels."""
    program, _ = read(bundled("models") / "swift" / "model.lanes")
    rows = program.ops[0].weights
    ends = np.concatenate([rows > 0, rows < 0]).astype(np.uint8) * 7
    batch = np.concatenate(
        [ends.reshape(-1, 1, 14, 14), extreme_inputs(program, np.random.default_rng(2))]
    )
    chain = Chain(program, len(batch), np.float32)
    assert type(chain._layers[0].shared) is Fields
    out = np.empty((len(batch), 10), np.int32)
    chain.run(batch, out)
    assert np.array_equal(out, defined(program, batch))
