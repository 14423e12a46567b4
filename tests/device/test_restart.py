# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Where memory is short the program starts itself again, and knows afterwards what it was to do."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pictures import PEN
from lanewise.emulator import DigitSource, EmulatedBoard
from lanewise.emulator.chip import Reload
from lanewise.emulator.desk import EmulatedDesk
from small_models import small_model

PICO, PICO2 = "raspberry_pi_pico", "raspberry_pi_pico2"


@pytest.fixture
def start(tmp_path):
    """Starts desks with a model ``digits`` and another, ``shy``, that differs in its margin."""
    opened = []

    def begin(**arguments):
        model = small_model(tmp_path / "m.lanes")
        desk = EmulatedDesk(model, colorspace="yuv", start=False, **arguments)
        desk.__enter__()
        opened.append(desk)
        desk.board.source = DigitSource(PEN[3])
        small_model(desk.drive / "shy.lanes", reject_margin=30_000)
        (desk.drive / "bad.lanes").write_bytes(b"LANE?")
        return desk

    yield begin
    for desk in opened:
        desk.__exit__(None, None, None)


def until(desk, start):
    said = []
    for _ in range(60):
        said.append(desk.program.next_line())
        if said[-1].startswith(start):
            return said[-1]
    raise AssertionError(said)


def send(desk, command):
    desk.board.console.send(command.encode() + b"\n")
    assert until(desk, ("OK", "REFUSED")) == "OK " + command


def test_another_model_and_numbers_are_there_after_a_restart(start, vm):
    desk = start(vm=vm)
    until(desk, "DIGIT")
    send(desk, "numbers on")
    assert until(desk, "READY").endswith("numbers=on")
    until(desk, "NUMBER")
    send(desk, "model shy")
    assert until(desk, "READY").endswith("numbers=on")
    until(desk, "NONE unsure")
    assert desk.program.reloads == 2
    send(desk, "model bad")
    assert "bad.lanes" in until(desk, "FAULT model")
    until(desk, "READY")
    until(desk, "NONE unsure")
    assert desk.program.reloads == 4, "there, and back to the last good one"


def test_a_chip_that_keeps_nothing_changes_its_model_in_place(start):
    desk = start(board=PICO2)
    until(desk, "DIGIT")
    send(desk, "model shy")
    until(desk, "READY")
    until(desk, "NONE unsure")
    send(desk, "model bad")
    until(desk, "FAULT model")
    until(desk, "READY")
    until(desk, "NONE unsure")
    assert desk.program.reloads == 0


@pytest.mark.parametrize(("board", "reloads"), [(PICO, 1), (PICO2, 0)])
def test_a_camera_that_memory_does_not_let_start_again_does_after_a_restart(start, board, reloads):
    desk = start(board=board)
    until(desk, "DIGIT")
    desk.board.fault = "no-device"
    until(desk, "FAULT camera")
    camera = vars(sys.modules["lanecam.camera"])
    whole = camera["start_camera"]

    def scarce(camera):
        if desk.app.reader is not None:
            raise MemoryError
        whole(camera)

    camera["start_camera"] = scarce
    desk.board.fault = None
    assert "frame=80x60" in until(desk, "READY")
    assert until(desk, "DIGIT")
    assert desk.program.reloads == reloads


@pytest.mark.parametrize(("frames", "size", "reloads"), [(20, "80x60", 1), (3, "40x30", 1)])
def test_memory_that_was_enough_is_so_again_and_else_a_smaller_frame_is_taken(
    start, frames, size, reloads
):
    desk = start()
    until(desk, "READY")
    for _ in range(frames):
        until(desk, "DIGIT")

    def greedy(frame):
        raise MemoryError

    desk.app.reader.read = greedy
    assert f"frame={size}" in until(desk, "READY")
    assert until(desk, "DIGIT")
    assert desk.program.reloads == reloads


def test_a_model_that_leaves_no_room_gives_way_to_the_last_one(start):
    desk = start(board=PICO2)
    until(desk, "DIGIT")
    module = vars(sys.modules["lanecam.preparing"])
    whole = module["make_reader"]

    def greedy(path, *more):
        if path.endswith("shy.lanes"):
            raise MemoryError("memory allocation failed, allocating 4321 bytes")
        return whole(path, *more)

    module["make_reader"] = greedy
    send(desk, "model shy")
    said = until(desk, "FAULT memory")
    assert "allocating 4321 bytes" in said and "are free" in said and "smaller" in said
    until(desk, "READY")
    assert until(desk, "DIGIT")


@pytest.mark.parametrize("board", [PICO, PICO2])
def test_a_model_for_which_memory_is_short_is_read_with_smaller_frames(start, board, monkeypatch):
    desk = start(board=board)
    until(desk, "DIGIT")
    short_of_room_above(monkeypatch, desk, 40)
    send(desk, "model shy")
    assert "frame=40x30" in until(desk, ("READY", "FAULT"))
    send(desk, "model digits")
    assert "frame=80x60" in until(desk, ("READY", "FAULT")), "the large frame comes back"
    until(desk, "DIGIT")


@pytest.mark.parametrize("board", [PICO, PICO2])
def test_a_model_that_no_frame_makes_room_for_is_refused_with_its_own_words(
    start, board, monkeypatch
):
    desk = start(board=board)
    until(desk, "DIGIT")
    short_of_room_above(monkeypatch, desk, 0)
    send(desk, "model shy")
    said = until(desk, ("READY", "FAULT"))
    assert said == "FAULT memory shy.lanes: needs 99 bytes of memory, 9 are free"
    assert "frame=80x60" in until(desk, "READY")
    until(desk, "DIGIT")


def short_of_room_above(monkeypatch, desk, width):
    """From now on the model ``shy`` does not fit beside frames wider than ``width``."""
    from lanewise.emulator import program

    whole = program._Loader.exec_module

    def spoiled(loader, module):
        whole(loader, module)
        if module.__name__ == "lanecam.reader_start":
            names = vars(module)
            make = names["start_reader"]

            def greedy(path, camera, *more):
                if path.endswith("shy.lanes") and camera.width > width:
                    error = vars(sys.modules["lanecam.errors"])["RoomError"]
                    raise error("shy.lanes: needs 99 bytes of memory, 9 are free")
                return make(path, camera, *more)

            names["start_reader"] = greedy

    monkeypatch.setattr(program._Loader, "exec_module", spoiled)
    sys.modules.pop("lanecam.reader_start", None)  # what is running takes the new one, too


def test_what_is_to_be_done_is_said_once():
    with EmulatedBoard(PICO):
        from lanecam.restart import restart, wish

        assert wish() is None
        with pytest.raises(Reload):
            restart("a/b.lanes", "c.lanes", True, 40)
        assert wish() == ("a/b.lanes", "c.lanes", True, 40)
        assert wish() is None
        restart("x" * 300, "c.lanes", True, 0)
        assert wish() is None, "what does not fit is not half kept"


@given(st.binary(max_size=256), st.booleans())
def test_what_others_keep_there_is_no_wish_and_no_trouble(data, marked):
    with EmulatedBoard(PICO) as board:
        from lanecam.restart import MARK, wish

        data = MARK + data if marked else data
        board.sleep_memory[: len(data)] = data[:256]
        asked = wish()
        assert asked is None or (marked and [type(part) for part in asked] == [str, str, bool, int])
