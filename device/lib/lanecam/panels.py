# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Displays by the name of their controller: first size, how it is woken, and how it lies.

A sequence is: command, number of bytes (128 more: a pause follows), the bytes, the pause in ms
(255: 500). ST7735 and ILI9341 as in Adafruit's drivers (MIT), with voltages and gamma curves.
"""

from lanecam.errors import SettingError

ST7735 = (
    b"\x01\x80\x96\x11\x80\xff\xb1\x03\x01\x2c\x2d\xb2\x03\x01\x2c\x2d"
    b"\xb3\x06\x01\x2c\x2d\x01\x2c\x2d\xb4\x01\x07\xc0\x03\xa2\x02\x84\xc1\x01\xc5"
    b"\xc2\x02\x0a\x00\xc3\x02\x8a\x2a\xc4\x02\x8a\xee\xc5\x01\x0e\x20\x00\x3a\x01\x05"
    b"\xe0\x10\x02\x1c\x07\x12\x37\x32\x29\x2d\x29\x25\x2b\x39\x00\x01\x03\x10"
    b"\xe1\x10\x03\x1d\x07\x06\x2e\x2c\x29\x2d\x2e\x2e\x37\x3f\x00\x00\x02\x10"
    b"\x13\x80\x0a\x29\x80\x64"
)
ST7789 = b"\x01\x80\x96\x11\x80\xff\x3a\x81\x55\x0a\x21\x80\x0a\x13\x80\x0a\x29\x80\xff"
ILI9341 = (
    b"\x01\x80\x80\xef\x03\x03\x80\x02\xcf\x03\x00\xc1\x30\xed\x04\x64\x03\x12\x81"
    b"\xe8\x03\x85\x00\x78\xcb\x05\x39\x2c\x00\x34\x02\xf7\x01\x20\xea\x02\x00\x00"
    b"\xc0\x01\x23\xc1\x01\x10\xc5\x02\x3e\x28\xc7\x01\x86\x37\x01\x00\x3a\x01\x55"
    b"\xb1\x02\x00\x18\xb6\x03\x08\x82\x27\xf2\x01\x00\x26\x01\x01"
    b"\xe0\x0f\x0f\x31\x2b\x0c\x0e\x08\x4e\xf1\x37\x07\x10\x03\x0e\x09\x00"
    b"\xe1\x0f\x00\x0e\x14\x03\x11\x07\x31\xc1\x48\x08\x0f\x0c\x31\x36\x0f"
    b"\x11\x80\x78\x29\x80\x78"
)

# Name: width, height, sequence, MADCTL (0x36) for landscape, and for that upside down.
PANELS = {
    "st7735": (160, 128, ST7735, 0x60, 0xA0),
    "st7789": (320, 240, ST7789, 0x60, 0xA0),
    "ili9341": (320, 240, ILI9341, 0x28, 0xE8),
}


def open_panel(pins, settings):
    """The display that settings.toml names, on the pins of the board file; raises SettingError."""
    panel = PANELS.get(settings.display)
    if panel is None:
        names = ", ".join(sorted(PANELS))
        raise SettingError("LANEWISE_DISPLAY is %s; it can be %s" % (settings.display, names))
    if getattr(pins, "DISPLAY_CLOCK", None) is None:
        raise SettingError("the board file has no DISPLAY_ pins; docs/wiring.md names them")
    width, height, sequence, upright, turned = panel
    if settings.display_size:
        width, height = settings.display_size
    sequence += bytes((0x36, 1, turned if settings.rotation == 180 else upright))
    try:
        import busdisplay
        import busio
        import displayio
        import fourwire
    except ImportError as error:
        raise SettingError(
            "this firmware drives no display (%s): remove LANEWISE_DISPLAY from settings.toml"
            % error
        )
    displayio.release_displays()
    spi = None
    try:
        spi = busio.SPI(pins.DISPLAY_CLOCK, MOSI=pins.DISPLAY_MOSI)
        bus = fourwire.FourWire(
            spi,
            command=pins.DISPLAY_COMMAND,
            chip_select=pins.DISPLAY_SELECT,
            reset=pins.DISPLAY_RESET,
            baudrate=24000000,
        )
        return busdisplay.BusDisplay(bus, sequence, width=width, height=height, auto_refresh=False)
    except (OSError, RuntimeError, ValueError) as error:
        displayio.release_displays()
        if spi is not None:
            spi.deinit()
        raise SettingError("the display does not start: %s; check the DISPLAY_ pins" % error)
