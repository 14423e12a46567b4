# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What goes wrong on a desk goes wrong here, with a board's own errors."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from lanewise.emulator import FAULTS, ArraySource, EmulatedBoard, EmulatorWarning, Wiring
from lanewise.errors import EmulatorError, UsageError


def vsync_moves(looks: int = 20_000) -> bool:
    """What a preflight does: watch the pin for a while."""
    import board
    import digitalio

    with digitalio.DigitalInOut(board.GP7) as pin:
        return len({pin.value for _ in range(looks)}) == 2


# -- faults by name -------------------------------------------------------------------------------


def test_no_device_is_the_drivers_value_error(camera):
    with (
        EmulatedBoard(fault="no-device", fast=True),
        pytest.raises(ValueError, match="No I2C device at address: 0x21"),
    ):
        camera()


def test_wrong_id_is_seen(camera):
    with EmulatedBoard(fault="wrong-id", fast=True) as pico:
        cam = camera()
        assert (cam.product_id, cam.product_version) == (0x77, 0x21)
        pico.fault = None
        assert (cam.product_id, cam.product_version) == (0x76, 0x73)


def test_stuck_vsync_hangs_a_board_and_times_out_here(camera):
    with EmulatedBoard(fault="stuck-vsync", fast=True) as pico:
        cam = camera()
        with pytest.raises(TimeoutError, match=r"VSYNC.*for ever"):
            cam.capture(bytearray(9600))
        pico.fault = None
        cam.capture(bytearray(9600))


def test_unknown_fault_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"'gremlin'.*no-device.*wrong-id.*stuck-vsync"):
        EmulatedBoard(fault="gremlin")


def test_torn_frame_mixes_two(camera, captured):
    page = ArraySource(np.full((48, 64), 240, np.uint8))
    with EmulatedBoard(source=page, fast=True, module="ideal") as pico:
        cam = camera()
        whole = captured(cam)
        pico.fault = "torn-frame"
        pico.source = ArraySource(np.full((48, 64), 190, np.uint8))
        torn = captured(cam)
        cut = next(i for i in range(len(torn)) if torn[i:] == whole[i:])
        assert 0 < cut < len(torn) and cut % 160 == 0
        assert torn[0] != whole[0]


def test_swapped_bytes_and_bit_errors(camera, captured, colourful):
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module="ideal") as pico:
        cam = camera()
        whole = captured(cam)
        pico.fault = "swapped-bytes"
        swapped = captured(cam)
        assert (swapped[0::2], swapped[1::2]) == (whole[1::2], whole[0::2])
        pico.fault = "bit-errors"
        noisy = captured(cam)
        wrong = sum((a ^ b).bit_count() for a, b in zip(whole, noisy, strict=True))
        assert 1 <= wrong <= 10


def test_a_camera_that_vanishes_and_comes_back_has_lost_its_registers(camera, captured):
    with EmulatedBoard(fault="vanishing", fast=True) as pico:
        cam = camera()
        for _ in range(3):
            captured(cam)
        with pytest.raises(TimeoutError):
            captured(cam)
        with pytest.raises(OSError) as problem:
            _ = cam.product_id
        assert problem.value.errno == errno.ENODEV
        pico.fault = None
        assert cam.product_id == 0x76
        assert (pico.sensor.width, pico.sensor.height) == (640, 480)


def test_a_loose_plug_drops_out_and_comes_back_without_registers(camera, captured):
    with EmulatedBoard(fault="loose-plug", fast=True) as pico:
        cam = camera()
        for _ in range(3):
            captured(cam)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                captured(cam)
            pico.clock.wait(1.0)
            assert cam.product_id == 0x76
            assert pico.sensor.width == 640  # reset values: the driver must set it up again
            cam.size = 3
            for _ in range(3):
                captured(cam)


def test_a_brown_out_takes_the_settings_and_nothing_else(camera, captured):
    with EmulatedBoard(fault="brown-out", fast=True) as pico:
        cam = camera()
        widths = []
        for _ in range(4):
            captured(cam)
            widths.append(pico.sensor.width)
        assert len(set(widths[:2])) == 1 and widths[0] < 640 == widths[2] == widths[3]
        assert cam.product_id == 0x76


@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_comes_and_goes_while_the_driver_runs(fault, camera, captured, colourful):
    """What the driver sees under a fault differs, repeats with the seed, and ends with it."""

    def run():
        heard = []
        board = EmulatedBoard(source=ArraySource(colourful), fast=True, module="ideal", seed=4)
        with board as pico:
            cam = camera()
            pico.source = ArraySource(colourful[::-1])
            healthy = captured(cam)
            pico.source = ArraySource(colourful)
            pico.fault = fault
            for _ in range(5):
                try:
                    heard.append((cam.product_id, captured(cam)))
                except (OSError, TimeoutError) as problem:
                    heard.append((type(problem).__name__, str(problem)))
            pico.fault = None
            if pico.sensor.width == 640:
                cam.deinit()
                cam = camera(i2c_bus=cam._i2c_device.i2c)
            pico.source = ArraySource(colourful[::-1])
            assert cam.product_id == 0x76
            assert captured(cam) == healthy
            pico.source = ArraySource(colourful)
            whole = captured(cam)
        return heard, whole

    heard, whole = run()
    assert any(what != (0x76, whole) for what in heard)
    assert run() == (heard, whole)


def test_faults_repeat_with_their_seed(camera, captured, colourful):
    frames = []
    for seed in (1, 1, 2):
        board = EmulatedBoard(
            source=ArraySource(colourful), fault="bit-errors", fast=True, seed=seed
        )
        with board:
            frames.append(captured(camera()))
    assert frames[0] == frames[1] != frames[2]


def test_every_fault_says_what_it_is():
    for name, make in FAULTS.items():
        assert make(0).name == name
        assert make(0).summary


# -- VSYNC ----------------------------------------------------------------------------------------


def test_vsync_moves_only_with_a_clock_and_a_healthy_camera():
    with EmulatedBoard(fast=True) as pico:
        import board
        import pwmio

        assert not vsync_moves()
        with pwmio.PWMOut(board.GP20, frequency=16_000_000, duty_cycle=32768):
            assert vsync_moves()
            pico.fault = "stuck-vsync"
            assert not vsync_moves()
            pico.fault = None
        assert not vsync_moves()


def test_vsync_pulse_polarity_follows_com10(camera):
    with EmulatedBoard(fast=True) as pico:
        import board
        import digitalio

        cam = camera()
        cam._imagecapture.deinit()
        shares = []
        for com10 in (0x02, 0x00):
            pico.sensor.write(0x15, com10)
            with digitalio.DigitalInOut(board.GP7) as pin:
                shares.append(np.mean([pin.value for _ in range(20_000)]))
        assert shares[0] > 0.98
        assert shares[1] < 0.02


# -- wiring ---------------------------------------------------------------------------------------


def test_the_camera_needs_its_clock_to_answer(camera):
    with EmulatedBoard(fast=True), pytest.raises(ValueError, match="No I2C device"):
        camera(mclk=None)
    crystal = Wiring(scl=9, sda=8, data0=12, pclk=11, vsync=7, href=21)
    with EmulatedBoard(fast=True, wiring=crystal) as pico:
        assert camera(mclk=None, shutdown=None, reset=None).product_id == 0x76
        assert 1 / pico.sensor.frame_period_s == pytest.approx(30, abs=0.05)


def test_a_clock_far_off_is_no_clock(camera):
    with EmulatedBoard(fast=True), pytest.raises(ValueError, match="No I2C device"):
        camera(mclk_frequency=1_000_000)


def test_capture_without_clock_names_it(camera):
    with EmulatedBoard(fast=True):
        cam = camera()
        cam._mclk_pwm.duty_cycle = 0
        with pytest.raises(TimeoutError, match="no master clock"):
            cam.capture(bytearray(9600))


def test_powered_down_and_asleep_are_named(camera):
    with EmulatedBoard(fast=True) as pico:
        cam = camera()
        cam._shutdown.value = True
        with pytest.raises(TimeoutError, match="powered down"):
            cam.capture(bytearray(9600))
        cam._shutdown.value = False
        pico.sensor.write(0x09, 0x10)
        with pytest.raises(TimeoutError, match="sleeps"):
            cam.capture(bytearray(9600))


def test_data_pins_must_follow_each_other(camera):
    with EmulatedBoard(fast=True):
        import board

        pins = [getattr(board, f"GP{i}") for i in (0, 1, 2, 3, 4, 5, 7, 6)]
        with pytest.raises(RuntimeError, match="sequential") as problem:
            camera(data_pins=pins)
        assert isinstance(problem.value, EmulatorError)


def test_a_wrong_pin_would_hang(camera):
    with EmulatedBoard(fast=True):
        import board

        cam = camera(vsync=board.GP26)
        with pytest.raises(TimeoutError, match=r"VSYNC is wired to GP7, not to GP26"):
            cam.capture(bytearray(9600))


def test_pins_belong_to_one_object_until_deinit(camera):
    with EmulatedBoard(fast=True):
        import board
        import digitalio

        cam = camera()
        with pytest.raises(ValueError, match="GP7 in use"):
            digitalio.DigitalInOut(board.GP7)
        with pytest.raises(ValueError, match="in use"):
            camera()
        cam.deinit()
        with pytest.raises(ValueError, match="deinitialized"):
            cam.capture(bytearray(9600))
        bus = cam._i2c_device.i2c
        assert camera(i2c_bus=bus).product_id == 0x76


def test_i2c_pins_and_locks():
    with EmulatedBoard(fast=True):
        import board
        import busio

        with pytest.raises(ValueError, match="Invalid pins"):
            busio.I2C(board.GP8, board.GP9)
        with pytest.raises(RuntimeError, match="No pull up"):
            busio.I2C(board.GP5, board.GP4)
        bus = board.I2C()
        assert board.I2C() is bus
        with pytest.raises(RuntimeError, match="lock"):
            bus.scan()
        assert bus.try_lock() and not bus.try_lock()
        assert bus.scan() == []  # no clock yet
        with pytest.raises(OSError) as problem:
            bus.writeto(0x21, b"")
        assert problem.value.errno == errno.ENODEV
        bus.unlock()
        bus.deinit()
        with pytest.raises(ValueError, match="deinitialized"):
            bus.try_lock()


def test_scan_and_write_then_read(camera):
    with EmulatedBoard(fast=True):
        bus = camera()._i2c_device.i2c
        assert bus.try_lock()
        assert bus.scan() == [0x21]
        answer = bytearray(4)
        bus.writeto_then_readfrom(0x21, b"\x0a", answer, in_start=1, in_end=3)
        assert answer == b"\x00\x76\x76\x00"


# -- buffers --------------------------------------------------------------------------------------


def test_buffer_sizes_do_what_the_core_does(camera, captured, colourful):
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module="ideal") as pico:
        cam = camera()
        whole = captured(cam)
        short = bytearray(1000)
        with pytest.warns(EmulatorWarning, match=r"1000 bytes.*9600.*first lines"):
            assert cam.capture(short) is None
        assert short == whole[:1000]
        frames = pico.frames
        long = bytearray(b"\xaa" * 12_003)
        with pytest.warns(EmulatorWarning, match="several frames"):
            cam.capture(long)
        assert long == whole + whole[:2400] + b"\xaa" * 3
        assert pico.frames == frames + 2


def test_any_writable_buffer_will_do(camera, captured):
    with EmulatedBoard(fast=True, module="ideal"):
        cam = camera()
        array = np.zeros((60, 80), np.uint16)
        cam.capture(array)
        assert array.tobytes() == captured(cam)
        with pytest.raises((TypeError, BufferError, ValueError)):
            cam.capture(bytes(9600))
