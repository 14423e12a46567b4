# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A loss in cycles is what the cost model predicts, and training by it makes cheaper networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from lanewise.cost.predict import predict
from lanewise.nn.architectures import Architecture, ConvSpec, DenseSpec, PoolSpec
from lanewise.nn.network import build
from lanewise.train.augmentation import model_input
from lanewise.train.cycles import MILLION, Cycles, active
from lanewise.train.fold import fold, quantize_after_training
from lanewise.train.loop import fit
from lanewise.train.penalty import Penalty
from lanewise.zoo.card import activity
from training_runs import SMALL, changed, pen

LAYERS = (
    ConvSpec(5),
    PoolSpec(),
    ConvSpec(6, activation_bits=3),
    PoolSpec("sum", 2, 0, 2),
    DenseSpec(9, 4, "int4"),
    DenseSpec(10, None, "int4"),
)
FITTING = Architecture("fitting", 14, 4, LAYERS)
"""14, 12, pooled 6, 4, pooled 2: no op leaves a row out."""
ODD = replace(FITTING, name="odd", size=15, layers=(ConvSpec(5), *LAYERS[2:]))
"""15, 13, 11, of which the pool reads 10x10 and so the second layer 12x12."""


def heard(network, inputs):
    """What the loss is told of ``inputs`` (n, size, size)."""
    cycles = Cycles(network)
    network.train()(torch.from_numpy(inputs.astype(np.float32))[:, None])
    found = cycles.take()
    cycles.close()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_what_the_cost_model_charges_for_hidden_values(seed):
    network = build(FITTING, 16, seed)
    quantize_after_training(network)
    program = fold(network)
    images = pen("train", 60).images
    counts = activity(program, images)
    idle = [counts[0]] + [0.0] * (len(counts) - 1)
    charged = (sum(predict(program, counts)) - sum(predict(program, idle))) / MILLION
    found = float(heard(network, model_input(images, FITTING)).detach())
    assert found == pytest.approx(charged, abs=len(counts) / MILLION) and found > 0.1


def test_elements_that_no_op_reads_are_free():
    network = build(ODD, 16, 4)
    quantize_after_training(network)
    made = []
    hook = network.layers[0].register_forward_hook(lambda _, __, out: made.append(out.detach()))
    inputs = model_input(pen("train", 20).images, ODD)
    full = float(heard(network, inputs).detach())
    hook.remove()
    border = made[0].clone()
    border[:, :, :12, :12] = 0
    assert border.shape[2:] == (13, 13)
    assert int((border > 0).sum()), "what is drawn must reach the border for this to say anything"
    network.layers[0].register_forward_hook(lambda _, __, out: out.where(border == 0, 0.0))
    assert float(heard(network, inputs).detach()) == pytest.approx(full)


def test_small_activations_are_drawn_to_zero_and_large_ones_let_alone():
    steps = torch.tensor([0.0, 0.4, 0.6, 1.0, 3.0, 15.0], requires_grad=True)
    counted = active(steps)
    assert counted.tolist() == pytest.approx([0, 0, 1, 1, 1, 1])
    counted.sum().backward()
    assert steps.grad.tolist() == pytest.approx([1 / (q + 1) ** 2 for q in steps.tolist()])


def test_weights_of_a_recipe_add_up():
    network = build(FITTING, 16, 1).train()
    x = torch.rand(8, 1, 14, 14) * 15
    found = []
    for weights in ({}, {"sparsity": 2.0}, {"cycles": 3.0}, {"sparsity": 2.0, "cycles": 3.0}):
        penalty = Penalty(network, changed(**weights))
        network(x)
        found.append(float(penalty.take().detach()))
        penalty.close()
        network(x)
        assert float(penalty.take().detach()) == 0, "closed"
    assert found[0] == 0 and min(found[1:3]) > 0
    assert found[3] == pytest.approx(found[1] + found[2], rel=1e-4)


def test_measuring_is_not_training():
    network = build(SMALL, 12, 1).eval()
    cycles = Cycles(network)
    network(torch.rand(5, 1, 7, 7) * 15)
    assert float(cycles.take()) == 0


def test_training_by_cycles_makes_a_cheaper_network():
    digits, validation = pen("train", 320), pen("validation", 50)
    costs = []
    for weight in (0.0, 100.0):
        network = fit(SMALL, changed(epochs=12, cycles=weight), digits, validation).network
        program = fold(network)
        counts = activity(program, validation.images)
        costs.append(counts[1])
    assert costs[1] < 0.7 * costs[0]


def test_channels_that_answer_blank_paper_are_drawn_to_nothing():
    """Where activations are as large as they get, the count's own gradient is next to nothing."""
    network = build(FITTING, 16, 5)
    first = network.layers[0]
    with torch.no_grad():
        first.bias.copy_(torch.tensor([3.0, 3.0, -1.0, 0.0, 1.0]))
    heard(network, np.zeros((4, 14, 14), np.uint8)).backward()
    drawn = first.bias.grad
    assert (drawn[[0, 1, 4]] > 0).all()
    assert (drawn[[2, 3]] == 0).all()
    assert float(drawn[0]) == pytest.approx(float(drawn[1]), rel=1e-4)
