# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Get one file over http(s), bounded in size and time, with progress and with errors in words."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable

from lanewise.errors import BoardError

TIMEOUT_S = 30.0
_STEP_BYTES = 64 * 1024

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all or 0)."""


def no_progress(done: int, total: int) -> None:
    """Say nothing."""


def is_address(source: str) -> bool:
    """Is it an http(s) address, not a folder?"""
    return source.startswith(("http://", "https://"))


def download(
    address: str,
    largest: int,
    absent: str,
    progress: Progress = no_progress,
    timeout_s: float = TIMEOUT_S,
) -> bytes:
    """The bytes at ``address``, at most ``largest``.

    Raises ``BoardError`` when it cannot be reached, when there is nothing there (``absent`` says
    what that means), when it is cut short, or when it is too large.
    """
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            data = bytearray()
            while len(data) <= largest and (piece := answer.read(_STEP_BYTES)):
                data += piece
                progress(len(data), total)
    except urllib.error.HTTPError as error:
        why = absent if error.code in (403, 404) else f"the server answers {error.code}"
        raise BoardError(f"{address}: {why}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise BoardError(
            f"{address} cannot be reached ({reason}): check the connection, or download it "
            "elsewhere and say --from FOLDER"
        ) from error
    if len(data) > largest:
        raise BoardError(f"{address} is larger than {largest} bytes, which this file never is")
    if total and len(data) != total:
        raise BoardError(f"{address}: {len(data)} of {total} bytes came; try again")
    return bytes(data)
