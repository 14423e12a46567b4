# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise models``: the models that come with Lanewise."""

from __future__ import annotations

import click
from rich.table import Table

from lanewise.commands.console import print_json, stdout
from lanewise.commands.options import json_option
from lanewise.errors import UsageError
from lanewise.zoo.shelf import Shelved, shelf


@click.command(epilog="Example: lanewise models granite")
@click.argument("name", required=False)
@json_option
def models(name: str | None, as_json: bool) -> None:
    """List the models that come with Lanewise, or show the card of one, NAME.

    Wherever a command takes a .lanes file it also takes one of these names.
    """
    found = shelf()
    if name is not None:
        found = [one for one in found if one.name == name]
        if not found:
            known = ", ".join(one.name for one in shelf())
            raise UsageError(f"there is no model {name!r}; there are {known}")
    if as_json:
        print_json([one.card | {"path": str(one.path)} for one in found])
    elif name is not None:
        _show(found[0])
    else:
        stdout().print(_table(found))


def _table(found: list[Shelved]) -> Table:
    table = Table(caption="bytes: weights, biases and shifts as stored; cycles: predicted, RP2040")
    table.caption_justify = "left"
    table.add_column("name", no_wrap=True)
    for title in ("bytes", "MNIST test", "95 % interval", "accumulator", "cycles"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in found:
        test = one.card["test"]
        cycles = one.card["cycles_rp2040"]
        table.add_row(
            one.name,
            str(one.card["stored_bytes"]),
            f"{100 * one.card['accuracy']:.2f} %",
            f"{100 * test['low']:.2f} to {100 * test['high']:.2f}",
            f"{one.card['acc_bits']} bits",
            "-" if cycles is None else f"{cycles / 1e6:.2f} M",
        )
    return table


def _show(one: Shelved) -> None:
    console = stdout()
    card = one.card
    console.print(_table([one]))
    console.print(f"{one.path}", soft_wrap=True)
    for field in ("purpose", "data", "licence"):
        console.print(f"{field}: {card[field]}", soft_wrap=True, markup=False)
    held_out = card["held_out"]
    console.print(
        f"held out: {100 * held_out['accuracy']:.2f} %, {held_out['note']}; seed {card['seed']}",
        soft_wrap=True,
    )
    console.print(f"exact engines: {', '.join(card['engines'])}; weights {card['weights']}")
