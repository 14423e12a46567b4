# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pictures, arrays and digits become 640 x 480 scenes, or an error that names the file."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lanewise.emulator import ArraySource, DigitSource, PictureSource, SequenceSource
from lanewise.emulator import sources as module
from lanewise.emulator.sources import check_scene
from lanewise.errors import PictureError


def test_a_picture_of_the_right_size_is_untouched(tmp_path, colourful):
    Image.fromarray(colourful).save(tmp_path / "p.png")
    np.testing.assert_array_equal(PictureSource(tmp_path / "p.png").scene(), colourful)


def test_letterbox_goes_on_as_the_rim_is_and_cover_cuts(tmp_path):
    tall = np.full((400, 200, 3), (200, 180, 160), np.uint8)
    tall[150:250, 50:150] = 0
    Image.fromarray(tall).save(tmp_path / "tall.png")
    boxed = PictureSource(tmp_path / "tall.png").scene()
    np.testing.assert_array_equal(boxed[0, 0], [200, 180, 160])
    assert (boxed[240] < 80).all(axis=1).sum() == pytest.approx(120, abs=2)
    covered = PictureSource(tmp_path / "tall.png", fit="cover").scene()
    assert (covered[240] < 80).all(axis=1).sum() == pytest.approx(320, abs=2)


@pytest.mark.parametrize("shape", [(480, 300), (270, 640)])
def test_beside_a_picture_its_light_goes_on_and_what_touches_its_rim_does_not(tmp_path, shape):
    """Neither the slope of the light nor a line that ends at the rim leaves an edge or a bar."""
    height, width = shape
    slope = np.linspace(120, 230, height)[:, None] + np.linspace(-20, 20, width)
    Image.fromarray(slope.round().astype(np.uint8)).save(tmp_path / "slope.png")
    scene = PictureSource(tmp_path / "slope.png").scene()[..., 0].astype(int)
    # Along the longer rim the light is the rim's; across it there is no step.
    assert np.abs(np.diff(scene, axis=0)).max() <= 8 and np.abs(np.diff(scene, axis=1)).max() <= 8
    lined = slope.copy()
    lined[height // 2 - 2 : height // 2 + 2] = lined[:, width // 2 - 2 : width // 2 + 2] = 0
    Image.fromarray(lined.round().astype(np.uint8)).save(tmp_path / "lined.png")
    scene = PictureSource(tmp_path / "lined.png").scene()[..., 0]
    beside = scene[:, :60] if height > width else scene[:60]
    assert beside.min() > 80


def test_exif_rotation_is_undone(tmp_path):
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:24] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: turn by 90 degrees to look at it
    lying = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "phone.jpg", exif=exif, quality=95)
    scene = PictureSource(tmp_path / "phone.jpg").scene()
    assert scene[60].mean() > 240
    assert scene[420].mean() < 15


STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a picture lies in its file under each orientation of EXIF 2.3, tag 0x0112."""


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_each_orientation_stands_upright(tmp_path, orientation, kind):
    upright = Image.fromarray(np.full((48, 64), 240, np.uint8))
    upright.paste(0, (4, 4, 20, 12))  # top left, wider than tall
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"phone.{kind}"
    (upright if turn is None else upright.transpose(turn)).convert("RGB").save(path, exif=exif)
    scene = PictureSource(path).scene()[:, :, 0].astype(int)
    whole = ArraySource(np.asarray(upright)).scene()[:, :, 0].astype(int)
    assert np.abs(scene - whole).mean() < 3


def test_of_a_moving_picture_the_first_is_seen(tmp_path):
    pages = [Image.new("L", (64, 48), level) for level in (240, 20, 120)]
    for name in ("film.gif", "film.webp", "film.png", "film.tif"):
        pages[0].convert("RGB").save(tmp_path / name, save_all=True, append_images=pages[1:])
        assert abs(int(PictureSource(tmp_path / name).scene().mean()) - 240) < 4, name


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (4000, 3), (479, 641)])
def test_any_shape_is_seen_whole(tmp_path, size):
    Image.new("RGB", size, (200, 180, 160)).save(tmp_path / "odd.png")
    assert (PictureSource(tmp_path / "odd.png").scene() == (200, 180, 160)).all()


def test_ink_on_a_transparent_page_stands_on_white(tmp_path):
    drawn = np.zeros((48, 64, 4), np.uint8)
    drawn[10:20, 10:20] = (10, 20, 30, 255)
    drawn[30:40, 30:40] = (10, 20, 30, 128)
    Image.fromarray(drawn).save(tmp_path / "pen.png")
    scene = PictureSource(tmp_path / "pen.png").scene()
    assert (scene[0, 0] == 255).all() and (scene[150, 150] == (10, 20, 30)).all()
    assert np.abs(scene[350, 350].astype(int) - (132, 137, 142)).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_usual_mode_reads_as_a_light_page(tmp_path, mode):
    path = tmp_path / ("p.tif" if mode == "CMYK" else "p.png")
    if mode == "I;16":
        Image.fromarray(np.full((30, 40), 60_000, np.uint16)).save(path)
    else:
        Image.new("RGB", (40, 30), (240, 240, 240)).convert(mode).save(path)
    assert PictureSource(path).scene().mean() > 225


def test_transparency_is_white(tmp_path):
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (PictureSource(tmp_path / "clear.png").scene() == 255).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.png", b"this is not a picture", "not a picture format"),
        ("empty.jpg", b"", "not a picture format"),
        ("cut.png", None, "cannot be read"),
    ],
)
def test_unreadable_pictures_name_file_and_remedy(tmp_path, colourful, name, content, words):
    if content is None:
        Image.fromarray(colourful).save(tmp_path / "whole.png")
        content = (tmp_path / "whole.png").read_bytes()[:5000]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureError, match=rf"{name}.*{words}.*save it again") as problem:
        PictureSource(tmp_path / name)
    assert "\n" not in str(problem.value)


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(PictureError, match=r"nothing\.png: no such file"):
        PictureSource(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match="is a directory"):
        PictureSource(tmp_path)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    png = b"\x89PNG\r\n\x1a\n"
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", size), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        png += struct.pack(">I", len(data)) + kind + data
        png += struct.pack(">I", zlib.crc32(kind + data))
    return png


@pytest.mark.parametrize("side", [9_000, 20_000, 2_000_000])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, monkeypatch, side):
    (tmp_path / "wall.png").write_bytes(png_header(side, side))
    decoded = []
    monkeypatch.setattr(module, "_opaque", decoded.append)
    with pytest.raises(PictureError, match=r"wall\.png.*50 million.*scale the picture down"):
        PictureSource(tmp_path / "wall.png")
    assert not decoded


@given(height=st.integers(1, 700), width=st.integers(1, 700), level=st.integers(0, 255))
def test_plain_arrays_stay_plain(height, width, level):
    scene = ArraySource(np.full((height, width), level, np.uint8)).scene()
    assert scene.shape == (480, 640, 3)
    assert (scene == level).all()
    assert not scene.flags.writeable


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8)],
)
def test_odd_arrays_are_refused(array):
    with pytest.raises(PictureError, match="must be"):
        ArraySource(array)


def test_the_source_does_not_change_with_the_array(colourful):
    mine = colourful.copy()
    source = ArraySource(mine)
    mine[:] = 0
    np.testing.assert_array_equal(source.scene(), colourful)
    mine[0, 0] = 1  # and the array is still the caller's


def test_digit_lies_where_it_is_put():
    ink = np.zeros((28, 28), np.uint8)
    ink[12:16, 12:16] = 255
    scene = DigitSource(ink, scale=0.5, centre=(0.25, 0.75)).scene()
    assert scene[360, 160, 0] == 25
    assert scene[100, 500, 0] == 230
    rows, columns = np.nonzero(scene[:, :, 0] < 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((360, 160), abs=1.5)
    assert rows.max() - rows.min() == pytest.approx(0.5 * 480 * 4 / 28, abs=4)


def test_digit_over_the_edge_is_cut():
    scene = DigitSource(np.full((28, 28), 255, np.uint8), scale=1.5, centre=(0.0, 0.5)).scene()
    assert scene[240, 0, 0] == 25
    assert scene[240, 639, 0] == 230


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"paper": 300}, "paper is 300"), ({"ink": -1}, "ink is -1"), ({"scale": 0}, "scale is 0")],
)
def test_odd_digits_are_refused(changes, words):
    with pytest.raises(PictureError, match=words):
        DigitSource(np.zeros((28, 28), np.uint8), **changes)
    with pytest.raises(PictureError, match=r"\(28, 28\) uint8"):
        DigitSource(np.zeros((14, 14), np.uint8))


def test_sequence_advances_and_wraps():
    pages = [ArraySource(np.full((3, 4), level, np.uint8)) for level in (10, 20, 30)]
    sequence = SequenceSource(pages)
    seen = []
    for _ in range(4):
        seen.append(int(sequence.scene()[0, 0, 0]))
        sequence.advance()
    assert seen == [10, 20, 30, 10]
    with pytest.raises(PictureError, match="empty"):
        SequenceSource([])


def test_a_scene_of_the_wrong_shape_is_refused():
    with pytest.raises(PictureError, match="ArraySource"):
        check_scene(np.zeros((60, 80, 3), np.uint8))
