# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""In a MicroPython VM under 140 kB the same frames give the same integers, with little garbage."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from camera_pictures import digit_picture, odd_picture
from lanecam.engines.plain import Plain
from lanecam.model import load
from lanecam.reader import Reader
from lanewise.runtimes.micropython import SCRIPTS, run_script
from small_models import small_model

pytestmark = pytest.mark.usefixtures("micropython_vm")


def as_rgb565(luma):
    words = luma.astype(int)
    return (words >> 3 << 11 | words >> 2 << 5 | words >> 3).astype(">u2").tobytes()


def as_yuv(luma):
    pairs = np.full((*luma.shape, 2), 128, np.uint8)
    pairs[..., 0] = luma
    return pairs.tobytes()


def line(reader, reading):
    box = ",".join(map(str, reading.box)) if reading.box else "-"
    if reading.logits is None:
        return f"{reading.outcome} {box} - -"
    ink = zlib.crc32(bytes(reader.vision.ink))
    return f"{reading.outcome} {box} {ink} {','.join(map(str, reading.logits))}"


@pytest.mark.parametrize(
    "width, height, space, encode",
    [(80, 60, "rgb", as_rgb565), (160, 120, "yuv", as_yuv), (40, 30, "grey", np.ndarray.tobytes)],
)
def test_the_vm_reads_frames_as_cpython_does(tmp_path, width, height, space, encode):
    rng = np.random.default_rng(width)
    frames = [
        encode((odd_picture if number % 5 == 0 else digit_picture)(width, height, rng))
        for number in range(60)
    ]
    stored = tmp_path / "frames"
    stored.write_bytes(b"".join(frames))
    model_path = small_model(tmp_path / "small.lanes")
    said = []
    arguments = [model_path, str(width), str(height), space, stored]
    # 38 kB of frame and a VM whose words are twice as wide as a board's: twice the heap for it.
    heap = 280_000 if width == 160 else 140_000
    run_script(SCRIPTS / "frames.py", arguments, said.append, heap_bytes=heap)
    model = load(str(model_path))
    reader = Reader(model, Plain(model), width, height, space)
    assert said == [line(reader, reader.read(frame)) for frame in frames]
    assert {words.split()[0] for words in said} >= {"digit", "nothing-here"}


GARBAGE = """
import gc
import sys
sys.path.insert(0, sys.argv[1])
from lanecam.vision.look import Vision

vision = Vision(80, 60, "grey", 14, 4)
with open(sys.argv[2], "rb") as file:
    frame = bytearray(4800)
    file.readinto(frame)
vision.look(frame)
gc.collect()
gc.disable()
before = gc.mem_alloc()
vision.look(frame)
print(gc.mem_alloc() - before)
"""


def test_a_look_makes_at_most_3_kb_of_garbage(tmp_path):
    rng = np.random.default_rng(4)
    script = tmp_path / "garbage.py"
    script.write_text(GARBAGE)
    for number in range(5):
        frame = tmp_path / str(number)
        frame.write_bytes(digit_picture(80, 60, rng).tobytes())
        said = []
        run_script(script, [frame], said.append)
        assert int(said[-1]) <= 3000
