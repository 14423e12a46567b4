# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Firmware from a folder or over http: known versions, pinned digests, errors in words."""

from __future__ import annotations

import datetime
import functools
import hashlib
import http.server
import json
import socket
import threading
from contextlib import contextmanager

import pytest

from command_line import run
from firmware_files import firmware_file
from lanewise.boards.download import download
from lanewise.boards.firmware import DIGESTS, fetch, file_name, kept, pin_of
from lanewise.boards.releases import newest, refresh, releases
from lanewise.errors import BoardError, Uf2Error, UsageError

PICO = "raspberry_pi_pico"
DIGEST = hashlib.sha256(firmware_file()).hexdigest()
INDEX = [
    {"id": "other_board", "versions": []},
    {
        "id": PICO,
        "versions": [
            {"version": version, "stable": stable, "extensions": ["uf2"],
             "languages": ["de_DE", "en_US"], "modules": ["board", "imagecapture"]}
            for version, stable in (
                ("9.2.10", True), ("10.0.3", True), ("10.1.0-rc.10", False),
                ("10.1.0-rc.2", False), ("9.2.9", True),
            )
        ],
    },
]  # fmt: skip


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / file_name(PICO, "10.0.3")).write_bytes(firmware_file())
    return folder


def test_the_first_fetch_notes_the_digest_and_every_later_one_is_held_to_it(tmp_path, source):
    cache = tmp_path / "cache"
    day = datetime.date(2026, 11, 21)
    got = fetch(PICO, "10.0.3", cache, str(source), today=lambda: day)
    assert got.sha256 == DIGEST and got.origin == f"first fetched on 2026-11-21 from {source}"
    assert kept(cache) == [got] and got.path.read_bytes() == firmware_file()
    assert fetch(PICO, "10.0.3", cache, str(tmp_path / "offline")) == got
    got.path.write_bytes(firmware_file(pages=9))
    with pytest.raises(Uf2Error, match="SHA-256"):
        fetch(PICO, "10.0.3", cache, str(source))
    with pytest.raises(BoardError, match="is pinned to.*given with --sha256"):
        fetch(PICO, "10.0.3", cache, str(source), sha256="0" * 64)


def test_a_list_of_digests_pins_before_the_first_fetch(tmp_path, source):
    name = file_name(PICO, "10.0.3")
    (source / DIGESTS).write_text(f"{'1' * 64}  {name}\n")
    with pytest.raises(Uf2Error, match="SHA-256"):
        fetch(PICO, "10.0.3", tmp_path / "cache", str(source))
    (source / DIGESTS).write_text(f"# ours\n{'2' * 64}  else.uf2\n{DIGEST} *{name}\n")
    got = fetch(PICO, "10.0.3", tmp_path / "cache", str(source))
    assert got.origin == f"listed in {source / DIGESTS}"
    mine = tmp_path / "digests.txt"
    mine.write_text(f"{'3' * 64}  {name}\n")
    with pytest.raises(BoardError, match="find out which is right"):
        fetch(PICO, "10.0.3", tmp_path / "fresh", str(source), digests=mine)
    mine.write_text("")
    with pytest.raises(BoardError, match="does not list"):
        fetch(PICO, "10.0.3", tmp_path / "fresh", str(source), digests=mine)
    (source / (name + ".sha256")).write_text("nonsense")
    with pytest.raises(BoardError, match="holds no SHA-256"):
        pin_of(source / name)


def test_what_is_not_the_version_asked_for_is_refused(tmp_path, source):
    cache = tmp_path / "cache"
    (source / file_name(PICO, "10.0.4")).write_bytes(firmware_file())
    with pytest.raises(BoardError, match=r"holds CircuitPython 10\.0\.3"):
        fetch(PICO, "10.0.4", cache, str(source))
    with pytest.raises(BoardError, match="holds no adafruit-circuitpython"):
        fetch(PICO, "9.0.0", cache, str(source))
    for version in ("../../x", "10", "10.0.3/..", ""):
        with pytest.raises(UsageError):
            fetch(PICO, version, cache, str(source))
    assert not cache.exists(), "nothing is kept of what was refused"


def test_the_release_index_lists_the_newest_stable_version_first():
    found = releases(json.dumps(INDEX).encode(), PICO)
    assert [one.version for one in found] == [
        "10.0.3", "9.2.10", "9.2.9", "10.1.0-rc.10", "10.1.0-rc.2"]  # fmt: skip
    assert all(one.captures for one in found)
    with pytest.raises(BoardError, match="does not know pico_nonesuch"):
        releases(json.dumps(INDEX).encode(), "pico_nonesuch")


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"{}", b"[" * 100_000, b'[{"id": "raspberry_pi_pico", "versions": [3, {}, '
     b'{"version": "../../x", "extensions": ["uf2"], "languages": ["en_US"]}]}]'],
)  # fmt: skip
def test_an_index_that_makes_no_sense_lists_nothing(data):
    try:
        assert releases(data, PICO) == []
    except BoardError as error:
        assert len(str(error).splitlines()) == 1


@contextmanager
def served(folder):
    """The folder over http on this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def talking_nonsense():
    """A server whose answer is no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"no such protocol\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x" * 50)
        elif self.path == "/broken":
            self.send_error(500)
        else:
            super().do_GET()


def test_the_newest_in_a_folder_is_the_newest_stable_one_whatever_else_lies_there(tmp_path, source):
    for odd in ("10.1.0-rc.1", "9.2.9", "10.x", "20261001-main-PR1234-abcdef0"):
        odd_name = file_name(PICO, "10.0.3").replace("10.0.3", odd)
        (source / odd_name).write_bytes(firmware_file())
    status, out, err = run("firmware", "fetch", PICO, "--from", source, "--cache", tmp_path / "c",
                           "--json")  # fmt: skip
    assert status == 0 and json.loads(out)["version"] == "10.0.3", err
    assert newest(["10.1.0-rc.2", "10.1.0-rc.10", "10.x"]) == "10.1.0-rc.10"
    assert newest(["10.x"]) is None


def test_from_an_empty_machine_to_the_newest_firmware_and_offline_again(tmp_path):
    site, cache = tmp_path / "site", tmp_path / "cache"
    (site / PICO / "en_US").mkdir(parents=True)
    (site / PICO / "en_US" / file_name(PICO, "10.0.3")).write_bytes(firmware_file())
    (site / "files.json").write_text(json.dumps(INDEX))
    with served(site) as address:
        status, out, err = run(
            "firmware", "list", PICO, "--refresh", "--index", f"{address}/files.json",
            "--cache", cache,
        )  # fmt: skip
        assert status == 0 and "10.0.3  stable" in out and "10.1.0-rc.10  not stable" in out, err
        status, out, err = run("firmware", "fetch", PICO, "--from", address, "--cache", cache,
                               "--json")  # fmt: skip
        got = json.loads(out)
        assert status == 0 and got["version"] == "10.0.3" and got["sha256"] == DIGEST, err
        assert got["origin"].startswith("first fetched on 20")
    status, out, _ = run("firmware", "list", PICO, "--cache", cache, "--json")
    told = json.loads(out)
    assert status == 0 and told["files"][0]["sha256"] == DIGEST
    assert told["releases"][PICO][0]["version"] == "10.0.3"
    status, out, _ = run("firmware", "fetch", PICO, "10.0.3", "--cache", cache)
    assert status == 0 and DIGEST in out, "kept: no network is needed"
    status, out, _ = run("firmware", "fetch", PICO, "--from", got["path"].rsplit("/", 1)[0],
                         "--cache", tmp_path / "other")  # fmt: skip
    assert status == 0 and DIGEST in out, "from a folder, the newest in it"


def test_what_goes_wrong_on_the_way_is_said_in_words(tmp_path):
    (tmp_path / "big").write_bytes(bytes(5000))
    with served(tmp_path) as address:
        for path, says in (
            ("none", "no such thing"),
            ("broken", "answers 500"),
            ("big", "larger than 1000"),
            ("short", "50 of 100 bytes|cannot be reached"),
        ):
            with pytest.raises(BoardError, match=says):
                download(f"{address}/{path}", 1000, "no such thing")
        with pytest.raises(BoardError, match=r"see circuitpython\.org/board/raspberry_pi_pico"):
            fetch(PICO, "10.0.9", tmp_path / "cache", address)
    for bad in (address, "http://127.0.0.1:1", "http://["):
        with pytest.raises(BoardError, match="cannot be reached.*--from FOLDER"):
            download(f"{bad}/x", 1000, "absent", timeout_s=2)
    with talking_nonsense() as address, pytest.raises(BoardError, match="cannot be reached"):
        download(f"{address}/x", 1000, "absent")
    with pytest.raises(BoardError, match="cannot be read"):
        refresh(tmp_path / "cache", str(tmp_path / "nowhere"))
    assert not (tmp_path / "cache").exists()
