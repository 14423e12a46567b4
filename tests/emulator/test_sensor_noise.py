# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Noise: its size follows the light, its seed decides it, and patterns stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_set_sensor import by_hand, grey_page, linear, small_yuv
from lanewise.emulator import ArraySource, EmulatedBoard, Sensor
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL, POOR, TYPICAL, camera_module
from lanewise.errors import UsageError

WELL, READ = TYPICAL.full_well, TYPICAL.read_noise
NOISE_ONLY = replace(IDEAL, name="noise", full_well=WELL, read_noise=READ)
SIGMAS = 6


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

    assert np.array_equal(mean_of(1, 8), mean_of(1, 8))
    one, other = pattern(1), pattern(2)
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


def test_modules_by_name():
    assert camera_module("poor") is POOR and camera_module(POOR) is POOR
    with pytest.raises(UsageError, match=r"'pristine'.*ideal, typical, poor"):
        Sensor(grey_page(1), "pristine")
