# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Packing weights and taking them out again, on the host and on the board."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanecam.errors import ModelError
from lanecam.weights import read_weights
from lanewise.errors import ModelFileError, ProgramError
from lanewise.integer.weights import FORMATS, pack, unpack, weight_format
from strategies import random_weights


class Stored:
    """A file of which the bytes ``raw`` are still to be read, as the board's loader reads it."""

    def __init__(self, raw):
        self.raw = raw

    def into(self, buffer):
        size = memoryview(buffer).nbytes
        memoryview(buffer).cast("B")[:] = self.raw[:size]
        self.raw = self.raw[size:]
        return buffer


def board_unpack(raw, count, storage):
    return read_weights(Stored(raw), len(raw), count, storage)


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 2000), st.integers(0, 2**32 - 1))
def test_packed_weights_come_back_on_host_and_board(name, count, seed):
    form = FORMATS[name]
    weights = random_weights(np.random.default_rng(seed), (count,), name)
    packed = pack(weights, form)
    assert len(packed) == form.packed_bytes(count)
    assert np.array_equal(unpack(packed, count, form), weights)
    assert list(board_unpack(packed, count, form.code)) == weights.tolist()


def test_sizes_are_the_smallest_whole_bytes():
    sizes = {name: form.packed_bytes(1000) for name, form in FORMATS.items()}
    assert sizes == {"int8": 1000, "int4": 500, "int3": 375, "int2": 250, "ternary": 200}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_weights_beyond_the_range_are_refused(name):
    form = FORMATS[name]
    if form.bits != 8:
        with pytest.raises(ProgramError, match=name):
            pack(np.array([form.high + 1], np.int8), form)


def test_lengths_padding_and_codes_are_checked():
    with pytest.raises(ModelFileError, match="take 2 bytes, found 3"):
        unpack(b"abc", 4, FORMATS["int4"])
    with pytest.raises(ModelError, match="take 2 bytes, found 3"):
        board_unpack(b"abc", 4, FORMATS["int4"].code)
    with pytest.raises(ModelFileError, match="padding"):
        unpack(b"\x10", 1, FORMATS["int4"])
    with pytest.raises(ModelFileError, match="padding"):
        unpack(b"\x00", 1, FORMATS["ternary"])
    with pytest.raises(ModelFileError, match="255 is no ternary"):
        unpack(b"\xff", 5, FORMATS["ternary"])
    with pytest.raises(ModelError, match="255 is no ternary"):
        board_unpack(b"\xff", 5, 5)
    with pytest.raises(ProgramError, match="int5.*choose one of int8"):
        weight_format("int5")
