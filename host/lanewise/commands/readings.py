# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ``lanewise emulate`` says of each picture, and of all of them together."""

from __future__ import annotations

import click

from lanewise.commands.console import print_json, stdout
from lanewise.commands.sights import Sight
from lanewise.commands.text_pictures import seen_picture
from lanewise.emulator.desk import Seen
from lanewise.endings import one_line
from lanewise.errors import LanewiseError, PictureError


class Tally:
    """How many pictures were read right, and how many not at all, of those seen and labelled."""

    def __init__(self) -> None:
        self.seen = self.labelled = self.right = self.unreadable = 0

    def count(self, label: str | None, seen: Seen | LanewiseError) -> None:
        """One more: one that could not be read is not read right either."""
        self.seen += 1
        self.labelled += label is not None
        if isinstance(seen, LanewiseError):
            self.unreadable += 1
        elif label is not None:
            self.right += (seen.digit or "") == label


def report(sight: Sight, seen: Seen | LanewiseError, as_json: bool, show: bool) -> None:
    """The picture as a line, and what the board warned of meanwhile on stderr."""
    if isinstance(seen, LanewiseError):
        if as_json:
            report_unread(sight, seen)
        click.echo(f"lanewise: {one_line(seen)}", err=True)
        return
    for warning in seen.warnings:
        if warning.startswith("FAULT "):
            click.echo(f"lanewise: the board says: {warning.split(' ', 2)[2]}", err=True)
    if as_json:
        line: dict[str, object] = {
            "file": sight.name,
            "outcome": seen.outcome,
            "digit": seen.digit,
            "confidence": round(seen.confidence, 4),
            "margin": seen.margin,
            "box": None if seen.box is None else list(seen.box),
        }
        if seen.boxes and not seen.figures:
            line["boxes"] = [list(box) for box in seen.boxes]
        if seen.figures:
            line["figures"] = [
                {"digit": one.digit, "confidence": round(one.confidence, 4), "box": list(one.box)}
                for one in seen.figures
            ]
        print_json(line | _label(sight))
        return
    answer = f"{seen.outcome} {seen.digit}" if seen.digit is not None else seen.outcome
    told = "" if sight.label is None else f", it is {sight.label or 'no digit'}"
    console = stdout()
    console.print(
        f"{sight.name}: {answer}{told} (confidence {_confidence(seen)}, margin {seen.margin})",
        soft_wrap=True,
        markup=False,
    )
    if show:
        console.print(seen_picture(seen))


def report_unread(sight: Sight, error: LanewiseError) -> None:
    """A picture that was not read, as JSON: ``unreadable`` itself, or a ``fault`` of the board."""
    outcome = "unreadable" if isinstance(error, PictureError) else "fault"
    nothing = {"digit": None, "confidence": 0.0, "margin": 0, "box": None}
    told = {"file": sight.name, "outcome": outcome, "message": one_line(error)}
    print_json(told | nothing | _label(sight))


def _label(sight: Sight) -> dict[str, object]:
    """What the picture shows, if that is known; None: no digit."""
    return {} if sight.label is None else {"label": sight.label or None}


def _confidence(seen: Seen) -> str:
    """Of the reading; of a number also of each digit."""
    each = " ".join(f"{figure.confidence:.2f}" for figure in seen.figures)
    return f"{seen.confidence:.2f}: {each}" if each else f"{seen.confidence:.2f}"


def summary(tally: Tally, seconds: float) -> None:
    """How many of the labelled pictures were read right."""
    if tally.labelled:
        share = 100 * tally.right / tally.labelled
        stdout().print(
            f"{tally.right} of {tally.labelled} read right ({share:.1f} %), {seconds:.1f} s"
        )
