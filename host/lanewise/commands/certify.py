# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise certify``: prove the accumulator bounds of a model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lanewise.commands.console import certificate_table, print_json, stdout
from lanewise.commands.options import json_option
from lanewise.export.lanes import read, stored_bytes
from lanewise.integer.certificate import ENGINE_LIMITS, require_engine
from lanewise.zoo.shelf import model_path


@click.command(epilog="Example: lanewise certify digits.lanes --engine ulab16")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--engine",
    type=click.Choice(list(ENGINE_LIMITS)),
    default=None,
    help="Fail unless this engine is exact for every op.",
)
@json_option
def certify(model: Path, engine: str | None, as_json: bool) -> None:
    """Prove, from its weights, that no accumulator of MODEL leaves its interval."""
    program, proof = read(model_path(model))
    if engine is not None:
        require_engine(program, proof, engine)
    if as_json:
        print_json(
            {
                "ok": True,
                "model": str(model),
                "acc_bits": proof.acc_bits,
                "engines": list(proof.engines),
                "stored_bytes": stored_bytes(program),
                "ops": [asdict(bound) for bound in proof.bounds],
            }
        )
        return
    console = stdout()
    console.print(certificate_table(program, proof))
    console.print(
        f"Every accumulator fits {proof.acc_bits} bits, in any order of summation, for every "
        f"input of {program.input_bits} bits."
    )
