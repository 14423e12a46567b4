# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A deploy or undo that fails at any operation leaves the old version or the new one, whole.

Each case: a drive in some state, a fault at one operation (drive gone, full, read-only, I/O error,
flipped bits, Ctrl-C, power cut), then the power goes and only what was flushed is sure to survive.
The board is then started: what it would run is compared with both versions, byte for byte.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from deploy_scenes import MINE, SCENES, SETTINGS, expected, what_runs
from fat_drive import FAULTS, FatDrive
from lanewise.boards.deploy import deploy
from lanewise.errors import DriveError

SEEDS = 3


def operations_of(files: dict[str, bytes], act: Callable[[FatDrive], object]) -> int:
    drive = FatDrive(dict(files))
    act(drive)
    return drive.operations


@pytest.mark.parametrize("scene", SCENES)
def test_old_or_new_never_a_mixture_and_the_next_deploy_succeeds(scene):
    files, act, wanted = SCENES[scene]
    outcomes: Counter[str] = Counter()
    count = operations_of(files, act)
    finished = FatDrive(dict(files))
    act(finished)
    old = what_runs(files)
    new = what_runs({path: node.cached for path, node in finished.names.items()})
    assert old != new
    for strike in range(count):
        for fault in FAULTS:
            for seed in range(SEEDS):
                case = (scene, strike, fault, seed)
                drive = FatDrive(dict(files), fault, strike, 1000 * strike + seed)
                try:
                    act(drive)
                    outcomes["finished"] += 1
                except KeyboardInterrupt:
                    assert fault == "interrupt", case
                except DriveError as error:
                    assert len(str(error).splitlines()) == 1, case
                found = drive.after_power_cut()
                now = what_runs(found)
                assert now in (old, new), (case, sorted(found))
                outcomes["new" if now == new else "old"] += 1
                for path, data in MINE.items():
                    if files.get(path) == data and path != "code.py":
                        assert found.get(path) == data, case
                if MINE["code.py"] in files.values():
                    assert MINE["code.py"] in found.values(), (case, "the user's code is lost")
                settings = found.get("settings.toml")
                assert settings is None or re.fullmatch(SETTINGS, settings), case
                again = FatDrive(found)
                deploy(again, wanted)
                after = again.after_power_cut()
                assert what_runs(after) == expected(wanted), case
                assert not [path for path in after if path.endswith(".lanewise-part")], case
    assert outcomes["old"] and outcomes["new"], outcomes


def test_there_are_at_least_two_thousand_cases_with_faults_at_every_kind_of_operation():
    total = sum(operations_of(files, act) for files, act, _ in SCENES.values())
    assert total * len(FAULTS) * SEEDS >= 2000


def test_the_model_of_the_drive_does_lose_what_is_not_flushed():
    """A check of the checker: writing in place, as a plain copy does, is caught."""
    outcomes = set()
    for seed in range(40):
        drive = FatDrive({"code.py": b"the old code"}, seed=seed)
        drive.write("code.py", b"the new code!")
        outcomes.add(drive.after_power_cut()["code.py"])
    assert {b"the old code", b"the new code!", b""} < outcomes and len(outcomes) > 8
