# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pictures of digits become digits in MNIST's framing, whatever their size and polarity."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from lanewise.data.pen import pen_digits
from lanewise.data.picture_digits import picture_digits
from lanewise.data.sources import load
from lanewise.errors import DataError

PEN = pen_digits(12, seed=9)


def folder_of(tmp_path, make):
    """The pen's digits as pictures, each made by ``make(ink, number)``."""
    rows = ["file,label"]
    for number, (ink, label) in enumerate(zip(PEN.images, PEN.labels, strict=True)):
        make(ink, number).save(tmp_path / f"{number:02d}.png")
        rows.append(f"{number:02d}.png,{label}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def alike(found, wanted):
    """Correlation of two pictures."""
    return float(np.corrcoef(found.ravel().astype(float), wanted.ravel().astype(float))[0, 1])


@pytest.mark.parametrize("polarity", ["dark on light", "light on dark"])
def test_framing_survives_size_place_tint_and_polarity(tmp_path, polarity):
    def make(ink, number):
        page = np.zeros((300, 400), np.uint8)
        side = 120 + 12 * number
        grown = np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BICUBIC))
        page[20 : 20 + side, 30 + 5 * number : 30 + 5 * number + side] = grown
        levels = 240 - page * 0.7 if polarity == "dark on light" else 20 + page * 0.7
        return Image.fromarray(levels.astype(np.uint8))

    digits = picture_digits(folder_of(tmp_path, make))
    assert digits.labels.tolist() == PEN.labels.tolist()
    assert min(alike(a, b) for a, b in zip(digits.images, PEN.images, strict=True)) > 0.8
    assert load(str(tmp_path), "test").labels.tolist() == PEN.labels.tolist()


def test_what_is_no_digit_is_named(tmp_path):
    folder_of(tmp_path, lambda ink, number: Image.new("L", (40, 40), 200))
    with pytest.raises(DataError, match=r"00\.png shows no ink"):
        picture_digits(tmp_path)
    Image.fromarray(PEN.images[0]).save(tmp_path / "00.png")
    labels = (tmp_path / "labels.csv").read_text()
    (tmp_path / "labels.csv").write_text(labels.replace(labels.split()[1], "00.png,x"))
    with pytest.raises(DataError, match=r"00\.png has the label 'x'"):
        picture_digits(tmp_path)
    (tmp_path / "00.png").write_bytes(b"no picture")
    (tmp_path / "labels.csv").write_text(labels)
    with pytest.raises(DataError, match=r"00\.png cannot be read"):
        picture_digits(tmp_path)


def test_a_picture_of_far_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    (tmp_path / "labels.csv").write_text("huge.png,3")
    for side, says in ((8_000, "the limit is 50 million"), (2**31 - 1, "cannot be read")):
        header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
        data += struct.pack(">I", zlib.crc32(header)) + bytes(4) + b"IDAT" + bytes(4)
        (tmp_path / "huge.png").write_bytes(data)
        with pytest.raises(DataError, match=rf"huge\.png.*{says}"):
            picture_digits(tmp_path)
