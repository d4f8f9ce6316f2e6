# SPDX-License-Identifier: ISC
"""Bytes that would drive a terminal or forge a line, and how they must be shown instead."""
import unicodedata

EVERY_BYTE = bytes(range(256))
BELL, ESC = b"\x07", b"\x1b"
HOSTILE = {
    "every byte": EVERY_BYTE,
    "every byte, backwards": EVERY_BYTE[::-1],
    "OSC 52, which writes the clipboard": ESC + b"]52;c;cm0gLXJmIC8=" + BELL,
    "OSC 0, which sets the title": ESC + b"]0;owned" + ESC + b"\\",
    "CSI, which clears the screen": b"before" + ESC + b"[2J" + ESC + b"[Hafter",
    "CSI 21 t, which makes the terminal type": ESC + b"[21t",
    "DCS": ESC + b"P+q544e" + ESC + b"\\",
    "C1 as bytes": bytes(range(0x80, 0xA0)) + b"31m",
    "C1 in UTF-8": b"".join(b"\xc2" + bytes([c]) for c in range(0x80, 0xA0)) + b"31m",
    "C0 but newline and tab": bytes(c for c in range(32) if c not in b"\n\t") + b"\x7f",
    "carriage returns, which hide text": b"evil\rgood\r\n",
    "backspaces": b"rm -rf /\b\b\b\b\b\b\b\bls      ",
    "only a NUL": b"\0",
    "only an ESC": ESC,
    "overlong forms": b"\xc0\x80\xc1\xbf\xe0\x80\x80\xe0\x9f\xbf\xf0\x80\x80\x80\xf0\x8f\xbf\xbf",
    "surrogates": b"\xed\xa0\x80\xed\xbf\xbf",
    "past the last character": b"\xf4\x90\x80\x80\xf5\x80\x80\x80\xf8\x88\x80\x80\x80",
    "characters cut short": b"\xc3 \xe2\x82 \xf0\x9f\x98 \xe2",
    "an escape after a character cut short": b"\xe2\x82" + ESC + b"[31m" + b"\xf0\x9f" + b"\xc2\x9b31m",
    "C1 cut in two by the end": b"text\xc2",
}


def _is_raw(character):
    """Whether it is a control character but newline and tab, or stands for a byte that is no UTF-8."""
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"


def _characters(data):
    return data.decode("utf-8", "surrogateescape")


def count_raw(data):
    """How many of them are in these bytes."""
    return sum(map(_is_raw, _characters(data)))


def is_harmless(data):
    return count_raw(data) == 0


def _hex(character):
    return "".join(rf"\x{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))


def escaped(data):
    """The same as text in which nothing is raw, as Python understands UTF-8."""
    return "".join(_hex(character) if _is_raw(character) else character for character in _characters(data))


def on_terminal(data):
    """How a terminal gets it: as whole lines, which may have ended in CR LF, though the LF was cut off."""
    lines = data + b"\n" if data.endswith(b"\r") else data
    text = escaped(lines.replace(b"\r\n", b"\n")).encode()
    return text if text.endswith(b"\n") else text + b"\n"


def in_line(data):
    """How it stands in a line of a log, which has but one end."""
    return escaped(data).replace("\n", r"\x0A").replace("\t", r"\x09")
