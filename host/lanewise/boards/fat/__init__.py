# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A board's drive as an image file: FAT12 and FAT16, in plain Python, safe at every sector.

``format`` makes an empty one, ``drive`` does to it what a deploy does to a mounted drive. Nothing
is mounted and nothing needs rights, so an emulated board can have a real file system.

Source: Microsoft, FAT32 File System Specification 1.03 (which specifies FAT12 and FAT16, too).
"""
