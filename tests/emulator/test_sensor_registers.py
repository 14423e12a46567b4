# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The sensor alone: register semantics, and a picture that depends on registers only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, small_yuv
from lanewise.emulator import ArraySource, Colour, DigitSource, Sensor, TestPattern
from lanewise.emulator import registers as reg
from lanewise.emulator.settings import Window, gain_code, gain_factor
from lanewise.errors import EmulatorError


def first_luma(sensor: Sensor) -> int:
    return sensor.frame()[0]


# -- registers ------------------------------------------------------------------------------------


def test_reset_values_are_the_datasheets():
    sensor = Sensor(grey_page(200))
    known = {0x01: 0x80, 0x12: 0x00, 0x13: 0x8F, 0x3A: 0x0D, 0x40: 0xC0, 0x70: 0x3A, 0x71: 0x35}
    assert {a: sensor.read(a) for a in known} == known
    assert (sensor.read(0x0A), sensor.read(0x0B)) == (0x76, 0x73)
    assert (sensor.read(0x1C), sensor.read(0x1D)) == (0x7F, 0xA2)


def test_register_map_has_no_address_or_name_twice():
    names = [register.name for register in reg.REGISTERS.values()]
    assert len(set(names)) == len(names) == len(reg._TABLE)
    assert all(0 <= r.reset <= 0xFF and r.meaning for r in reg.REGISTERS.values())


@given(address=st.integers(0, 255), value=st.integers(0, 255))
def test_every_register_reads_back_unless_read_only_or_measured(address, value):
    sensor = Sensor(grey_page(200))
    sensor.powered_down = True  # nothing measures
    before = sensor.read(address)
    sensor.i2c_write(bytes([address, value]))
    if address in reg.READ_ONLY:
        assert sensor.read(address) == before
    elif address == reg.COM7 and value & 0x80:
        assert sensor.read(address) == 0
    else:
        assert sensor.read(address) == value


def test_com7_reset_restores_everything():
    sensor = small_yuv(grey_page(200), BRIGHT=0x30)
    sensor.write(0xC5, 0x99)
    sensor.write(reg.COM7, 0x80)
    assert [sensor.read(a) for a in (reg.BRIGHT, 0xC5, reg.COM14, reg.COM7)] == [0, 0, 0, 0]
    assert (sensor.width, sensor.height) == (640, 480)


def test_sccb_pointer_and_no_increment():
    sensor = Sensor(grey_page(200))
    sensor.i2c_write(b"\x55\x12\x34")
    sensor.i2c_write(b"")
    assert sensor.i2c_read(2) == b"\x12\x12"
    assert sensor.read(0x56) == 0x40
    sensor.i2c_write(b"\x0a")
    assert sensor.i2c_read(1) == b"\x76"


# -- geometry -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("com7", "size"),
    [(0x00, (640, 480)), (0x10, (320, 240)), (0x20, (352, 288)), (0x08, (176, 144))],
)
def test_preset_formats(com7, size, colourful):
    sensor = by_hand(ArraySource(colourful))
    sensor.write(reg.COM7, com7)
    assert (sensor.width, sensor.height) == size
    assert len(sensor.frame()) == 2 * size[0] * size[1] == sensor.frame_bytes


def test_linux_vga_window_starts_four_columns_earlier(colourful, decode):
    """ov7670.c writes hstart 158 and vstart 10: live border pixels, then the same picture."""
    sensor = by_hand(ArraySource(colourful))
    hstart, hstop, vstart, vstop = 158, 14, 10, 490
    sensor.write(reg.TSLB, 0x04)
    sensor.write(reg.HSTART, hstart >> 3)
    sensor.write(reg.HSTOP, hstop >> 3)
    sensor.write(reg.HREF, 0x80 | (hstop & 7) << 3 | hstart & 7)
    sensor.write(reg.VSTART, vstart >> 2)
    sensor.write(reg.VSTOP, vstop >> 2)
    sensor.write(reg.VREF, (vstop & 3) << 2 | vstart & 3)
    assert sensor.settings.window == Window(-4, 1, 640, 480)
    picture, seen = sensor.picture(), decode.toned(colourful)
    np.testing.assert_allclose(picture[:-1, 4:], seen[1:, :-4], atol=1)
    np.testing.assert_array_equal(picture[0, :4], np.repeat(picture[0:1, 4], 4, axis=0))


def test_window_far_outside_is_black(colourful, decode):
    sensor = by_hand(ArraySource(colourful))
    sensor.write(reg.TSLB, 0x04)
    sensor.write(reg.HSTART, 0)
    sensor.write(reg.HSTOP, 320 >> 3)
    sensor.write(reg.HREF, 0)
    assert sensor.width == 320
    picture = sensor.picture()
    assert not picture[:, : 162 - 8].any()
    seen = decode.toned(colourful)
    np.testing.assert_allclose(picture[: 480 - 3, 162:], seen[3:, : 320 - 162], atol=1)


def test_a_smaller_window_is_a_smaller_frame(colourful, decode):
    sensor = by_hand(ArraySource(colourful))
    sensor.write(reg.TSLB, 0x04)
    for address, value in ((reg.HSTART, 162 + 200), (reg.HSTOP, 162 + 264)):
        sensor.write(address, value >> 3)
    sensor.write(reg.HREF, ((162 + 264) & 7) << 3 | (162 + 200) & 7)
    sensor.write(reg.VSTART, (9 + 100) >> 2)
    sensor.write(reg.VSTOP, (9 + 148) >> 2)
    sensor.write(reg.VREF, ((9 + 148) & 3) << 2 | (9 + 100) & 3)
    assert (sensor.width, sensor.height) == (64, 48)
    seen = decode.toned(colourful)
    np.testing.assert_allclose(sensor.picture(), seen[100:148, 200:264], atol=1)
    sensor.write(reg.MVFP, 0x30)
    np.testing.assert_allclose(sensor.picture(), seen[::-1, ::-1][100:148, 200:264], atol=1)


def test_pixels_repeat_when_the_pixel_clock_is_not_divided(colourful):
    sensor = small_yuv(ArraySource(colourful), COM14=0)
    assert (sensor.width, sensor.height) == (640, 60)
    picture = sensor.picture()
    np.testing.assert_array_equal(picture[:, 0::8], picture[:, 7::8])


def test_zoom_registers_scale(colourful):
    sensor = small_yuv(ArraySource(colourful), COM3=0x0C, SCALING_XSC=0x40, SCALING_YSC=0x30)
    assert sensor.height == 60 * 0x20 // 0x30 == 40
    assert sensor.width == 80  # the pixel clock decides
    assert sensor.settings.scaled_width == 40


# -- colour and byte order ------------------------------------------------------------------------

RED = ArraySource(np.full((480, 640, 3), (250, 20, 40), np.uint8))
R, G, B = 250, 13, 32  # what the driver's gamma curve makes of it
Y, U, V = 86, 98, 245


@pytest.mark.parametrize(
    ("tslb", "com13", "colour", "quad"),
    [
        (0x05, 0x88, Colour.YUYV, (Y, U, Y, V)),
        (0x05, 0x89, Colour.YVYU, (Y, V, Y, U)),
        (0x0D, 0x88, Colour.UYVY, (U, Y, V, Y)),
        (0x0D, 0x89, Colour.VYUY, (V, Y, U, Y)),
    ],
)
def test_yuv_orders(tslb, com13, colour, quad):
    sensor = small_yuv(RED, TSLB=tslb, COM13=com13)
    assert sensor.colour is colour
    assert tuple(sensor.frame()[:4]) == quad
    sensor.write(reg.COM3, 0x44)  # the two bytes of a pixel change places
    assert tuple(sensor.frame()[:4]) == (quad[1], quad[0], quad[3], quad[2])


@pytest.mark.parametrize(
    ("com15", "rgb444", "colour", "word"),
    [
        (0xD0, 0, Colour.RGB565, (R >> 3) << 11 | (G >> 2) << 5 | B >> 3),
        (0xF0, 0, Colour.RGB555, (R >> 3) << 10 | (G >> 3) << 5 | B >> 3),
        (0xF0, 2, Colour.RGB444_XRGB, (R >> 4) << 8 | (G >> 4) << 4 | B >> 4),
        (0xF0, 3, Colour.RGB444_RGBX, (R >> 4) << 12 | (G >> 4) << 8 | (B >> 4) << 4),
    ],
)
def test_rgb_words_are_big_endian_until_swapped(com15, rgb444, colour, word):
    sensor = small_yuv(RED, COM7=0x04, COM15=com15, RGB444=rgb444)
    assert sensor.colour is colour
    assert sensor.frame()[:2] == word.to_bytes(2, "big")
    sensor.write(reg.COM3, 0x44)
    assert sensor.frame()[:2] == word.to_bytes(2, "little")


@pytest.mark.parametrize(("com7", "com15"), [(0x01, 0xC0), (0x05, 0xC0), (0x04, 0xC0)])
def test_outputs_that_are_not_modelled_say_so(com7, com15):
    sensor = small_yuv(RED, COM7=com7, COM15=com15)
    with pytest.raises(EmulatorError, match="not emulated"):
        sensor.frame()


def test_output_range_and_negative_and_fixed_uv():
    black_white = np.zeros((480, 640), np.uint8)
    black_white[:, 320:] = 255
    for com15, ends in ((0x00, (16, 240)), (0x80, (1, 254)), (0xC0, (0, 255))):
        sensor = small_yuv(ArraySource(black_white), COM15=com15)
        frame = sensor.frame()
        assert (frame[0], frame[158]) == ends
    sensor = small_yuv(ArraySource(black_white), TSLB=0x25)
    assert (sensor.frame()[0], sensor.frame()[158]) == (255, 0)
    sensor = small_yuv(RED, TSLB=0x15, MANU=0x11, MANV=0x22)
    assert tuple(sensor.frame()[:4]) == (Y, 0x11, Y, 0x22)


def test_uv_of_the_left_pixel_or_of_the_pair():
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, 0::16], stripes[:, 8::16] = (0, 0, 200), (0, 0, 0)
    stripes = np.repeat(stripes[:, 0::8], 8, axis=1)  # 80 stripes, one for each output pixel
    plain, averaged = small_yuv(ArraySource(stripes)), small_yuv(ArraySource(stripes), REG4B=1)
    assert plain.frame()[1] == 227
    assert averaged.frame()[1] == (227 + 128 + 1) // 2


def test_test_pattern_bits():
    sensor = small_yuv(RED)
    for xsc, ysc, pattern in ((0, 0, 0), (0x80, 0, 1), (0, 0x80, 2), (0x80, 0x80, 3)):
        sensor.write(reg.SCALING_XSC, 0x20 | xsc)
        sensor.write(reg.SCALING_YSC, 0x20 | ysc)
        assert sensor.test_pattern is TestPattern(pattern)
    for address, bit in ((reg.COM7, 0x02), (reg.COM17, 0x08)):
        assert small_yuv(RED).test_pattern is TestPattern.NONE
        bars = small_yuv(RED)
        bars.write(address, bit)
        assert bars.test_pattern is TestPattern.COLOUR_BARS
        assert bars.frame()[0] == 255


# -- exposure, gain, white balance ----------------------------------------------------------------


def test_an_ordinary_page_comes_out_as_it_is_in_either_polarity(decode):
    ink = np.zeros((28, 28), np.uint8)
    ink[4:24, 12:16] = 255
    for paper, pen in ((230, 25), (25, 230)):
        frame = small_yuv(DigitSource(ink, paper=paper, ink=pen), COM8=0xE5).frame()
        assert frame[0] == pytest.approx(decode.toned(paper), abs=1)
        assert frame[2 * (30 * 80 + 40)] == pytest.approx(decode.toned(pen), abs=1)


def test_a_thin_light_stroke_keeps_the_exposure_of_a_dark_page(decode):
    ink = np.zeros((28, 28), np.uint8)
    ink[4:24, 13:15] = 255  # 0.8 % of the frame
    source = DigitSource(ink, paper=25, ink=230, scale=0.45)
    assert first_luma(small_yuv(source, COM8=0xE5)) == pytest.approx(decode.toned(25), abs=1)


def test_a_dark_page_is_brought_up_within_limits(decode):
    lit = first_luma(small_yuv(grey_page(60), COM8=0xE5))
    assert lit == pytest.approx(176, abs=6)
    darkest = small_yuv(grey_page(8), COM8=0xE5)  # not enough: 510 of 256 lines, 32x the gain
    assert first_luma(darkest) == pytest.approx(decode.toned(8, light=32 * 510 / 256), abs=2)
    assert first_luma(small_yuv(grey_page(60), COM8=0xE5, COM9=0x00)) < lit


@given(level=st.integers(40, 255))
def test_average_metering_brings_the_mean_into_the_stable_region(level):
    sensor = small_yuv(grey_page(level), COM8=0xE5, HAECC7=0x14, AEW=0x75, AEB=0x63)
    assert 0x63 - 3 <= first_luma(sensor) <= 0x75 + 3


def test_manual_exposure_and_gain_count(decode):
    sensor = small_yuv(grey_page(120))
    for aech, gain, light in ((0x40, 0, 1), (0x20, 0, 0.5), (0x40, 0x10, 2), (0x40, 8, 1.5)):
        sensor.write(reg.AECHH, 0)
        sensor.write(reg.COM1, 0)
        sensor.write(reg.AECH, aech)
        sensor.write(reg.GAIN, gain)
        wanted = decode.toned(120, light=light)
        assert first_luma(sensor) == pytest.approx(wanted, abs=1), (aech, gain)
    sensor.write(reg.AECH, 0)
    assert first_luma(sensor) == 0


def test_disabling_the_automatics_freezes_what_they_found():
    sensor = small_yuv(grey_page(60), COM8=0xE5)
    lit = first_luma(sensor)
    assert sensor.read(reg.GAIN) > 0
    sensor.write(reg.COM8, 0xE0)
    assert first_luma(sensor) == lit
    sensor.source = grey_page(200)
    assert first_luma(sensor) > 245  # still exposed for the dark page


@given(a=st.integers(0, 255), b=st.integers(0, 255))
def test_more_light_is_never_darker(a, b):
    pages = []
    for aech in sorted((a, b)):
        sensor = small_yuv(grey_page(150))
        sensor.write(reg.AECH, aech)
        pages.append(first_luma(sensor))
    assert pages[0] <= pages[1]


def test_white_balance():
    warm = ArraySource(np.full((480, 640, 3), (220, 200, 150), np.uint8))
    off = small_yuv(warm)
    assert off.frame()[1] < 115
    on = small_yuv(warm, COM8=0xE2)
    assert [abs(on.frame()[i] - 128) <= 1 for i in (1, 3)] == [True, True]
    assert on.read(reg.RED) < 0x80 < on.read(reg.BLUE)
    on.write(reg.COM16, 0)  # gains have no effect
    assert on.frame()[1] == off.frame()[1]


def test_brightness_and_contrast():
    plain = first_luma(small_yuv(grey_page(200)))
    assert first_luma(small_yuv(grey_page(200), BRIGHT=0x10)) == plain + 16
    assert first_luma(small_yuv(grey_page(200), BRIGHT=0x90)) == plain - 16
    assert first_luma(small_yuv(grey_page(200), CONTRAS=0x20)) == (plain + 128) // 2


@given(code=st.integers(0, 1023))
def test_gain_codes(code):
    factor = gain_factor(code)
    assert 1 <= factor <= 128
    back = gain_factor(gain_code(factor))
    assert back <= factor < back * (1 + 1 / 15.9)


# -- time -----------------------------------------------------------------------------------------


def test_thirty_frames_a_second_at_24_mhz():
    sensor = small_yuv(grey_page(200))
    assert 1 / sensor.frame_period_s == pytest.approx(30.0, abs=0.05)
    sensor.write(reg.CLKRC, 0x81)
    assert 1 / sensor.frame_period_s == pytest.approx(15.0, abs=0.05)
    sensor.write(reg.DBLV, 0x4A)
    assert 1 / sensor.frame_period_s == pytest.approx(60.0, abs=0.1)


def test_power_pins():
    sensor = small_yuv(grey_page(200), BRIGHT=0x11)
    sensor.powered_down = True
    assert not sensor.responds
    sensor.powered_down = False
    assert sensor.responds and sensor.read(reg.BRIGHT) == 0x11
    sensor.held_in_reset = True
    assert not sensor.responds
    sensor.held_in_reset = False
    assert sensor.read(reg.BRIGHT) == 0
    sensor.write(reg.COM2, 0x11)
    assert sensor.responds and not sensor.running
    sensor.xclk_hz = 0
    with pytest.raises(EmulatorError, match="start mclk"):
        _ = sensor.frame_period_s
