# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Batches: a function of their key alone, and the board's own input where nothing is distorted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lanewise.nn.architectures import FRAME, Architecture, DenseSpec
from lanewise.train.augmentation import distort, generator, model_input, shrink
from lanewise.train.recipe import Augmentation
from training_runs import pen

STILL = Augmentation(0, 0, 0, 0, 0)
WILD = Augmentation(elastic_px=2.0)


def architecture(size, bits, crop=FRAME):
    return Architecture("input", size, bits, (DenseSpec(10, None),), crop)


@pytest.mark.parametrize(
    ("size", "bits", "crop"), [(14, 4, 28), (28, 8, 28), (11, 3, 28), (22, 4, 22), (16, 1, 24)]
)
def test_undistorted_batches_are_the_boards_input(size, bits, crop):
    """Averages are rounded once here and twice on the board: at most one step apart, rarely."""
    digits = pen("train", 64)
    inner = architecture(size, bits, crop)
    ink = torch.from_numpy(digits.images)[:, None].float()
    mine = shrink(ink, inner)[:, 0].numpy()
    exact = model_input(digits.images, inner).astype(np.float32)
    assert np.abs(mine - exact).max() <= 1
    assert (mine != exact).mean() < 0.01


def test_a_distortion_of_nothing_changes_nothing():
    images = torch.from_numpy(pen("train", 16).images)
    assert torch.allclose(distort(images, STILL, generator(1))[:, 0], images.float(), atol=0.02)


def test_a_batch_depends_on_its_key_only():
    images = torch.from_numpy(pen("train", 16).images)
    first = distort(images, WILD, generator(0, 2, 3, 4))
    torch.rand(7)
    assert torch.equal(distort(images, WILD, generator(0, 2, 3, 4)), first)
    assert not torch.equal(distort(images, WILD, generator(0, 2, 4, 3)), first)


def test_each_picture_is_distorted_its_own_way_and_stays_within_ink():
    images = torch.from_numpy(pen("train", 1).images).expand(32, -1, -1)
    made = distort(images, WILD, generator(3))
    assert len({row.numpy().tobytes() for row in made}) == 32
    assert 0 <= float(made.min()) <= float(made.max()) <= 255.01


def test_shift_moves_by_at_most_its_bound():
    images = torch.zeros((200, FRAME, FRAME), dtype=torch.uint8)
    images[:, 14, 14] = 200
    made = distort(images, Augmentation(0, 0, 0, 3.0, 0), generator(8))[:, 0]
    columns = torch.arange(FRAME).float()
    centre = (made.sum(1) * columns).sum(1) / made.sum((1, 2)) - 14
    assert float(centre.abs().max()) <= 3.01
    assert float(centre.abs().max()) > 2.5


def test_another_pen_is_thicker_or_thinner_and_stays_within_ink():
    images = torch.from_numpy(pen("train", 1).images).expand(200, -1, -1)
    as_it_is = distort(images, STILL, generator(5))
    made = distort(images, Augmentation(0, 0, 0, 0, 0, stroke=0.8), generator(5))
    ink, before = made.sum(dim=(1, 2, 3)), float(as_it_is[0].sum())
    assert float(ink.min()) < 0.9 * before
    assert float(ink.max()) > 1.1 * before
    assert float(made.min()) >= 0
    assert float(made.max()) <= 255.01


def test_blur_keeps_the_ink_and_spreads_it():
    images = torch.zeros((50, FRAME, FRAME), dtype=torch.uint8)
    images[:, 10:14, 10:14] = 200
    made = distort(images, Augmentation(0, 0, 0, 0, 0, blur=1.0), generator(6))
    assert torch.allclose(made.sum(dim=(1, 2, 3)), torch.full((50,), 3200.0), rtol=1e-3)
    assert (made[:, 0, 9, 12] > 0).float().mean() > 0.9


def test_recipes_without_pens_are_described_as_before():
    plain = Augmentation(elastic_px=1.0).to_json()
    assert set(plain) == {"rotation_deg", "scale", "shear", "shift_px", "elastic_px"}
    assert Augmentation(**Augmentation(stroke=0.5).to_json()).stroke == 0.5
