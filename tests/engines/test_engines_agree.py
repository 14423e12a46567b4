# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Every device engine returns the reference's integers, or refuses the program by name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lanewise.errors import LanewiseError
from lanewise.export.lanes import read
from lanewise.integer.certificate import certify
from lanewise.integer.program import Dense, Program
from lanewise.integer.reference import logits
from lanewise.resources import bundled
from lanewise.runtimes.device import device_engine, run_device

ENGINES = ("ulab16", "ulabdot", "bigint")
MODELS = sorted(path.parent for path in (bundled("models")).glob("*/model.lanes"))


def agree(program, images, engine):
    """Compare with the reference; an inexact engine must refuse. Returns whether it ran."""
    if engine != "ulabdot" and engine not in certify(program).engines:
        with pytest.raises(
            LanewiseError, match=rf"op \d+ \(.*\): accumulators \[.*{engine} is not"
        ):
            device_engine(program, engine)
        return False
    try:
        got = run_device(program, images, engine=engine)
    except LanewiseError as error:
        assert engine == "ulabdot" and "2**24" in str(error)
        return False
    assert np.array_equal(got, logits(program, images)), engine
    return True


@pytest.mark.parametrize("engine", [*ENGINES, "plain"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_both_ends_of_an_int16_interval_are_reached_exactly(engine, bits):
    """Rows whose accumulators end exactly at -32768 and at 32767."""
    most = (1 << bits) - 1
    weights = np.zeros((2, 512), np.int8)
    count = min(32767 // (127 * most), 512)
    weights[0, :count], weights[1, :count] = 127, -128
    high = 127 * most * count
    low = -128 * most * count
    if low < -32768:
        weights[1, :count] = -127
        low = -high
    layer = Dense(weights, [32767 - high, -32768 - low], [0, 0], None)
    program = Program((1, 16, 32), bits, (layer,), ("up", "down"))
    assert certify(program).bounds[0].lo == -32768 and certify(program).bounds[0].hi == 32767
    images = np.stack([np.full((16, 32), most), np.zeros((16, 32))]).astype(np.uint8)
    got = run_device(program, images, engine=engine)
    assert got[0].tolist() == [32767, -32768]
    assert np.array_equal(got, logits(program, images))


def test_one_beyond_int16_is_refused_with_op_and_bound():
    layer = Dense(np.full((1, 1), 1), [32767], [0], None)
    program = Program((1, 1, 1), 1, (layer,), ("only",), name="wide")
    message = re.escape("wide: op 0 (dense): accumulators [32767, 32768] leave int16")
    with pytest.raises(LanewiseError, match=message):
        device_engine(program, "ulab16")
    assert device_engine(program).name == "bigint"


def test_sums_beyond_float32_are_refused_and_those_below_are_exact():
    big = Program((1, 1, 1), 1, (Dense(np.array([[1]]), [1 << 23], [0], None),), ("only",))
    with pytest.raises(LanewiseError, match=r"op 0 \(dense\).*leave 2\*\*24"):
        device_engine(big, "ulabdot")
    # 22 bits are not enough to read this back: it takes the split into halves.
    odd = Program((1, 1, 1), 1, (Dense(np.array([[1]]), [(1 << 23) - 2], [0], None),), ("only",))
    assert run_device(odd, np.ones((1, 1, 1), np.uint8), engine="ulabdot").item() == (1 << 23) - 1
    wide = Dense(np.full((1, 256), 127), [0], [0], None)
    layer = Program((1, 16, 16), 8, (wide,), ("only",))
    image = np.full((1, 16, 16), 255, np.uint8)
    image[0, 0, 0] = 254
    assert run_device(layer, image, engine="ulabdot").item() == 127 * (255 * 256 - 1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("folder", MODELS, ids=[folder.name for folder in MODELS])
def test_zoo_models_agree(folder: Path, engine: str):
    program, _ = read(folder / "model.lanes")
    rng = np.random.default_rng(1)
    shape = program.input_shape[1:]
    images = rng.integers(0, 1 << program.input_bits, (6, *shape)).astype(np.uint8)
    images[0], images[1] = 0, (1 << program.input_bits) - 1
    images[2:4] *= rng.random((2, *shape)) < 0.3
    assert agree(program, images, engine)


def test_a_program_keeps_no_memory_of_the_image_before():
    program, _ = read(MODELS[0] / "model.lanes")
    rng = np.random.default_rng(2)
    shape = program.input_shape[1:]
    images = rng.integers(0, 1 << program.input_bits, (3, *shape)).astype(np.uint8)
    for engine in ENGINES:
        runner = device_engine(program, engine)
        first = list(runner.run(images[0].tobytes()))
        runner.run(images[1].tobytes())
        assert list(runner.run(images[0].tobytes())) == first


def test_the_choice_says_why_and_obeys():
    program, _ = read(MODELS[0] / "model.lanes")
    chosen = device_engine(program)
    assert chosen.name == "ulab16" and "int16" in chosen.model.explain()
    assert device_engine(program, "plain").model.explain().endswith("plain: asked for")
    with pytest.raises(LanewiseError, match="engine gpu is unknown; choose one of ulab16, bigint"):
        device_engine(program, "gpu")
