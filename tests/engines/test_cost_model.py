# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The cost model keeps to the networks that it was fitted to: a guard, not a measure of error."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from lanewise.cost.predict import predict
from lanewise.data.mnist import load_mnist
from lanewise.errors import UsageError
from lanewise.export.lanes import read
from lanewise.resources import bundled
from lanewise.zoo.card import activity


@pytest.fixture(scope="module")
def dense14():
    return read(bundled("models") / "dense14" / "model.lanes")[0]


def test_dense14_is_predicted_within_a_tenth_of_what_ulab16_took(dense14):
    # Six pictures on an emulated board, collections left out.
    assert sum(predict(dense14, [47.2, 26.3, 27.0])) == pytest.approx(0.847e6, rel=0.1)


def test_dense14_is_predicted_within_a_fifth_of_what_other_engines_took(dense14):
    # Input as measured; hidden activity is of the right order only.
    activity = [38.9, 28.3, 28.2]
    for engine, measured in (("bigint", 2.30e6), ("plain", 10.5e6)):
        assert sum(predict(dense14, activity, engine)) == pytest.approx(measured, rel=0.2)


def test_more_ink_costs_more(dense14):
    assert sum(predict(dense14, [80, 28, 28])) > sum(predict(dense14, [40, 28, 28]))


def test_engines_without_a_model_are_named(dense14):
    with pytest.raises(UsageError, match="no cost model for engine 'gpu'"):
        predict(dense14, [1, 1, 1], "gpu")


def test_networks_unlike_the_zoo_are_predicted_within_a_tenth_of_what_they_took(mnist_dir):
    """Six pictures each on an emulated board, collections left out (docs/cost-model.md)."""
    path = Path(__file__).parents[2] / "tools" / "cost_probes.py"
    tool = run_path(str(path))
    digits = load_mnist("train", mnist_dir).images[-10_000:]
    rng = np.random.default_rng(tool["SEED"])
    shown = digits[: 6 * 37 : 37]
    measured = (2.59, 3.52, 5.74, 5.19, 5.22, 1.82)
    for name, cycles in zip(tool["PROBES"], measured, strict=True):
        program = tool["probe"](name, digits[5_000:5_100], rng)
        found = sum(predict(program, activity(program, shown)))
        assert found == pytest.approx(1e6 * cycles, rel=0.1), name
