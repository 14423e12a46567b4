# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Training learns, folding loses nothing, calibration says what logits mean."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lanewise.cli import main
from lanewise.integer.certificate import certify
from lanewise.integer.reference import logits as integer_logits
from lanewise.nn.architectures import dense
from lanewise.nn.layers import Phase
from lanewise.train.augmentation import model_input
from lanewise.train.calibration import (
    logits_per_nat,
    margins,
    negative_log_likelihood,
    reject_margin,
)
from lanewise.train.fold import calibrate, fold, losses
from lanewise.train.loop import fit
from lanewise.train.recipe import Augmentation, Recipe
from training_runs import pen

NETWORK = dense("learner", size=14, hidden=(32,))
GENTLE = Augmentation(5.0, 0.05, 0.05, 0.5)
RECIPE = Recipe(epochs=8, batch=64, lr=8e-3, acc_bits=12, average=0.98, augmentation=GENTLE)


@lru_cache
def learned():
    return fit(NETWORK, RECIPE, pen("train", 3000), pen("validation", 1000))


def test_a_few_seconds_of_training_read_most_pen_digits():
    assert learned().accuracy > 0.80
    assert learned().history[-1].phase == Phase.FROZEN.value


def test_every_step_from_the_trained_network_to_integers_is_measured_and_the_last_is_free():
    network = learned().network
    program = fold(network)
    steps = losses(network, program, pen("validation", 1000))
    assert steps.integer == steps.folded == learned().accuracy
    assert network.phase is Phase.FROZEN
    assert certify(program).acc_bits <= 12


def test_calibration_sets_confidence_and_margin_from_validation():
    network, validation = learned().network, pen("validation", 1000)
    program = calibrate(fold(network), network, validation)
    logits = integer_logits(program, model_input(validation.images, NETWORK))
    labels = validation.labels.astype(np.int64)
    units = program.logits_per_nat
    loss = negative_log_likelihood(logits, labels, units)
    for other in (max(1, units // 2), units * 2):
        assert loss <= negative_log_likelihood(logits, labels, other)
    right = logits.argmax(1) == labels
    unsure = margins(logits) < program.reject_margin
    assert unsure[right].mean() <= 0.002
    assert (margins(logits) <= program.reject_margin)[right].mean() > 0.002
    unsure = margins(logits) < reject_margin(logits, labels, 0.01)
    assert unsure[right].mean() <= 0.01 < unsure[~right].mean()


logit_arrays = hnp.arrays(
    np.int32, st.tuples(st.integers(1, 60), st.just(4)), elements=st.integers(-3000, 3000)
)


@given(logit_arrays, st.integers(0, 100))
def test_the_margin_rejects_at_most_its_share_and_one_more_would_not_do(logits, seed):
    labels = np.random.default_rng(seed).integers(0, 4, len(logits))
    margin = reject_margin(logits, labels, 0.1)
    right = margins(logits)[logits.argmax(1) == labels]
    assert (right < margin).sum() <= 0.1 * len(right)
    if len(right):
        assert (right < margin + 1).sum() > 0.1 * len(right) - 1


@given(logit_arrays, st.integers(0, 100))
def test_temperature_is_a_positive_whole_number_for_any_logits(logits, seed):
    labels = np.random.default_rng(seed).integers(0, 4, len(logits))
    assert logits_per_nat(logits, labels) >= 1


def test_temperature_recovers_the_scale_logits_were_made_with():
    rng = np.random.default_rng(1)
    nats = rng.normal(0, 2, (20000, 5))
    chances = np.exp(nats) / np.exp(nats).sum(1, keepdims=True)
    labels = (chances.cumsum(1) > rng.random((20000, 1))).argmax(1)
    units = logits_per_nat(np.round(nats * 200).astype(np.int32), labels)
    assert units == pytest.approx(200, rel=0.05)


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_train_then_quantize_then_certify_from_the_command_line(tmp_path):
    out, model = tmp_path / "run", tmp_path / "digits.lanes"
    options = ("--arch", "dense14-small", "--epochs", 2, "--limit", 600, "--batch", 64, "--json")
    trained = call("train", "--data", "pen", "--out", out, *options)
    assert trained.exit_code == 0, trained.output
    report = json.loads(trained.stdout)
    assert report["epochs"] == 2
    quantized = call("quantize", "--from", out, "--out", model, "--limit", 500, "--json")
    assert quantized.exit_code == 0, quantized.output
    steps = json.loads(quantized.stdout)
    assert steps["integer_accuracy"] == steps["folded_accuracy"]
    assert steps["acc_bits"] <= report["acc_bits"]
    assert json.loads(call("certify", model, "--json").stdout)["ok"]
    again = call("quantize", "--from", out, "--out", model)
    assert again.exit_code == 2
    assert "exists" in again.output
    table = call("quantize", "--from", out, "--out", model, "--limit", 500, "--force")
    assert "integer program" in table.output


def test_wrong_calls_end_in_one_line(tmp_path):
    absent = call("quantize", "--from", tmp_path / "none", "--out", tmp_path / "x.lanes")
    assert absent.exit_code == 1
    assert "cannot be read" in absent.output
    assert not (tmp_path / "x.lanes").exists()
    bits = call("train", "--out", tmp_path / "run", "--limit", 300, "--acc-bits", 2)
    assert bits.exit_code == 1
    assert "acc_bits is 2" in bits.output
