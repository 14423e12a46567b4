# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How commands speak: results on stdout, progress on stderr, JSON for machines.

What draws (rich) and what a certificate is made of (NumPy) is imported when it is needed: a command
that has nothing to do ends before either had been loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lanewise.integer.certificate import Certificate
    from lanewise.integer.program import Program


def stdout() -> Console:
    """The console results go to."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    click.echo(json.dumps(value))


@contextmanager
def progress_bar(
    title: str, total: int, quiet: bool = False, late: bool = False
) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; yields a function to call with the amount done since its last call.

    ``late``: the bar appears with the first call, so that nothing flashes when there is no work.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done: None
        return
    with ExitStack() as shown:
        steps: list[Callable[[int], None]] = []

        def advance(done: int) -> None:
            if not steps:
                steps.append(shown.enter_context(_bar(title, total)))
            steps[0](done)

        if not late:
            advance(0)
        yield advance


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)


@contextmanager
def download_bar(title: str, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr; yields a function to call with (bytes so far, bytes in all or 0)."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


@contextmanager
def waiting(what: str, quiet: bool = False) -> Iterator[None]:
    """Say on stderr what is waited for, with a moving sign where a person may watch it."""
    if quiet:
        yield
    elif not sys.stderr.isatty():
        click.echo(f"{what} ...", err=True)
        yield
    else:
        from rich.console import Console

        with Console(stderr=True).status(f"{what} (Ctrl-C stops)"):
            yield


def certificate_table(program: Program, certificate: Certificate) -> Table:
    """The certificate as a table: one row an op that accumulates."""
    from rich.table import Table

    from lanewise.integer.shapes import validate

    shapes = validate(program)
    table = Table(title=f"Certificate of {program.name}", title_justify="left")
    table.add_column("op")
    for name in ("makes", "lowest", "highest", "bits", "int16 room"):
        table.add_column(name, justify="right")
    table.add_column("exact engines")
    for bound in certificate.bounds:
        table.add_row(
            f"{bound.op} {bound.kind}",
            "x".join(map(str, shapes[bound.op + 1])),
            f"{bound.lo}",
            f"{bound.hi}",
            f"{bound.bits}",
            f"{bound.headroom:.2f}x",
            " ".join(bound.engines),
        )
    return table
