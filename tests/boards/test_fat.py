# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The FAT file system in plain Python: as other people's tools see it, and damage is told."""

from __future__ import annotations

import errno
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fat_sectors import MemorySectors, consistent
from lanewise.boards.fat.drive import FatDrive
from lanewise.boards.fat.format import empty_volume
from lanewise.boards.fat.sectors import SECTOR
from lanewise.errors import DriveError, UsageError

FSCK = shutil.which("fsck.vfat")
MTOOLS = shutil.which("mcopy")
NAMES = [
    "code.py", "A.TXT", "lib/x.py", "lib/a_long_module_name.py", "lib/a_long_module_other.py",
    "lib/deep/er/b.mpy", "settings.toml", "code.py.lanewise-part", "lib/README", "x.y.z",
]  # fmt: skip


def volume(size: int = 1 << 18) -> FatDrive:
    return FatDrive(MemorySectors(empty_volume(size)))


def fsck(image: bytes, folder: Path) -> str:
    """What fsck.vfat says of an image; the empty string when all is well."""
    path = folder / "checked.img"
    path.write_bytes(image)
    done = subprocess.run([str(FSCK), "-n", str(path)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["write", "remove", "rename"]),
                          st.sampled_from(NAMES), st.sampled_from(NAMES),
                          st.sampled_from([0, 1, 511, 512, 513, 3000])), max_size=40))  # fmt: skip
def test_a_volume_holds_what_a_dictionary_would(steps):
    drive = volume()
    wanted: dict[str, bytes] = {}
    for act, name, other, size in steps:
        for path in (name, other):
            if "/" in path:
                drive.make_folder(path.rsplit("/", 1)[0])
        if act == "write":
            wanted[name] = random.Random(size).randbytes(size)
            drive.write(name, wanted[name])
        elif name in wanted and act == "remove":
            drive.remove(name)
            del wanted[name]
        elif name in wanted and name != other:
            drive.rename(name, other)
            wanted[other] = wanted.pop(name)
    again = FatDrive(drive.volume.sectors)
    assert {path: again.read(path) for path in again.all_files()} == wanted
    consistent(again)


@pytest.mark.skipif(FSCK is None, reason="no fsck.vfat here")
@pytest.mark.parametrize("megabytes", [0.25, 1, 2, 3, 8, 31])
def test_the_file_system_checker_finds_nothing(megabytes, tmp_path):
    drive = volume(int(megabytes * (1 << 20)))
    assert drive.volume.bits == (12 if megabytes <= 2 else 16)
    for name in NAMES:
        if "/" in name:
            drive.make_folder(name.rsplit("/", 1)[0])
        drive.write(name, name.encode() * 200)
    drive.rename("lib/x.py", "lib/a_long_module_name.py")
    drive.remove("A.TXT")
    assert fsck(drive.volume.sectors.image(), tmp_path) == ""


@pytest.mark.skipif(MTOOLS is None, reason="no mtools here")
def test_mtools_reads_what_was_written_and_the_other_way_round(tmp_path):
    image = tmp_path / "f.img"
    image.write_bytes(empty_volume())
    drive = FatDrive.of_file(image)
    drive.make_folder("lanewise/a/lib")
    drive.write("lanewise/a/lib/certificate.py", b"ours" * 999)
    (tmp_path / "Theirs and long.txt").write_bytes(b"theirs" * 99)
    subprocess.run(["mcopy", "-i", image, tmp_path / "Theirs and long.txt", "::/"], check=True)
    subprocess.run(["mcopy", "-i", image, "::/lanewise/a/lib/certificate.py", tmp_path], check=True)
    assert (tmp_path / "certificate.py").read_bytes() == b"ours" * 999
    again = FatDrive.of_file(image)
    assert again.read("Theirs and long.txt") == b"theirs" * 99
    assert again.read("theirs AND long.txt") == b"theirs" * 99, "FAT ignores case"


def test_a_full_volume_refuses_and_stays_as_it_was(tmp_path):
    drive = volume(1 << 16)
    drive.write("code.py", b"mine")
    with pytest.raises(OSError, match="No space") as refused:
        drive.write("big.bin", bytes(1 << 16))
    assert refused.value.errno == errno.ENOSPC
    assert drive.read("big.bin") is None and drive.read("code.py") == b"mine"
    consistent(drive)
    free = drive.space().free
    drive.write("fits.bin", bytes(free))
    assert drive.space().free == 0
    drive.remove("fits.bin")
    assert drive.space().free == free


def test_names_on_a_volume_that_lead_elsewhere_are_not_followed():
    """Somebody else may have made the image."""
    drive = volume()
    drive.write("good.py", b"x")
    drive.write("evil_name.py", b"x")
    image = drive.volume.sectors.image()
    for evil in ("../../x.py ", "a/../b.py  ", "..\\..\\x.py"):
        letters = evil.ljust(12)[:12]
        spoiled = image.replace(*(_long_letters(name) for name in ("evil_name.py", letters)))
        assert spoiled != image
        assert FatDrive(MemorySectors(spoiled)).all_files() == ["good.py"]


def _long_letters(name: str) -> bytes:
    """The first five letters of a name as they lie in a slot of the directory."""
    return b"A" + name[:5].encode("utf-16-le")


def test_a_directory_grows_and_the_root_does_not():
    drive = volume()
    drive.make_folder("d")
    for number in range(60):
        drive.write(f"d/a_rather_long_name_{number}.py", b"x")
    assert len(drive.files("d")) == 60
    with pytest.raises(OSError, match="root directory is full"):
        for number in range(400):
            drive.write(f"a_rather_long_name_{number}.py", b"x")
    consistent(drive)


def test_paths_that_leave_the_volume_and_operations_on_nothing_are_refused():
    drive = volume()
    for bad in ("../x", "/x", "a/../../x", "C:x"):
        with pytest.raises(UsageError):
            drive.write(bad, b"")
    for act in (lambda: drive.remove("nothing"), lambda: drive.rename("nothing", "x"),
                lambda: drive.write("no/folder", b"")):  # fmt: skip
        with pytest.raises(FileNotFoundError):
            act()
    drive.write("file", b"x")
    with pytest.raises(NotADirectoryError):
        drive.make_folder("file/below")


@pytest.mark.parametrize("size", [0, 100, SECTOR])
def test_what_is_no_volume_is_refused(size):
    with pytest.raises(DriveError, match="no FAT"):
        FatDrive(MemorySectors(bytes(size)))


def test_a_damaged_volume_is_told_with_its_remedy_and_never_loops():
    drive = volume()
    drive.write("code.py", bytes(3000))
    good = drive.volume.sectors.image()
    rng = random.Random(3)
    told = 0
    in_use = [*range(11, 40), *range(SECTOR, SECTOR + 14), *range(2 * SECTOR, 2 * SECTOR + 128)]
    for _ in range(400):
        spoiled = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            spoiled[rng.choice(in_use)] = rng.randrange(256)
        try:
            broken = FatDrive(MemorySectors(bytes(spoiled)))
            for path in broken.all_files():
                broken.read(path)
        except DriveError as error:
            told += 1
            assert len(str(error).splitlines()) == 1
    assert told > 20
    looped = FatDrive(MemorySectors(good))
    looped.volume._set_link(3, 2)  # 2 -> 3 -> 2: code.py without end
    with pytest.raises(DriveError, match="damaged.*erase_filesystem"):
        looped.read("code.py")
