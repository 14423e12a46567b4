# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A camera built the way an application builds it, and plain decoders of what it sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def build_camera(**changes: Any) -> Any:
    """The Adafruit driver on the pins of its own Pico example; to be called on a board."""
    import adafruit_ov7670
    import board
    import busio

    pins: dict[str, Any] = {
        "data_pins": [getattr(board, f"GP{i}") for i in range(12, 20)],
        "clock": board.GP11,
        "vsync": board.GP7,
        "href": board.GP21,
        "mclk": board.GP20,
        "shutdown": board.GP22,
        "reset": board.GP10,
    } | changes
    bus = pins.pop("i2c_bus", None) or busio.I2C(board.GP9, board.GP8)
    return adafruit_ov7670.OV7670(bus, **pins)


def read_frame(camera: Any) -> bytes:
    """One captured frame."""
    buffer = bytearray(2 * camera.width * camera.height)
    camera.capture(buffer)
    return bytes(buffer)


def rgb565_levels(frame: bytes, width: int) -> NDArray[np.int64]:
    """(h, w, 3) levels of big-endian RGB565, low bits 0: written out, shares nothing."""
    words = np.frombuffer(frame, ">u2").reshape(-1, width).astype(np.int64)
    return np.stack([(words >> 11) << 3, (words >> 5 & 63) << 2, (words & 31) << 3], axis=2)


def yuyv_planes(
    frame: bytes, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Y (h, w), U and V (h, w/2) of a frame in the order Y U Y V."""
    quads = np.frombuffer(frame, np.uint8).reshape(-1, width // 2, 4).astype(np.int64)
    luma = quads[:, :, 0::2].reshape(-1, width)
    return luma, quads[:, :, 1], quads[:, :, 3]


def yuv_to_rgb(luma: Any, u: Any, v: Any) -> NDArray[np.float64]:
    """BT.601 full swing back to RGB by the textbook's decimals."""
    y, u, v = (np.asarray(plane, np.float64) for plane in (luma, u, v))
    red = y + 1.402 * (v - 128)
    green = y - 0.344136 * (u - 128) - 0.714136 * (v - 128)
    blue = y + 1.772 * (u - 128)
    return np.clip(np.stack([red, green, blue], axis=-1), 0, 255)


def area_average(scene: NDArray[np.uint8], step: int) -> NDArray[np.int64]:
    """Box means rounded half up: the definition, in integers."""
    height, width = scene.shape[0] // step, scene.shape[1] // step
    blocks = scene.astype(np.int64).reshape(height, step, width, step, 3).sum(axis=(1, 3))
    return (blocks + step * step // 2) // (step * step)


DRIVER_GAMMA = {
    0x00: 0x00, 0x04: 0x1C, 0x08: 0x28, 0x10: 0x3C, 0x20: 0x55, 0x28: 0x68, 0x30: 0x76, 0x38: 0x80,
    0x40: 0x88, 0x48: 0x8F, 0x50: 0x96, 0x60: 0xA3, 0x70: 0xAF, 0x90: 0xC4, 0xB0: 0xD7, 0xD0: 0xE8,
    0x100: 0x100,
}  # fmt: skip
"""Points of the curve that the driver writes to GAM1 to GAM15 and SLOP, by their inputs."""


def through_driver_curve(levels: Any, light: Any = 1.0) -> NDArray[np.int64]:
    """Levels that sRGB levels become by ``light`` times their light and the driver's gamma."""
    v = np.asarray(levels, np.float64) / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * light
    out = np.interp(linear * 256, list(DRIVER_GAMMA), list(DRIVER_GAMMA.values()))
    return np.minimum(np.floor(out + 0.5), 255).astype(np.int64)


@pytest.fixture(scope="session")
def colourful() -> NDArray[np.uint8]:
    """A scene (480, 640, 3) with no symmetry: gradients, a bright corner and fine noise."""
    rows, columns = np.mgrid[0:480, 0:640]
    noise = np.random.default_rng(7).integers(0, 24, (480, 640, 3))
    planes = np.stack([columns * 230 // 640, rows * 230 // 480, (columns + rows) % 200], axis=2)
    scene = (planes + noise).clip(0, 255).astype(np.uint8)
    scene[:96, :128] = (240, 30, 90)
    return scene


@pytest.fixture
def camera() -> Callable[..., Any]:
    """``build_camera``."""
    return build_camera


@pytest.fixture
def captured() -> Callable[[Any], bytes]:
    """``read_frame``."""
    return read_frame


@pytest.fixture
def decode() -> Any:
    """The decoders of this file by name."""

    class Decoders:
        rgb565 = staticmethod(rgb565_levels)
        yuyv = staticmethod(yuyv_planes)
        to_rgb = staticmethod(yuv_to_rgb)
        area_average = staticmethod(area_average)
        toned = staticmethod(through_driver_curve)

    return Decoders
