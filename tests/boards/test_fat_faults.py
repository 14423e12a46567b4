# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A deploy onto a real FAT volume, struck at any sector: the old version or the new one, whole.

``test_deploy_faults`` tries the deploy on a drive of files; here the same scenes run on sectors,
where a file is data, a chain in the table and a directory entry, and a power cut may keep any part
of what was not flushed.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections import Counter

import pytest

from deploy_scenes import MINE, SCENES, expected, what_runs
from fat_sectors import FAULTS, MemorySectors, consistent
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import Space
from lanewise.boards.fat.drive import FatDrive
from lanewise.boards.fat.format import empty_volume
from lanewise.errors import DriveError

SIZE = 96 * 1024
FEW = 7
"""Without -m slow: every seventh operation, starting at the scene's number, and the last three."""


def image_of(files: dict[str, bytes]) -> bytes:
    drive = FatDrive(MemorySectors(empty_volume(SIZE)))
    for path, data in files.items():
        if "/" in path:
            drive.make_folder(path.rsplit("/", 1)[0])
        drive.write(path, data)
    return drive.volume.sectors.image()


def files_of(image: bytes) -> dict[str, bytes]:
    drive = FatDrive(MemorySectors(image))
    consistent(drive)
    return {path: drive.read(path) or b"" for path in drive.all_files()}


@pytest.mark.parametrize("scene", SCENES)
def test_old_or_new_at_some_sectors_and_the_next_deploy_succeeds(scene):
    strike_at(scene, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_old_or_new_at_every_sector_and_the_next_deploy_succeeds(scene):
    """All 4,080 cases."""
    strike_at(scene, 1)


def strike_at(scene: str, few: int) -> None:
    """Try the scene with each fault at every ``few``-th write or flush, and at the last three."""
    files, act, wanted = SCENES[scene]
    start = image_of(files)
    whole = MemorySectors(start)
    act(FatDrive(whole))
    old, new = what_runs(files_of(start)), what_runs(files_of(whole.image()))
    assert old != new
    outcomes: Counter[str] = Counter()
    some = set(range(list(SCENES).index(scene) % few, whole.operations, few))
    for strike in sorted(some | set(range(whole.operations - 3, whole.operations))):
        for fault in FAULTS:
            case = (scene, strike, fault)
            sectors = MemorySectors(start, fault, strike, strike)
            try:
                act(FatDrive(sectors))
            except KeyboardInterrupt:
                assert fault == "interrupt", case
            except DriveError as error:
                assert len(str(error).splitlines()) == 1, case
            image = sectors.after_power_cut()
            found = files_of(image)
            now = what_runs(found)
            assert now in (old, new), (case, sorted(found))
            outcomes["new" if now == new else "old"] += 1
            for path, data in MINE.items():
                if files.get(path) == data and path != "code.py":
                    assert found.get(path) == data, case
            again = MemorySectors(image)
            deploy(FatDrive(again), wanted)
            assert what_runs(files_of(again.image())) == expected(wanted), case
    assert outcomes["old"] and outcomes["new"], outcomes


@pytest.mark.parametrize("free", range(14))
def test_a_drive_that_fills_up_keeps_what_it_had(free):
    """The estimate says no before the first byte; without it, the file system does."""
    files, act, _ = SCENES["second"]
    drive = FatDrive(MemorySectors(image_of(files)))
    drive.write("ballast.bin", bytes(drive.space().free - free * 512))
    before = what_runs(files_of(drive.volume.sectors.image()))
    start = drive.volume.sectors.image()
    with pytest.raises(DriveError, match="nothing was written"):
        act(drive)
    assert drive.volume.sectors.image() == start
    drive.space = lambda: Space(1 << 20, 512)  # type: ignore[method-assign]
    with pytest.raises(DriveError, match="the drive is full"):
        act(drive)
    assert what_runs(files_of(drive.volume.sectors.image())) == before


def test_the_check_of_the_volume_would_see_two_owners():
    """A check of the checker."""
    drive = FatDrive(MemorySectors(image_of({"a": bytes(600), "b": bytes(600)})))
    with pytest.raises(AssertionError, match="shares cluster"):
        first = next(iter(drive._entries(0)))
        other = list(drive._entries(0))[1]
        drive.volume.write_slots(
            0, other.last, drive.volume.directory(0)[first.last * 32 : first.last * 32 + 32]
        )
        slot = bytearray(drive.volume.directory(0)[other.last * 32 : other.last * 32 + 32])
        slot[0] = ord("Z")
        drive.volume.write_slots(0, other.last, bytes(slot))
        consistent(drive)


@pytest.mark.skipif(shutil.which("fsck.vfat") is None, reason="no fsck.vfat here")
def test_after_a_power_cut_the_system_checker_finds_only_lost_clusters(tmp_path):
    files, act, _ = SCENES["third, into a used slot"]
    start = image_of(files)
    for strike in range(5, 400, 37):
        sectors = MemorySectors(start, "power-cut", strike, strike)
        with contextlib.suppress(DriveError):
            act(FatDrive(sectors))
        path = tmp_path / "f.img"
        path.write_bytes(sectors.after_power_cut())
        said = subprocess.run(
            ["fsck.vfat", "-n", "-v", str(path)], capture_output=True, text=True, check=False
        ).stdout
        for worse in ("share", "Bad short", "bad cluster", "beyond", "truncat", "Circular"):
            assert worse not in said, said
