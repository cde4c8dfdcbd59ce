# SPDX-License-Identifier: Apache-2.0
"""The pieces that the corpora are made of: messages, ordinary and ugly, all deterministic."""

from __future__ import annotations

import base64
import random
import time
from dataclasses import dataclass, field
from email.header import Header
from email.utils import formatdate

MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


@dataclass(frozen=True)
class Message:
    """One message as it is appended; zero octets mean: only as a file, no APPEND takes it."""
    octets: bytes
    flags: tuple[str, ...] = ()
    date: str = '01-Mar-2021 09:00:00 +0000'


@dataclass
class Folder:
    """A folder by its name, in UTF-8 with '/' between its parts."""
    name: str
    messages: list[Message] = field(default_factory=list)
    subscribed: bool = True


def internal_date(epoch: int, zone_minutes: int = 0) -> str:
    """An instant as INTERNALDATE writes it, shown in a zone."""
    t = time.gmtime(epoch + 60 * zone_minutes)
    sign, minutes = ('-' if zone_minutes < 0 else '+'), abs(zone_minutes)
    return (f'{t.tm_mday:02}-{MONTHS[t.tm_mon - 1]}-{t.tm_year} '
            f'{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} '
            f'{sign}{minutes // 60:02}{minutes % 60:02}')


def crlf(text: str) -> bytes:
    """Text with the line ends that IMAP carries."""
    return text.replace('\n', '\r\n').encode()


def encoded(text: str) -> str:
    """A header value as RFC 2047 wants it."""
    return text if text.isascii() else Header(text, 'utf-8', maxlinelen=72).encode()


def simple(number: int, text: str = 'Nothing special.', epoch: int = 1_600_000_000) -> bytes:
    """A small well-formed message, different for every number."""
    return crlf(f'From: Anna <anna@old.example>\nTo: Bert <bert@new.example>\n'
                f'Subject: Message {number}\nDate: {formatdate(epoch + number)}\n'
                f'Message-ID: <{number}.godwit@old.example>\n\n{text}\nNumber {number}.\n')


def attachment(random_: random.Random, number: int, subject: str, text: str, size: int,
               epoch: int) -> bytes:
    """A multipart message that carries octets in base64."""
    blob = base64.encodebytes(random_.randbytes(size)).decode()
    return crlf(f'From: anna@old.example\nTo: bert@new.example\nSubject: {encoded(subject)}\n'
                f'Date: {formatdate(epoch)}\nMessage-ID: <{number}.part@old.example>\n'
                'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_b"\n\n'
                '--=_b\nContent-Type: text/plain; charset=utf-8\n'
                'Content-Transfer-Encoding: 8bit\n\n'
                f'{text}\n--=_b\nContent-Type: application/octet-stream; name="scan.pdf"\n'
                'Content-Transfer-Encoding: base64\n'
                f'Content-Disposition: attachment; filename="scan.pdf"\n\n{blob}--=_b--\n')


def megabytes(random_: random.Random, number: int, size_mb: int) -> bytes:
    """One large message of about that many MB."""
    return attachment(random_, number, f'{size_mb} MB', 'See attached.',
                      size_mb * 1_000_000 * 3 // 4, 1_600_000_000)


def shapes() -> list[bytes]:
    """Every shape of message that makes a mail program stumble and that APPEND stores as is."""
    date = 'Date: Mon, 01 Mar 2021 09:00:00 +0000\r\n'
    return [text if isinstance(text, bytes) else text.encode() for text in (
        'x',
        '\r\n',
        'Subject: header only, and no empty line\r\n',
        'Subject: header only, with the empty line\r\nFrom: a@b.example\r\n\r\n',
        'Subject: not even a line end',
        '\r\nBody only: it starts with the empty line.\r\n',
        '\r\n\r\n\r\nBody only, after three of them.\r\n',
        'Just a sentence, which is no header at all.\r\n',
        f'From: a@b.example\r\nSubject: no Message-ID\r\n{date}\r\nText.\r\n',
        'From: a@b.example\r\nSubject: no Date\r\nMessage-ID: <nodate@x>\r\n\r\nText.\r\n',
        'From: a@b.example\r\nSubject: neither\r\n\r\nText.\r\n',
        f'Message-ID: <nofinal@x>\r\n{date}\r\nThe last line has no end',
        f'Message-ID: <>\r\n{date}Subject: empty Message-ID\r\n\r\nText.\r\n',
        f'Message-ID:\r\n <folded@x>\r\n{date}Subject: folded\r\n\tagain\r\n\r\nText.\r\n',
        f'MESSAGE-id: <twice@x>\r\nMessage-Id: <twice-b@x>\r\n{date}\r\nTwo of them.\r\n',
        'Subject: Grüße ohne Kodierung\r\nMessage-ID: <utf8@x>\r\n\r\nText.\r\n',
        b'Subject: Gr\xfc\xdfe in Latin-1\r\nMessage-ID: <latin1@x>\r\n\r\nB\xf6dy.\r\n',
        b'Subject: Gr\xfc\xdfe, and neither an empty line nor a body\r\n',
        b'X-Bytes: ' + bytes(b for b in range(128, 256)) + b'\r\n\r\nheaders of all octets\r\n',
        b'Message-ID: <octets@x>\r\n\r\n' + bytes(b for b in range(1, 256) if b not in b'\r\n')
        + b'\r\n',
        b'Message-ID: <barecr@x>\r\n\r\nA bare \r in the middle,\rand one more.\r\n',
        b'Subject: a bare \r in a header\r\nMessage-ID: <barecr2@x>\r\n\r\nText.\r\n',
        'Message-ID: <longline@x>\r\n\r\n' + 'long ' * 20_000 + '\r\n',
        'Message-ID: <longheader@x>\r\nX-Long: ' + 'y' * 100_000 + '\r\n\r\nText.\r\n',
        'Message-ID: <manyheaders@x>\r\n' + ''.join(
            f'X-Number-{n}: {n}\r\n' for n in range(2_000)) + '\r\nText.\r\n',
        'From anna Mon Mar  1 09:00:00 2021\r\nMessage-ID: <mbox@x>\r\n\r\nFrom me.\r\n',
        '>From anna\r\nMessage-ID: <mbox2@x>\r\n\r\n>From me.\r\n',
        'Subject : space before the colon\r\nMessage-ID: <space@x>\r\n\r\nText.\r\n',
        ': no name\r\nMessage-ID: <noname@x>\r\n\r\nText.\r\n',
        'Status: RO\r\nX-Status: D\r\nX-UID: 5\r\nContent-Length: 3\r\n\r\nnot three\r\n',
        'X-TUID: abcdefghijkl\r\nMessage-ID: <tuid@x>\r\n\r\nIts own X-TUID.\r\n',
        'Content-Type: message/rfc822\r\n\r\n' * 60 + 'Subject: deep\r\n\r\nText.\r\n',
        'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nnever closed\r\n',
        '.\r\n..\r\n.leading dots\r\n',
    )]


def commands() -> list[bytes]:
    """Bodies full of IMAP: each line would do harm if it were taken for a command."""
    lines = (')\r\n', '* 5 EXPUNGE\r\n', 'a1 OK done\r\n', 'k1 CREATE hit\r\n',
             'k1 CREATE "hit"\r\n', 'k2 DELETE INBOX\r\n', '+ go on\r\n', '{5}\r\n', '{5+}\r\n',
             'text {5}\r\n', 'text {4096+}\r\n', '"quoted"\r\n', '"open\r\n',
             '"a\\"b\\\\c"\r\n',
             'A0001 LOGOUT\r\n', '* BYE\r\n', '\\Seen \\Deleted)\r\n', 'DONE\r\n', '~{3}\r\n',
             ' UID 7 BODY[] {3}\r\nabc)\r\n', 'G1 APPEND hit {310}\r\n', '* OK [CLOSED]\r\n')
    bodies = [f'Message-ID: <cmd{n}@x>\r\n\r\n{line}'.encode() for n, line in enumerate(lines)]
    everything = ''.join(lines)
    return bodies + [everything.encode(), f'\r\n{everything * 20}'.encode(),
                     'k1 CREATE hit'.encode(), b'k1 CREATE hit\r\n',
                     f'Subject: {lines[0]}{lines[3]}\r\n{lines[3]}'.encode(),
                     b'Subject: it ends in a literal {17}']


def keywords() -> list[tuple[str, ...]]:
    """Keywords of every octet that an RFC 3501 atom may hold, `]` apart; well-known ones."""
    odd = "!#$&'+,-./:;<=>?@[^_`|}~"
    sets = [(f'k{char}k',) for char in odd] + [(f'{char}',) for char in odd if char not in '[}']
    return sets + [
        ('$Forwarded',), ('$MDNSent', '$Forwarded'), ('$Junk',), ('NonJunk', '$NotJunk'),
        ('$label1', '$label2', '$label3'), ("a!b#c&d'e",), ('L' * 200,), ('0',), ('NIL',),
        ('12345',), ('OK',), ('Projekt/Alpha', 'Projekt.Beta'), ('=?utf-8?Q?=C3=BC?=',)]


def dates(now: int) -> list[str]:
    """INTERNALDATEs that are easily lost; the last one lies an hour ahead."""
    zones = (-690, -660, -570, -300, -210, -1, 0, 1, 60, 120, 330, 345, 525, 765, 840)
    return (['01-Jan-1970 01:00:00 +0000', '01-Jan-1970 12:00:00 +1100',
             '02-Jan-1970 00:00:01 +0000', ' 9-Sep-2001 01:46:40 +0000',
             '29-Feb-1972 12:00:00 +0000', '29-Feb-2000 23:59:59 -1130',
             '29-Feb-2020 00:00:00 +1400', '31-Dec-1979 23:59:59 +0000',
             '19-Jan-2001 03:14:07 +0000', '31-Mar-2019 02:30:00 +0100',
             '27-Oct-2019 02:30:00 +0200', '27-Oct-2019 02:30:00 +0100']
            + [internal_date(1_583_000_000, zone) for zone in zones]
            + [internal_date(now + 3_600)])
