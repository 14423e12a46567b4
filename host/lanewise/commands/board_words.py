# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a board says, as a line for people."""

from __future__ import annotations

from lanewise.boards.lines import Event


def in_words(event: Event) -> str:
    """One line for people."""
    if event.kind == "digit":
        return f"{event.digit}  confidence {event.confidence:.2f}, margin {event.margin}"
    if event.kind == "number":
        each = ", ".join(f"{share:.2f}" for share in event.each)
        return f"{event.digit}  confidence {event.confidence:.2f} ({each}), margin {event.margin}"
    if event.kind == "none":
        guess = f" (perhaps {event.digit})" if event.digit else ""
        return f"-  {event.reason}{guess}"
    if event.kind == "fault":
        return f"!  {event.reason}: {event.fields['message']}"
    if event.kind == "ready":
        told = ", ".join(f"{name} {value}" for name, value in event.fields.items())
        return f"*  ready: {told}"
    return f"   {event.text}"
