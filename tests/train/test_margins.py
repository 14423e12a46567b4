# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Margins from digits and from what is none, and the unit that two runs of a recipe share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lanewise.data.framed import FramedPictures
from lanewise.errors import TrainingError
from lanewise.integer.reference import logits
from lanewise.nn.network import build
from lanewise.train.augmentation import model_input
from lanewise.train.calibration import margins, reject_margin
from lanewise.train.fold import calibrate, fold, quantize_after_training, steps_of_a_logit
from training_runs import SMALL, pen


def answers(gaps):
    """Logits (n, 10) of readings whose best leads by ``gaps``."""
    found = np.zeros((len(gaps), 10), np.int64)
    found[:, 3] = gaps
    return found


DIGITS = answers(np.arange(1, 1001))
RIGHT = np.full(1000, 3)


def test_it_refuses_no_more_digits_than_its_share():
    assert reject_margin(DIGITS, RIGHT, 0.005) == 6
    assert (margins(DIGITS) < 6).mean() == 0.005


@pytest.mark.parametrize("last", [3, 40])
def test_it_is_no_larger_than_the_marks_ask_for(last):
    marks = answers(np.arange(100) * last // 100)
    found = reject_margin(DIGITS, RIGHT, 0.02, marks, given=0.1)
    enough = min(at for at in range(50) if (margins(marks) >= at).mean() <= 0.1)
    assert found == min(enough, 21)


def network_of(seed, scale=1.0):
    network = build(SMALL, 12, seed)
    with torch.no_grad():
        list(network.weighted())[-1].weight.mul_(scale)
    quantize_after_training(network)
    return network


def test_a_logit_is_as_many_steps_as_said_whatever_the_scale_of_the_weights():
    drawn = pen("validation", 100)
    inputs = model_input(drawn.images, SMALL)
    counts = set()
    for seed, scale in ((1, 1.0), (1, 8.0), (2, 1.0)):
        network = network_of(seed, scale)
        program = fold(network)
        steps = steps_of_a_logit(network, program, drawn)
        with torch.no_grad():
            real = network.eval()(torch.from_numpy(inputs.astype(np.float32))[:, None]).numpy()
        assert np.abs(real * steps - logits(program, inputs)).max() < 0.01
        counts.add(steps)
    assert len(counts) > 1


def test_calibration_takes_pictures_of_the_models_own_cells_and_marks():
    network, drawn = network_of(3), pen("validation", 80)
    program = fold(network)
    ink = model_input(drawn.images, SMALL).astype(int) * 255 // ((1 << SMALL.input_bits) - 1)
    framed = FramedPictures(ink.astype(np.uint8), drawn.labels, "framed", SMALL.crop)
    marks = FramedPictures(framed.images[::-1].copy(), None, "marks", SMALL.crop)
    alone = calibrate(program, network, framed, 0.5)
    both = calibrate(program, network, framed, 0.5, marks)
    assert both.logits_per_nat == alone.logits_per_nat
    assert 0 < both.reject_margin <= alone.reject_margin
    with pytest.raises(TrainingError, match="no digits to calibrate by"):
        calibrate(program, network, marks)
