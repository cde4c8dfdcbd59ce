#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares two mailboxes over IMAP, message by message, and shares no code with Godwit.

A message is its SHA-256, its flags without \\Recent, and the instant of its INTERNALDATE; per
folder the two multisets must be equal.  So must the folders (a needless parent is a
difference), their special use and the subscriptions.  What the report of a copy lists as
refused is expected to be missing, nothing else.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import calendar
import hashlib
import imaplib
import json
import re
import ssl
import sys
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

SPECIAL = ('\\all', '\\archive', '\\drafts', '\\flagged', '\\junk', '\\sent', '\\trash')
MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()
WINDOW_BYTES = 16_000_000
WINDOW_MESSAGES = 2_000
LIST = re.compile(rb'\(([^)]*)\) (?:"((?:\\.|[^"\\])*)"|NIL) (.*)', re.DOTALL)
imaplib._MAXLINE = 100_000_000          # a folder's whole SEARCH reply may be one line


@dataclass
class Folder:
    """One folder: its messages as (uid, digest, flags, instant), and what LIST says of it."""
    messages: list[tuple[int, str, tuple[str, ...], int]] = field(default_factory=list)
    special: tuple[str, ...] = ()
    octets: int = 0
    texts: dict[str, bytes] = field(default_factory=dict)   # by digest, when they are kept


@dataclass
class Mailbox:
    """All that one login sees, by folder names in UTF-8 with '/' and without a prefix."""
    folders: dict[str, Folder] = field(default_factory=dict)
    containers: set[str] = field(default_factory=set)       # \\Noselect: not real folders
    subscribed: set[str] = field(default_factory=set)

    def totals(self) -> tuple[int, int, int]:
        """Folders, messages, octets."""
        return (len(self.folders), sum(len(f.messages) for f in self.folders.values()),
                sum(f.octets for f in self.folders.values()))


def encode_utf7(text: str) -> str:
    """A folder's name in IMAP's modified UTF-7."""
    def run(match: re.Match) -> str:
        if match[0] == '&':
            return '&-'
        octets = match[0].encode('utf-16-be')
        return '&' + base64.b64encode(octets).decode().rstrip('=').replace('/', ',') + '-'
    return re.sub(r'&|[^\x20-\x7e]+', run, text)


def decode_utf7(text: str) -> str:
    """The inverse; a name that is no modified UTF-7 stays as it is."""
    def run(match: re.Match) -> str:
        if not match[1]:
            return '&'
        octets = match[1].replace(',', '/') + '=' * (-len(match[1]) % 4)
        return base64.b64decode(octets, validate=True).decode('utf-16-be')
    try:
        return re.sub(r'&([^-]*)-', run, text)
    except (binascii.Error, UnicodeDecodeError):
        return text


class Reader:
    """Reads one mailbox."""

    def __init__(self, uri: str, password: str, ca: str | None, without: str | None,
                 keeps_texts: bool = False) -> None:
        self.keeps_texts = keeps_texts
        self.without = without and re.compile(
            rb'^%s:[^\n]*\n(?:[ \t][^\n]*\n)*' % re.escape(without.encode()), re.M | re.I)
        parts = urllib.parse.urlsplit(uri)
        if parts.scheme not in ('imap', 'imaps') or not parts.hostname or not parts.username:
            raise ValueError(f'not the address of a mailbox: {uri}')
        context = ssl.create_default_context(cafile=ca)
        if parts.scheme == 'imaps':
            self.imap = imaplib.IMAP4_SSL(parts.hostname, parts.port or 993,
                                          ssl_context=context)
        else:
            self.imap = imaplib.IMAP4(parts.hostname, parts.port or 143)
            if 'STARTTLS' in self.imap.capabilities and ca:
                self.imap.starttls(context)
        self.imap.login(urllib.parse.unquote(parts.username), password)
        self.prefix, self.separator = self._namespace()

    def read(self) -> Mailbox:
        """Everything."""
        mailbox = Mailbox()
        names = {}
        for attributes, raw in self._list('LIST'):
            name = self._plain(raw)
            if '\\noselect' in attributes or '\\nonexistent' in attributes:
                mailbox.containers.add(name)
                continue
            names[name] = raw
            mailbox.folders[name] = Folder(
                special=tuple(sorted(a for a in attributes if a in SPECIAL)))
        # A parent of a subscribed folder comes as \\Noselect where it is not subscribed itself.
        mailbox.subscribed = {self._plain(raw) for attributes, raw in self._list('LSUB')
                              if '\\noselect' not in attributes}
        for name, raw in names.items():
            self._read_folder(mailbox.folders[name], raw)
        self.imap.logout()
        return mailbox

    def _read_folder(self, folder: Folder, raw: str) -> None:
        quoted = raw.replace('\\', '\\\\').replace('"', '\\"')
        kind, data = self.imap.select(f'"{quoted}"', readonly=True)
        if kind != 'OK':
            raise OSError(f'the server does not open {raw}: {data[0]!r}')
        if data[0] == b'0':
            return
        sizes = [(int(uid), int(size)) for line in self._fetch('1:*', 'UID RFC822.SIZE')
                 for uid, size in re.findall(rb'UID (\d+) RFC822.SIZE (\d+)', line)]
        for first, last in windows(sizes):
            self._read_window(folder, f'{first}:{last}')

    def _read_window(self, folder: Folder, uids: str) -> None:
        head, octets = b'', b''
        for item in self._fetch(uids, 'UID INTERNALDATE FLAGS BODY.PEEK[]'):
            if isinstance(item, tuple):
                head, octets = item
                continue
            self._add(folder, head + item, octets)
            head, octets = b'', b''

    def _add(self, folder: Folder, text: bytes, octets: bytes) -> None:
        uid = re.search(rb'\bUID (\d+)', text)
        flags = re.search(rb'FLAGS \(([^)]*)\)', text)
        date = re.search(rb'INTERNALDATE "([^"]*)"', text)
        if not (uid and flags and date):
            if b'BODY[]' in text:
                raise OSError(f'a reply that lacks its parts: {text[:200]!r}')
            return                      # news of another session: flags alone
        if self.without:
            head, empty, body = octets.partition(b'\r\n\r\n')
            octets = self.without.sub(b'', head + empty) + body
        words = {word.lower() if word.startswith('\\') else word
                 for word in flags[1].decode().split()} - {'\\recent'}
        digest = hashlib.sha256(octets).hexdigest()
        folder.messages.append((int(uid[1]), digest, tuple(sorted(words)),
                                instant(date[1].decode())))
        if self.keeps_texts:
            folder.texts[digest] = octets
        folder.octets += len(octets)

    def _fetch(self, uids: str, items: str) -> list:
        kind, data = self.imap.uid('FETCH', uids, f'({items})')
        if kind != 'OK':
            raise OSError(f'FETCH is refused: {data[0]!r}')
        return [item for item in data if item is not None]

    def _list(self, command: str) -> list[tuple[set[str], str]]:
        kind, lines = (self.imap.list if command == 'LIST' else self.imap.lsub)('""', '"*"')
        if kind != 'OK':
            raise OSError(f'{command} is refused: {lines[0]!r}')
        found = []
        for line in lines:
            if not line:
                continue
            text = line[0] if isinstance(line, tuple) else line
            match = LIST.match(text)
            if not match:
                raise OSError(f'not a reply to {command}: {text!r}')
            raw = line[1] if isinstance(line, tuple) else match[3]
            if isinstance(line, bytes) and raw.startswith(b'"'):
                raw = re.sub(rb'\\(.)', rb'\1', raw[1:-1])
            found.append(({word.lower() for word in match[1].decode().split()}, raw.decode()))
        return found

    def _namespace(self) -> tuple[str, str]:
        _, data = self.imap.namespace()
        match = re.match(rb'\(\("((?:\\.|[^"\\])*)" (?:"(.{1,2})"|NIL)', data[0] or b'')
        if not match:
            return '', '/'
        return match[1].decode(), (match[2] or b'/').decode()[-1]

    def _plain(self, raw: str) -> str:
        if raw.upper() == 'INBOX':
            return 'INBOX'
        return decode_utf7(raw.removeprefix(self.prefix)).replace(self.separator, '/')


def windows(sizes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """UID ranges of bounded size that cover all messages."""
    found, first, last, octets, count = [], 0, 0, 0, 0
    for uid, size in sizes:
        if first and (octets + size > WINDOW_BYTES or count == WINDOW_MESSAGES):
            found.append((first, last))
            first, octets, count = 0, 0, 0
        first = first or uid
        last, octets, count = uid, octets + size, count + 1
    return found + [(first, last)] if first else found


def instant(date: str) -> int:
    """Seconds since 1970 of an INTERNALDATE."""
    day, clock, zone = date.split()
    mday, month, year = day.split('-')
    hour, minute, second = map(int, clock.split(':'))
    shift = (int(zone[1:3]) * 60 + int(zone[3:])) * (-60 if zone[0] == '-' else 60)
    return calendar.timegm((int(year), MONTHS.index(month.title()) + 1, int(mday), hour,
                            minute, second)) - shift


def differences(src: Mailbox, dst: Mailbox, renamed: dict[str, str] | None = None,
                refused: list[tuple[str, int]] = (), extra: frozenset[str] = frozenset()
                ) -> list[str]:
    """Every unexpected difference as a sentence; none is an empty list.

    `renamed` maps folders of the source to their names at the destination, `refused` lists
    (folder, uid) that are expected to be missing, `extra` folders that only the destination
    has and may have.
    """
    renamed = renamed or {}
    found = []
    for name, folder in sorted(src.folders.items()):
        target = renamed.get(name, name)
        if target not in dst.folders:
            found.append(f'Folder "{target}" with its {len(folder.messages)} messages is '
                         'missing at the destination.')
            continue
        out = {uid for where, uid in refused if where == name}
        rest = [message for message in folder.messages if message[0] not in out]
        found += [f'Refused message {uid} of "{name}" is not in the source.'
                  for uid in sorted(out - {message[0] for message in folder.messages})]
        found += _messages(target, rest, dst.folders[target].messages)
        lost = set(folder.special) - set(dst.folders[target].special)
        found += [f'Folder "{target}" has lost its special use {use}.' for use in sorted(lost)]
        if (name in src.subscribed) != (target in dst.subscribed):
            found.append(f'Folder "{target}" is subscribed at one side only: the '
                         f'{"source" if name in src.subscribed else "destination"}.')
    known = {renamed.get(name, name) for name in src.folders} | extra
    found += [f'Folder "{name}" with {len(folder.messages)} messages is at the destination '
              'and not at the source.'
              for name, folder in sorted(dst.folders.items()) if name not in known]
    return found


def _messages(name: str, src: list, dst: list) -> list[str]:
    """What differs between two multisets of messages, paired as closely as can be."""
    common = Counter(m[1:] for m in src) & Counter(m[1:] for m in dst)
    left, right = _surplus(src, common), _surplus(dst, common)
    found = []
    for message in list(left):
        twin = next((other for other in right if other[1] == message[1]), None)
        if not twin:
            continue
        left.remove(message)
        right.remove(twin)
        where = f'"{name}", source UID {message[0]}, destination UID {twin[0]}:'
        if message[2] != twin[2]:
            found.append(f'{where} the flags ({" ".join(message[2])}) became '
                         f'({" ".join(twin[2])}).')
        if message[3] != twin[3]:
            found.append(f'{where} the date {shown(message[3])} became {shown(twin[3])}.')
    for message in left:
        twin = next((other for other in right if other[2:] == message[2:]), None)
        if twin:
            right.remove(twin)
            found.append(f'"{name}", source UID {message[0]}, destination UID {twin[0]}: the '
                         'octets differ.')
        else:
            found.append(f'"{name}", source UID {message[0]}: missing at the destination.')
    return found + [f'"{name}", destination UID {message[0]}: not at the source, or there '
                    'fewer times.' for message in right]


def _surplus(messages: list, common: Counter) -> list:
    """The messages beyond those that both sides have."""
    budget, rest = common.copy(), []
    for message in messages:
        if budget[message[1:]] > 0:
            budget[message[1:]] -= 1
        else:
            rest.append(message)
    return rest


def shown(seconds: int) -> str:
    """An instant for people."""
    return time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime(seconds))


def read(uri: str, password: str, ca: str | None = None, without: str | None = None,
         keeps_texts: bool = False) -> Mailbox:
    """Reads a whole mailbox; `without` names a header that does not count."""
    return Reader(uri, password, ca, without, keeps_texts).read()


def read_both(src: str, dst: str, passwords: tuple[str, str], ca: str | None = None,
              without: str | None = None) -> tuple[Mailbox, Mailbox]:
    """Reads two mailboxes at the same time."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(read, uri, password, ca, without)
                for uri, password in zip((src, dst), passwords)]
        return jobs[0].result(), jobs[1].result()


def refused_in(report: Path) -> list[tuple[str, int]]:
    """The messages that a copy's report lists as refused."""
    events = [json.loads(line) for line in report.read_text().splitlines()]
    return [(event['folder'], event['uid']) for event in events
            if event['event'] == 'refused']


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('source', help='such as imap://anna%%40old.example@localhost:143/')
    parser.add_argument('destination')
    parser.add_argument('--password-file', required=True, type=Path, help='of both sides')
    parser.add_argument('--destination-password-file', type=Path)
    parser.add_argument('--ca', help='the CA that signed the certificates')
    parser.add_argument('--without-header', metavar='NAME', help='which does not count')
    parser.add_argument('--map', action='append', default=[], metavar='OLD=NEW')
    parser.add_argument('--report', type=Path, help='of the copy: its refusals are expected')
    parser.add_argument('--limit', type=int, default=50, help='differences to print')
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args()
    files = (options.password_file, options.destination_password_file or options.password_file)
    passwords = tuple(path.read_text().split('\n', maxsplit=1)[0] for path in files)
    src, dst = read_both(options.source, options.destination, passwords, options.ca,
                         options.without_header)
    found = differences(src, dst, dict(pair.split('=', 1) for pair in options.map),
                        refused_in(options.report) if options.report else [])
    if options.json:
        print(json.dumps({'differences': found, 'source': src.totals(),
                          'destination': dst.totals()}, ensure_ascii=False))
        return 1 if found else 0
    for sentence in found[:options.limit]:
        print(sentence)
    if len(found) > options.limit:
        print(f'... and {len(found) - options.limit} more.')
    for side, mailbox in (('source', src), ('destination', dst)):
        folders, messages, octets = mailbox.totals()
        print(f'{side:12} {folders:6} folders {messages:8} messages {octets:12} octets')
    print(f'{len(found)} unexpected differences')
    return 1 if found else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (OSError, ValueError, imaplib.IMAP4.error) as error:
        sys.exit(f'compare: {error}')
