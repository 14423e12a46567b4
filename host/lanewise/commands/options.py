# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Options that several commands and tools take: one name, one type and one help for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class RealRange(click.FloatRange):
    """A range of numbers that are numbers: nan lies in any ``FloatRange``, and hangs what waits."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        number = float(super().convert(value, parameter, context))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", parameter, context)
        return number


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
force_option = click.option("--force", is_flag=True, help="Replace the output if it exists.")
data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where data sets lie (default: $LANEWISE_DATA, then the user cache).",
)
split_option = click.option(
    "--split",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
    help="Which part of the data.",
)


def data_option(default: str = "pen") -> Callable[[Command], Command]:
    """``--data``: a data set by its name or path."""
    return click.option(
        "--data", "data_name", default=default, show_default=True, help="pen, mnist or a path."
    )


def seed_option(of: str) -> Callable[[Command], Command]:
    """``--seed``; ``of``: what it decides, in the words of the help."""
    return click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help=of)
