# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: a program of an emulated board, with the board's modules to import.

Arguments: folder of those modules, descriptors of the two pipes to the hardware, a FAT image to run
in ("-": the working folder), the program's path. An image is mounted with MicroPython's own FAT
file system, the one that boards have.
"""

import sys


class _Image:
    """An image file as a block device, read only."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._count = self._file.seek(0, 2) // 512

    def readblocks(self, number, buffer):
        self._file.seek(number * 512)
        self._file.readinto(buffer)

    def writeblocks(self, number, buffer):
        raise OSError(30)  # read-only for the program, as on a board that a computer holds

    def ioctl(self, operation, argument):
        return {4: self._count, 5: 512}.get(operation)


def text_of(path):
    with open(path) as file:
        return file.read()


def mount(image):
    """From here on there is no other file system."""
    import os

    card = os.VfsFat(_Image(image))
    os.umount("/")
    os.mount(card, "/")
    os.chdir("/")


def take_settings():
    """What an image's ``settings.toml`` says, for ``os.getenv``; a folder's is known already."""
    import os

    try:
        lines = text_of("settings.toml").splitlines()
    except OSError:
        return
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            value = value.strip()
            quoted = value[:1] == '"'
            value = value[1:].partition('"')[0] if quoted else value.partition("#")[0].strip()
            os.putenv(name.strip(), value)


def main(modules, to, back, image, program):
    sys.path[:] = [modules]
    import wire

    wire.connect(int(to), int(back))
    wire.put_into_place()

    on_drive = program == "code.py"
    text = "" if on_drive else text_of(program)
    if image != "-":
        mount(image)
        take_settings()
    sys.path[:] = ["", "/lib" if image != "-" else "lib"]
    if on_drive:
        try:
            text = text_of(program)
        except OSError:
            print("no code.py on the drive")
            return
    try:
        exec(text, {"__name__": "__main__"})
    except Exception as error:
        sys.print_exception(error, sys.stderr)
        sys.exit(1)


main(*sys.argv[1:])
