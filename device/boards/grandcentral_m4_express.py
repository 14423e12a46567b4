# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pins of an OV7670 on a Grand Central M4 Express (SAMD51), as in the driver's example by Adafruit.

| camera        | board           | what it is                                            |
| ------------- | --------------- | ----------------------------------------------------- |
| 3V3, GND      | 3V3, GND        | power; the camera takes no 5 V                        |
| D0 ... D7     | D37 ... D30     | PCC_D0 ... PCC_D7: the chip allows no other pins      |
| PCLK          | D28             | PCC_CLK, pixel clock, from the camera                 |
| XCLK (MCLK)   | D29             | PCC_XCLK, master clock, to the camera                 |
| HREF (HS)     | D27             | PCC_DEN2, high while a line is sent                   |
| VSYNC (VS)    | D26             | PCC_DEN1, one pulse a frame                           |
| RESET (RST)   | D38             | low resets the camera                                 |
| PWDN          | D39             | high switches the camera off                          |
| SIOD (SDA)    | D25             | I2C data: 4.7 kOhm from here to 3V3                   |
| SIOC (SCL)    | D24             | I2C clock: 4.7 kOhm from here to 3V3                  |

These pins lie in two rows next to each other at the end of the board, in the order of most OV7670
modules, which plug straight in. The two resistors are needed. The chip cannot watch VSYNC while it
captures as an RP2040 can: set LANEWISE_WATCHDOG in settings.toml if the camera may be unplugged.
"""

import board

SCL = board.SCL1
SDA = board.SDA1
DATA = [
    board.PCC_D0,
    board.PCC_D1,
    board.PCC_D2,
    board.PCC_D3,
    board.PCC_D4,
    board.PCC_D5,
    board.PCC_D6,
    board.PCC_D7,
]
PCLK = board.PCC_CLK
MCLK = board.PCC_XCLK
HREF = board.PCC_DEN2
VSYNC = board.PCC_DEN1
RESET = board.D38
SHUTDOWN = board.D39

WIDTH = 80  # 80x60 pixels read a digit; 160 finds smaller ones and takes four times the memory
COLORSPACE = "yuv"  # brightness comes ready-made; "rgb" costs a little time
FLIP_X = False
FLIP_Y = False

BUTTON = None  # a push button to ground, such as board.D22: short holds, long changes the model

# None leaves the camera to itself. EXPOSURE: 1 to 510 line times; GAIN: 1 to 128; WHITE_BALANCE:
# "auto" or (red, blue) in 1/128; BRIGHTNESS: -127 to 127; CONTRAST: 0 to 255, 64 is the usual.
EXPOSURE = None
GAIN = None
WHITE_BALANCE = None
BRIGHTNESS = None
CONTRAST = None

# A display on SPI, if settings.toml names its driver in LANEWISE_DISPLAY.
DISPLAY_CLOCK = board.SCK
DISPLAY_MOSI = board.MOSI
DISPLAY_COMMAND = board.D8
DISPLAY_SELECT = board.D10
DISPLAY_RESET = None  # tied to 3.3 V
