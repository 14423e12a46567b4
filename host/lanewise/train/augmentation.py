# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Batches for the training loop: distorted, averaged down and quantized, in torch.

Everything random comes from ``(seed, epoch, step)``, so a batch can be made at any time, on any
thread and again after a resume, with the same bits.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lanewise.data.framed import FramedPictures
from lanewise.nn.architectures import FRAME, Architecture
from lanewise.train.recipe import Augmentation
from lanewise.vision.area import overlaps, quantize_ink, to_input

MESH = 5
"""Side of the mesh of random displacements behind an elastic distortion."""


def generator(*key: int) -> torch.Generator:
    """A torch generator seeded by a tuple of whole numbers."""
    (state,) = np.random.SeedSequence(key).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state) >> 1)


def sampling_grid(
    count: int,
    how: Augmentation,
    random: torch.Generator,
    cells: int = FRAME,
    crop: int = FRAME,
) -> Tensor:
    """Where each cell of a distorted picture comes from: (count, cells, cells, 2) in [-1, 1].

    ``crop``: how many of MNIST's pixels the picture spans; distortions are given in those.
    """
    draws = torch.rand((7, count), generator=random) * 2 - 1
    angle = draws[0] * math.radians(how.rotation_deg)
    wide, high = 1 + draws[1] * how.scale, 1 + draws[2] * how.scale
    slope = draws[3] * how.shear
    cosine, sine = torch.cos(angle), torch.sin(angle)
    move = draws[4:6] * (2 * how.shift_px / crop)
    theta = torch.stack(
        (cosine / wide, (slope - sine) / wide, move[0], sine / high, cosine / high, move[1]), dim=1
    )
    grid = functional.affine_grid(theta.view(count, 2, 3), [count, 1, cells, cells], False)
    if how.elastic_px:
        coarse = torch.rand((count, 2, MESH, MESH), generator=random) * 2 - 1
        coarse *= 2 * how.elastic_px / crop
        push = functional.interpolate(coarse, cells, mode="bicubic", align_corners=True)
        grid = grid + push.permute(0, 2, 3, 1)
    return grid


def distort(
    images: Tensor, how: Augmentation, random: torch.Generator, crop: int = FRAME
) -> Tensor:
    """Distorted pictures (n, 1, cells, cells) float32 of ``images`` (n, cells, cells) uint8, ink 0
    to 255, which span the middle ``crop`` of MNIST's 28 pixels.

    MNIST's pictures are averaged down afterwards. Those of a model's own cells are not, so cubics
    read them between their cells, which soften less than straight lines.
    """
    ink = images[:, None].float()
    cells = images.shape[-1]
    grid = sampling_grid(len(images), how, random, cells, crop)
    mode = "bilinear" if cells == FRAME else "bicubic"
    ink = functional.grid_sample(ink, grid, mode, "zeros", align_corners=False)
    if cells != FRAME:
        ink = ink.clamp_(0, 255)
    return repenned(ink, how, random) if how.stroke or how.blur else ink


def repenned(ink: Tensor, how: Augmentation, random: torch.Generator) -> Tensor:
    """Ink (n, 1, cells, cells) as other pens and lenses leave it: thicker, thinner, softer."""
    draws = torch.rand((2, len(ink), 1, 1, 1), generator=random)
    width = (draws[0] * 2 - 1) * how.stroke
    most = functional.max_pool2d(ink, 3, 1, 1)
    least = -functional.max_pool2d(-ink, 3, 1, 1)
    ink = ink + width.clamp(min=0) * (most - ink) + width.clamp(max=0) * (ink - least)
    mean = functional.avg_pool2d(ink, 3, 1, 1)
    return ink + draws[1] * how.blur * (mean - ink)


@lru_cache(maxsize=16)
def _averaging(crop: int, size: int) -> Tensor:
    return torch.from_numpy(overlaps(crop, size).astype(np.float32) / crop)


def shrink(ink: Tensor, architecture: Architecture) -> Tensor:
    """Input (n, 1, size, size) of ink (n, 1, 28, 28): cropped, averaged, rounded to its bits.

    Ink of the model's own cells (n, 1, size, size) is only rounded.
    """
    crop, size, bits = architecture.crop, architecture.size, architecture.input_bits
    if ink.shape[-1] == FRAME:
        edge = (FRAME - crop) // 2
        ink = ink[:, :, edge : edge + crop, edge : edge + crop]
        if crop == 2 * size:
            ink = functional.avg_pool2d(ink, 2)
        elif crop != size:
            rows = _averaging(crop, size)
            ink = rows @ ink @ rows.T
    return ink.mul(((1 << bits) - 1) / 255).add_(0.5).floor_()


def model_input(images: NDArray[np.uint8], architecture: Architecture) -> NDArray[np.uint8]:
    """The exact input (n, size, size) that the board makes of framed digits (n, 28, 28)."""
    size, bits, crop = architecture.size, architecture.input_bits, architecture.crop
    return to_input(images, size, bits, crop)


def framed_input(pictures: FramedPictures, architecture: Architecture) -> NDArray[np.uint8]:
    """The input (n, size, size) of pictures in MNIST's framing or the architecture's own."""
    if pictures.cells == FRAME:
        return model_input(pictures.images, architecture)
    return quantize_ink(pictures.images, architecture.input_bits)
