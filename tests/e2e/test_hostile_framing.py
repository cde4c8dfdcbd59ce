# SPDX-License-Identifier: Apache-2.0
"""Servers whose octets do not keep together: literals, lines, floods, tags, BYE, numbers."""

from __future__ import annotations

import hashlib
import re

import messages
import modelserver
from modelpair import FOLDERS, Pair, small
from messages import Folder, Message
from modelserver import SCRIPTS
from support import Case, Run, limit, only_all

EMPTY = hashlib.sha256(b'').hexdigest()
ONE_LINK = ('--connections', '1')


def _survives(case: Case, status: int, *options: str, lies: bool = False,
              **sides: dict) -> tuple[Pair, Run]:
    """A copy that ends with this status, with little memory, and honest.

    With 0 all is there; with 4 the connection ended before anything was.
    """
    pair = Pair(case, **sides, compares='texts' if lies else 'all')
    run = pair.copy(*options, timeout=20)
    assert run.status == status, f'The status is {run.status}, not {status}.\n{run}'
    pair.expect_little_memory()
    pair.expect_honest(run)
    part = {0: 'copied', 4: 'left'}[status]
    assert run.total[part] == run.total['source'] > 0, run
    return pair, run


def _says(run: Run, *patterns: str) -> None:
    told = run.stderr + ' '.join(event['text'] for event in run.of('fault') + run.of('notice'))
    for pattern in patterns:
        assert re.search(pattern, told), f'"{pattern}" is not said.\n{run}'


def _less(script: str, count: int) -> str:
    """A script of a flood with another number of lines."""
    return re.sub(r'(?<=flood )\d+', str(count), (SCRIPTS / f'{script}.script').read_text())


def test_d12_stream_cut_in_a_body(case: Case) -> None:
    """An end without a farewell of TLS is a broken connection, never the end of a text."""
    for tls in ({}, {'certificate': 'server'}):
        pair, run = _survives(case, 0, *ONE_LINK, src={'scripts': ('d12-truncated',), **tls})
        assert pair.src.log_ins() == 2, run
        # Where no message ever comes whole, it is the connection that is broken.
        pair, run = _survives(case, 4, *ONE_LINK, src={
            'rules': 'on fetch-body any do literal-cut 10\non body-sent any do drop', **tls})
        _says(run, 'source .* ended the connection.* in the middle of a response')
        assert pair.src.log_ins() == 4 and not pair.dst.by_uid(), run


def test_d21_empty_literal(case: Case) -> None:
    """An empty text is taken or listed; the others are copied."""
    for profile, status in (('dovecot', 2), ('minimal', 0)):
        pair = Pair(case, src={'scripts': ('d21',)}, dst={'profile': profile})
        run = pair.copy(*ONE_LINK).expect(status)
        pair.expect_honest(run, invented=frozenset({EMPTY}))
        assert run.total['copied'] + run.total['refused'] == 21, run
        assert run.total['refused'] == (status == 2), run


def test_d22_mad_literal_heads(case: Case) -> None:
    """No allocation by what is announced; whatever is there is whole."""
    # These are numbers: what is announced never comes, until the stream ends.
    for number in (1, 2):
        pair, _ = _survives(case, 0, src={'scripts': (f'd22-{number}',),
                                          'rules': 'on body-sent any 1 do drop'})
        assert pair.src.log_ins() > 1
    for number in range(3, 10):
        pair, run = _survives(case, 4, src={'scripts': (f'd22-{number}',)})
        _says(run, 'source .* sent a FETCH response that cannot be read')
        assert not pair.dst.by_uid(), run


def test_d23_four_gigabytes_announced(case: Case) -> None:
    """Ten octets and the end of the stream: nothing of it may be there."""
    for options in ((), ('--without', 'MULTIAPPEND'), ('--without', 'LITERAL+')):
        _survives(case, 0, *ONE_LINK, *options, src={'scripts': ('d23-close',)})


def test_d24_literal_of_the_wrong_length(case: Case) -> None:
    """Text behind the literal is no response; a reply inside it is no text."""
    for script in ('d24-short', 'd24-long'):
        for options in ((), ('--without', 'MULTIAPPEND')):
            _survives(case, 4, *ONE_LINK, *options, src={'scripts': (script,)})


def test_d25_bodies_that_look_like_responses(case: Case) -> None:
    """Copied octet by octet, whatever they say."""
    content = (SCRIPTS / 'd25.content').read_bytes()
    for profile in ('dovecot', 'cyrus', 'minimal'):
        for options in ((), ('--without', 'MULTIAPPEND'), ('--without', 'LITERAL+')):
            src = {'scripts': ('d25',), 'content': content, 'profile': profile}
            pair = Pair(case, src=src, dst={'profile': 'minimal'})
            pair.expect_exact(pair.copy(*options))


def test_d28_endless_line(case: Case) -> None:
    """100 MB without a line end stop at the limit of a line."""
    for side in ('src', 'dst'):
        pair = Pair(case, **{side: {'scripts': ('d28',)}})
        run = pair.copy(timeout=20)
        run.expect_sentence(4, 'source' if side == 'src' else 'destination', 'too long')
        pair.expect_little_memory()
        pair.expect_honest(run)


def test_d33_floods(case: Case) -> None:
    """Untagged responses without end need no memory."""
    for script in ('d33', 'd33-exists', 'd33-fetch'):
        pair, _ = _survives(case, 0, src={'rules': _less(script, 200_000)})
        assert pair.src.notes('UID-FETCH')
    rules = _less('d33', 200_000).replace('UID-FETCH', 'APPEND')
    _survives(case, 0, dst={'rules': rules})


@only_all
@limit(200)
def test_d33_ten_million(case: Case) -> None:
    """The whole flood."""
    for script in ('d33', 'd33-exists', 'd33-fetch'):
        pair = Pair(case, src={'scripts': (script,)})
        run = pair.copy(timeout=60)
        pair.expect_little_memory()
        pair.expect_exact(run)


def test_d35_tags_that_were_never_sent(case: Case) -> None:
    """A stranger's reply completes nothing; one to a command that is under way does.

    Of the source's pipeline it comes out of turn, and nothing it says can be assigned any more.
    """
    for side in ('src', 'dst'):
        _survives(case, 0, **{side: {'scripts': ('d35',)}})
    rules = '\n'.join(f'on command {name} do say "zz99 OK [APPENDUID 1 1:9] not yours" then '
                      'say "%U OK the next one" then say "* OK" then say "* NO"'
                      for name in ('APPEND', 'CREATE', 'UID-FETCH', 'EXAMINE', 'SELECT'))
    pair, run = _survives(case, 4, src={'rules': rules})
    _says(run, 'source says that it is done with a command before the one that came before')
    assert not pair.dst.by_uid(), run
    _survives(case, 0, dst={'rules': rules})


def test_d36_bye(case: Case) -> None:
    """In the middle of a literal; with more to say; to the third connection.

    Who has no room for a third connection has room for the first two: they do the work.
    """
    _survives(case, 0, *ONE_LINK, src={'scripts': ('d36',)})
    _survives(case, 0, *ONE_LINK, src={'scripts': ('d36-talks-on',)})
    folders = [Folder(f'F{n}', small(10 * n, 8)) for n in range(6)]
    many = modelserver.content(folders)
    for side in ('src', 'dst'):
        for script in ('d36-third', 'd36-eleventh'):
            sides = {'src': {'content': many}, 'dst': {}}
            sides[side]['scripts'] = (script,)
            _, run = _survives(case, 0, **sides)
            told = [event for event in run.of('notice') if 'Too many' in event['text']]
            assert len(told) == (2 if script == 'd36-third' else 0), run


def test_d37_continuations(case: Case) -> None:
    """Refused: no octet of the text follows.  Unasked: nothing is sent for it."""
    for profile in ('courier', 'minimal'):
        pair = Pair(case, dst={'profile': profile, 'scripts': ('d37-no',)})
        run = pair.copy().expect(2)
        pair.expect_honest(run)
        assert run.total['refused'] == 1 and run.total['copied'] == 20, run
        assert 'Not this one' in run.of('refused')[0]['reason'], run
        assert not pair.dst.notes('bad'), pair.dst.notes('bad')
    for profile in ('dovecot', 'cyrus', 'courier', 'minimal'):
        for side in ('src', 'dst'):
            settings = {'profile': profile, 'scripts': ('d37-unasked',)}
            pair, _ = _survives(case, 0, **{side: settings})
            assert not pair.dst.notes('bad'), pair.dst.notes('bad')


def test_d38_literal_plus_withdrawn(case: Case) -> None:
    """What was announced before the log-in does not count behind it."""
    for options in ((), ('--without', 'MULTIAPPEND')):
        pair = Pair(case, dst={'scripts': ('d38',)})
        pair.expect_exact(pair.copy(*options))
        said = [note['text'] for note in pair.dst.notes('APPEND')]
        assert said and not any('+}' in text for text in said), said


NUMBERS = ('0', '4294967295', '4294967296', '9' * 30)
# Each with those of the numbers that cannot be read there: the connection ends at once. What
# can be read and is not true changes nothing.
PLACES = (('on done EXAMINE do say "* {} EXISTS"', NUMBERS[2:]),
          ('on command EXAMINE do say "* {} EXISTS"', NUMBERS[2:]),
          ('on command UID-FETCH 1 do say "* {} EXPUNGE"', ('0', *NUMBERS[2:])),
          ('on command EXAMINE do say "* OK [UIDNEXT {}] x"', ()),
          ('on command LIST do say "* STATUS INBOX (MESSAGES {0} UIDNEXT {0} UIDVALIDITY {0})"',
           ()),
          ('on command UID-FETCH 1 do say "* 1 FETCH (UID {} FLAGS () INTERNALDATE '
           '\\"01-Mar-2021 09:00:00 +0000\\")"', ('0', *NUMBERS[2:])))


def test_d40_numbers(case: Case) -> None:
    """Nothing is allocated by a count, and no number wraps around."""
    for rule, unreadable in PLACES:
        for number in NUMBERS:
            _, run = _survives(case, 4 if number in unreadable else 0, *ONE_LINK,
                               lies='FETCH (' in rule, src={'rules': rule.format(number)})
            if number in unreadable:
                _says(run, f'source .*(cannot be one|cannot be read): .*[ (]{number}')


def test_d41_appenduid(case: Case) -> None:
    """UIDs that nobody asked for, and more than fit anywhere, count nothing."""
    for side in ('src', 'dst'):
        pair, _ = _survives(case, 0, **{side: {'scripts': ('d41',)}})
        assert pair.dst.notes('stored'), pair.dst.notes()


DATES = (b'"' + b'1' * 10_000 + b'"', b'"31-Feb-2021 10:00:00 +0000"',
         b'"01-Jan-0000 00:00:00 +0000"', b'"31-Dec-9999 23:59:59 +0000"',
         b'"01-Jan-2021 10:00:00"', b'"1-Jan-2021 10:00:00 +0000"',
         b'"01-Jan-21 10:00:00 +0000"', b'NIL', b'"01-Mar-2021 09:00:00 +0000\\" {3+}"')


def _liar(**words: bytes) -> bytes:
    """A mailbox with one message of which the server lies, between two honest ones."""
    honest = [modelserver.of_message(Message(messages.simple(n))) for n in range(2)]
    return honest[0] + modelserver.of_message(
        Message(messages.simple(7)), **words) + honest[1]


def test_d44_dates(case: Case) -> None:
    """A date that is none is not sent on; the message comes all the same."""
    for date in DATES:
        pair, run = _survives(case, 0, lies=True, src={'content': _liar(raw_date=date)})
        assert not pair.dst.notes('bad'), f'{date[:40]!r} {pair.dst.notes("bad")}\n{run}'


KEYWORDS = (b' '.join(b'k%d' % n for n in range(10_000)), b'K' * 65_000, b'a]b', b'a"b',
            b'\xfc\xff', b'\\*', b'twice twice TWICE', b'NIL')
# No list of flags at all: it cannot be known where it ends.
NO_KEYWORDS = (b'{3+}', b'(', b'a\0b')


def test_d46_keywords(case: Case) -> None:
    """A keyword that is none is not sent on."""
    for flags in KEYWORDS + NO_KEYWORDS:
        pair, run = _survives(case, 4 if flags in NO_KEYWORDS else 0, lies=True,
                              src={'content': _liar(raw_flags=flags)})
        assert not pair.dst.notes('bad'), f'{flags[:40]!r} {pair.dst.notes("bad")}\n{run}'
        if flags in NO_KEYWORDS:
            _says(run, 'source .* sent a FETCH response that cannot be read')


def test_the_flood_is_one(case: Case) -> None:
    """The bed itself: a script of another number is still a script of a flood."""
    assert 'flood 7 "' in _less('d33', 7) and len(FOLDERS) == 3
    pair = Pair(case, src={'rules': _less('d33', 7)})
    pair.expect_exact(pair.copy())
