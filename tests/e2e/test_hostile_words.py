# SPDX-License-Identifier: Apache-2.0
"""Responses that are broken, odd or endless: literals, line ends, depth, codes, sets.

Each is said to every kind of command.  What Godwit cannot read ends the connection with one
sentence (status 4), for it cannot know what was lost; what it did not ask for is ignored.
"""

from __future__ import annotations

from modelpair import Pair, ends_with
from modelserver import quoted
from support import Case

ONE_LINK = ('--connections', '1')
SIDES = ('src', 'dst')
COMMANDS = ('LIST', 'UID-FETCH', 'EXAMINE', 'SELECT', 'APPEND')


def _said(action: str, commands: tuple[str, ...] = COMMANDS) -> str:
    return '\n'.join(f'on command {name} 1 do {action}' for name in commands)


def _raw(*octets: bytes, commands: tuple[str, ...] = COMMANDS) -> str:
    """A script that says these lines before the first answer to each command."""
    lines = b''.join(each + b'\r\n' for each in octets)
    return _said(f'raw {quoted(lines.replace(b"%", b"%%"))}', commands)


def _ignored(case: Case, *octets: bytes, sides: tuple[str, ...] = SIDES) -> None:
    """All of it is said in one run to each side, and changes nothing."""
    for side in sides:
        pair = Pair(case, **{side: {'rules': _raw(*octets)}})
        pair.expect_exact(pair.copy(*ONE_LINK))


def _fatal(case: Case, octets: list[bytes], pattern: str = 'cannot be read') -> None:
    """Each of them ends the run; the sides take turns."""
    for number, each in enumerate(octets):
        side = SIDES[number % 2]
        name = ('source', 'destination')[number % 2]
        ends_with(case, 4, f'The {name} .*{pattern}', options=ONE_LINK,
                  **{side: {'rules': _raw(each, commands=('LIST',))}})


def test_d26_literals_where_none_belong(case: Case) -> None:
    """A literal is a string; where only a number or a list may stand it is unreadable."""
    _ignored(case, b'* 1 FETCH (FLAGS ("Seen" {3}\r\nabc))', b'* {1}\r\n1 FETCH (UID 1)',
             b'* LIST ("\\NoSelect") "/" "Work"', b'* CAPABILITY {3}\r\nFOO',
             b'* STATUS {5}\r\nINBOX (MESSAGES "3" UIDNEXT {1}\r\n4)', b'* FLAGS ({3}\r\nabc)',
             sides=('dst',))
    _fatal(case, [b'* 1 FETCH (UID "1" FLAGS ())', b'* 1 FETCH (UID {1}\r\n1 FLAGS ())',
                  b'* LIST {2}\r\n() "/" x', b'* FLAGS "x"'])


def test_d26_a_body_in_quotes(case: Case) -> None:
    """Short texts may come as quoted strings; only those that were asked for count."""
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': _raw(
            b'* 1 FETCH (UID 1 BODY[] "hello" FLAGS ())', commands=('LIST', 'APPEND'))}})
        pair.expect_exact(pair.copy(*ONE_LINK))


def test_d27_literal8_and_nul(case: Case) -> None:
    """The tilde changes nothing; a name with NUL cannot be said: that is told."""
    _ignored(case, b'* 1 FETCH (BINARY[1] ~{5}\r\nh\0llo)', b'* ID ("name" {3}\r\na\0b)',
             b'* LIST (\\Noselect) "/" ~{5}\r\nghost', sides=('src',))
    for octets in (b'* LIST () "/" "a\0b"', b'* LIST () "/" {3}\r\na\0b'):
        rules = _raw(octets, commands=('LIST',))
        _, run = ends_with(case, 7, 'cannot be said', src={'rules': rules})
        assert run.total['copied'] == 21, run
        ends_with(case, 0, dst={'rules': rules})


def test_d28_long_lines(case: Case) -> None:
    """60,000 octets of CAPABILITY are read; 70,000, and 100 MB of spaces, are too many."""
    words = ('raw "* CAPABILITY IMAP4rev1 UIDPLUS LITERAL+ NAMESPACE UNSELECT" then '
             'flood-raw {} " AUTH=ABCDE" then raw "\\r\\n"')
    spaces = f'raw "* OK" then flood-raw 1000000 "{" " * 100}" then raw "\\r\\n"'
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': _said(words.format(5_000), ('LIST',))}})
        pair.expect_exact(pair.copy())
    ends_with(case, 4, 'too long', src={'rules': _said(words.format(6_500), ('LIST',))})
    ends_with(case, 4, 'too long', dst={'rules': _said(words.format(6_500), ('LIST',))})
    ends_with(case, 4, 'too long', dst={'rules': _said(spaces, ('APPEND',))})


def test_d29_line_ends(case: Case) -> None:
    """LF and CR CR LF end a line; behind CR alone a response would be lost, so it is an end."""
    _ignored(case, b'* OK lf\n* 1 FETCH (FLAGS ())\n', b'* OK crcrlf\r', b'\n', b'')
    for octets in (b'* OK cr\r* OK x', b'\r* OK x', b'* 1 EXISTS\r* 2 EXISTS'):
        for side in SIDES:
            ends_with(case, 4, 'does not end where it should|cannot be read',
                      options=ONE_LINK, **{side: {'rules': _raw(octets, commands=('LIST',))}})


def test_d31_depth(case: Case) -> None:
    """Ten thousand and a million parentheses: no recursion, no memory; unknown words pass."""
    for count, pattern in ((10_000, 'cannot be read'), (1_000_000, 'too long')):
        for number, words in enumerate(('* 1 FETCH (BODYSTRUCTURE ', '* 1 FETCH (ENVELOPE ',
                                        '* LIST ', '* STATUS INBOX ')):
            rules = _said(f'raw "{words}" then flood-raw {count} "(" then raw "\\r\\n"',
                          ('LIST',))
            ends_with(case, 4, pattern, **{SIDES[number % 2]: {'rules': rules}})
    deep = b'(' * 10_000 + b')' * 10_000
    _ignored(case, b'* THREAD ' + deep, b'* X-UNKNOWN ' + deep, b'* NAMESPACE ' + deep)


def test_d32_unbalanced(case: Case) -> None:
    """What does not close cannot be read."""
    _fatal(case, [b'* LIST () "/" "abc', b'* LIST (() "/" abc', b'* LIST () "/" abc)',
                  b'* LIST () "/" "abc\\', b'* 1 FETCH (FLAGS ()', b'* 1 FETCH (FLAGS ()))',
                  b'* STATUS INBOX (MESSAGES 3', b'* 1 FETCH (BODY[TEXT "abc'])
    _ignored(case, b'* OK [CAPABILITY IMAP4rev1', b'* OK [UIDVALIDITY', b'* X ((((',
             sides=('dst',))


UNKNOWN = (b'* XYZZY 1 2 (3) "x"', b'* 5 XYZZY', b'* OK [XYZZY 1 2 [nested [deep]]] text',
           b'* OK [BADCHARSET (a b)] t', b'* OK [', b'* OK []', b'* OK [ ] ', b'* NO', b'* BAD',
           b'*', b'* ', b'* BAD at random', b'* 3 RECENT', b'* ENABLED QRESYNC',
           b'* QUOTA "" (STORAGE 99999999999999999999 0)', b'* FETCH', b'* 1', b'* 1 ',
           b'* OK [PARSE] \x1b[2J\x1b]0;owned\x07 \xe2\x80\xaex')


def test_d34_unknown_responses(case: Case) -> None:
    """Ignored, whatever they hold; a code of a megabyte is a line that is too long."""
    _ignored(case, *UNKNOWN)
    _fatal(case, [b'* LIST', b'* LSUB', b'* STATUS', b'* FLAGS'])
    code = 'raw "* OK [" then flood-raw 100000 "0123456789" then raw "] x\\r\\n"'
    for side in SIDES:
        ends_with(case, 4, 'too long', **{side: {'rules': _said(code, ('LIST',))}})


def test_d35_replies_without_text(case: Case) -> None:
    """OK alone is a reply, NO alone a refusal (mutt CVE-2018-14349)."""
    rules = '\n'.join(f'on done {name} do say "%T OK" then say "%T NO"' for name in COMMANDS)
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': rules}})
        pair.expect_exact(pair.copy())
    ends_with(case, 7, 'refused to open',
              src={'rules': 'on command EXAMINE 1 do reply "%T NO"'})
    _, run = ends_with(case, 7, 'refused to create', options=ONE_LINK,
                       dst={'rules': 'on command CREATE 1 do reply "%T NO"'})
    assert run.total['copied'] == 16 and run.total['refused'] == 5, run


def test_d42_sets(case: Case) -> None:
    """Sets that end in a comma, that are empty, that name all: never expanded."""
    _ignored(case, b'* OK [APPENDUID 1 1,2,]', b'* OK [COPYUID 1 1:4294967295 1:*]',
             b'* VANISHED (EARLIER) 1:4294967295', b'* VANISHED 1,', b'* VANISHED ',
             b'* OK [APPENDUID 1 ]', b'* OK [APPENDUID 1 *]')
    for text in ('1,', '', '*', '1:', ':1', '1,,2', '0', '1:4294967296'):
        rules = f'on append-complete do commit then reply "%T OK [APPENDUID 7 {text}] done"'
        pair = Pair(case, dst={'rules': rules})
        pair.expect_exact(pair.copy())


def test_d43_search(case: Case) -> None:
    """Numbers that nobody asked for; ten million of them are a line that is too long."""
    _ignored(case, b'* SEARCH', b'* SEARCH 4294967296 0 -1', b'* SORT 1',
             b'* ESEARCH (TAG "A9") UID ALL 1:4294967295', b'* ESEARCH (TAG "zz") UID ALL 1,',
             b'* SEARCH' + b' 123456789' * 6_000)
    many = 'raw "* SEARCH" then flood-raw 10000000 " 123456789" then raw "\\r\\n"'
    for side in SIDES:
        ends_with(case, 4, 'too long', **{side: {'rules': _said(many, ('LIST',))}})


def test_d48_modseq(case: Case) -> None:
    """Falling, 0, beyond 63 bits, taken back: nothing is decided by it."""
    _ignored(case, b'* OK [HIGHESTMODSEQ 9]', b'* OK [HIGHESTMODSEQ 3]',
             b'* OK [HIGHESTMODSEQ 0]', b'* OK [HIGHESTMODSEQ 99999999999999999999]',
             b'* OK [NOMODSEQ] none', b'* 1 FETCH (MODSEQ (0))', b'* 1 FETCH (MODSEQ NIL)',
             b'* 1 FETCH (MODSEQ (99999999999999999999))')
