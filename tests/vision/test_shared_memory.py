# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Vision and an engine may work in one memory: neither minds what the other leaves there."""

from __future__ import annotations

import numpy as np
import pytest

from camera_pictures import PEN
from lanewise.emulator import DigitSource, EmulatedBoard
from lanewise.resources import bundled

MODELS = ("dense14", "swift", "granite", "braid")


def frames(space):
    """Bytes of frames of 80x60 with digits and without, grey levels doubled to two bytes."""
    for place in (0, 3, 5):
        picture = DigitSource(PEN[place]).scene()
        grey = np.asarray(picture)[::8, ::8].mean(axis=2).astype(np.uint8)
        luma = np.stack([grey, np.full_like(grey, 128)], axis=2)
        yield bytearray(luma.tobytes())


@pytest.mark.parametrize("name", MODELS)
def test_a_reader_whose_parts_share_memory_reads_as_one_whose_parts_do_not(name):
    with EmulatedBoard("raspberry_pi_pico"):
        from lanecam.engines.ulab16 import Ulab16
        from lanecam.model import load
        from lanecam.vision.grid import scratch_bytes
        from lanecam.vision.look import Vision
        from lanecam.vision.planes_ulab import UlabPlanes

        path = str(bundled("models") / name / "model.lanes")
        model = load(path)
        size = scratch_bytes(80, model.width, 2)
        shared = Ulab16(load(path), scratch=size)
        alone = Ulab16(model)
        assert len(shared.scratch) >= size
        planes = UlabPlanes(80, 60, "yuv", model.width, shared.scratch)
        assert planes._memory is shared.scratch
        arguments = (80, 60, "yuv", model.width, model.input_bits, model.crop)
        both, apart = Vision(*arguments, made=planes), Vision(*arguments, UlabPlanes)
        noise = np.random.default_rng(5)
        for frame in frames("yuv"):
            shared.scratch[:] = noise.bytes(len(shared.scratch))
            assert both.look(frame) == apart.look(frame)
            assert (both.ink, both.boxes) == (apart.ink, apart.boxes)
            shared.scratch[:] = noise.bytes(len(shared.scratch))
            assert list(shared.run(both.ink)) == list(alone.run(apart.ink))
