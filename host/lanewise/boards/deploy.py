# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Bring a bundle onto a drive so that the board runs the old version or the new one, whole.

FAT has no transaction over several files, so a version never replaces another in place: it is
written into the slot that does not run, read back, recorded, and only then does one rename, that
of ``code.py``, make it the version that runs. Pulled at any moment before, the board runs what it
ran; after, the new version. docs/boards.md says what this promises and what not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lanewise.boards.bundle import CODE, SETTINGS, Bundle
from lanewise.boards.drive import Drive
from lanewise.boards.install import explained, install, install_and_sync
from lanewise.boards.plan import Plan, make_plan, record_file, record_writes
from lanewise.boards.slots import BACKUP, HOME, digest, folder_of
from lanewise.errors import DriveError

Progress = Callable[[str, int], None]
"""Called before each file as (path, bytes that it has)."""


def no_progress(path: str, size: int) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Deployed:
    """What a deploy did. ``written``: paths; ``kept``: files that were right already."""

    changed: bool
    slot: str
    written: tuple[str, ...]
    kept: int
    written_bytes: int
    notes: tuple[str, ...]


def deploy(
    drive: Drive,
    bundle: Bundle,
    *,
    keep_pins: bool = True,
    dry_run: bool = False,
    progress: Progress = no_progress,
    before_writing: Callable[[], None] = lambda: None,
) -> Deployed:
    """Make ``drive`` run ``bundle``; nothing is written when it does already, or with ``dry_run``.

    ``before_writing`` is called once it is clear that the drive is to change; what it raises stops
    the deploy.

    Raises ``DriveError`` in words for a drive that is full, read-only, gone, or does not keep what
    is written; the board then has the version it had.
    """
    try:
        plan = make_plan(drive, bundle, keep_pins)
        if not plan.unchanged:
            before_writing()
            _check_space(drive, plan)
            if not dry_run:
                _carry_out(drive, plan, progress)
    except OSError as error:
        raise explained(error, "deploy stopped") from error
    extra = [path for path, data in ((CODE, plan.code), (SETTINGS, plan.settings)) if data]
    sizes = [len(data) for data in plan.writes.values()]
    return Deployed(
        changed=not plan.unchanged,
        slot=plan.record.slot,
        written=(*plan.writes, *plan.backups, *extra),
        kept=plan.kept,
        written_bytes=sum(sizes) + len(plan.code or b"") + len(plan.settings or b""),
        notes=plan.notes,
    )


def _check_space(drive: Drive, plan: Plan) -> None:
    space = drive.space()
    needed = plan.needs(space)
    if needed > space.free:
        raise DriveError(
            f"{needed} bytes are needed and {space.free} are free (counted in clusters of "
            f"{space.cluster}): delete files you do not need from the drive{_small(plan)}; "
            "nothing was written"
        )


def _small(plan: Plan) -> str:
    """What helps on a drive that holds one version but not two, such as a Pico W's of 512 kB."""
    if plan.record.replaced.kind != "slot":
        return ""
    return (
        ", or, as there is no room for two versions, let go of the one that runs: "
        "lanewise deploy --undo, then deploy again"
    )


def _carry_out(drive: Drive, plan: Plan, progress: Progress) -> None:
    record = plan.record
    drive.make_folder(HOME)
    for path in plan.leftovers:
        drive.remove(path)
    _write_backups(drive, plan, progress)
    if plan.writes or plan.removes:
        _fill_slot(drive, plan, progress)
    if plan.settings is not None:
        progress(SETTINGS, len(plan.settings))
        install_and_sync(drive, SETTINGS, plan.settings)
    install_and_sync(drive, record_file(plan), record.dumps())
    if plan.code is not None:
        progress(CODE, len(plan.code))
        install_and_sync(drive, CODE, plan.code)  # from here on the new version runs


def _write_backups(drive: Drive, plan: Plan, progress: Progress) -> None:
    if plan.backups:
        drive.make_folder(BACKUP)
    for path, data in plan.backups.items():
        progress(path, len(data))
        install_and_sync(drive, path, data)


def _fill_slot(drive: Drive, plan: Plan, progress: Progress) -> None:
    """Make the slot that does not run hold exactly the new version, and prove it by reading."""
    drive.make_folder(folder_of(plan.record.slot))
    install_and_sync(drive, record_file(plan), record_writes(plan).dumps())
    for path in plan.removes:
        drive.remove(path)
    for path, data in plan.writes.items():
        progress(path, len(data))
        drive.make_folder(path.rsplit("/", 1)[0])
        install(drive, path, data)
    drive.sync()
    for path, sha in plan.record.files.items():
        if digest(drive.read(path)) != sha:
            raise DriveError(f"{path} does not read back as it was written; worn flash?")
