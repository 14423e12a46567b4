# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A loss that asks for zeros leaves fewer hidden units at work."""

from __future__ import annotations

import torch

from lanewise.nn.network import build
from lanewise.train.activity import Activity
from lanewise.train.loop import fit
from training_runs import SMALL, changed, pen


def test_it_is_the_mean_of_what_hidden_layers_make_and_has_a_gradient():
    network = build(SMALL, 12, 1).train()
    activity = Activity(network)
    x = torch.rand(5, 1, 7, 7) * 15
    made = []
    hook = network.layers[0].register_forward_hook(lambda _, __, out: made.append(out))
    network(x)
    hook.remove()
    now = activity.take()
    assert torch.allclose(now, made[0].mean()) and float(now.detach()) > 0
    now.backward()
    weight = next(network.layers[0].parameters())
    assert weight.grad is not None and float(weight.grad.abs().sum()) > 0
    assert float(activity.take()) == 0
    network.eval()(x)
    assert float(activity.take()) == 0, "measuring is not training"
    activity.close()
    network.train()(x)
    assert float(activity.take()) == 0


def test_more_sparsity_means_fewer_active_units():
    digits, validation = pen("train", 320), pen("validation", 50)
    shares = []
    for sparsity in (0.0, 3.0):
        network = fit(SMALL, changed(epochs=12, sparsity=sparsity), digits, validation).network
        heard = []
        hook = network.layers[0].register_forward_hook(
            lambda _, __, made, heard=heard: heard.append(made)
        )
        network.eval()(torch.from_numpy(validation.images[:, ::4, ::4].copy())[:, None] // 16.0)
        hook.remove()
        shares.append(float((heard[0] > 0).float().mean()))
    assert shares[1] < 0.7 * shares[0]
