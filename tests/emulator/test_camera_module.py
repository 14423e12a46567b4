# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Laws of lens, light and noise: what no register changes, and what registers do about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, small_yuv
from lanewise.emulator import MODULES, ArraySource, EmulatedBoard, Sensor
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL, POOR, TYPICAL, camera_module
from lanewise.errors import UsageError

WELL, READ = TYPICAL.full_well, TYPICAL.read_noise
NOISE_ONLY = replace(IDEAL, name="noise", full_well=WELL, read_noise=READ)
STILL = replace(TYPICAL, name="still", full_well=0.0, read_noise=0.0)
SIGMAS = 6


def linear(sensor: Sensor) -> Sensor:
    """The same sensor with its gamma curve off: levels are raw light times 256."""
    sensor.write(reg.COM13, 0x08)
    return sensor


# -- exposure -------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", list(MODULES))
def test_mean_luma_grows_with_exposure_through_the_driver(module, camera, captured, decode):
    page = ArraySource(np.full((48, 64), 140, np.uint8))
    with EmulatedBoard(source=page, fast=True, module=module) as pico:
        cam = camera()
        cam.colorspace = 1
        pico.sensor.write(reg.COM8, 0xE0)  # automatics off
        means = []
        for lines in (8, 20, 50, 120, 250, 400, 505):
            for address, value in (
                (reg.AECHH, lines >> 10),
                (reg.AECH, lines >> 2 & 0xFF),
                (reg.COM1, lines & 3),
            ):
                pico.sensor.write(address, value)
            means.append(decode.yuyv(captured(cam), 80)[0].mean())
        assert (np.diff(means) > 1).all(), means


def test_light_is_proportional_to_exposure_and_gain():
    sensor = linear(by_hand(grey_page(120)))
    once = sensor.picture().mean()
    for aech, gain, factor in ((0x20, 0x00, 0.5), (0x40, 0x10, 2), (0x20, 0x30, 2), (0x40, 8, 1.5)):
        sensor.write(reg.AECH, aech)
        sensor.write(reg.GAIN, gain)
        assert sensor.picture().mean() == pytest.approx(once * factor, abs=0.6)


def test_no_exposure_is_longer_than_a_frame():
    sensor = linear(by_hand(grey_page(60)))
    sensor.write(reg.AECHH, 0x3F)
    longest = sensor.picture().mean()
    sensor.write(reg.AECHH, 510 >> 10)
    sensor.write(reg.AECH, 510 >> 2)
    sensor.write(reg.COM1, 510 & 3)
    assert sensor.picture().mean() == longest
    sensor.write(reg.AECHH, 0x3F)
    sensor.write(reg.ADVFL, 255)  # dummy lines make the frame longer
    assert sensor.picture().mean() == pytest.approx(longest * 765 / 510, abs=0.6)


def test_night_mode_lights_a_dark_page():
    page = grey_page(12)
    usual, night = (small_yuv(page, COM8=0xE5, COM9=0x00, COM11=bits) for bits in (0, 0xE0))
    period = usual.frame_period_s
    assert night.picture().mean() > usual.picture().mean() + 10
    assert period < night.frame_period_s <= 8 * period * 1.001


@given(digital=st.integers(0, 3))
def test_digital_gain_is_reg74s_when_manual(digital):
    plain = linear(by_hand(grey_page(60)))
    gained = linear(by_hand(grey_page(60)))
    gained.write(reg.REG74, 0x10 | digital)
    gained.write(reg.VREF, gained.read(reg.VREF) | 0xC0)  # without effect now
    factor = (1, 1, 2, 4)[digital]
    assert gained.picture().mean() == pytest.approx(factor * plain.picture().mean(), abs=2)
    plain.write(reg.VREF, plain.read(reg.VREF) | 0xC0)
    assert plain.settings.gain == 4


def test_a_slow_module_settles_frame_by_frame_and_a_typical_one_at_once():
    slow = replace(IDEAL, name="slow", settling=0.4)
    means = {}
    for module in (slow, IDEAL):
        sensor = small_yuv(grey_page(30), module, COM8=0xE5)
        first = sensor.picture().mean()
        assert sensor.picture().mean() == first  # settled when the first frame is sent
        sensor.source = grey_page(200)
        means[module.name] = [sensor.picture().mean() for _ in range(12)]
    assert len(set(means["ideal"])) == 1
    assert (np.diff(means["slow"]) <= 0).all()
    assert means["slow"][0] > means["slow"][-1] + 10
    assert means["slow"][-1] == pytest.approx(means["ideal"][-1], abs=3)


# -- noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain_bits", [0x00, 0x30])
def test_noise_variance_follows_the_shot_noise_slope(gain_bits):
    """Variance of green against its mean: slope = gain / full well, intercept = read noise."""
    gain = 1 << gain_bits.bit_count()
    means, variances = [], []
    for level in (70, 85, 100, 110, 120, 135):  # darker ones are clipped at black
        sensor = linear(by_hand(grey_page(level), NOISE_ONLY))
        sensor.write(reg.VREF, sensor.read(reg.VREF) & 0x3F)
        sensor.write(reg.GAIN, gain_bits)
        if gain > 1:
            sensor.write(reg.AECH, 0x40 // gain)
        one, two = (sensor.picture()[:, :, 1].astype(float) for _ in range(2))
        assert one.max() < 255
        means.append((one.mean() + two.mean()) / 2)
        variances.append((one - two).var() / 2 - 1 / 12)
    pixels = one.size
    expected = 256 / WELL * gain * np.array(means) + (READ * 256 / WELL * gain) ** 2
    spread = SIGMAS * np.sqrt(2 / pixels) * (expected + 1 / 12) + 0.01
    assert (np.abs(np.array(variances) - expected) < spread).all(), (variances, expected)


def test_red_and_blue_average_fewer_pixels_than_green():
    """At 1:8 a pixel averages 64: 32 green, 16 red, 16 blue."""
    noisy = replace(NOISE_ONLY, name="noisy", full_well=200.0, read_noise=0.0)
    sensor = linear(small_yuv(grey_page(120), noisy))
    frames = np.stack([sensor.picture().astype(float) for _ in range(12)])
    variance = frames.var(axis=0, ddof=1).mean(axis=(0, 1)) - 1 / 12
    light = frames.mean() / 256
    for channel, pixels in enumerate((16, 32, 16)):
        assert variance[channel] == pytest.approx(light * 256**2 / 200 / pixels, rel=0.05)


@pytest.mark.parametrize("module", ["typical", "poor"])
def test_seed_and_frame_number_decide_the_noise(module):
    def frames(seed):
        sensor = small_yuv(grey_page(120), module, seed)
        return [sensor.frame() for _ in range(3)]

    one, again, other = frames(3), frames(3), frames(4)
    assert one == again
    assert one[0] != one[1] and one[0] != other[0]


def test_a_board_repeats_its_frames_after_power_up(camera, captured, colourful):
    runs = []
    for _ in range(2):
        with EmulatedBoard(source=ArraySource(colourful), fast=True, seed=9) as pico:
            cam = camera()
            runs.append([captured(cam) for _ in range(2)])
            assert pico.sensor.module is TYPICAL
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]


def test_the_fixed_pattern_stays_while_noise_averages_out():
    def mean_of(seed, frames):
        sensor = linear(small_yuv(grey_page(120), "poor", seed, GAIN=0x30, AECH=0x10))
        return np.mean([sensor.picture()[:, :, 1].astype(float) for _ in range(frames)], axis=0)

    def pattern(seed, frames=24):
        plane = mean_of(seed, frames)
        rows, columns = np.mgrid[-1:1:60j, -1:1:80j]
        smooth = np.stack([np.ones_like(rows), rows**2, columns**2, rows**4, columns**4,
                           rows**2 * columns**2], axis=-1).reshape(-1, 6)  # fmt: skip
        flat = plane.ravel()
        return flat - smooth @ np.linalg.lstsq(smooth, flat, rcond=None)[0]

    one, same, other = pattern(1), pattern(1), pattern(2)
    assert np.corrcoef(one, same)[0, 1] == 1
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    halves = [np.corrcoef(pattern(1, frames), one)[0, 1] for frames in (1, 8)]
    assert halves[0] < halves[1] and halves[1] > 0.6


def test_hot_pixels_sit_still_and_grow_with_gain():
    spotted = replace(IDEAL, name="spotted", hot_pixels=20)
    sensor = linear(by_hand(grey_page(0), spotted, seed=5))
    first = sensor.picture()[:, :, 1]
    assert 15 <= (first > 8).sum() <= 20
    sensor.write(reg.GAIN, 0x10)
    brighter = sensor.picture()[:, :, 1]
    assert ((brighter > 8) >= (first > 8)).all()
    assert brighter[first > 8].mean() > 1.3 * first[first > 8].mean()


# -- lens -----------------------------------------------------------------------------------------


def centre_and_corner(sensor):
    picture = sensor.picture().astype(float)
    return picture[28:32, 38:42].mean((0, 1)), picture[:2, :2].mean((0, 1))


@pytest.mark.parametrize("missing", [0.1, 0.3, 0.6])
def test_the_corner_gets_the_light_that_the_lens_leaves(missing):
    lens = replace(IDEAL, name="lens", falloff=(missing, missing, missing))
    centre, corner = centre_and_corner(linear(small_yuv(grey_page(200), lens)))
    farther = ((320 - 8) ** 2 + (240 - 8) ** 2) / 400**2  # the middle of those four pixels
    np.testing.assert_allclose(corner / centre, 1 - missing * farther, atol=0.01)


def test_lens_correction_lifts_corners_beyond_its_radius():
    lens = replace(IDEAL, name="lens", falloff=(0.4, 0.4, 0.4))
    sensor = linear(small_yuv(grey_page(200), lens, LCC3=4, LCC4=0x20, LCC6=4, LCC7=8))
    centre, bare = centre_and_corner(sensor)
    sensor.write(reg.LCC5, 0x01)
    same, lifted = centre_and_corner(sensor)
    np.testing.assert_array_equal(same, centre)
    assert (lifted > bare + 3).all() and np.ptp(lifted) < 1
    sensor.write(reg.LCC5, 0x05)
    _, apart = centre_and_corner(sensor)
    assert apart[0] > apart[1] + 3 and apart[1] == pytest.approx(apart[2], abs=1)
    sensor.write(reg.LCC4, 0xFF)  # the radius takes in the whole picture
    np.testing.assert_array_equal(centre_and_corner(sensor)[1], bare)


def test_blur_widens_an_edge_and_keeps_the_light():
    edge = np.zeros((480, 640), np.uint8)
    edge[:, 320:] = 200
    widths = []
    for blur in (0.0, 1.0, 3.0, 6.0):
        line = by_hand(ArraySource(edge), replace(IDEAL, name="b", blur=blur)).picture()[240, :, 1]
        widths.append(int(((line > 20) & (line < 180)).sum()))
        assert line[:300].max() == 0 and line[340:].min() == line[-1]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("size", [0, 2, 3])
def test_mirrored_frames_are_exact_mirrors_without_noise(size, camera, captured, decode, colourful):
    """Lens, fixed pattern and scene turn together: mirroring reads the same array backwards."""
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module=STILL, seed=2):
        cam = camera()
        cam.size = size
        upright = decode.rgb565(captured(cam), cam.width)
        for flip_x, flip_y in ((True, False), (False, True), (True, True)):
            cam.flip_x, cam.flip_y = flip_x, flip_y
            turned = decode.rgb565(captured(cam), cam.width)
            back = turned[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
            np.testing.assert_array_equal(back, upright)


@given(shift=st.integers(-40, 40), down=st.integers(-8, 60))
@settings(max_examples=15, deadline=None)
def test_window_registers_shift_the_picture_with_its_flaws(shift, down):
    """What a pixel of the array sees does not depend on where the window puts it."""
    rng = np.random.default_rng(1)
    scene = ArraySource(rng.integers(0, 255, (480, 640, 3), dtype=np.uint8))

    def window(left, top):
        sensor = by_hand(scene, replace(STILL, blur=0.0))
        hstart, vstart = 162 + left, 9 + top
        hstop, vstop = hstart + 64, vstart + 48
        for address, value in (
            (reg.TSLB, 0x04),
            (reg.HSTART, hstart >> 3),
            (reg.HSTOP, hstop >> 3),
            (reg.HREF, (hstop & 7) << 3 | hstart & 7),
            (reg.VSTART, vstart >> 2),
            (reg.VSTOP, vstop >> 2),
            (reg.VREF, (vstop & 3) << 2 | vstart & 3),
        ):
            sensor.write(address, value)
        return sensor.picture().astype(int)

    here, there = window(200, 150), window(200 + shift, 150 + down)
    x, y = max(0, shift), max(0, down)
    x1, y1 = max(0, -shift), max(0, -down)
    rows, columns = 48 - abs(down), 64 - abs(shift)
    if rows > 0:
        seen = here[y : y + rows, x : x + columns], there[y1 : y1 + rows, x1 : x1 + columns]
        np.testing.assert_array_equal(*seen)


# -- flicker --------------------------------------------------------------------------------------

MAINS = replace(IDEAL, name="mains", flicker_hz=100.0, flicker=0.5)


@pytest.mark.parametrize("lines", [20, 76, 100, 200])
def test_rolling_exposure_turns_flicker_into_stripes_by_the_sinc_law(lines):
    sensor = linear(by_hand(grey_page(170), MAINS))
    sensor.write(reg.AECH, lines >> 2)
    sensor.write(reg.COM1, lines & 3)
    sensor.write(reg.GAIN, 0x30 if lines < 64 else 0)
    rows = sensor.picture()[:, :, 1].mean(axis=1)
    line_s = 2 * 784 / 24e6
    stripes = np.sin(2 * np.pi * 100 * np.arange(480) * line_s)
    stripes = np.stack([stripes, np.cos(2 * np.pi * 100 * np.arange(480) * line_s)], axis=1)
    swing = np.hypot(*np.linalg.lstsq(stripes, rows - rows.mean(), rcond=None)[0])
    law = 0.5 * abs(np.sinc(100 * lines * line_s))
    assert swing / rows.mean() == pytest.approx(law, abs=0.012)
    assert np.ptp(sensor.picture()[10]) == 0  # stripes lie along the rows


def test_the_banding_filter_takes_stripes_away_where_it_fits_the_mains():
    def swing(com8, com11, xclk_hz=24e6):
        sensor = small_yuv(grey_page(220), MAINS)
        sensor.xclk_hz = xclk_hz
        sensor.write(reg.COM11, com11)
        sensor.write(reg.COM8, com8)
        sensor.picture()
        return np.ptp(sensor.picture()[:, :, 1].mean(axis=1))

    off, wrong, right = swing(0xC5, 0x00), swing(0xE5, 0x00), swing(0xE5, 0x08)
    assert right <= 1 < min(off, wrong)
    # The registers count lines of a 24 MHz clock: at the driver's 16 MHz they fit no mains.
    assert swing(0xE5, 0x08, 16e6) > 1


# -- colour ---------------------------------------------------------------------------------------


@given(red=st.floats(0.6, 1.6), blue=st.floats(0.6, 1.6), module=st.sampled_from([IDEAL, POOR]))
@settings(max_examples=20, deadline=None)
def test_white_balance_neutralises_a_tint(red, blue, module):
    calm = replace(module, full_well=0.0, read_noise=0.0, falloff=(0, 0, 0), hot_pixels=0)
    tinted = replace(calm, light=(red * calm.light[0], 1.0, blue * calm.light[2]))
    sensor = small_yuv(grey_page(120), tinted)
    before = sensor.picture().mean((0, 1))
    sensor.write(reg.COM8, 0xE2)
    after = sensor.picture().mean((0, 1))
    if 0.55 < tinted.light[0] < 1.9 and 0.55 < tinted.light[2] < 1.9:
        assert np.ptp(after) <= 2.5, (before, after)
    assert np.ptp(after) <= np.ptp(before) + 2.5


def test_manual_white_gains_follow_red_blue_and_ggain():
    for name, channel in (("RED", 0), ("GGAIN", 1), ("BLUE", 2)):
        sensor = linear(small_yuv(grey_page(120)))
        plain = sensor.picture()[0, 0].astype(float)
        sensor.write(getattr(reg, name), 0xC0)
        gained = sensor.picture()[0, 0].astype(float)
        wanted = plain.copy()
        wanted[channel] *= 1.5
        np.testing.assert_allclose(gained, wanted, atol=1)


@pytest.mark.parametrize(
    ("shift", "channel", "share"), [(2, 0, 1), (0, 2, 1), (4, 1, 0.5), (6, 1, 0.5)]
)
def test_fixed_channel_gains(shift, channel, share):
    levels = []
    for code in range(4):
        sensor = linear(small_yuv(grey_page(180), GFIX=code << shift))
        levels.append(sensor.picture()[0, 0].astype(float))
    steps = np.array(levels)[:, channel] / levels[0][channel]
    np.testing.assert_allclose(steps, 1 + share * np.arange(4) / 4, atol=0.015)
    others = [c for c in range(3) if c != channel]
    assert np.ptp(np.array(levels)[:, others], axis=0).max() == 0


@given(gamma=st.lists(st.integers(0, 255), min_size=15, max_size=15).map(sorted))
@settings(max_examples=25, deadline=None)
def test_the_gamma_registers_are_the_curve(gamma):
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8), 10)[None].repeat(480, axis=0)
    sensor = by_hand(ArraySource(ramp))
    for index, value in enumerate(gamma):
        sensor.write(reg.GAM1 + index, value)
    sensor.write(reg.SLOP, (0x100 - gamma[-1]) * 4 // 3 & 0xFF)
    v = ramp[0] / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * 256
    inputs = [0, 4, 8, 16, 32, 40, 48, 56, 64, 72, 80, 96, 112, 144, 176, 208, 256]
    if gamma[-1] > 64:  # below, SLOP has no room for the last segment
        wanted = np.interp(light, inputs, [0, *gamma, 256]).clip(0, 255)
        steepest = np.diff([0, *gamma, 256]).max() / 4 / 16 + 1.5
        np.testing.assert_allclose(sensor.picture()[5, :, 1], wanted, atol=steepest)


def chroma(sensor):
    frame = np.frombuffer(sensor.frame(), np.uint8).reshape(-1, 4).astype(int)
    return frame[:, 1].mean() - 128, frame[:, 3].mean() - 128, frame[:, 0].mean()


def test_the_colour_matrix_scales_turns_and_removes_colour_but_not_luma():
    scene = ArraySource(np.full((480, 640, 3), (150, 120, 100), np.uint8))
    u, v, luma = chroma(small_yuv(scene))
    half = {"MTX1": 0x40, "MTX2": 0x40, "MTX4": 0x11, "MTX5": 0x2F, "MTX6": 0x40}
    none = dict.fromkeys((f"MTX{i}" for i in range(1, 7)), 0)
    for registers, factor in ((half, 0.5), (none, 0), ({"MTXS": 0x1E ^ 0x3F}, -1)):
        sensor = small_yuv(scene)
        for name, value in registers.items():
            address = reg.MTXS if name == "MTXS" else reg.MTX1 + int(name[3]) - 1
            sensor.write(address, value)
        u1, v1, luma1 = chroma(sensor)
        assert (u1, v1) == (pytest.approx(u * factor, abs=1.5), pytest.approx(v * factor, abs=1.5))
        assert luma1 == pytest.approx(luma, abs=1)


@pytest.mark.parametrize("name", ["RED", "BLUE"])
def test_both_colour_spaces_show_the_same_colours(name, camera, captured, decode):
    scene = np.full((48, 64, 3), (200, 90, 60) if name == "RED" else (60, 90, 200), np.uint8)
    with EmulatedBoard(source=ArraySource(scene), fast=True, module="ideal"):
        cam = camera()
        rgb = decode.rgb565(captured(cam), 80)[30, 40]
        cam.colorspace = 1
        luma, u, v = decode.yuyv(captured(cam), 80)
        assert np.abs(decode.to_rgb(luma[30, 40], u[30, 20], v[30, 20]) - rgb).max() <= 9


# -- time -----------------------------------------------------------------------------------------


@given(
    prescale=st.integers(0, 3),
    lines=st.integers(0, 600),
    dm_lines=st.integers(0, 300),
    pixels=st.integers(0, 300),
)
@settings(max_examples=8, deadline=None)
def test_the_vsync_pin_keeps_the_period_of_the_registers(prescale, lines, dm_lines, pixels):
    """Measured on the pin with the board's clock, as an oscilloscope would."""
    with EmulatedBoard(fast=True) as pico:
        import board
        import digitalio
        import pwmio

        clock = pwmio.PWMOut(board.GP20, frequency=16_000_000, duty_cycle=32768)
        for address, value in (
            (reg.CLKRC, 0x80 | prescale),
            (reg.ADVFL, lines & 0xFF),
            (reg.ADVFH, lines >> 8),
            (reg.DM_LNL, dm_lines & 0xFF),
            (reg.DM_LNH, dm_lines >> 8),
            (reg.EXHCL, pixels & 0xFF),
            (reg.EXHCH, pixels >> 8 << 4),
        ):
            pico.sensor.write(address, value)
        period = 2 * (784 + pixels) * (510 + lines + dm_lines) * (prescale + 1) / 16e6
        rises = []
        with digitalio.DigitalInOut(board.GP7) as pin:
            before = pin.value
            while len(rises) < 6:
                now = pin.value
                if now and not before:
                    rises.append(pico.clock.now_s())
                before = now
        clock.deinit()
        periods = np.diff(rises) / period
        assert periods.min() == pytest.approx(1, abs=0.02)
        # A busy machine may look away for longer than a pulse lasts: whole periods all the same.
        assert np.abs(periods - periods.round()).max() < 0.02


def test_modules_by_name():
    assert camera_module("poor") is POOR and camera_module(POOR) is POOR
    with pytest.raises(UsageError, match=r"'pristine'.*ideal, typical, poor"):
        Sensor(grey_page(1), "pristine")
