# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the emulated sensor looks at: picture files, arrays, ink digits on a page, sequences.

A source hands out a scene: (480, 640, 3) uint8, sRGB, row 0 at the top, as a well exposed upright
camera would show it. The sensor then does to it what its registers say.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lanewise.data.pictures import LARGEST_PICTURE
from lanewise.errors import PictureError

SCENE_WIDTH = 640
SCENE_HEIGHT = 480

RIM = 8
"""What lies beside a picture of another shape is told by so many pixels at its rims."""

Scene = NDArray[np.uint8]
Fit = Literal["letterbox", "cover"]


class Source(Protocol):
    """Anything that can be looked at."""

    def scene(self) -> Scene:
        """The picture now: (480, 640, 3) uint8 sRGB; not to be written to."""
        ...


class ArraySource:
    """A grey (H, W) or RGB (H, W, 3) uint8 array of any size, fitted to 4:3.

    Raises ``PictureError`` for another shape or dtype.
    """

    def __init__(self, array: NDArray[np.uint8], fit: Fit = "letterbox") -> None:
        self._scene = _fit(_rgb_image(array), fit)

    def scene(self) -> Scene:
        return self._scene


class PictureSource:
    """A picture file: turned as its EXIF says, transparency over white, fitted to 4:3.

    ``fit="letterbox"`` shows all of it and goes on beside it as its rims are, so that no edge is
    seen where it ends; ``"cover"`` fills the frame and cuts what stands over. Animated files
    show their first frame. Raises ``PictureError`` naming the file and what to do when it cannot
    be read or has more than ``LARGEST_PICTURE`` pixels.
    """

    def __init__(self, path: str | Path, fit: Fit = "letterbox") -> None:
        self.path = Path(path)
        self._scene = _fit(_read_picture(self.path), fit)

    def scene(self) -> Scene:
        return self._scene


class DigitSource:
    """A 28x28 ink digit (0 paper, 255 full ink) drawn on a plain page.

    ``scale`` is the side of the 28x28 field as a fraction of the frame's height, ``centre`` the
    field's centre as fractions (x, y) of the frame; what stands over the edge is cut. ``paper`` and
    ``ink`` are sRGB levels, so ``paper=25, ink=230`` gives chalk on a board. The upsampling is
    bicubic: strokes come out smooth, as a pen would leave them.
    """

    def __init__(
        self,
        digit28: NDArray[np.uint8],
        paper: int = 230,
        ink: int = 25,
        scale: float = 0.9,
        centre: tuple[float, float] = (0.5, 0.5),
    ) -> None:
        digit = np.asarray(digit28)
        if digit.shape != (28, 28) or digit.dtype != np.uint8:
            raise PictureError(
                f"digit is {digit.shape} {digit.dtype}, must be (28, 28) uint8: pass one image of "
                "the data set, 0 for paper and 255 for ink"
            )
        for name, level in (("paper", paper), ("ink", ink)):
            if not 0 <= level <= 255:
                raise PictureError(f"{name} is {level}, must be a grey level from 0 to 255")
        if not 0 < scale <= 4:
            raise PictureError(f"scale is {scale}, must be above 0 and at most 4 frame heights")
        side = max(1, round(scale * SCENE_HEIGHT))
        field = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
        page = Image.new("L", (SCENE_WIDTH, SCENE_HEIGHT), 0)
        page.paste(
            field,
            (
                round(centre[0] * SCENE_WIDTH - side / 2),
                round(centre[1] * SCENE_HEIGHT - side / 2),
            ),
        )
        coverage = np.arange(256, dtype=np.int32)
        level_of = (paper * 255 + (ink - paper) * coverage + 127) // 255
        grey = level_of.astype(np.uint8)[np.asarray(page)]
        self._scene = _frozen(np.repeat(grey[:, :, None], 3, axis=2))

    def scene(self) -> Scene:
        return self._scene


class SequenceSource:
    """Several sources, one after the other: ``advance()`` turns to the next and wraps round."""

    def __init__(self, sources: Sequence[Source]) -> None:
        if not sources:
            raise PictureError("a sequence of pictures is empty: give at least one")
        self.sources = list(sources)
        self.index = 0

    def advance(self) -> int:
        """Turn to the next source; returns its index."""
        self.index = (self.index + 1) % len(self.sources)
        return self.index

    def scene(self) -> Scene:
        return self.sources[self.index].scene()


def check_scene(scene: Scene) -> Scene:
    """The scene itself if it is (480, 640, 3) uint8; ``PictureError`` otherwise."""
    if scene.shape != (SCENE_HEIGHT, SCENE_WIDTH, 3) or scene.dtype != np.uint8:
        raise PictureError(
            f"a source's scene is {scene.shape} {scene.dtype}, the sensor needs "
            f"({SCENE_HEIGHT}, {SCENE_WIDTH}, 3) uint8: wrap the array in ArraySource"
        )
    return scene


def _rgb_image(array: NDArray[np.uint8]) -> Image.Image:
    pixels = np.asarray(array)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    grey_or_rgb = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not grey_or_rgb or pixels.size == 0:
        raise PictureError(
            f"array is {pixels.shape} {pixels.dtype}, must be (H, W) or (H, W, 3) uint8, not empty"
        )
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")


def _read_picture(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # The size is checked here, against a lower limit than the warning's.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                width, height = opened.size
                if width * height > LARGEST_PICTURE:
                    raise PictureError(
                        f"{path}: {width}x{height} pixels, the limit is "
                        f"{LARGEST_PICTURE // 1_000_000} million: scale the picture down"
                    )
                opened.draft("RGB", (2 * SCENE_WIDTH, 2 * SCENE_HEIGHT))  # JPEG: decode small
                return _opaque(ImageOps.exif_transpose(opened))
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file: check the name") from None
    except IsADirectoryError:
        raise PictureError(f"{path}: is a directory: name a picture file") from None
    except PermissionError:
        raise PictureError(f"{path}: may not be read: check its permissions") from None
    except Image.DecompressionBombError:
        raise PictureError(
            f"{path}: far more pixels than {LARGEST_PICTURE // 1_000_000} million: "
            "scale the picture down"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError) as problem:
        detail = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        if "cannot identify" in detail:
            detail = "not a picture format that Pillow knows"
        raise PictureError(
            f"{path}: cannot be read as a picture ({detail}): "
            "save it again as PNG or JPEG, or leave it out"
        ) from None


def _opaque(picture: Image.Image) -> Image.Image:
    """RGB without transparency; 16-bit and float grey keep their upper eight bits."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        wide = np.asarray(picture).astype(np.int64)
        return Image.fromarray((np.clip(wide, 0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        page = Image.new("RGBA", layers.size, (255, 255, 255, 255))
        return Image.alpha_composite(page, layers).convert("RGB")
    return picture.convert("RGB")


def _fit(picture: Image.Image, fit: Fit) -> Scene:
    size = (SCENE_WIDTH, SCENE_HEIGHT)
    if picture.size == size:
        return _frozen(np.asarray(picture))
    if fit == "cover":
        return _frozen(np.asarray(ImageOps.fit(picture, size, Image.Resampling.BICUBIC)))
    width, height = picture.size
    ratio = min(SCENE_WIDTH / width, SCENE_HEIGHT / height)
    inner = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    page = np.empty((SCENE_HEIGHT, SCENE_WIDTH, 3), np.uint8)
    west, north = (SCENE_WIDTH - inner[0]) // 2, (SCENE_HEIGHT - inner[1]) // 2
    east, south = west + inner[0], north + inner[1]
    shown = np.asarray(picture.resize(inner, Image.Resampling.BICUBIC))
    page[north:south, west:east] = shown
    page[:north, west:east] = _rim(shown[:RIM])
    page[south:, west:east] = _rim(shown[-RIM:])
    page[north:south, :west] = _rim(shown[:, :RIM].swapaxes(0, 1))[:, None]
    page[north:south, east:] = _rim(shown[:, -RIM:].swapaxes(0, 1))[:, None]
    return _frozen(page)


def _rim(lines: Scene) -> Scene:
    """(n, 3): how some lines (k, n, 3) along a picture's rim go on beyond it.

    Shadows, the table's edge and the slope of the light do, by a median over a quarter of the rim;
    thin things like printed lines, or a digit that touches it, do not.
    """
    reach = lines.shape[1] // 8
    mean = np.pad(lines.mean(axis=0), ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(mean, 2 * reach + 1, axis=0)
    rim: Scene = np.rint(np.median(windows, axis=2)).astype(np.uint8)
    return rim


def _frozen(pixels: Scene) -> Scene:
    scene = np.ascontiguousarray(pixels)
    if scene.flags.owndata:
        scene.setflags(write=False)
        return scene
    scene = scene.copy()
    scene.setflags(write=False)
    return scene
