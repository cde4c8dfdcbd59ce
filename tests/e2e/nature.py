# SPDX-License-Identifier: Apache-2.0
"""What servers do to what they are given: one table, (server, kind of change), for the tests.

A kind says how Godwit's report tells it, and what the server really does: `becomes` makes of
the source's octets what the destination then holds.  docs/fidelity.md has the same rows for
people.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass


def _header_end(octets: bytes) -> int:
    """Where the header ends: behind the first line that holds nothing but CR."""
    line = re.search(rb'^\r*\n', octets, re.M)
    return line.end() if line else len(octets)


def _eight_bit(octets: bytes) -> bytes:
    end = _header_end(octets)
    return re.sub(rb'[\x80-\xff]', b'X', octets[:end]) + octets[end:]


@dataclass(frozen=True)
class Kind:
    """One kind of change to a message's octets."""
    told: str                                   # in the event "changed" of the report
    becomes: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Nature:
    """What one server does as a destination."""
    changes: tuple[Kind, ...] = ()              # in the order in which they are applied
    refuses: tuple[str, ...] = ()               # reasons, as the report quotes them
    keywords: str = '(?!)'                      # a pattern of those that it refuses
    # A date that it does not keep, of the source's instant.
    loses_date: Callable[[int], bool] = lambda seconds: False
    date_told: str = ''
    names: str = '(?!)'                         # a pattern of folder names that it refuses
    has_special_use: bool = True
    makes_parents: bool = False                 # as folders of their own


BARE_LF = Kind('line ends without CR became CRLF',
               lambda octets: re.sub(rb'(?<!\r)\n', b'\r\n', octets))
NUL = Kind('NUL octets became 0x80', lambda octets: octets.replace(b'\0', b'\x80'))
CR_BEFORE_CRLF = Kind('a CR before a line end or at the end was dropped',
                      lambda octets: re.sub(rb'\r(?=\r\n|\Z)', b'', octets))
BARE_CR = Kind('CR without LF was removed', lambda octets: re.sub(rb'\r(?!\n)', b'', octets))
FINAL_CRLF = Kind('a line end was added at the end',
                  lambda octets: octets if octets.endswith(b'\n') else octets + b'\r\n')
HEADER_8BIT = Kind('8-bit octets in the header became X', _eight_bit)

ZERO_TOLD = 'its date is the first second of 1970 and became the time of copying'
DOVECOT = Nature(
    (NUL, BARE_LF, CR_BEFORE_CRLF), ("Can't save a zero byte message",),
    loses_date=lambda seconds: seconds > time.time() + 7_200,
    date_told='its date lies in the future and became the time of copying')
NATURES = {
    'maildir': DOVECOT, 'mdbox': DOVECOT, 'sdbox': DOVECOT,
    'cyrus': Nature(
        (HEADER_8BIT,),
        ('Zero-length message literal', 'Message contains invalid header',
         'Message contains NUL characters', 'Message contains bare newlines'),
        loses_date=lambda seconds: seconds == 0, date_told=ZERO_TOLD,
        names=r'.*["\\%{].*', makes_parents=True),
    'courier': Nature(
        (BARE_LF, BARE_CR, FINAL_CRLF), (), r'.*[][{}~].*|\d+|NIL',
        loses_date=lambda seconds: seconds == 0, date_told=ZERO_TOLD,
        names='.*[\U00010000-\U0010ffff].*', has_special_use=False),
}
