#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The three corpora: `nasty` (all ugliness), `sample` (a person's mailbox), `plain` (bulk).

corpus.py NAME lists what is in one.  All of it is deterministic but for one date, which lies
an hour ahead of now.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import time
from email.utils import formatdate
from pathlib import Path

import dovecot
import fill
import messages
from messages import Folder, Message, internal_date

SYSTEM = ('\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft')
NAMES = (
    'quo"te', 'back\\slash', 'both\\"', 'per%cent', 'st*r', 'amper&sand', '&', 'A&-B',
    'two  inner spaces', 'paren (theses)', 'brace {5}', 'bracket]', 'plus+', "apostrophe's",
    'NIL', 'LIST', 'k1 CREATE hit', '#hash', 'Caf\u00e9', 'Cafe\u0301', 'Entwürfe & Übriges',
    'Входящие', '受信トレイ', 'صندوق الوارد', 'Post 📬🕊', 'Case', 'case', 'L' * 200, 'ü' * 60,
    'Clients', 'Clients/Ärzte', 'Clients/Ärzte/2019', 'lonely/parent/leaf',
    'deep/2/3/4/5/6/7/8/9/10/11/12', 'siblings/one', 'siblings/two', 'Sent', 'Drafts', 'Trash',
    'Junk', 'Archive', 'Archive/2020')
EMPTY = ('Empty', 'Empty/also empty', 'only/a leaf and empty')
LOST_SUBSCRIPTIONS = ('Subscribed but gone',)


def _flags(number: int) -> tuple[str, ...]:
    return tuple(flag for bit, flag in enumerate(SYSTEM) if number >> bit & 1)


def _small(start: int, count: int) -> list[Message]:
    """Ordinary messages, no two of the same instant."""
    return [Message(messages.simple(n), _flags(n), internal_date(1_000_000_000 + n * 40_001))
            for n in range(start, start + count)]


def _twins() -> list[Message]:
    """Identical ones, and ones that only nearly are."""
    one = messages.simple(7_000)
    bodies = [messages.crlf(f'From: a@b.example\nDate: {formatdate(1e9)}\nSubject: same\n'
                            f'Message-ID: <same@x>\n\nBody {n}\n') for n in range(3)]
    headless = b'\r\nno header at all\r\n'
    return ([Message(one)] * 3 + [Message(headless)] * 3 + [Message(b'x')] * 2
            + [Message(body) for body in bodies]
            + [Message(messages.simple(7_001), flags) for flags in ((), ('\\Seen',))]
            + [Message(messages.simple(7_002), (), internal_date(1_600_000_000 + n))
               for n in range(2)]
            + [Message(messages.simple(7_003)), Message(messages.simple(7_003)[:-2]),
               Message(messages.simple(7_003)[:-3])])


def nasty(big: bool = False, empty_messages: bool = True) -> list[Folder]:
    """Every ugliness that a mailbox may have and Dovecot can hold."""
    zero = [Message(b'', ('\\Seen',), internal_date(1_500_000_000))] if empty_messages else []
    random_ = random.Random(4)
    keyword_sets = messages.keywords()
    dates = messages.dates(int(time.time()))
    folders = [
        Folder('INBOX', _small(0, 64)),
        Folder('Shapes', [Message(octets, _flags(n)) for n, octets in
                          enumerate(messages.shapes())] + zero),
        Folder('Commands', [Message(octets) for octets in messages.commands()]),
        Folder('Keywords', [Message(messages.simple(3_000 + n), words + _flags(n))
                            for n, words in enumerate(keyword_sets)]
               + [Message(f'short {n}'.encode(), words)
                  for n, words in enumerate(keyword_sets[:20])]),
        Folder('Dates', [Message(messages.simple(4_000 + n), (), date)
                         for n, date in enumerate(dates)]),
        Folder('Twins', _twins()),
        Folder('Large', [Message(messages.megabytes(random_, 8_000, 3))]
               + ([Message(messages.megabytes(random_, 8_001, 25))] if big else [])),
    ]
    folders += [Folder(name, _small(10_000 + 20 * n, 2 + n % 5), subscribed=n % 3 != 0)
                for n, name in enumerate(NAMES)]
    folders += [Folder(name, subscribed=n % 2 == 0) for n, name in enumerate(EMPTY)]
    next(f for f in folders if f.name == 'Входящие').messages.extend(zero)
    return folders


def install_nasty(server: dovecot.Dovecot, user: str, big: bool = False) -> None:
    """Puts `nasty` into a server; its two empty messages only where there are files."""
    folders = nasty(big, server.format == 'maildir')
    fill.install(server, user, 'nasty', folders, LOST_SUBSCRIPTIONS)


PEOPLE = ('Anna Berger', 'Jürgen Groß', 'Sofía Núñez', 'Zoë Lefèvre', 'Иван Петров',
          '田中 太郎', 'Ola Nordmann', 'newsletter')
SUBJECTS = (
    ('Meeting on Tuesday', 'Shall we say ten o\'clock?'),
    ('Angebot über die Dachrinne', 'Anbei das Angebot mit freundlichen Grüßen.'),
    ('Fotos de las vacaciones', 'Aquí están las fotos de la playa.'),
    ('Réunion du comité', 'Le compte rendu est en pièce jointe.'),
    ('Счёт за октябрь', 'Добрый день! Счёт во вложении.'),
    ('週末の予定', '土曜日はいかがですか。'),
    ('Invoice 2023-117', 'Please find our invoice attached.'),
    ('Your order has shipped 📦', 'It will arrive on Thursday.'))
CHANCES = (('\\Seen', .8), ('\\Answered', .2), ('\\Flagged', .1), ('$Forwarded', .05),
           ('$label1', .05), ('\\Deleted', .01))
SAMPLE_FOLDERS = (
    ('INBOX', 150), ('Sent', 80), ('Drafts', 4), ('Junk', 25), ('Trash', 15),
    ('Archive/2021', 30), ('Archive/2022', 30), ('Archive/2023', 30),
    ('Rechnungen & Verträge', 20), ('Familie/Fotos 📷', 8), ('Проекты', 12), ('旅行', 8),
    ('Club "Blau-Weiß"', 8), ('100% done', 5), ('Clients/Müller\\Söhne', 8),
    ('Newsletters', 20), ('To be read', 0))


def _person(random_: random.Random) -> str:
    name = random_.choice(PEOPLE)
    return f'{messages.encoded(name)} <p{PEOPLE.index(name)}@old.example>'


def _letter(random_: random.Random, number: int, thread: list[tuple[str, str]]) -> Message:
    """An ordinary letter; now and then an answer to an earlier one, or with an attachment."""
    when = 1_609_459_200 + number * 190_000 + random_.randrange(86_400)
    subject, text = random_.choice(SUBJECTS)
    reference = ''
    if thread and random_.random() < 0.4:
        parent, subject = thread[-1]
        subject = subject if subject.startswith('Re: ') else f'Re: {subject}'
        reference = f'In-Reply-To: {parent}\nReferences: {parent}\n'
    identity = f'<{number}.{random_.getrandbits(40):x}@old.example>'
    thread.append((identity, subject))
    flags = [flag for flag, chance in CHANCES if random_.random() < chance]
    date = internal_date(when, random_.choice((0, 60, 120, -300, 540)))
    if random_.random() < 0.12:
        octets = messages.attachment(random_, number, subject, text,
                                     int(random_.lognormvariate(10.5, 1)), when)
    else:
        text = '\n'.join([text] * random_.randrange(1, 60))
        octets = messages.crlf(
            f'From: {_person(random_)}\nTo: {_person(random_)}\n'
            f'Subject: {messages.encoded(subject)}\nDate: {formatdate(when)}\n'
            f'Message-ID: {identity}\n{reference}MIME-Version: 1.0\n'
            f'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
            f'{text}\n')
    return Message(octets, tuple(flags), date)


def sample() -> list[Folder]:
    """The mailbox of the demo: some 500 messages of a person who writes in many languages."""
    random_ = random.Random(2)
    numbers = itertools.count(1)
    folders = []
    for name, count in SAMPLE_FOLDERS:
        thread: list[tuple[str, str]] = []
        folders.append(Folder(name, [_letter(random_, next(numbers), thread)
                                     for _ in range(count)], subscribed=name != 'Junk'))
    by_name = {folder.name: folder for folder in folders}
    zero = Message(b'', ('\\Seen',), internal_date(1_620_000_000))
    by_name['INBOX'].messages += [Message(octets) for octets in messages.commands()[3:9]]
    by_name['INBOX'].messages.append(zero)
    by_name['Archive/2022'].messages += [Message(octets) for octets in messages.shapes()]
    by_name['Archive/2022'].messages.append(zero)
    by_name['Newsletters'].messages += [Message(messages.simple(90_000))] * 3
    by_name['Проекты'].messages += [Message(messages.simple(91_000 + n), words)
                                    for n, words in enumerate(messages.keywords()[-12:])]
    by_name['Familie/Fotos 📷'].messages.append(Message(messages.megabytes(random_, 92_000, 3)))
    return folders


def install_sample(server: dovecot.Dovecot, user: str) -> None:
    """Puts `sample` into a server."""
    fill.install(server, user, 'sample', sample(), LOST_SUBSCRIPTIONS)


def plain(server: dovecot.Dovecot, user: str, count: int, total_bytes: int,
          folders: int = 1) -> None:
    """Writes bulk mail straight into Maildir files: the first folder is INBOX.

    Sizes are spread as in real mailboxes (log-normal), scaled to the total; every message
    is different.  The octets are those on the wire: lines end in CRLF.
    """
    random_ = random.Random(count)
    weights = [random_.lognormvariate(0, 1.5) for _ in range(count)]
    scale = (total_bytes - 300 * count) / sum(weights)
    words = [''.join(random_.choices('abcdefghijklmnopqrstuvwxyz', k=random_.randrange(2, 11)))
             for _ in range(2_000)]
    lines = (' '.join(random_.choices(words, k=11))[:76] for _ in range(15_000))
    text = ('\r\n'.join(lines) + '\r\n').encode()
    names = ['INBOX'] + [f'Folder {n:03}' for n in range(1, folders)]
    root = server.mail_root(user)
    for name in names:
        place = fill.maildir(server, user, name)
        for part in ('cur', 'new', 'tmp'):
            (place / part).mkdir(parents=True, exist_ok=True)
    (root / 'subscriptions').write_text(
        'V\t2\n\n' + ''.join(f'{name}\n' for name in names if name != 'INBOX'))
    for n, weight in enumerate(weights):
        body_bytes = max(int(weight * scale), 2)
        when = 1_300_000_000 + n * 5_000
        head = (f'Return-Path: <sender{n % 97}@old.example>\r\nMessage-ID: <{n}.plain@x>\r\n'
                f'Date: {formatdate(when)}\r\nFrom: Sender {n % 97} <s{n % 97}@old.example>\r\n'
                f'To: anna@old.example\r\nSubject: Bulk message number {n}\r\n'
                'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n')
        start = n * 7_919 % 500_000
        start = text.index(b'\n', start) + 1
        body = text[start:start + body_bytes]
        while len(body) < body_bytes:
            body += text[:body_bytes - len(body)]
        _write(fill.maildir(server, user, names[n * folders // count]), n, when,
               head.encode() + body.rstrip(b'\r\n') + b'\r\n')


def _write(place: Path, number: int, when: int, octets: bytes) -> None:
    """One message file, its name as Dovecot writes it: size and virtual size are in it."""
    size = len(octets)
    path = f'{place}/cur/{when}.M{number}P1.godwit,S={size},W={size}:2,{"S" * (number % 3 > 0)}'
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(handle, octets)
    os.close(handle)
    os.utime(path, (when, when))


def main() -> None:
    """Lists a corpus."""
    makers = {'nasty': nasty, 'sample': sample}
    if len(sys.argv) != 2 or sys.argv[1] not in makers:
        sys.exit('usage: corpus.py nasty|sample')
    folders = makers[sys.argv[1]]()
    for folder in folders:
        octets = sum(len(message.octets) for message in folder.messages)
        mark = 'subscribed' if folder.subscribed else ''
        print(f'{len(folder.messages):6} messages {octets:9} octets  {mark:12}{folder.name}')
    print(f'{sum(len(f.messages) for f in folders):6} messages in {len(folders)} folders')


if __name__ == '__main__':
    main()
