# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits of two framings and pictures of no digit in one run: what a step sees and learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from lanewise.data.framed import FramedPictures
from lanewise.errors import DataError, TrainingError
from lanewise.nn.architectures import FRAME
from lanewise.nn.layers import Phase
from lanewise.nn.network import build
from lanewise.train.augmentation import distort, framed_input, generator, shrink
from lanewise.train.batches import Batches
from lanewise.train.loop import batch_loss, fit
from lanewise.train.penalty import Penalty
from lanewise.train.recipe import Augmentation, Recipe
from lanewise.train.state import data_digest
from training_runs import BRIEF, SMALL, changed, pen

STILL = Augmentation(0, 0, 0, 0, 0)
CELLS, CROP = SMALL.size, SMALL.crop


def level_of(label):
    """Ink of a picture that tells its label, apart by more than a step of the input's bits."""
    return 25 * label + 12


def flat(count, cells, crop, labelled, seed=0):
    """Pictures of one level of ink each, which is 255 where they show no digit."""
    labels = np.random.default_rng(seed).integers(0, 10, count).astype(np.uint8)
    ink = level_of(labels) if labelled else np.full(count, 255)
    images = np.repeat(ink.astype(np.uint8), cells * cells).reshape(count, cells, cells)
    return FramedPictures(images, labels if labelled else None, f"flat {cells}", crop)


def mixture(recipe, count=150):
    """Batches of flat MNIST pictures, flat pictures of the model's cells, and two kinds of none."""
    mnist = flat(count, FRAME, FRAME, True)
    digits = type(pen("train", 1))(mnist.images, mnist.labels, "flat digits")
    beside = (
        flat(90, CELLS, CROP, True, 1),
        flat(40, CELLS, CROP, False),
        flat(30, FRAME, FRAME, False),
    )
    architecture = replace(SMALL, input_bits=8)
    return Batches(architecture, replace(recipe, augmentation=STILL), digits, beside)


def test_each_picture_keeps_its_label_and_each_digit_comes_once_an_epoch():
    recipe = changed(outliers=0.5, outlier_share=0.25)
    batches = mixture(recipe)
    order = batches.order(3)
    assert batches.steps == 240 // recipe.batch
    assert torch.equal(order.sort().values, torch.arange(240))
    seen = 0
    for step in range(batches.steps):
        batch = batches.make(order, 3, step)
        others = round(0.25 * recipe.batch)
        assert batch.inputs.shape == (recipe.batch + others, 1, CELLS, CELLS)
        middle = batch.inputs[:, 0, CELLS // 2, CELLS // 2]
        assert torch.equal(middle[: recipe.batch], level_of(batch.labels).float())
        assert (middle[recipe.batch :] == 255).all()
        seen += len(batch.labels)
    assert seen == batches.steps * recipe.batch


def test_a_batch_depends_on_its_key_only():
    recipe = changed(outliers=0.5)
    one, two = mixture(recipe), mixture(recipe)
    order = one.order(1)
    one.make(order, 1, 0)
    torch.rand(5)
    first, second = one.make(order, 1, 2), two.make(two.order(1), 1, 2)
    assert torch.equal(first.inputs, second.inputs) and torch.equal(first.labels, second.labels)


def test_a_picture_of_no_digit_is_drawn_away_from_the_class_it_is_taken_for():
    """The gradient is that of -log(1 - p): up by p for the best class, down for the others as they
    share what is left."""
    torch.manual_seed(3)
    logits = (3 * torch.randn(11, 10)).requires_grad_()
    labels = torch.tensor([3, 1, 4, 1, 5, 9, 2])
    loss = batch_loss(logits, labels, Recipe(outliers=0.7))
    loss.backward()
    chance = torch.softmax(logits.detach(), dim=1)
    digits = (chance[:7] - functional.one_hot(labels, 10)) / 7
    others = chance[7:]
    best = others.max(dim=1, keepdim=True).values
    away = torch.where(others == best, best, -best * others / (1 - best))
    assert torch.allclose(logits.grad, torch.cat((digits, 0.7 * away / 4)), atol=1e-6)
    plain = functional.cross_entropy(logits[:7], labels)
    assert float((loss - plain).detach()) == pytest.approx(
        0.7 * float(-torch.log(1 - best).mean()), rel=1e-5
    )
    sure = torch.zeros(2, 10)
    sure[1, 4] = 1e4
    assert torch.isfinite(batch_loss(sure, labels[:1], Recipe(outliers=1.0)))


def test_without_such_pictures_the_loss_is_that_of_labels():
    logits = torch.randn(6, 10)
    labels = torch.tensor([0, 1, 2, 3, 4, 5])
    plain = functional.cross_entropy(logits, labels)
    assert torch.equal(batch_loss(logits, labels, Recipe(outliers=0.7)), plain)


def test_only_digits_pay_for_cycles_and_activations():
    recipe = changed(sparsity=0.3, cycles=0.2)
    network = build(SMALL, recipe.acc_bits, 1).train()
    network.set_phase(Phase.FROZEN)  # statistics stand still: each picture is for itself
    digits = torch.rand(8, 1, CELLS, CELLS, generator=generator(1)) * 15
    others = (torch.zeros(4, 1, CELLS, CELLS), torch.full((4, 1, CELLS, CELLS), 15.0))

    def paid(rows, shown):
        penalty = Penalty(network, recipe, rows)
        network(shown)
        found = float(penalty.take().detach())
        penalty.close()
        return found

    mixed = [torch.cat((digits, other)) for other in others]
    assert paid(8, mixed[0]) == paid(8, mixed[1]) == pytest.approx(paid(None, digits))
    assert paid(None, mixed[0]) != paid(None, mixed[1])


def learned(folder=None, progress=None, recipe=None, beside=None):
    drawn = pen("train", 120)
    none = np.random.default_rng(5).integers(0, 256, (50, CELLS, CELLS)).astype(np.uint8)
    framed = framed_input_as_ink(pen("train", 60))
    beside = beside or (framed, FramedPictures(none, None, "noise", CROP))
    recipe = recipe or changed(outliers=0.5)
    return fit(SMALL, recipe, drawn, pen("validation", 50), folder, progress, beside=beside)


def framed_input_as_ink(digits):
    """Pen digits averaged to the model's own cells, in 8 bits."""
    wide = replace(SMALL, input_bits=8)
    inputs = shrink(torch.from_numpy(digits.images)[:, None].float(), wide)[:, 0]
    return FramedPictures(inputs.numpy().astype(np.uint8), digits.labels, "framed", CROP)


class Killed(Exception):
    """Stands for a loss of power."""


@pytest.mark.parametrize(("epoch", "step"), [(1, 2), (2, 1), (4, 3)])
def test_a_killed_run_of_mixed_pictures_resumes_to_the_same_bits(tmp_path, epoch, step):
    def die(where):
        if (where.epoch, where.step) == (epoch, step):
            raise Killed

    whole = learned()
    with pytest.raises(Killed):
        learned(tmp_path, die)
    again = learned(tmp_path)
    assert again.history == whole.history
    left, right = again.network.state_dict(), whole.network.state_dict()
    assert all(torch.equal(left[name], right[name]) for name in right)


def test_other_pictures_beside_cannot_go_on_from_it(tmp_path):
    learned(tmp_path, recipe=changed(outliers=0.5, epochs=1))
    other = (framed_input_as_ink(pen("train", 59)), flat(50, CELLS, CROP, False))
    with pytest.raises(TrainingError, match="other data"):
        learned(tmp_path, recipe=changed(outliers=0.5, epochs=1), beside=other)


def test_the_digest_tells_framings_and_digits_from_none():
    one = flat(8, 14, 28, True)
    told = {
        data_digest(one),
        data_digest(replace(one, crop=24)),
        data_digest(replace(one, labels=None)),
        data_digest(FramedPictures(one.images.reshape(2, 28, 28), one.labels[:2], "")),
        data_digest(one, one),
    }
    assert len(told) == 5


def test_a_share_without_pictures_and_pictures_without_a_share_are_named():
    digits = pen("train", 60)
    with pytest.raises(TrainingError, match="outliers is 0.5 .* there are none"):
        Batches(SMALL, changed(outliers=0.5), digits)
    with pytest.raises(TrainingError, match="outliers is 0 .* there is flat"):
        Batches(SMALL, BRIEF, digits, (flat(9, CELLS, CROP, False),))


def test_pictures_of_another_framing_are_named():
    other = flat(9, CELLS + 1, CROP, True)
    with pytest.raises(TrainingError, match=f"{CELLS + 1} cells of the middle {CROP}"):
        Batches(SMALL, BRIEF, pen("train", 60), (other,))
    with pytest.raises(DataError, match="one for each image"):
        replace(other, labels=other.labels[:3])


def test_shifts_are_in_mnists_pixels_whatever_the_cells():
    images = torch.zeros((300, 12, 12), dtype=torch.uint8)
    images[:, 6, 6] = 200
    made = distort(images, Augmentation(0, 0, 0, 3.0, 0), generator(8), crop=24)[:, 0]
    columns = torch.arange(12).float()
    centre = (made.sum(1) * columns).sum(1) / made.sum((1, 2)) - 6
    assert 1.2 < float(centre.abs().max()) < 1.75  # three pixels are one and a half cells
    assert 0 <= float(made.min()) <= float(made.max()) <= 255


def test_framed_pictures_are_only_rounded():
    pictures = framed_input_as_ink(pen("train", 40))
    ink = torch.from_numpy(pictures.images)[:, None].float()
    mine = shrink(distort(ink[:, 0].byte(), STILL, generator(1), CROP), SMALL)[:, 0].numpy()
    exact = framed_input(pictures, SMALL)
    assert np.abs(mine - exact).max() <= 1 and (mine != exact).mean() < 0.01
