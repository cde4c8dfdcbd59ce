# SPDX-License-Identifier: Apache-2.0
"""The mailboxes of the bench, written as Maildir files; each is the same on every machine.

Sizes are spread as in real mailboxes (log-normal), most messages have flags and some have
keywords, and every message is different.  The octets are those on the wire.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

VERSION = '2'
KEYWORDS = ('$Forwarded', '$label1', 'Projekt')
HEAD = ('Return-Path: <sender{who}@old.example>\r\nMessage-ID: <{number}.bench@old.example>\r\n'
        'Date: {date}\r\nFrom: Sender {who} <sender{who}@old.example>\r\n'
        'To: anna@old.example\r\nSubject: Message number {number}\r\nMIME-Version: 1.0\r\n'
        'Content-Type: text/plain; charset=us-ascii\r\n\r\n')
TEXT_BYTES = 1_000_000


@dataclass(frozen=True)
class Corpus:
    """How many messages of which size lie in which folders."""
    name: str
    messages: int
    octets: int
    folders: int                # INBOX included
    inbox: float                # its share of the messages; the others are equal
    spread: float = 1.5         # sigma of the sizes; 0: all of one size
    huge: int = 0               # octets of one further message in INBOX

    def folder_names(self) -> list[str]:
        """INBOX first."""
        return ['INBOX', *(f'Folder {n:03}' for n in range(1, self.folders))]

    def counts(self) -> list[int]:
        """Messages per folder."""
        first = round(self.messages * self.inbox)
        if self.folders == 1:
            return [self.messages]
        rest, more = divmod(self.messages - first, self.folders - 1)
        return [first, *(rest + (n < more) for n in range(self.folders - 1))]

    def sizes(self) -> Iterator[int]:
        """Octets of each message; their sum is `octets`, but for roundings."""
        random_ = random.Random(self.messages)
        weights = [random_.lognormvariate(0, self.spread) for _ in range(self.messages)]
        smallest = 400
        scale = (self.octets - smallest * self.messages) / sum(weights)
        return (smallest + int(weight * scale) for weight in weights)


CORPORA = {corpus.name: corpus for corpus in (
    Corpus('small', 2_000, 59_000_000, 16, 0.4),
    Corpus('medium', 20_000, 601_000_000, 20, 0.4),
    Corpus('tiny', 30_000, 60_000_000, 3, 0.95, spread=0),
    Corpus('manyfolders', 10_000, 80_000_000, 200, 0.005),
    Corpus('letters', 400, 6_000_000, 4, 0.4),
    Corpus('huge', 200, 2_000_000, 2, 0.5, huge=200_000_000),
)}


def _text() -> bytes:
    random_ = random.Random(1)
    words = [''.join(random_.choices('abcdefghijklmnopqrstuvwxyz', k=random_.randrange(2, 11)))
             for _ in range(2_000)]
    lines = (' '.join(random_.choices(words, k=11))[:76] for _ in range(TEXT_BYTES // 60))
    return ('\r\n'.join(lines) + '\r\n').encode()


def _body(text: bytes, number: int, size: int) -> bytes:
    """So many octets of the text, from another line on for each number."""
    start = text.index(b'\n', number * 7_919 % (len(text) // 2)) + 1
    body = text[start:start + size]
    while len(body) < size:
        body += text[:size - len(body)]
    # A CR before the last CRLF would not survive: Dovecot stores lines that end in LF.
    return body[:-2].rstrip(b'\r\n').ljust(size - 2, b'.') + b'\r\n'


def _letters(number: int) -> str:
    """The flags of a message as a Maildir file's name has them."""
    random_ = random.Random(number)
    chances = (('F', .1), ('R', .2), ('S', .8), ('a', .05), ('b', .03), ('c', .02))
    return ''.join(letter for letter, chance in chances if random_.random() < chance)


def _write(place: Path, number: int, octets: bytes) -> None:
    """One message; its sizes are in its file's name, as Dovecot writes it."""
    when = 1_300_000_000 + number * 5_000
    path = (f'{place}/cur/{when}.M{number}P1.bench,S={len(octets)},W={len(octets)}:2,'
            f'{_letters(number)}')
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, 'wb') as file:
        file.write(octets)
    os.utime(path, (when, when))


def _message(text: bytes, number: int, size: int) -> bytes:
    head = HEAD.format(who=number % 97, number=number,
                       date=formatdate(1_300_000_000 + number * 5_000)).encode()
    return head + _body(text, number, max(size - len(head), 4))


def make(corpus: Corpus, home: Path) -> Path:
    """The Maildir of a corpus below a user's home; one that was made before is kept."""
    root, stamp = home / 'Maildir', home / 'corpus'
    meaning = f'{VERSION} {corpus}\n'
    if stamp.exists() and stamp.read_text() == meaning:
        return root
    shutil.rmtree(home, ignore_errors=True)
    text, sizes, number = _text(), corpus.sizes(), 0
    for name, count in zip(corpus.folder_names(), corpus.counts()):
        place = root if name == 'INBOX' else root / f'.{name}'
        for part in ('cur', 'new', 'tmp'):
            (place / part).mkdir(parents=True)
        (place / 'dovecot-keywords').write_text(
            ''.join(f'{n} {word}\n' for n, word in enumerate(KEYWORDS)))
        for _ in range(count):
            _write(place, number, _message(text, number, next(sizes)))
            number += 1
    if corpus.huge:
        _write(root, number, _message(text, number, corpus.huge))
    (root / 'subscriptions').write_text(
        'V\t2\n\n' + ''.join(f'{name}\n' for name in corpus.folder_names()[1:]))
    stamp.write_text(meaning)
    return root


def fingerprint(root: Path) -> list[tuple[str, int]]:
    """The message files of a Maildir: what no copy may change at the source."""
    return sorted((str(path.relative_to(root)), path.stat().st_size)
                  for path in root.glob('**/cur/*'))
