# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the register bytes mean: a frozen ``Settings`` decoded from the 256 bytes, nothing else.

Geometry. The field is read out as 784 x 510 pixel times of which 640 x 480 hold picture. The
window registers count from the start of that readout, and the scaler's delay moves the picture
within it; ``_ORIGIN`` is where the picture starts for each pixel clock division (the starts that
the Adafruit driver's window table uses, so its windows see the whole field). Within the window
the scaler averages (SCALING_DCWCTR) and zooms (SCALING_XSC/YSC) to ``scaled_width`` x ``height``;
a line then has ``window width / pixel clock division`` pixel clocks, each of which sends the
scaled pixel that is due: if the division does not match the scaling, pixels repeat or drop out.
Not modelled: PSHFT, the edge offset in HREF, and a scaler clock (SCALING_PCLK_DIV) that disagrees
with COM14.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from lanewise.emulator import registers as reg
from lanewise.emulator.tuning import Tuning, decode_tuning

LINE_TIME = 784
"""Pixel times in a line, blanking included (datasheet 1.4, figure 5)."""
FRAME_LINES = 510
"""Line times in a frame, blanking included (datasheet 1.4, figure 6)."""

_FIELD_WIDTH = 640
_FIELD_HEIGHT = 480
_ORIGIN = ((162, 9), (174, 10), (186, 11), (210, 12), (252, 15))
_PRESETS = (
    (reg.COM7_CIF, (352, 288)),
    (reg.COM7_QVGA, (320, 240)),
    (reg.COM7_QCIF, (176, 144)),
)


class Colour(enum.Enum):
    """Order of the two bytes that a pixel takes on the data pins."""

    YUYV = "YUYV"
    YVYU = "YVYU"
    UYVY = "UYVY"
    VYUY = "VYUY"
    RGB565 = "RGB565"
    RGB555 = "RGB555"
    RGB444_XRGB = "xRGB444"
    RGB444_RGBX = "RGBx444"
    GRB422 = "GRB 4:2:2"
    BAYER = "raw Bayer"
    PROCESSED_BAYER = "processed Bayer"


class TestPattern(enum.IntEnum):
    """SCALING_XSC[7] is bit 0, SCALING_YSC[7] bit 1."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    NONE = 0
    SHIFTING_ONE = 1
    COLOUR_BARS = 2
    FADE_TO_GREY = 3


class OutputRange(enum.Enum):
    """COM15[7:6]: lowest and highest level sent."""

    R10F0 = (0x10, 0xF0)
    R01FE = (0x01, 0xFE)
    R00FF = (0x00, 0xFF)


@dataclass(frozen=True)
class Window:
    """Part of the 640 x 480 field that is read out; may stand over its edges. Pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Settings:
    """Everything the pixel pipeline needs to know. Sizes in pixels, levels 0 to 255."""

    width: int
    height: int
    scaled_width: int
    window: Window
    mirror: bool
    vflip: bool
    colour: Colour
    swap_bytes: bool
    output_range: OutputRange
    negative: bool
    fixed_uv: tuple[int, int] | None
    average_uv: bool
    brightness: int
    contrast: int
    contrast_center: int
    test_pattern: TestPattern
    auto_exposure: bool
    auto_gain: bool
    auto_white: bool
    exposure_lines: int
    gain: float
    gain_ceiling: float
    red_gain: float
    blue_gain: float
    histogram_metering: bool
    stable_region: tuple[int, int]
    night_divider: int
    soft_sleep: bool
    vsync_negative: bool
    clock_ratio: float
    dummy_pixels: int
    dummy_lines: int
    tuning: Tuning

    @property
    def longest_exposure(self) -> int:
        """Line times: those of a frame, times the night mode's divider."""
        return (FRAME_LINES + self.dummy_lines) * self.night_divider

    @property
    def exposed_lines(self) -> int:
        """Line times of light: what the exposure registers ask for, as far as a frame lasts."""
        return min(self.exposure_lines, self.longest_exposure)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame on the data pins."""
        return 2 * self.width * self.height

    def frame_period_s(self, xclk_hz: float) -> float:
        """Seconds from VSYNC to VSYNC. Two pixel clocks a pixel; 30 frames/s at 24 MHz."""
        clocks = 2 * (LINE_TIME + self.dummy_pixels) * (FRAME_LINES + self.dummy_lines)
        return clocks / (xclk_hz * self.clock_ratio)


def decode(values: bytes | bytearray) -> Settings:
    """The settings that 256 register bytes stand for."""
    divider = values[reg.COM14] & reg.COM14_PCLK_DIVIDER
    octave = min(divider, 4) if values[reg.COM14] & reg.COM14_SCALE_PCLK else 0
    window = _window(values, octave)
    preset = next((size for bit, size in _PRESETS if values[reg.COM7] & bit), None)
    if preset and not values[reg.COM14] & reg.COM14_MANUAL_SCALING:
        width, height = preset
        scaled_width = width
    else:
        width = window.width >> octave
        scaled_width = _scaled(values, window.width, reg.SCALING_XSC, shift=0)
        height = _scaled(values, window.height, reg.SCALING_YSC, shift=4)
    com8 = values[reg.COM8]
    bright = values[reg.BRIGHT]
    tslb = values[reg.TSLB]
    night_rate = (values[reg.COM11] & reg.COM11_NIGHT_RATE) >> 5
    tuning = decode_tuning(values)
    return Settings(
        width=width,
        height=height,
        scaled_width=scaled_width,
        window=window,
        mirror=bool(values[reg.MVFP] & reg.MVFP_MIRROR),
        vflip=bool(values[reg.MVFP] & reg.MVFP_VFLIP),
        colour=_colour(values),
        swap_bytes=bool(values[reg.COM3] & reg.COM3_SWAP),
        output_range=_output_range(values[reg.COM15]),
        negative=bool(tslb & reg.TSLB_NEGATIVE),
        fixed_uv=(values[reg.MANU], values[reg.MANV]) if tslb & reg.TSLB_FIXED_UV else None,
        average_uv=bool(values[reg.REG4B] & reg.REG4B_UV_AVERAGE),
        brightness=-(bright & 0x7F) if bright & 0x80 else bright,
        contrast=values[reg.CONTRAS],
        contrast_center=values[reg.CONTRAS_CENTER],
        test_pattern=_test_pattern(values),
        auto_exposure=bool(com8 & reg.COM8_AEC),
        auto_gain=bool(com8 & reg.COM8_AGC),
        auto_white=bool(com8 & reg.COM8_AWB),
        exposure_lines=(values[reg.AECHH] & reg.AECHH_MASK) << 10
        | values[reg.AECH] << 2
        | values[reg.COM1] & reg.COM1_AEC_LOW,
        gain=_gain(values, tuning),
        gain_ceiling=_gain_ceiling(values, tuning),
        red_gain=values[reg.RED] / 0x80 if values[reg.COM16] & reg.COM16_AWB_GAIN else 1.0,
        blue_gain=values[reg.BLUE] / 0x80 if values[reg.COM16] & reg.COM16_AWB_GAIN else 1.0,
        histogram_metering=bool(values[reg.HAECC7] & reg.HAECC7_HISTOGRAM),
        stable_region=(values[reg.AEB], values[reg.AEW]),
        night_divider=1 << night_rate if values[reg.COM11] & reg.COM11_NIGHT else 1,
        soft_sleep=bool(values[reg.COM2] & reg.COM2_SOFT_SLEEP),
        vsync_negative=bool(values[reg.COM10] & reg.COM10_VSYNC_NEGATIVE),
        clock_ratio=_clock_ratio(values),
        dummy_pixels=(values[reg.EXHCH] & 0xF0) << 4 | values[reg.EXHCL],
        dummy_lines=(values[reg.ADVFH] << 8 | values[reg.ADVFL])
        + (values[reg.DM_LNH] << 8 | values[reg.DM_LNL]),
        tuning=tuning,
    )


def gain_factor(code: int) -> float:
    """The analogue gain of a 10-bit code: (1 + low nibble / 16), doubled by each bit from 4 up."""
    return (1 + (code & 0x0F) / 16) * (1 << (code >> 4 & 0x3F).bit_count())


def gain_code(factor: float) -> int:
    """The 10-bit code whose gain comes nearest below ``factor`` (1 to 128)."""
    doublings = 0
    while doublings < 6 and factor >= 2:
        factor /= 2
        doublings += 1
    return ((1 << doublings) - 1) << 4 | max(0, min(15, int((factor - 1) * 16)))


def _gain(values: bytes | bytearray, tuning: Tuning) -> float:
    if tuning.digital_gain is not None:
        return gain_factor(values[reg.GAIN]) * tuning.digital_gain
    return gain_factor((values[reg.VREF] & reg.VREF_GAIN_HIGH) << 2 | values[reg.GAIN])


def _gain_ceiling(values: bytes | bytearray, tuning: Tuning) -> float:
    ceiling = float(2 << min((values[reg.COM9] & reg.COM9_CEILING) >> 4, 6))
    if tuning.digital_gain is None:
        return ceiling
    return min(ceiling, gain_factor(0xFF)) * tuning.digital_gain


def _window(values: bytes | bytearray, octave: int) -> Window:
    if values[reg.TSLB] & reg.TSLB_AUTO_WINDOW:
        return Window(0, 0, _FIELD_WIDTH, _FIELD_HEIGHT)
    low_h = values[reg.HREF]
    low_v = values[reg.VREF]
    hstart = values[reg.HSTART] << 3 | low_h & 7
    hstop = values[reg.HSTOP] << 3 | low_h >> 3 & 7
    vstart = values[reg.VSTART] << 2 | low_v & 3
    vstop = values[reg.VSTOP] << 2 | low_v >> 2 & 3
    left, top = _ORIGIN[octave]
    return Window(hstart - left, vstart - top, (hstop - hstart) % LINE_TIME, max(0, vstop - vstart))


def _scaled(values: bytes | bytearray, size: int, zoom_register: int, shift: int) -> int:
    com3 = values[reg.COM3]
    if com3 & reg.COM3_DCW_ENABLE:
        size >>= values[reg.SCALING_DCWCTR] >> shift & 3
    if com3 & reg.COM3_SCALE_ENABLE:
        size = size * 0x20 // ((values[zoom_register] & reg.SCALING_FACTOR) or 0x20)
    return size


def _colour(values: bytes | bytearray) -> Colour:
    com7 = values[reg.COM7] & (reg.COM7_RGB | reg.COM7_BAYER)
    if com7 == reg.COM7_BAYER:
        return Colour.BAYER
    if com7 == reg.COM7_RGB | reg.COM7_BAYER:
        return Colour.PROCESSED_BAYER
    if com7 == reg.COM7_RGB:
        mode = values[reg.COM15] & reg.COM15_RGB_MODE
        if mode == reg.COM15_RGB565:
            return Colour.RGB565
        if mode != reg.COM15_RGB555:
            return Colour.GRB422
        if not values[reg.RGB444] & reg.RGB444_ENABLE:
            return Colour.RGB555
        rgbx = values[reg.RGB444] & reg.RGB444_RGBX
        return Colour.RGB444_RGBX if rgbx else Colour.RGB444_XRGB
    uv_first = bool(values[reg.TSLB] & reg.TSLB_UV_FIRST)
    swap = bool(values[reg.COM13] & reg.COM13_UV_SWAP)
    if uv_first:
        return Colour.VYUY if swap else Colour.UYVY
    return Colour.YVYU if swap else Colour.YUYV


def _output_range(com15: int) -> OutputRange:
    if not com15 & 0x80:
        return OutputRange.R10F0
    return OutputRange.R00FF if com15 & 0x40 else OutputRange.R01FE


def _test_pattern(values: bytes | bytearray) -> TestPattern:
    number = values[reg.SCALING_XSC] >> 7 | (values[reg.SCALING_YSC] >> 7) << 1
    if number:
        return TestPattern(number)
    bars = values[reg.COM7] & reg.COM7_COLOUR_BAR or values[reg.COM17] & reg.COM17_COLOUR_BAR
    return TestPattern.COLOUR_BARS if bars else TestPattern.NONE


def _clock_ratio(values: bytes | bytearray) -> float:
    pll = (1, 4, 6, 8)[(values[reg.DBLV] & reg.DBLV_PLL) >> 6]
    if values[reg.CLKRC] & reg.CLKRC_EXTERNAL:
        return float(pll)
    return pll / ((values[reg.CLKRC] & reg.CLKRC_PRESCALE) + 1)
