# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise firmware``: the CircuitPython that a board has, and files kept on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from lanewise.boards.download import Progress, is_address
from lanewise.boards.firmware import OFFICIAL, Kept, fetch, in_folder, kept
from lanewise.boards.releases import (
    INDEX_NAME,
    OFFICIAL_INDEX,
    Release,
    newest,
    read_index,
    refresh,
    releases,
)
from lanewise.boards.uf2 import TARGETS
from lanewise.commands.console import download_bar, print_json
from lanewise.commands.options import json_option
from lanewise.errors import BoardError, LanewiseError

T = TypeVar("T")

cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Where files are kept (default: the user cache).",
)


def _cache(named: Path | None) -> Path:
    import platformdirs

    return named or platformdirs.user_cache_path("lanewise") / "firmware"


@click.group(epilog="Example: lanewise firmware fetch raspberry_pi_pico")
def firmware() -> None:
    """List and fetch CircuitPython for the boards that are known."""


@firmware.command("list", epilog="Example: lanewise firmware list raspberry_pi_pico --refresh")
@click.argument("board", type=click.Choice(list(TARGETS)), required=False)
@click.option("--refresh", "anew", is_flag=True, help="Get CircuitPython's release index first.")
@click.option(
    "--index", default=OFFICIAL_INDEX, help="Its address, or a folder that holds files.json."
)
@cache_option
@json_option
def list_firmware(
    board: str | None, anew: bool, index: str, cache: Path | None, as_json: bool
) -> None:
    """List versions for BOARD (default: all known boards) and the files that are kept.

    Versions come from the release index as it was got last (--refresh), so this works offline.
    """
    folder = _cache(cache)
    if anew:
        _interruptible(lambda show: refresh(folder, index, show), "Release index", as_json)
    boards = [board] if board else list(TARGETS)
    known = _known(folder, boards)
    files = [one for one in kept(folder) if one.board in boards]
    if as_json:
        print_json(
            {
                "boards": boards,
                "releases": {
                    name: [vars(release) for release in found] for name, found in known.items()
                },
                "files": [_as_json(one) for one in files],
            }
        )
        return
    for name in boards:
        click.echo(f"{name}  (circuitpython.org/board/{name})")
        for release in known.get(name, [])[:4]:
            kind = "stable" if release.stable else "not stable"
            click.echo(f"  {release.version}  {kind}" + ("" if release.captures else
                       ", without imagecapture: it cannot drive the camera"))  # fmt: skip
        for one in files:
            if one.board == name:
                click.echo(
                    f"  {one.version}  kept: {one.path}\n    SHA-256 {one.sha256} ({one.origin})"
                )
    if not known:
        click.echo("note: versions are listed after: lanewise firmware list --refresh", err=True)


def _known(folder: Path, boards: list[str]) -> dict[str, list[Release]]:
    if not (folder / INDEX_NAME).is_file():
        return {}
    data = read_index(folder)
    found = {}
    for name in boards:
        try:
            found[name] = releases(data, name, str(folder / INDEX_NAME))
        except BoardError:
            if len(boards) == 1:
                raise
    return found


@firmware.command("fetch", epilog="Example: lanewise firmware fetch raspberry_pi_pico 10.0.3")
@click.argument("board", type=click.Choice(list(TARGETS)))
@click.argument("version", required=False)
@click.option("--from", "source", default=OFFICIAL, help="A folder, or another address.")
@click.option("--sha256", default=None, help="The digest that the file must have.")
@click.option(
    "--digests",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="A list of digests, as sha256sum writes it, that must name the file.",
)
@cache_option
@json_option
def fetch_firmware(
    board: str,
    version: str | None,
    source: str,
    sha256: str | None,
    digests: Path | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Get CircuitPython VERSION for BOARD, check every block, and pin its digest.

    Without VERSION: the newest stable one of the release index, or of the folder that --from
    names. CircuitPython publishes no digests: the first fetch notes the file's, unless you
    give it.
    """
    folder = _cache(cache)
    chosen = version or _newest(board, source, folder, as_json)
    got = _interruptible(
        lambda show: fetch(board, chosen, folder, source, sha256, digests, show),
        f"CircuitPython {chosen}",
        as_json,
    )
    if as_json:
        print_json(_as_json(got))
        return
    click.echo(f"{got.path}\nSHA-256 {got.sha256} ({got.origin})")


def _newest(board: str, source: str, cache: Path, quiet: bool) -> str:
    if not is_address(source):
        found = newest(version for name, version, _ in in_folder(Path(source)) if name == board)
        if found is None:
            raise BoardError(f"{source} holds no firmware for {board}; download it there")
        return found
    if not (cache / INDEX_NAME).is_file():
        _interruptible(lambda show: refresh(cache, progress=show), "Release index", quiet)
    stable = [one for one in releases(read_index(cache), board) if one.stable]
    if not stable:
        raise BoardError(f"the release index has no stable version for {board}: name one")
    return stable[0].version


def _interruptible(work: Callable[[Progress], T], title: str, quiet: bool) -> T:
    """Do it with a bar; Ctrl-C ends it in words."""
    with download_bar(title, quiet) as show:
        try:
            return work(show)
        except KeyboardInterrupt:
            raise LanewiseError("stopped by Ctrl-C: nothing was kept; repeat the command") from None


def _as_json(one: Kept) -> dict[str, object]:
    return {
        "board": one.board,
        "version": one.version,
        "path": str(one.path),
        "sha256": one.sha256,
        "origin": one.origin,
        "bytes": one.size,
    }
