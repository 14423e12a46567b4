# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The OV7670 register map: names, addresses, reset values, access and bit masks.

Source: OmniVision OV7670/OV7171 datasheet, version 1.4, Table 5 "Device Control Register List"
(one entry a register, in order of address); bit names follow the Adafruit driver and Linux's
``drivers/media/i2c/ov7670.c``. Where the datasheet contradicts itself the choice is noted here:

* UV order: the TSLB entry names COM13[1], the COM13 entry names COM13[0]. Linux and Adafruit use
  COM13[0], so do we.
* Bytes in reset state marked "XX" in the datasheet (undefined) reset to 0 here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Register:
    """One register: address and reset value are bytes; ``writable`` is False for the id bytes."""

    name: str
    address: int
    reset: int
    meaning: str
    writable: bool = True


# Addresses that the model reads or writes.
GAIN = 0x00
BLUE = 0x01
RED = 0x02
VREF = 0x03
COM1 = 0x04
BAVE = 0x05
GBAVE = 0x06
AECHH = 0x07
RAVE = 0x08
COM2 = 0x09
PID = 0x0A
VER = 0x0B
COM3 = 0x0C
AECH = 0x10
CLKRC = 0x11
COM7 = 0x12
COM8 = 0x13
COM9 = 0x14
COM10 = 0x15
HSTART = 0x17
HSTOP = 0x18
VSTART = 0x19
VSTOP = 0x1A
MIDH = 0x1C
MIDL = 0x1D
MVFP = 0x1E
AEW = 0x24
AEB = 0x25
EXHCH = 0x2A
EXHCL = 0x2B
ADVFL = 0x2D
ADVFH = 0x2E
YAVE = 0x2F
HREF = 0x32
TSLB = 0x3A
COM11 = 0x3B
COM13 = 0x3D
COM14 = 0x3E
COM15 = 0x40
COM16 = 0x41
COM17 = 0x42
REG4B = 0x4B
MTX1 = 0x4F
BRIGHT = 0x55
CONTRAS = 0x56
CONTRAS_CENTER = 0x57
MTXS = 0x58
LCC1 = 0x62
LCC2 = 0x63
LCC3 = 0x64
LCC4 = 0x65
LCC5 = 0x66
MANU = 0x67
MANV = 0x68
GFIX = 0x69
GGAIN = 0x6A
DBLV = 0x6B
SCALING_XSC = 0x70
SCALING_YSC = 0x71
SCALING_DCWCTR = 0x72
REG74 = 0x74
SLOP = 0x7A
GAM1 = 0x7B
RGB444 = 0x8C
DM_LNL = 0x92
DM_LNH = 0x93
LCC6 = 0x94
LCC7 = 0x95
BD50ST = 0x9D
BD60ST = 0x9E
HAECC7 = 0xAA

# Bit masks.
VREF_GAIN_HIGH = 0xC0  # gain bits 9:8
COM1_AEC_LOW = 0x03  # exposure bits 1:0
COM2_SOFT_SLEEP = 0x10
COM3_SWAP = 0x40  # the two bytes of a pixel change places
COM3_SCALE_ENABLE = 0x08  # the zoom of SCALING_XSC/YSC
COM3_DCW_ENABLE = 0x04  # the 1:2, 1:4, 1:8 averaging of SCALING_DCWCTR
AECHH_MASK = 0x3F  # exposure bits 15:10
CLKRC_EXTERNAL = 0x40  # no prescaler
CLKRC_PRESCALE = 0x3F  # internal clock = input clock / (value + 1)
COM7_RESET = 0x80
COM7_CIF = 0x20
COM7_QVGA = 0x10
COM7_QCIF = 0x08
COM7_RGB = 0x04
COM7_COLOUR_BAR = 0x02
COM7_BAYER = 0x01  # raw alone, processed together with COM7_RGB
COM8_BANDING = 0x20
COM8_AGC = 0x04
COM8_AWB = 0x02
COM8_AEC = 0x01
COM9_CEILING = 0x70  # largest automatic gain: 2x, 4x ... 128x
COM10_VSYNC_NEGATIVE = 0x02
MVFP_MIRROR = 0x20
MVFP_VFLIP = 0x10
TSLB_NEGATIVE = 0x20
TSLB_FIXED_UV = 0x10  # U and V from MANU and MANV
TSLB_UV_FIRST = 0x08  # with COM13_UV_SWAP: 00 YUYV, 01 YVYU, 10 UYVY, 11 VYUY
TSLB_AUTO_WINDOW = 0x01
COM11_NIGHT = 0x80
COM11_BAND_50 = 0x08  # banding filter of BD50ST, not of BD60ST
COM11_NIGHT_RATE = 0x60  # 00 same, 01 half, 10 quarter, 11 eighth of the frame rate
COM13_GAMMA = 0x80
COM13_UV_SWAP = 0x01
COM14_SCALE_PCLK = 0x10
COM14_MANUAL_SCALING = 0x08
COM14_PCLK_DIVIDER = 0x07  # pixel clock / 2**value, up to 16
COM15_RANGE = 0xC0  # 0x: 10 to F0, 10: 01 to FE, 11: 00 to FF
COM15_RGB_MODE = 0x30  # x0 GRB 4:2:2, 01 RGB565, 11 RGB555
COM15_RGB565 = 0x10
COM15_RGB555 = 0x30
COM16_AWB_GAIN = 0x08  # BLUE and RED have effect
COM17_COLOUR_BAR = 0x08
REG4B_UV_AVERAGE = 0x01
LCC5_SEPARATE = 0x04  # R and B have coefficients of their own
LCC5_ENABLE = 0x01
REG74_MANUAL = 0x10  # digital gain from bits 1:0, not from VREF[7:6]
REG74_GAIN = 0x03  # bypass, x1, x2, x4
DBLV_PLL = 0xC0  # bypass, x4, x6, x8
SCALING_TEST_PATTERN = 0x80  # XSC: bit 0, YSC: bit 1 of the pattern number
SCALING_FACTOR = 0x7F  # 0x20 is 1:1, 0x40 is 1:2
RGB444_ENABLE = 0x02
RGB444_RGBX = 0x01  # 0: xR GB, 1: RG Bx
HAECC7_HISTOGRAM = 0x80  # 0: average-based, 1: histogram-based exposure control

_TABLE: tuple[tuple[str, int, int, str], ...] = (
    ("GAIN", 0x00, 0x00, "AGC gain, bits 7:0"),
    ("BLUE", 0x01, 0x80, "white balance gain, blue channel; 0x80 is 1.0"),
    ("RED", 0x02, 0x80, "white balance gain, red channel; 0x80 is 1.0"),
    ("VREF", 0x03, 0x00, "gain 9:8, low bits of VSTOP and VSTART"),
    ("COM1", 0x04, 0x00, "CCIR656 format, exposure bits 1:0"),
    ("BAVE", 0x05, 0x00, "average level of U or B, measured"),
    ("GbAVE", 0x06, 0x00, "average level of Y or Gb, measured"),
    ("AECHH", 0x07, 0x00, "exposure bits 15:10"),
    ("RAVE", 0x08, 0x00, "average level of V or R, measured"),
    ("COM2", 0x09, 0x01, "soft sleep, output drive"),
    ("PID", 0x0A, 0x76, "product id, high byte (read only)"),
    ("VER", 0x0B, 0x73, "product id, low byte (read only)"),
    ("COM3", 0x0C, 0x00, "byte swap, tri-state, scaler and DCW enable"),
    ("COM4", 0x0D, 0x00, "averaging window of the exposure control"),
    ("COM5", 0x0E, 0x01, "reserved"),
    ("COM6", 0x0F, 0x43, "optical black rows, timing reset on format change"),
    ("AECH", 0x10, 0x40, "exposure bits 9:2"),
    ("CLKRC", 0x11, 0x80, "clock prescaler"),
    ("COM7", 0x12, 0x00, "register reset, format presets, colour bar"),
    ("COM8", 0x13, 0x8F, "automatic exposure, gain and white balance enables"),
    ("COM9", 0x14, 0x4A, "automatic gain ceiling"),
    ("COM10", 0x15, 0x00, "polarity of PCLK, HREF, VSYNC"),
    ("HSTART", 0x17, 0x11, "window: first column, bits 10:3"),
    ("HSTOP", 0x18, 0x61, "window: end column, bits 10:3"),
    ("VSTART", 0x19, 0x03, "window: first row, bits 9:2"),
    ("VSTOP", 0x1A, 0x7B, "window: end row, bits 9:2"),
    ("PSHFT", 0x1B, 0x00, "data delay against HREF, pixels"),
    ("MIDH", 0x1C, 0x7F, "manufacturer id, high byte (read only)"),
    ("MIDL", 0x1D, 0xA2, "manufacturer id, low byte (read only)"),
    ("MVFP", 0x1E, 0x01, "mirror, vertical flip, black sun"),
    ("LAEC", 0x1F, 0x00, "reserved"),
    ("ADCCTR0", 0x20, 0x04, "ADC range and reference"),
    ("ADCCTR1", 0x21, 0x02, "reserved"),
    ("ADCCTR2", 0x22, 0x01, "reserved"),
    ("ADCCTR3", 0x23, 0x00, "reserved"),
    ("AEW", 0x24, 0x75, "exposure control: upper end of the stable region"),
    ("AEB", 0x25, 0x63, "exposure control: lower end of the stable region"),
    ("VPT", 0x26, 0xD4, "exposure control: fast region"),
    ("BBIAS", 0x27, 0x80, "bias of the B channel"),
    ("GbBIAS", 0x28, 0x80, "bias of the Gb channel"),
    ("EXHCH", 0x2A, 0x00, "dummy pixels in a line, bits 11:8 (in 7:4)"),
    ("EXHCL", 0x2B, 0x00, "dummy pixels in a line, bits 7:0"),
    ("RBIAS", 0x2C, 0x80, "bias of the R channel"),
    ("ADVFL", 0x2D, 0x00, "dummy lines in a frame, bits 7:0"),
    ("ADVFH", 0x2E, 0x00, "dummy lines in a frame, bits 15:8"),
    ("YAVE", 0x2F, 0x00, "average level of Y or G, measured"),
    ("HSYST", 0x30, 0x08, "HSYNC rising edge delay"),
    ("HSYEN", 0x31, 0x30, "HSYNC falling edge delay"),
    ("HREF", 0x32, 0x80, "edge offset, low bits of HSTOP and HSTART"),
    ("CHLF", 0x33, 0x08, "array current"),
    ("ARBLM", 0x34, 0x11, "array reference"),
    ("ADC", 0x37, 0x3F, "ADC control"),
    ("ACOM", 0x38, 0x01, "ADC and analogue common mode"),
    ("OFON", 0x39, 0x00, "ADC offset"),
    ("TSLB", 0x3A, 0x0D, "negative, fixed UV, YUV order, automatic window"),
    ("COM11", 0x3B, 0x00, "night mode, banding filter"),
    ("COM12", 0x3C, 0x68, "HREF while VSYNC is low"),
    ("COM13", 0x3D, 0x88, "gamma, UV saturation, UV swap"),
    ("COM14", 0x3E, 0x00, "scaled pixel clock, manual scaling, pixel clock divider"),
    ("EDGE", 0x3F, 0x00, "edge enhancement"),
    ("COM15", 0x40, 0xC0, "output range, RGB565 or RGB555"),
    ("COM16", 0x41, 0x08, "denoise, white balance gain enable"),
    ("COM17", 0x42, 0x00, "exposure window, DSP colour bar"),
    ("AWBC1", 0x43, 0x14, "white balance, reserved"),
    ("AWBC2", 0x44, 0xF0, "white balance, reserved"),
    ("AWBC3", 0x45, 0x45, "white balance, reserved"),
    ("AWBC4", 0x46, 0x61, "white balance, reserved"),
    ("AWBC5", 0x47, 0x51, "white balance, reserved"),
    ("AWBC6", 0x48, 0x79, "white balance, reserved"),
    ("REG4B", 0x4B, 0x00, "average U and V over two pixels"),
    ("DNSTH", 0x4C, 0x00, "denoise strength"),
    ("MTX1", 0x4F, 0x40, "colour matrix 1"),
    ("MTX2", 0x50, 0x34, "colour matrix 2"),
    ("MTX3", 0x51, 0x0C, "colour matrix 3"),
    ("MTX4", 0x52, 0x17, "colour matrix 4"),
    ("MTX5", 0x53, 0x29, "colour matrix 5"),
    ("MTX6", 0x54, 0x40, "colour matrix 6"),
    ("BRIGHT", 0x55, 0x00, "brightness: bit 7 sign, bits 6:0 amount"),
    ("CONTRAS", 0x56, 0x40, "contrast; 0x40 is 1.0"),
    ("CONTRAS_CENTER", 0x57, 0x80, "level that contrast leaves alone"),
    ("MTXS", 0x58, 0x1E, "colour matrix signs"),
    ("LCC1", 0x62, 0x00, "lens correction, column of the centre"),
    ("LCC2", 0x63, 0x00, "lens correction, row of the centre"),
    ("LCC3", 0x64, 0x50, "lens correction, G coefficient"),
    ("LCC4", 0x65, 0x30, "lens correction, radius"),
    ("LCC5", 0x66, 0x00, "lens correction enable"),
    ("MANU", 0x67, 0x80, "fixed U"),
    ("MANV", 0x68, 0x80, "fixed V"),
    ("GFIX", 0x69, 0x00, "fixed channel gains"),
    ("GGAIN", 0x6A, 0x00, "white balance gain, green channel"),
    ("DBLV", 0x6B, 0x0A, "PLL: bypass, x4, x6, x8"),
    ("AWBCTR3", 0x6C, 0x02, "white balance control 3"),
    ("AWBCTR2", 0x6D, 0x55, "white balance control 2"),
    ("AWBCTR1", 0x6E, 0xC0, "white balance control 1"),
    ("AWBCTR0", 0x6F, 0x9A, "white balance control 0"),
    ("SCALING_XSC", 0x70, 0x3A, "test pattern bit 0, horizontal scale"),
    ("SCALING_YSC", 0x71, 0x35, "test pattern bit 1, vertical scale"),
    ("SCALING_DCWCTR", 0x72, 0x11, "vertical (5:4) and horizontal (1:0) averaging, 2**value"),
    ("SCALING_PCLK_DIV", 0x73, 0x00, "clock divider of the scaler"),
    ("REG74", 0x74, 0x00, "digital gain"),
    ("REG75", 0x75, 0x0F, "edge enhancement, lower limit"),
    ("REG76", 0x76, 0x01, "pixel correction, edge enhancement upper limit"),
    ("REG77", 0x77, 0x10, "denoise offset"),
    ("SLOP", 0x7A, 0x24, "gamma: slope of the last segment"),
    *(
        (f"GAM{i + 1}", 0x7B + i, value, f"gamma: output at the end of segment {i + 1}")
        for i, value in enumerate(
            bytes.fromhex("04 07 10 28 36 44 52 60 6C 78 8C 9E BB D2 E5".replace(" ", ""))
        )
    ),
    ("RGB444", 0x8C, 0x00, "RGB444 enable and word order"),
    ("DM_LNL", 0x92, 0x00, "dummy lines, bits 7:0"),
    ("DM_LNH", 0x93, 0x00, "dummy lines, bits 15:8"),
    ("LCC6", 0x94, 0x50, "lens correction, B coefficient"),
    ("LCC7", 0x95, 0x50, "lens correction, R coefficient"),
    ("BD50ST", 0x9D, 0x99, "50 Hz banding filter"),
    ("BD60ST", 0x9E, 0x7F, "60 Hz banding filter"),
    ("HAECC1", 0x9F, 0xC0, "histogram exposure control 1"),
    ("HAECC2", 0xA0, 0x90, "histogram exposure control 2"),
    ("DSPC3", 0xA1, 0x03, "DSP control 3"),
    ("SCALING_PCLK_DELAY", 0xA2, 0x02, "delay of the scaled pixel clock"),
    ("NT_CTRL", 0xA4, 0x00, "automatic frame rate"),
    ("BD50MAX", 0xA5, 0x0F, "50 Hz banding steps"),
    ("HAECC3", 0xA6, 0xF0, "histogram exposure control 3"),
    ("HAECC4", 0xA7, 0xC1, "histogram exposure control 4"),
    ("HAECC5", 0xA8, 0xF0, "histogram exposure control 5"),
    ("HAECC6", 0xA9, 0xC1, "histogram exposure control 6"),
    ("HAECC7", 0xAA, 0x14, "average- or histogram-based exposure control"),
    ("BD60MAX", 0xAB, 0x0F, "60 Hz banding steps"),
    ("STR_OPT", 0xAC, 0x00, "strobe"),
    ("STR_R", 0xAD, 0x80, "strobe gain, red"),
    ("STR_G", 0xAE, 0x80, "strobe gain, green"),
    ("STR_B", 0xAF, 0x80, "strobe gain, blue"),
    ("ABLC1", 0xB1, 0x00, "black level calibration enable"),
    ("THL_ST", 0xB3, 0x80, "black level target"),
    ("THL_DLT", 0xB5, 0x04, "black level stable range"),
    ("AD_CHB", 0xBE, 0x00, "black level of blue"),
    ("AD_CHR", 0xBF, 0x00, "black level of red"),
    ("AD_CHGb", 0xC0, 0x00, "black level of Gb"),
    ("AD_CHGr", 0xC1, 0x00, "black level of Gr"),
    ("SATCTR", 0xC9, 0xC0, "saturation"),
)

READ_ONLY: frozenset[int] = frozenset({PID, VER, MIDH, MIDL})

REGISTERS: dict[int, Register] = {
    address: Register(name, address, reset, meaning, address not in READ_ONLY)
    for name, address, reset, meaning in _TABLE
}
"""Every documented register by its address."""


def reset_values() -> bytearray:
    """All 256 bytes as they stand after power-up or a COM7 reset (undocumented ones are 0)."""
    values = bytearray(256)
    for register in REGISTERS.values():
        values[register.address] = register.reset
    return values
