# SPDX-License-Identifier: Apache-2.0
"""The mailbox that is moved: small, of the nasty corpus, and with large messages.

It holds what each of the servers stores octet by octet, so that a copy is right only when it
is exact: identical messages, ones without any header, bodies full of IMAP.
"""

from __future__ import annotations

import functools
import random
from email.utils import formatdate

import messages
import nature
from messages import Folder, Message, internal_date

FLAGS = ((), ('\\Seen',), ('\\Seen', '\\Answered'), ('\\Flagged',), ('\\Seen', '$Forwarded'))
LARGE_OCTETS = (270_000, 400_000, 600_000)
# No header, and Cyrus says so.
NO_HEADER = (b'Subject : ', b': no name', b'>From', b'Just a sentence')


def _kept_everywhere(octets: bytes) -> bool:
    """Whether every server takes it and gives back the same octets."""
    kinds = [kind for server in nature.NATURES.values() for kind in server.changes]
    return (all(kind.becomes(octets) == octets for kind in kinds)
            and b'\0' not in octets and not octets.startswith(NO_HEADER)
            and (octets.startswith(b'\r\n') or b'\r\n\r\n' in octets))


def _messages(texts: list[bytes]) -> list[Message]:
    """Each with flags and an instant of its own."""
    return [Message(octets, FLAGS[n % len(FLAGS)], internal_date(1_400_000_000 + n * 86_413))
            for n, octets in enumerate(filter(_kept_everywhere, texts))]


def _headless(number: int) -> bytes:
    return f'\r\nNo header at all, number {number}.\r\n'.encode()


def _drafts() -> list[bytes]:
    """Ones that only their bodies tell apart, in groups whose headers and sizes are equal."""
    head = (f'From: anna@old.example\nSubject: Draft\nDate: {formatdate(1_600_000_000)}\n\n')
    return [messages.crlf(f'{head}Version {n}, of many.\n') for n in range(6)]


def _large(number: int, octets: int) -> bytes:
    return messages.attachment(random.Random(number), number, 'A scan', 'See attached.',
                               octets * 3 // 4, 1_600_000_000 + number)


TWIN = Message(messages.simple(7_000), ('\\Seen',))
LONELY = Message(_headless(0))


@functools.cache
def folders() -> list[Folder]:
    """Some 110 messages of 2 MB in seven folders, one of them empty."""
    return [
        Folder('INBOX', _messages([messages.simple(n) for n in range(40)])),
        Folder('Twins', [TWIN] * 4 + [LONELY] * 4 + _messages(_drafts())
               + [Message(_drafts()[0])] * 2),
        Folder('Headless', _messages([_headless(n) for n in range(10, 22)])),
        Folder('Large', _messages([_large(n, octets) for n, octets in enumerate(LARGE_OCTETS)])
               + [Message(_large(9, 300_000))] * 2),
        Folder('Letters', _messages(messages.shapes())),
        Folder('Letters/Commands', _messages(messages.commands()[:20])),
        Folder('Empty'),
    ]


def arrivals(number: int) -> list[Folder]:
    """What comes to the source later; some of it is identical to what is there."""
    first = 100 * number
    return [
        Folder('INBOX', _messages([messages.simple(first + n) for n in range(8)])),
        Folder('Twins', [TWIN, LONELY, LONELY, Message(_drafts()[0])]),
        Folder('Headless', _messages([_headless(first + n) for n in range(4)])),
        Folder('Large', [Message(_large(first, 350_000))]),
        Folder('Empty', _messages([messages.simple(first + n) for n in range(50, 54)])),
    ]
