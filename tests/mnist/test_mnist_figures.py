# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The figures of the README on real MNIST, with the models that are in the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lanewise.data.mnist import load_mnist
from lanewise.emulator.desk import EmulatedDesk
from lanewise.emulator.sources import DigitSource
from lanewise.export.lanes import read, stored_bytes
from lanewise.runtimes.base import runtime
from lanewise.runtimes.inputs import model_inputs
from lanewise.zoo.card import measure

MODELS = Path(__file__).resolve().parents[2] / "models"
DENSE14 = MODELS / "dense14" / "model.lanes"


@pytest.mark.parametrize(("name", "least"), [("dense14", 0.985), ("dense14-pen", 0.85)])
def test_dense_models_reach_their_accuracy(mnist_dir, name, least):
    program, proof = read(MODELS / name / "model.lanes")
    assert stored_bytes(program) <= 18_000
    assert "ulab16" in proof.engines
    assert measure(program, load_mnist("test", mnist_dir)).accuracy >= least


@pytest.mark.parametrize("engine", ["device", "micropython"], indirect=True)
def test_engines_agree_on_the_whole_test_set(mnist_dir, engine):
    program, _ = read(DENSE14)
    inputs = model_inputs(program, load_mnist("test", mnist_dir).images)
    assert np.array_equal(runtime(engine)(program, inputs), runtime("numpy")(program, inputs))


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("colorspace", ["rgb", "yuv"])
def test_the_emulated_camera_reads_500_test_digits(mnist_dir, width, colorspace):
    digits = load_mnist("test", mnist_dir).take(slice(500))
    with EmulatedDesk(DENSE14, width, colorspace) as desk:
        read_as = [desk.look(DigitSource(image)).digit for image in digits.images]
    right = sum(found == str(label) for found, label in zip(read_as, digits.labels, strict=True))
    assert right / 500 >= 0.95
