# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Where versions live on a drive, and the records that say what the tool wrote there.

    code.py              names the slot that runs; replacing it is the one moment of change
    settings.toml        only if the user has none
    lanewise/a/  b/      two slots, each a whole version: lib/, boards/, digits.lanes
    lanewise/a.json      record of slot a; unfinished while the slot is being written: the journal
    lanewise/backup/     what the user had where the tool had to write

A record is read from a drive that anybody may have written to, so it is believed only if its own
digest fits and each path in it lies in its slot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lanewise.boards.drive import Drive
from lanewise.boards.paths import checked_path
from lanewise.errors import UsageError

HOME = "lanewise"
SLOTS = ("a", "b")
BACKUP = f"{HOME}/backup"
PART = ".lanewise-part"
"""Ending of a file that is being written."""

_LARGEST_RECORD = 256 * 1024
_KINDS = ("nothing", "slot", "foreign")


def folder_of(slot: str) -> str:
    """The folder of a slot, relative to the drive."""
    return f"{HOME}/{slot}"


def record_path(slot: str) -> str:
    """The record of a slot, relative to the drive."""
    return f"{HOME}/{slot}.json"


def digest(data: bytes | None) -> str:
    """SHA-256 in hex; the empty string for a file that is not there."""
    return "" if data is None else hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Replaced:
    """What ran before a version: nothing, a slot, or a code.py of the user (``digest``, backup)."""

    kind: str = "nothing"
    slot: str = ""
    backup: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Record:
    """What the tool wrote into a slot.

    ``whole``: every file is there and was read back; ``files``: path on the drive to SHA-256;
    ``former``: the files of the version before in this slot, while it is being replaced; ``code``:
    the code.py that names this slot; ``settings``: the settings.toml that belongs to it, and
    ``settings_ours`` whether the tool wrote it; ``pins``: SHA-256 of the pins as they were before
    edits of the user went in.
    """

    slot: str
    whole: bool
    files: Mapping[str, str]
    code: str
    settings: str
    settings_ours: bool = False
    former: Mapping[str, str] = field(default_factory=dict)
    replaced: Replaced = field(default_factory=Replaced)
    pins: str = ""
    board: str = ""
    model: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def owned(self) -> set[str]:
        """Every path in the slot that the tool has written or may have begun to write."""
        return {*self.files, *self.former}

    def dumps(self) -> bytes:
        """The record as it lies on the drive."""
        body = asdict(self)
        return json.dumps({"sum": _sum(body), **body}, separators=(",", ":")).encode()


def _sum(body: Mapping[str, Any]) -> str:
    return digest(json.dumps(body, sort_keys=True).encode())


def load_record(drive: Drive, slot: str) -> Record | None:
    """The record of ``slot``; None when there is none that can be believed."""
    data = drive.read(record_path(slot))
    if data is None or len(data) > _LARGEST_RECORD:
        return None
    try:
        body = json.loads(data)
        if not isinstance(body, dict) or body.pop("sum", None) != _sum(body):
            return None
        record = Record(**{**body, "replaced": Replaced(**body["replaced"])})
        for path, sha in (*record.files.items(), *record.former.items()):
            if not checked_path(path).startswith(folder_of(slot) + "/") or len(sha) != 64:
                return None
        if record.slot != slot or record.replaced.kind not in _KINDS:
            return None
        if record.replaced.kind == "foreign":
            checked_path(record.replaced.backup)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError):
        return None
    return record


def running_slot(code: bytes | None, records: Mapping[str, Record | None]) -> str | None:
    """The slot whose code.py this is, exactly; None for a foreign, edited or absent one."""
    for slot, record in records.items():
        if record is not None and record.whole and code == record.code.encode():
            return slot
    return None


def running_folder(drive: Drive) -> str | None:
    """The folder of the version that the drive's code.py runs; None when it is not the tool's."""
    records = {slot: load_record(drive, slot) for slot in SLOTS}
    slot = running_slot(drive.read("code.py"), records)
    return None if slot is None else folder_of(slot)


def running_model(drive: Drive) -> str | None:
    """The model of the version that the drive's code.py runs; None when it is not the tool's."""
    records = {slot: load_record(drive, slot) for slot in SLOTS}
    slot = running_slot(drive.read("code.py"), records)
    record = records[slot] if slot is not None else None
    return None if record is None else record.model


def named_slot(code: bytes | None) -> str | None:
    """The slot that this code.py mentions, as one that the user edited does."""
    for slot in SLOTS:
        if code is not None and f'"{folder_of(slot)}'.encode() in code:
            return slot
    return None
