# SPDX-License-Identifier: Apache-2.0
"""A whole nasty mailbox from one Dovecot to another, in every direction and manner."""

from __future__ import annotations

import corpus
from dovecot import Dovecot
from support import USER, Case, Run, files

EMPTY_MESSAGES = 2          # of the nasty corpus; no Dovecot takes them by APPEND


def _nasty(case: Case, src: Dovecot, dst: Dovecot, *options: str, scheme: str = 'imap',
           big: bool = False) -> Run:
    """Copies the nasty corpus twice in a row and checks all that there is to check."""
    corpus.install_nasty(src, USER, big)
    case.start(src, dst)
    before = files(src)
    refused = EMPTY_MESSAGES if src.format == 'maildir' else 0
    first = case.copy(src, dst, *options, scheme=scheme).expect(2 if refused else 0)
    first.expect_sum()
    case.expect_equal(src, dst, first)
    assert first.total['refused'] == refused, first
    assert first.total['copied'] == first.total['source'] - refused, first
    second = case.copy(src, dst, *options, scheme=scheme).expect(2 if refused else 0)
    second.expect_sum()
    assert second.total['copied'] == 0, f'The second run copies again.\n{second}'
    assert second.total['adopted'] == second.total['source'] - refused, second
    case.expect_equal(src, dst, second)
    assert files(src) == before, 'The source was written to.'
    return first


def test_clear_maildir_to_mdbox(case: Case) -> None:
    """Loopback without STARTTLS: it goes on in clear, and says so."""
    src = case.server('src', certificate=None)
    dst = case.server('dst', 'mdbox', certificate=None)
    run = _nasty(case, src, dst)
    assert any('clear' in event['text'].lower() for event in run.of('notice')), (
        f'The report does not say that the text was clear.\n{run}')


def test_starttls_maildir_to_maildir(case: Case) -> None:
    """STARTTLS where it is offered; a log-in without it is refused by these servers."""
    src, dst = case.server('src'), case.server('dst')
    _nasty(case, src, dst)
    for server in (src, dst):
        logins = [line for line in server.log().splitlines() if 'Login: user=' in line]
        assert sum(', TLS,' in line for line in logins) >= 2, server.log()


def test_tls_maildir_to_mdbox(case: Case) -> None:
    """Implicit TLS."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    run = _nasty(case, src, dst, scheme='imaps')
    assert not any('clear' in event['text'].lower() for event in run.of('notice')), run


def test_tls_mdbox_to_maildir(case: Case) -> None:
    """The other direction."""
    _nasty(case, case.server('src', 'mdbox'), case.server('dst'), scheme='imaps')


def test_big_messages_to_sdbox(case: Case) -> None:
    """A message of 25 MB among the others."""
    _nasty(case, case.server('src'), case.server('dst', 'sdbox'), scheme='imaps', big=True)


def test_prefix_and_dots_at_the_destination(case: Case) -> None:
    """INBOX.Name there, Name here."""
    _nasty(case, case.server('src'), case.server('dst', separator='.', prefix='INBOX.'))


def test_prefix_and_dots_at_the_source(case: Case) -> None:
    """INBOX.Name here, Name there."""
    src = case.server('src', 'mdbox', separator='.', prefix='INBOX.')
    dst = case.server('dst')
    case.start(src, dst)
    corpus.install_nasty(src, USER)
    run = case.copy(src, dst).expect(0).expect_sum()
    case.expect_equal(src, dst, run)


def test_without_multiappend(case: Case) -> None:
    """The path for servers that take one message a command."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    _nasty(case, src, dst, '--without', 'MULTIAPPEND')


def test_without_literal_plus(case: Case) -> None:
    """The path for servers that must be asked before each literal."""
    src, dst = case.server('src'), case.server('dst', 'mdbox')
    _nasty(case, src, dst, '--without', 'LITERAL+')


def test_without_everything(case: Case) -> None:
    """Plain RFC 3501."""
    words = []
    for capability in ('MULTIAPPEND', 'LITERAL+', 'UIDPLUS', 'LIST-STATUS', 'SPECIAL-USE',
                       'LIST-EXTENDED', 'CONDSTORE', 'QRESYNC', 'ESEARCH', 'NAMESPACE'):
        words += ['--without', capability]
    _nasty(case, case.server('src'), case.server('dst'), *words)


def test_one_connection(case: Case) -> None:
    """One writer."""
    _nasty(case, case.server('src'), case.server('dst'), '--connections', '1')


def test_four_connections(case: Case) -> None:
    """Four of them."""
    _nasty(case, case.server('src'), case.server('dst', 'mdbox'), '--connections', '4')


def test_message_text_never_becomes_a_command(case: Case) -> None:
    """Bodies full of IMAP, by every way to append: no folder "hit", every octet as it was."""
    src = case.server('src')
    corpus.install_nasty(src, USER)
    case.start(src)
    ways = {'multi': (), 'single': ('MULTIAPPEND',), 'asked': ('LITERAL+',),
            'plain': ('MULTIAPPEND', 'LITERAL+')}
    for name, missing in ways.items():
        dst = case.server(name, 'mdbox')
        case.start(dst)
        words = [word for capability in missing for word in ('--without', capability)]
        run = case.copy(src, dst, *words).expect(2)
        _, there = case.read(src, dst)
        assert 'hit' not in there.folders, f'A body was executed ({name}).\n{run}'
        case.expect_equal(src, dst, run)
        assert ' BAD ' not in run.stderr
        dst.stop()
