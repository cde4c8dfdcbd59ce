# SPDX-License-Identifier: Apache-2.0
"""Servers that take for ever.  Godwit's clock runs fast here, so that its deadlines come soon.

They are those of the man page: a TLS handshake 30 s, the greeting and each step of the log-in
two minutes, silence five minutes, half an hour without progress.
"""

from __future__ import annotations

import hurry
from modelpair import Pair
from support import Case

STARTTLS = {'certificate': 'server', 'starttls': True}
SIDES = {'src': 'source', 'dst': 'destination'}
ONE_LINK = ('--connections', '1')
TALK = 'say "* OK I shall be with you in a minute, please be so kind as to wait for me"'
HELLO_S, SILENCE_S, SLOW_S = 120, 300, 1800


def _all_end(case: Case, factor: int, limit_s: int, pairs: list[tuple[str, Pair]]) -> None:
    """Copies between all pairs at the same time: each ends at the limit, and says why."""
    case.prefix = hurry.prefix(case.folder, factor)
    started = [pair.launch(*ONE_LINK) for _, pair in pairs]
    for (side, pair), each in zip(pairs, started):
        run = pair.expect_clean(each.finish(30)).expect(4, f'{SIDES[side]}|localhost')
        # Twice the limit, and what many programs on a slow machine need beside it.
        assert run.seconds < 2 * limit_s / factor + 4, f'{run.seconds:.1f} s\n{run}'
        assert run.seconds > limit_s / factor / 2, f'It gave up too early.\n{run}'
        pair.expect_honest(run)


def _pairs(case: Case, *settings: dict, sides: tuple[str, ...] = ('src', 'dst')
           ) -> list[tuple[str, Pair]]:
    return [(side, Pair(case, **{side: each}, traces=False))
            for each in settings for side in sides]


def test_the_clock_is_fast(case: Case) -> None:
    """The bed itself: a copy with a fast clock is a copy."""
    case.prefix = hurry.prefix(case.folder, 100)
    pair = Pair(case, dst={'rules': 'on command NAMESPACE 1 do sleep 100'})
    run = pair.copy()
    pair.expect_exact(run)
    assert run.total['seconds'] > 5, run


def test_hellos_that_never_end(case: Case) -> None:
    """D5, D16, D30, D102: two minutes for a greeting, for STARTTLS, for a log-in."""
    _all_end(case, 100, HELLO_S, _pairs(
        case, {'scripts': ('d05-silence',), **STARTTLS}, {'scripts': ('d102',)},
        {'rules': 'on command AUTHENTICATE do flood 100000000 "* OK still here"'},
        {'rules': f'on command AUTHENTICATE do drip 1 then {TALK}'}))


def test_d05_no_handshake(case: Case) -> None:
    """The deadline guards the handshake too; so it does where TLS comes first."""
    pairs = _pairs(case, {'scripts': ('d05-no-handshake',), **STARTTLS},
                   {'rules': 'on greeting do sleep 3600000', 'certificate': 'server'})
    _all_end(case, 50, 30, pairs)
    assert not any(getattr(pair, side).log_ins() for side, pair in pairs)


def test_d16_questions_without_end(case: Case) -> None:
    """A log-in that asks again and again, asks much, or asks nonsense."""
    _all_end(case, 100, HELLO_S, _pairs(
        case, {'rules': 'on command AUTHENTICATE do flood 100000000 "+ "'}, sides=('dst',)))
    case.prefix = []
    for rules, status in (
            ('flood 100 "+ " then drop', 4),
            ('raw "+ " then flood-raw 10000 "QUJDRA==" then raw "\\r\\n"', 4),
            ('say "+ ====!!!!" then reply "%T NO no"', 3)):
        pair = Pair(case, dst={'rules': f'on command AUTHENTICATE do {rules}'})
        pair.expect_honest(pair.copy().expect(status, 'destination'))
        assert pair.dst.log_ins() == 1, pair.dst.notes()


def test_silence(case: Case) -> None:
    """D23, D37, D95: five minutes without an octet, whatever was announced."""
    pairs = _pairs(case, {'scripts': ('d23',)}, {'scripts': ('d95',)},
                   {'rules': 'on command UID-FETCH do swallow'}, sides=('src',))
    pairs += _pairs(case, {'profile': 'courier', 'scripts': ('d37-missing',)},
                    {'rules': 'on command APPEND do swallow'}, sides=('dst',))
    _all_end(case, 100, SILENCE_S, pairs)
    told = [note['text'] for note in pairs[3][1].dst.notes()]
    assert not any('Subject' in text for text in told), f'It did not wait for the "+": {told}'


def test_slowness(case: Case) -> None:
    """D30, D33: octets come all the time, and nothing gets on: half an hour."""
    drip = 'on command {} do drip 8'
    flood = 'on command {} do flood 1000000000 "* OK still here"'
    pairs = _pairs(case, {'rules': drip.format('UID-FETCH')}, {'rules': drip.format('LIST')},
                   {'rules': flood.format('UID-FETCH')}, sides=('src',))
    pairs += _pairs(case, {'rules': flood.format('LIST')}, sides=('dst',))
    _all_end(case, 600, SLOW_S, pairs)


def test_slow_and_honest(case: Case) -> None:
    """D101: every command takes its time, and the copy is a copy."""
    pair = Pair(case, {'rules': 'on command * do sleep 50'},
                {'rules': 'on command * do sleep 50'})
    pair.expect_exact(pair.copy())
