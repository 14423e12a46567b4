# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``lanecam.bench`` on digits out of a file; prints its line of JSON.

Arguments: the device library, the model, engine, inks (28 * 28 hexadecimal digits a line).
"""

import sys


def main(library, model_path, engine, inks_path):
    sys.path.insert(0, library)
    from lanecam import bench

    with open(inks_path) as inks:
        bench.main(model_path, engine, [line.strip() for line in inks])


main(*sys.argv[1:])
