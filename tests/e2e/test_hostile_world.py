# SPDX-License-Identifier: Apache-2.0
"""Networks, certificates and hosts that are odd; servers that change their mind."""

from __future__ import annotations

import socket

import certificates
import hurry
import messages
import modelserver
from listener import Listener
from messages import Folder, Message
from modelpair import FOLDERS, Pair, ends_with, small
from proxy import Stranger
from support import Case

ONE_LINK = ('--connections', '1')
SIDES = ('src', 'dst')
NAMES = {'src': 'source', 'dst': 'destination'}
FAR = 4_102_444_800                     # 1 January 2100
INBOX = modelserver.content([Folder('INBOX', small(0, 13))])
MANY = modelserver.content([Folder(f'F{n}', small(10 * n, 6)) for n in range(4)])


class Switch(Listener):
    """Leads the first connection to one server, and every later one to another."""

    def __init__(self, first_port: int, later_port: int) -> None:
        self.ports = [first_port]
        self.later_port = later_port
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        port = self.ports.pop() if self.ports else self.later_port
        with socket.create_connection(('127.0.0.1', port)) as server:
            self.relay(client, server)


def test_d13_another_certificate(case: Case) -> None:
    """The second connection of a run shows another certificate: no password for it.

    The first one, which showed the right one, brings all.
    """
    for side in SIDES:
        settings = {'certificate': 'self-signed', 'content': MANY}
        pair = Pair(case, {'content': MANY} | (settings if side == 'src' else {}),
                    {'certificate': 'self-signed'} if side == 'dst' else {})
        other = Pair(case, {**settings, 'certificate': 'foreign'})
        hostile = getattr(pair, side)
        switch = Switch(hostile.port, other.src.port)
        hostile.port, port = switch.port, hostile.port
        run = pair.copy(f'--{NAMES[side]}-pin', certificates.pin('self-signed'))
        hostile.port = port
        pair.expect_honest(run)
        other.stop()
        assert run.status == 0 and run.total['copied'] == 24, run
        assert hostile.log_ins() == 1, hostile.notes()
        assert other.src.log_ins() == 0, f'{other.src.notes()}\n{run}'
        told = [event for event in run.of('notice')
                if 'is not the pinned one' in event['text']
                and certificates.pin('foreign') in event['text']]
        assert len(told) == 3, run


def test_d11_a_certificate_for_another_name(case: Case) -> None:
    """One sentence, with both names, and what to do."""
    for side in SIDES:
        _, run = ends_with(case, 4, f'{NAMES[side]}-pin', 'other|name',
                           **{side: {'certificate': 'other-host'}})
        assert 'localhost' in run.stderr, run


def test_d80_dates_that_are_not_kept(case: Case) -> None:
    """A destination with its own idea of dates: texts and flags are there, and it is told."""
    content = modelserver.content([Folder('INBOX', [
        Message(messages.simple(n), (), messages.internal_date(instant, 60 * n))
        for n, instant in enumerate((-86_400, 0, 86_399, 2**31 - 1, 2**31, FAR))])])
    pair = Pair(case, {'content': content}, compares='texts')
    run = pair.copy().expect(0)
    pair.expect_honest(run)
    assert run.total['copied'] == 6, run
    rules = 'on append-complete 1 do reply "%T NO [CANNOT] Invalid date" '
    pair = Pair(case, {'content': content}, {'rules': rules}, compares='texts')
    run = pair.copy('--without', 'MULTIAPPEND')
    pair.expect_honest(run.expect(2, 'refused'))
    assert run.total['refused'] == 1 and run.total['copied'] == 5, run


def test_d81_flags_that_are_not_taken(case: Case) -> None:
    """No new keywords, few flags, \\Deleted refused: the text comes, what is lost is told."""
    for flags in ('(\\\\Seen)', '()', '(\\\\Seen \\\\Answered \\\\Flagged \\\\Draft)'):
        rules = f'on done SELECT do say "* OK [PERMANENTFLAGS {flags}] few"\n' \
                f'on command SELECT do say "* OK [PERMANENTFLAGS {flags}] few"'
        pair = Pair(case, {'content': INBOX}, {'rules': rules}, compares='texts')
        run = pair.copy().expect(0)
        pair.expect_honest(run)
        assert run.total['copied'] == 13, run


def test_d85_quota_ends_in_the_middle(case: Case) -> None:
    """Status 5; what fits is there once; with more room the rest comes, nothing twice."""
    content = modelserver.content([Folder('INBOX', small(0, 40))])
    for options in ((), ONE_LINK, ('--without', 'MULTIAPPEND')):
        pair = Pair(case, {'content': content}, {
            'rules': 'on done AUTHENTICATE 1-4 do quota 3000\n'
                     'on done AUTHENTICATE 5+ do quota 9999999'})
        run = pair.copy(*ONE_LINK, *options).expect(5, 'full|quota')
        # Connections 1 to 4 are those of the first run, whatever it needs of them.
        for _ in range(4):
            if run.status == 0:
                break
            assert run.status == 5, run
            run = pair.copy(*ONE_LINK, *options)
        pair.expect_exact(run)


def test_d97_addresses_that_lead_nowhere(case: Case) -> None:
    """::1 does not answer or refuses: the other address of the name is taken."""
    pair = Pair(case, {'content': INBOX})
    place = ('::1', pair.src.port)
    with socket.create_server(place, family=socket.AF_INET6, backlog=0) as hole:
        full = []
        for _ in range(4):              # Nobody accepts; further connections hang.
            link = socket.socket(socket.AF_INET6)
            link.setblocking(False)
            link.connect_ex(('::1', hole.getsockname()[1]))
            full.append(link)
        run = pair.copy(*ONE_LINK)
        for link in full:
            link.close()
    pair.expect_exact(run)
    assert run.seconds < 10, run


NAMESPACE = 'mount --bind "$0" /etc/hosts && exec "$@"'
HOSTS = """127.0.0.1 localhost
127.0.0.2 many.example
127.0.0.3 many.example
127.0.0.4 many.example
127.0.0.1 many.example
2001:db8::1 dead.example
127.0.0.1 dead.example
2001:db8::1 all-dead.example
127.0.0.2 all-dead.example
"""


def _with_hosts(case: Case) -> None:
    """From here on names are resolved by a file of ours, in a namespace of its own."""
    hosts = case.folder / 'hosts'
    hosts.write_text(HOSTS)
    case.prefix = ['unshare', '-rm', 'sh', '-c', NAMESPACE, str(hosts)]


def test_d97_names(case: Case) -> None:
    """Many addresses of which one answers; IPv6 that is dead; none that answers; no address."""
    _with_hosts(case)
    for side in SIDES:
        for host in ('many.example', 'dead.example'):
            settings = {'content': INBOX} if side == 'src' else {}
            pair = Pair(case, **{side: {**settings, 'host': host}})
            run = pair.copy(f'--{NAMES[side]}-plaintext')
            pair.expect_exact(run)
            assert run.seconds < 10, run
        for host, said in (('all-dead.example', '2 addresses|refused|unreachable'),
                           ('nowhere.invalid',
                            'no address|not known|cannot be resolved|unknown')):
            pair = Pair(case, **{side: {'host': host}})
            run = pair.copy(f'--{NAMES[side]}-plaintext')
            run.expect_sentence(4, f'{host}.*({said})')
            pair.expect_honest(run)


def test_d98_clocks(case: Case) -> None:
    """Mail of the far future is mail."""
    date = messages.internal_date(FAR, 0)
    content = modelserver.content([Folder('INBOX', [
        Message(messages.simple(n), (), date) for n in range(3)])])
    pair = Pair(case, {'content': content})
    pair.expect_exact(pair.copy())


def test_d100_account_closed_in_the_middle(case: Case) -> None:
    """Later connections are refused: the first brings all, and there is no storm of log-ins."""
    for side in SIDES:
        for text in ('[AUTHENTICATIONFAILED] Password changed', '[CONTACTADMIN] Disabled',
                     '[ALERT] Application-specific password required'):
            rules = f'on command AUTHENTICATE 2+ do reply "%T NO {text}"'
            sides = {'src': {'content': MANY}, 'dst': {}}
            sides[side]['rules'] = rules
            pair = Pair(case, **sides)
            run = pair.copy()
            pair.expect_exact(run)
            told = [event for event in run.of('notice')
                    if text.split('] ')[1] in event['text']]
            assert 1 <= len(told) <= 3, run
            # The first, and two refusals: a third could lock the account.
            assert getattr(pair, side).log_ins() == 3, f'{getattr(pair, side).notes()}\n{run}'


def test_d100_account_closed_when_it_is_needed(case: Case) -> None:
    """The connection breaks and no other is granted: 3, and what came is there."""
    sides = {'src': {'content': INBOX}, 'dst': {}}
    for side, breaks in (('src', 'on body-sent any 3 do drop'),
                         ('dst', 'on append-complete 3 do drop')):
        rules = f'{breaks}\non command AUTHENTICATE 2+ do reply "%T NO [CONTACTADMIN] Disabled"'
        pair = Pair(case, **{**sides, side: {**sides[side], 'rules': rules}})
        run = pair.copy(*ONE_LINK, '--without', 'MULTIAPPEND').expect(3, 'Disabled')
        pair.expect_honest(run)
        assert getattr(pair, side).log_ins() == 2, f'{getattr(pair, side).notes()}\n{run}'
        assert run.total['copied'] == 2, run


def test_d103_capabilities_of_a_proxy(case: Case) -> None:
    """A proxy announces what the server behind it does not have: only the later list counts."""
    greeting = ('on greeting do reply "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ '
                'MULTIAPPEND UIDPLUS CONDSTORE LIST-STATUS SPECIAL-USE] proxy ready"')
    for profile in ('minimal', 'courier'):
        for side in SIDES:
            sides = {side: {'profile': profile, 'rules': greeting}}
            if side == 'src' and profile == 'courier':
                sides['src']['content'] = modelserver.content([Folder('INBOX', small(0, 13))])
            pair = Pair(case, **sides)
            pair.expect_exact(pair.copy())
            assert not getattr(pair, side).notes('bad'), getattr(pair, side).notes('bad')


def test_d47_announced_and_not_there(case: Case) -> None:
    """UIDPLUS without APPENDUID, CONDSTORE without MODSEQ, LITERAL+ that is refused."""
    for rules in ('on append-complete do commit then reply "%T OK done"',
                  'on append-complete do commit then reply "%T OK [APPENDUID 99 1] done"'):
        for options in ((), ('--without', 'MULTIAPPEND')):
            pair = Pair(case, {'content': INBOX}, {'rules': rules})
            pair.expect_exact(pair.copy(*options))
    for side in SIDES:
        pair = Pair(case, **{side: {'rules': 'on command EXAMINE do say "* OK [NOMODSEQ] x"\n'
                                             'on command SELECT do say "* OK [NOMODSEQ] x"'}})
        pair.expect_exact(pair.copy())
    liar = ('set without LITERAL+\nset login-tells-in-ok off\n'
            'on done AUTHENTICATE 1 do swap-capabilities "IMAP4rev1 LITERAL+ UIDPLUS UNSELECT '
            'NAMESPACE"')
    pair = Pair(case, {'content': INBOX}, {'rules': liar})
    run = pair.copy(*ONE_LINK).expect(0)
    # What went out before the refusal was heard is looked for, over another connection.
    assert ['answered BAD' in event['text'] for event in run.of('notice')].count(True) == 1, run
    pair.expect_exact(run)


def test_d105_other_services(case: Case) -> None:
    """HTTP, SMTP, POP3, telnet, a TLS alert: one sentence at once, and no password."""
    pair = Pair(case)
    words = ['--quiet', '--source-password-file', str(pair.src.password_file()),
             '--destination-password-file', str(pair.dst.password_file())]
    for greeting in (b'HTTP/1.1 400 Bad Request\r\n\r\n', b'220 mail.example ESMTP\r\n',
                     b'+OK POP3 ready\r\n', b'\x15\x03\x01\x00\x02\x02\x28', b'\0' * 100,
                     b'\xff\xfd\x18\xff\xfd\x20'):
        port = Stranger(greeting).port
        run = case.godwit(*words, f'imap://anna@localhost:{port}/', pair.dst.uri(), timeout=5)
        pair.expect_clean(run.expect_sentence(4, 'source .*did not greet'))
    port = Stranger(b'* OK IMAP4rev1 in clear\r\n').port
    run = case.godwit(*words, f'imaps://anna@localhost:{port}/', pair.dst.uri(), timeout=5)
    pair.expect_clean(run.expect_sentence(4, 'localhost'))


def test_d105_tls_where_clear_text_is_spoken(case: Case) -> None:
    """Both wait for the other: two minutes, and a sentence."""
    pair = Pair(case, {'certificate': 'server'})
    case.prefix = hurry.prefix(case.folder, 100)
    words = ['--quiet', '--source-password-file', str(pair.src.password_file()),
             '--destination-password-file', str(pair.dst.password_file())]
    run = case.godwit(*words, f'imap://anna@localhost:{pair.src.port}/', pair.dst.uri())
    pair.expect_clean(run.expect_sentence(4, 'source .*not answered'))
    pair.stop()
    assert pair.src.log_ins() == 0 and not pair.dst.by_uid(), run


def test_d58_messages_that_are_not_given(case: Case) -> None:
    """NO to FETCH is no proof that a message is gone: it is left or refused, never green."""
    # By the command from which on: how many are copied, refused, left.
    ends = {'1': (8, 0, 13), '1+': (0, 0, 21), '2+': (0, 13, 8), '3+': (13, 0, 8)}
    for text in ('NO not today', 'NO [SERVERBUG] Internal error', 'NO [EXPUNGEISSUED] Some',
                 'OK'):
        for rule, numbers in ends.items():
            pair = Pair(case, src={
                'rules': f'on command UID-FETCH {rule} do reply "%T {text}"'})
            run = pair.copy(*ONE_LINK).expect(7)
            pair.expect_honest(run)
            # OK says that there is nothing to give, NO that there is.
            if (text, rule) == ('OK', '2+'):
                numbers = (0, 0, 21)
            found = tuple(run.total[part] for part in ('copied', 'refused', 'left'))
            assert found == numbers, f'{text}, {rule}\n{run}'
            assert 'did not give' in str(run.of('fault')), run
    rules = 'on command UID-FETCH do reply "%T NO [AUTHENTICATIONFAILED] Who are you?"'
    ends_with(case, 3, 'Who are you', options=ONE_LINK, src={'rules': rules})


def test_d55_no_folder_at_all(case: Case) -> None:
    """A source that lists nothing, not even INBOX, is not an empty mailbox."""
    rules = 'on command LIST do reply "%T OK done"'
    _, run = ends_with(case, 7, 'no folder', src={'rules': rules})
    assert run.total['copied'] == 0, run


def test_d58_destination_that_lists_nothing(case: Case) -> None:
    """What a filled destination does not list is not copied a second time."""
    for rule in ('1+ do reply "%T OK done"', '1+ do reply "%T NO not today"'):
        pair = Pair(case, dst={'content': modelserver.content(FOLDERS),
                               'rules': f'on command UID-FETCH {rule}'})
        run = pair.copy(*ONE_LINK).expect(7, 'destination (lists 0 of|refused to list)')
        pair.stop()
        assert not pair.dst.notes('APPEND') and run.total['left'] == 21, run
