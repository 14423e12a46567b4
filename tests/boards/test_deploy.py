# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Deploying: only what changed, nothing of the user's touched, and everything can be taken back."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from fat_drive import FatDrive
from lanewise.boards.bundle import Bundle, BundleFile, board_files
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import FolderDrive
from lanewise.boards.slots import PART, load_record
from lanewise.boards.undo import undo
from lanewise.errors import DriveError
from lanewise.resources import bundled
from small_models import small_model

CODE = (bundled("device") / "code.py").read_bytes()
SETTINGS = b"# ours\nCIRCUITPY_HEAP_START_SIZE=120000\n"
PINS = "boards/raspberry_pi_pico.py"


def version(name: str, **more: bytes) -> Bundle:
    """A small bundle whose files all carry the version's name."""
    mark = name.encode()
    files = {
        "lib/lanecam/app.py": b"app " + mark,
        "lib/lanecam/reader.py": b"the same in every version",
        f"lib/lanecam/only_{name}.py": b"only here",
        PINS: b"PIN = 1\n",
        "digits.lanes": b"model " + mark * 300,
        "settings.toml": SETTINGS,
        "code.py": CODE,
    } | {path.replace("__", "/").replace("_py", ".py"): data for path, data in more.items()}
    listed = tuple(BundleFile(path, data, "test") for path, data in files.items())
    return Bundle("raspberry_pi_pico", name, listed, {"lanewise": name})


def contents(drive: FatDrive) -> dict[str, bytes]:
    return {path: node.cached for path, node in drive.names.items()}


def test_a_first_deploy_writes_a_slot_and_then_code_py():
    drive = FatDrive()
    done = deploy(drive, version("one"))
    assert done.changed and done.slot == "a" and done.written[-2:] == ("code.py", "settings.toml")
    assert drive.read("lanewise/a/digits.lanes") == version("one").file("digits.lanes").data
    assert b'"lanewise/a/digits.lanes"' in (drive.read("code.py") or b"")
    assert not [path for path in contents(drive) if path.endswith(PART)]
    assert drive.durable.keys() == drive.names.keys(), "all of it is on the device"


def test_an_unchanged_deploy_writes_nothing():
    drive = FatDrive()
    deploy(drive, version("one"))
    before, operations = contents(drive), drive.operations
    again = deploy(drive, version("one"))
    assert not again.changed and not again.written and again.kept == 5
    assert contents(drive) == before and drive.operations == operations


def test_only_what_changed_is_written():
    drive = FatDrive()
    for name in ("one", "two"):
        deploy(drive, version(name))
    third = version("one", lib__lanecam__app_py=b"app three")
    done = deploy(drive, third)
    assert done.slot == "a" and done.kept == 4
    assert set(done.written) == {"lanewise/a/lib/lanecam/app.py", "code.py"}


def test_files_of_an_older_version_go_and_the_users_stay():
    drive = FatDrive({"lanewise/a/mine.txt": b"mine", "lib/neopixel.mpy": b"x", "data.csv": b"y"})
    for name in ("one", "two"):
        deploy(drive, version(name))
    done = deploy(drive, version("three"))
    assert drive.read("lanewise/a/lib/lanecam/only_one.py") is None
    assert drive.read("lanewise/a/mine.txt") == b"mine" and drive.read("data.csv") == b"y"
    assert drive.read("lib/neopixel.mpy") == b"x"
    assert any("lanewise/a/mine.txt" in note for note in done.notes)


def test_a_foreign_code_py_is_copied_first_and_comes_back_with_undo():
    drive = FatDrive({"code.py": b"print('hello')\n"})
    done = deploy(drive, version("one"))
    assert any("code.py is not as lanewise wrote it: a copy is in lanewise/backup/code-" in note
               for note in done.notes)  # fmt: skip
    assert b"print('hello')\n" in contents(drive).values()
    assert undo(drive).kind == "foreign"
    assert drive.read("code.py") == b"print('hello')\n" and drive.read("settings.toml") is None
    with pytest.raises(DriveError, match="nothing to undo"):
        undo(drive)
    assert deploy(drive, version("one")).written_bytes < 2000, "the slot is still there"


def test_undo_goes_back_one_version_and_then_to_nothing():
    drive = FatDrive()
    deploy(drive, version("one"))
    first = drive.read("code.py")
    deploy(drive, version("two"))
    assert drive.read("code.py") != first
    assert undo(drive).now == "model one runs again (deployed before two)"
    assert drive.read("code.py") == first
    assert undo(drive).kind == "nothing"
    assert drive.read("code.py") is None and drive.read("settings.toml") is None


def test_undo_refuses_a_version_that_is_not_whole_any_more():
    drive = FatDrive()
    deploy(drive, version("one"))
    deploy(drive, version("two"))
    drive.names["lanewise/a/lib/lanecam/app.py"].cached = b"edited"
    with pytest.raises(DriveError, match=r"not whole: lanewise/a/lib/lanecam/app\.py"):
        undo(drive)


def test_edited_pins_move_into_the_next_version_unless_told_otherwise():
    drive = FatDrive()
    deploy(drive, version("one"))
    drive.names[f"lanewise/a/{PINS}"].cached = b"PIN = 2  # mine\n"
    done = deploy(drive, version("two"))
    assert drive.read(f"lanewise/b/{PINS}") == b"PIN = 2  # mine\n"
    assert any("your edits" in note and "--stock-pins" in note for note in done.notes)
    assert not deploy(drive, version("two")).changed
    assert deploy(drive, version("two"), keep_pins=False).changed
    assert drive.read(f"lanewise/a/{PINS}") == b"PIN = 1\n"
    assert b"PIN = 2  # mine\n" in contents(drive).values(), "a copy of the edits is kept"


def test_an_edited_file_is_copied_before_its_slot_is_used_again():
    drive = FatDrive()
    deploy(drive, version("one"))
    drive.names["lanewise/a/lib/lanecam/app.py"].cached = b"hacked by the user"
    for name in ("two", "three"):
        deploy(drive, version(name))
    copies = [path for path, data in contents(drive).items() if data == b"hacked by the user"]
    assert len(copies) == 1 and copies[0].startswith("lanewise/backup/a-lib-lanecam-app-")


def test_an_edited_code_py_counts_as_the_users_and_its_slot_stays():
    drive = FatDrive()
    deploy(drive, version("one"))
    edited = (drive.read("code.py") or b"") + b"# my line\n"
    drive.names["code.py"].cached = edited
    done = deploy(drive, version("two"))
    assert done.slot == "b" and drive.read("lanewise/a/digits.lanes") is not None
    undo(drive)
    assert drive.read("code.py") == edited


def test_settings_of_the_user_are_left_alone_and_the_line_to_add_is_named():
    drive = FatDrive({"settings.toml": b'CIRCUITPY_WIFI_SSID="home"\n'})
    done = deploy(drive, version("one"))
    assert drive.read("settings.toml") == b'CIRCUITPY_WIFI_SSID="home"\n'
    assert any("CIRCUITPY_HEAP_START_SIZE=120000" in note for note in done.notes)
    quiet = FatDrive({"settings.toml": b"CIRCUITPY_HEAP_START_SIZE=90000\n"})
    assert not deploy(quiet, version("one")).notes
    undo(quiet)
    assert quiet.read("settings.toml") == b"CIRCUITPY_HEAP_START_SIZE=90000\n"


def test_space_is_checked_before_the_first_byte():
    drive = FatDrive({"big": b"x" * 20_000}, capacity=24_000)
    with pytest.raises(DriveError, match=r"bytes are needed and \d+ are free.*nothing was written"):
        deploy(drive, version("one"))
    assert drive.operations == 0 and set(contents(drive)) == {"big"}


def test_a_drive_with_room_for_one_version_is_used_after_undo():
    """As on a Pico W, whose drive has 512 kB."""
    drive = FatDrive(capacity=15_500)
    deploy(drive, version("one"))
    with pytest.raises(DriveError, match="no room for two versions.*deploy --undo.*nothing was"):
        deploy(drive, version("two"))
    assert undo(drive).kind == "nothing"
    done = deploy(drive, version("two"))
    assert done.slot == "a" and drive.read("lanewise/a/digits.lanes") == b"model " + b"two" * 300
    assert drive.read("code.py") is not None


def test_a_deploy_that_the_check_lets_through_never_fills_the_drive():
    """The estimate is never below what the deploy takes at its fullest moment."""
    for capacity in range(8_000, 40_000, 500):
        drive = FatDrive({"code.py": b"mine"}, capacity=capacity)
        try:
            for name in ("one", "two", "three", "four"):
                deploy(drive, version(name))
        except DriveError as error:
            assert "nothing was written" in str(error), (capacity, error)


def test_a_dry_run_says_what_it_would_write_and_writes_nothing():
    drive = FatDrive()
    done = deploy(drive, version("one"), dry_run=True)
    assert done.changed and "code.py" in done.written and drive.operations == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: b"", lambda d: b"{}", lambda d: d[:-3], lambda d: d.replace(b"true", b"false"),
        lambda d: d.replace(b"lanewise/a/", b"../../../"), lambda d: b"[" * 100_000,
        lambda d: b"null", lambda d: b"\xff" * 9,
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_believed_costs_no_file(spoil):
    drive = FatDrive({"keep.txt": b"keep"})
    deploy(drive, version("one"))
    spoiled = spoil(drive.names["lanewise/a.json"].cached)
    drive.names["lanewise/a.json"].cached = spoiled
    assert load_record(drive, "a") is None
    before = set(contents(drive).values())
    deploy(drive, version("two"))
    deploy(drive, version("three"))
    lost = before - set(contents(drive).values())
    assert lost <= {spoiled} and drive.read("keep.txt") == b"keep"


def test_a_lying_record_with_a_good_sum_cannot_reach_outside_its_slot():
    """Someone who can write a record could make its digest fit; its paths are still checked."""
    for path in ("../x", "code.py", "lanewise/b/x", "lanewise/a/../../x", "/etc/passwd"):
        drive = FatDrive()
        deploy(drive, version("one"))
        record = load_record(drive, "a")
        assert record is not None
        drive.names["lanewise/a.json"].cached = replace(record, files={path: "0" * 64}).dumps()
        assert load_record(drive, "a") is None


def test_a_whole_bundle_on_a_real_folder(tmp_path):
    model = small_model(tmp_path / "m.lanes")
    root = tmp_path / "CIRCUITPY"
    root.mkdir()
    (root / "code.py").write_text("print('mine')")
    done = deploy(FolderDrive(root), board_files(model))
    assert (root / "lanewise/a/lib/adafruit_ov7670.py").is_file() and done.changed
    assert not deploy(FolderDrive(root), board_files(model)).changed
    assert undo(FolderDrive(root)).kind == "foreign"
    assert (root / "code.py").read_text() == "print('mine')"
    root.chmod(0o555)
    try:
        if not os.access(root, os.W_OK):
            with pytest.raises(DriveError, match="not allowed|read-only"):
                deploy(FolderDrive(root), board_files(small_model(tmp_path / "n.lanes", cells=16)))
    finally:
        root.chmod(0o755)
