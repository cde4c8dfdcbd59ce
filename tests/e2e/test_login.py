# SPDX-License-Identifier: Apache-2.0
"""Log-ins: every mechanism, master users, tokens, what is refused and how that is said."""

from __future__ import annotations

import base64
import http.server
import imaplib
import json
import re
import ssl
import threading
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import certificates
import dovecot
import fill
import loginserver
import messages
from cyrus import Cyrus
from dovecot import Dovecot
from loginserver import Door, Talk
from messages import Folder, Message
from support import USER, Case, Run

MECHANISMS = ('SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN')
PASSWORDS = ('pa"ss', 'back\\slash', '\\"', '§ 12', ' two  words ', 'grüße-日本',
             'e\u0301 \u00b4')
MASTER = 'mail admin'
MASTER_PASSWORD = 'm§ster "pass\\word"'
STATIC = re.compile(r'passdb \{\n  driver = static\n.*\n\}\n')


class LoginDovecot(Dovecot):
    """A Dovecot that knows more ways to log in, and asks other password databases first."""
    passdbs = ''
    mechanisms = 'plain login scram-sha-1 scram-sha-256'
    knows_everybody = True                  # with the one password of all these servers

    def _configuration(self) -> str:
        text = super()._configuration()
        text = text.replace('auth_mechanisms = plain login',
                            f'auth_mechanisms = {self.mechanisms}')
        return STATIC.sub(lambda found: self.passdbs +
                          (found.group() if self.knows_everybody else ''), text)


def _login_dovecot(case: Case, name: str = 'src') -> LoginDovecot:
    server = LoginDovecot(name, 'maildir', folder=case.folder / name)
    server.make_folder()
    return server


def _file_passdb(server: Dovecot, name: str, lines: list[str], more: str = '') -> str:
    path = server.folder / name
    path.write_bytes('\n'.join([*lines, '']).encode())
    return (f'passdb {{\n  driver = passwd-file\n'
            f'  args = scheme=PLAIN username_format=%u {path}\n{more}}}\n')


def _secret(case: Case, name: str, text: str) -> Path:
    path = case.folder / name
    path.touch(mode=0o600)
    path.write_bytes(text.encode() + b'\n')
    return path


def _mail(server: Dovecot) -> None:
    fill.fill(server, USER, [Folder('INBOX', [Message(messages.simple(n)) for n in range(3)]),
                             Folder('Work', [Message(messages.simple(9))])])


def _run(case: Case, dst: Dovecot, source: str, *options: object) -> Run:
    """A copy from a source that is described by `options` to USER at `dst`."""
    return case.godwit('--quiet', '--source-ca', certificates.authority(), '--destination-ca',
                       certificates.authority(), '--destination-password-file',
                       dst.password_file(), *options, source, dst.uri(USER, 'imaps'))


def _without(mechanism: str) -> list[str]:
    """Options that leave one way to log in: the named one."""
    others = [m for m in MECHANISMS if m != mechanism and m != 'LOGIN']
    return [word for name in others for word in ('--without', f'AUTH={name}')]


def _dst(case: Case) -> Dovecot:
    dst = case.server('dst')
    case.start(dst)
    return dst


def test_every_password_by_every_mechanism(case: Case) -> None:
    """Quotes, backslashes, spaces, letters beyond ASCII; and nothing of them in the trace."""
    src = _login_dovecot(case)
    src.passdbs = _file_passdb(src, 'users', [f'user{n}:{password}' for n, password
                                              in enumerate(PASSWORDS)])
    dst = case.server('dst')
    case.start(src, dst)
    for number, password in enumerate(PASSWORDS):
        for mechanism in MECHANISMS:
            trace = case.folder / f'trace-{number}-{mechanism}'
            _run(case, dst, src.uri(f'user{number}', 'imaps'), '--source-password-file',
                 _secret(case, 'password', password), '--dry-run', '--connections', '1',
                 '--trace', trace, *_without(mechanism)).expect(0)
            lines = trace.read_text()
            assert password not in lines, lines
            assert base64.b64encode(password.encode()).decode() not in lines, lines
            assert re.search(r'AUTHENTICATE|LOGIN', lines), lines
    for number, password in enumerate(PASSWORDS):
        for mechanism in MECHANISMS:
            # SCRAM proves what SASLprep makes of a password; this Dovecot keeps it as it is.
            method = 'PLAIN' if number == 6 and 'SCRAM' in mechanism else mechanism
            method = 'PLAIN' if method == 'LOGIN' else method
            assert re.search(f'Login: user=<user{number}>, method={method}', src.log()) or (
                number == 6), f'{password} {mechanism}\n{src.log()}'


def test_a_user_without_scram_is_let_in_by_plain(case: Case) -> None:
    """Dovecot announces SCRAM for everybody and has nothing of those whose hash is another."""
    src = _login_dovecot(case)
    src.knows_everybody = False
    src.passdbs = _file_passdb(src, 'users', [
        'anna:{SHA256}cRf/8tD9KURis8gCt8uHU1efI/OUa5nPVfOOhz8BPxA='])  # sha256 of "known"
    dst = case.server('dst')
    case.start(src, dst)
    _run(case, dst, src.uri('anna', 'imaps'), '--source-password-file',
         _secret(case, 'password', 'known'), '--dry-run').expect(0)
    assert 'Login: user=<anna>, method=PLAIN' in src.log(), src.log()
    before = len(re.findall('password mismatch', src.log(), re.I))
    _run(case, dst, src.uri('anna', 'imaps'), '--source-password-file',
         _secret(case, 'password', 'wrong'), '--dry-run').expect_sentence(3, 'anna', 'password')
    assert len(re.findall('password mismatch', src.log(), re.I)) > before, src.log()
    tries = re.findall(r'auth failed, (\d+) attempts', src.log())
    assert sum(map(int, tries)) <= 2, src.log()


def test_a_wrong_password_by_scram_is_tried_once(case: Case) -> None:
    """The proof was refused, so PLAIN would be refused too."""
    src = _login_dovecot(case)
    dst = case.server('dst')
    case.start(src, dst)
    _run(case, dst, src.uri('anna', 'imaps'), '--source-password-file',
         _secret(case, 'password', 'wrong')).expect_sentence(3, 'anna', 'Check the user name')
    tries = re.findall(r'auth failed, (\d+) attempts', src.log())
    assert tries == ['1'], src.log()


def test_master_users(case: Case) -> None:
    """A master user copies the mail of another, at both sides, in Dovecot's two ways."""
    both = [_login_dovecot(case, name) for name in ('src', 'dst')]
    for server in both:
        server.extra = 'auth_master_user_separator = *\n'
        server.passdbs = _file_passdb(server, 'masters', [f'{MASTER}:{MASTER_PASSWORD}'],
                                      '  master = yes\n')
    case.start(*both)
    src, dst = both
    _mail(src)
    password = _secret(case, 'password', MASTER_PASSWORD)
    words = ['--quiet', '--source-ca', certificates.authority(), '--destination-ca',
             certificates.authority(), '--source-password-file', password,
             '--destination-password-file', password, '--source-master', MASTER,
             '--destination-master', MASTER]
    uris = [server.uri(USER, 'imaps') for server in both]
    case.godwit(*words, '--dry-run', '--source-user-as', 'user*master',
                '--destination-user-as', 'user*master', *uris).expect(0)
    case.godwit(*words, *uris).expect(0).expect_sum()
    case.expect_equal(src, dst)
    # Without the master's name the same password opens nothing.
    case.godwit('--quiet', *words[1:9], *uris).expect_sentence(3, USER)


def test_a_cyrus_admin_acts_for_others(case: Case) -> None:
    """Proxy authorization, at both sides."""
    servers = [Cyrus(name, folder=case.folder / name, users=('anna',))
               for name in ('src', 'dst')]
    for server in servers:
        server.make_folder()
    case.start(*servers)
    with imaplib.IMAP4('127.0.0.1', servers[0].port) as connection:
        connection.login('anna', dovecot.PASSWORD)
        connection.append('INBOX', None, None, messages.simple(1))
    words = ['--quiet', '--source-ca', certificates.authority(), '--destination-ca',
             certificates.authority(), '--source-password-file', servers[0].password_file(),
             '--destination-password-file', servers[1].password_file()]
    uris = [server.uri('anna', 'imaps') for server in servers]
    run = case.godwit(*words, '--source-master', 'admin', '--destination-master', 'admin',
                      *uris)
    assert run.expect(0).total['copied'] == 1, run
    # Whoever is no admin may log in and act for nobody.
    other = [server.uri('bert', 'imaps') for server in servers]
    case.godwit(*words, '--source-master', 'anna', *other).expect_sentence(3, 'bert')


class Introspection:
    """Tells a Dovecot which tokens are good."""

    def __init__(self) -> None:
        self.good: dict[str, str] = {}
        self.seen: list[str] = []
        self.on_bad: Callable[[], None] = lambda: None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One question."""

            def do_POST(self) -> None:
                size = int(self.headers.get('Content-Length', 0))
                token = urllib.parse.parse_qs(self.rfile.read(size).decode())['token'][0]
                outer.seen.append(token)
                if token not in outer.good:
                    outer.on_bad()
                body = json.dumps({'active': token in outer.good,
                                   'username': outer.good.get(token, '')}).encode()
                self.send_response(200)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def passdb(self, server: Dovecot) -> str:
        path = server.folder / 'oauth2'
        path.write_text(f'introspection_url = http://127.0.0.1:{self.server.server_port}/\n'
                        'introspection_mode = post\nusername_attribute = username\n'
                        'active_attribute = active\nactive_value = true\n')
        return (f'passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n'
                f'  args = {path}\n}}\n')


def _token_dovecot(case: Case) -> tuple[LoginDovecot, Introspection]:
    src, tokens = _login_dovecot(case), Introspection()
    src.mechanisms = 'plain xoauth2 oauthbearer'
    src.passdbs = tokens.passdb(src)
    return src, tokens


def test_access_tokens(case: Case) -> None:
    """OAUTHBEARER and XOAUTH2; an expired token; one that is replaced while it expires."""
    src, tokens = _token_dovecot(case)
    dst = case.server('dst')
    case.start(src, dst)
    _mail(src)
    long = 'ya29.' + 'aB3-_~+/' * 300 + '=='
    tokens.good = {long: USER}
    file = _secret(case, 'token', long)
    for options in ((), ('--without', 'AUTH=OAUTHBEARER')):
        trace = case.folder / 'trace'
        trace.unlink(missing_ok=True)
        _run(case, dst, src.uri(USER, 'imaps'), '--source-token-file', file, '--trace', trace,
             *options).expect(0)
        assert long not in trace.read_text() and 'Bearer' not in trace.read_text()
        name = 'XOAUTH2' if options else 'OAUTHBEARER'
        assert f'AUTHENTICATE {name} ***' in trace.read_text(), trace.read_text()
    case.expect_equal(src, dst)
    file.write_text('expired-token\n')
    tokens.seen.clear()
    run = _run(case, dst, src.uri(USER, 'imaps'), '--source-token-file', file)
    run.expect_sentence(3, USER, 'token has expired or was withdrawn: get a new one')
    assert 'expired-token' not in run.stderr + run.stdout
    assert len(tokens.seen) == 1, tokens.seen
    # Somebody puts a new one into the file just after the old one was read.
    tokens.on_bad = lambda: file.write_text(long + '\n')
    _run(case, dst, src.uri(USER, 'imaps'), '--source-token-file', file).expect(0)


def test_a_token_that_is_none(case: Case) -> None:
    """Control octets, spaces, a whole JSON file: said, and not sent."""
    src, tokens = _token_dovecot(case)
    dst = case.server('dst')
    case.start(src, dst)
    for text in ('a b', '{"access_token": "x"}', 'abc\x01def', '=='):
        _run(case, dst, src.uri(USER, 'imaps'), '--source-token-file',
             _secret(case, 'token', text)).expect_sentence(3, 'access token.*is none')
    assert not tokens.seen


def test_scram_servers_that_cheat(case: Case) -> None:
    """A server that cannot prove that it knows the password hears nothing weaker."""
    dst = _dst(case)
    password = _secret(case, 'password', 'pencil')
    cheats = {
        'its signature is wrong': {'signature': 'v=' + 'A' * 43 + '='},
        'signature': {'signature': 'nonsense'},
        'without having signed': {'is_signed': False},
        'so few iterations': {'iterations': 1},
        'more iterations than': {'iterations': 1_000_000_000},
        'our own random number': {'nonce': 'abcdefghijklmnopqrstuvwxyz0123456789'},
        'cannot be read': {'nonce': 'a b'},
    }
    for words, cheat in cheats.items():
        iterations = cheat.get('iterations', 4096)
        door = Door(loginserver.scram('pencil', **{**cheat, 'iterations': iterations}),
                    capabilities='SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN',
                    tls=loginserver.context())
        _run(case, dst, door.uri('anna'), '--source-password-file', password).expect_sentence(
            3, f'could not prove that it is the right server.*{words}')
        assert len(door.logins()) == 1, door.logins()


def test_scram_that_is_right(case: Case) -> None:
    """The same doorkeeper without a cheat lets in, and in clear nothing weaker follows it."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    _mail(src)
    password = _secret(case, 'password', 'pencil')
    door = Door(loginserver.scram('pencil'), src, USER,
                'SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN', loginserver.context())
    _run(case, dst, door.uri('anna'), '--source-password-file', password).expect(0)
    case.expect_equal(src, dst)
    clear = Door(lambda talk, words: 'NO [AUTHENTICATIONFAILED] no such user',
                 capabilities='SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN')
    _run(case, dst, clear.uri('anna'), '--source-password-file', password).expect_sentence(3)
    assert len(clear.logins()) == 1, clear.logins()


def test_two_tries_and_no_third(case: Case) -> None:
    """A password that is refused from some moment on is tried twice by all connections."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    fill.fill(src, USER, [Folder(f'F{n}', [Message(messages.simple(n))]) for n in range(12)])
    password = _secret(case, 'password', 'right')
    let_in = []

    def doorkeeper(_: Talk, words: list[str]) -> str:
        if not let_in:
            let_in.append(words)
            return 'OK in'
        return 'NO [AUTHENTICATIONFAILED] no more'

    door = Door(doorkeeper, src, USER, 'SASL-IR AUTH=PLAIN', loginserver.context())
    _run(case, dst, door.uri('anna'), '--source-password-file', password, '--connections', '4')
    assert 2 <= len(door.logins()) <= 3, door.logins()


def test_other_ways_in(case: Case) -> None:
    """AUTHENTICATE LOGIN, PROXYAUTH, and names in one word, each at a door of its own."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    _mail(src)
    password = _secret(case, 'password', 'pen"cil§')

    def mechanism(talk: Talk, words: list[str]) -> str:
        assert words == ['AUTHENTICATE', 'LOGIN'], words
        answers = [talk.ask('Username:'), talk.ask('Password:')]
        return 'OK in' if answers == [b'anna', 'pen"cil§'.encode()] else f'NO {answers}'

    def proxy(talk: Talk, words: list[str]) -> str:
        assert words[:2] == ['LOGIN', '"admin"'], words
        talk.say('+ go on')
        assert talk.line() == 'pen"cil§'.encode(), talk.heard
        talk.say(talk.heard[-2].decode().split(' ')[0] + ' OK you are admin')
        return '>OK' if talk.line().endswith(b' PROXYAUTH "anna"') else '>NO'

    def joined(name: str) -> loginserver.Doorkeeper:
        def keep(_: Talk, words: list[str]) -> str:
            plain = base64.b64decode(words[2]).decode()
            return 'OK in' if plain == f'\0{name}\0pen"cil§' else f'NO {plain!r}'
        return keep

    doors = [
        (Door(mechanism, src, USER, 'LOGINDISABLED AUTH=LOGIN', loginserver.context()), ()),
        (Door(proxy, src, USER, '', loginserver.context()), ('admin', 'proxyauth')),
        (Door(joined('anna%admin'), src, USER, tls=loginserver.context()),
         ('admin', 'user%master')),
        (Door(joined('anna/admin'), src, USER, tls=loginserver.context()),
         ('admin', 'user/master')),
        (Door(joined('DOM\\admin\\anna'), src, USER, tls=loginserver.context()),
         ('DOM\\admin', 'master\\user')),
    ]
    for door, master in doors:
        options = []
        if master:
            options = ['--source-master', master[0], '--source-user-as', master[1]]
        _run(case, dst, door.uri('anna'), '--source-password-file', password,
             '--connections', '1', *options).expect(0)
        case.expect_equal(src, dst)


def test_one_sentence_each(case: Case) -> None:
    """What servers say when they let nobody in, and what a person is told to do."""
    dst = _dst(case)
    password = _secret(case, 'password', 'right')
    for reply, words in (
            ('NO [AUTHENTICATIONFAILED] Invalid credentials', 'Check the user name'),
            ('NO [ALERT] Application-specific password required', 'app password'),
            ('NO [ALERT] Your account is not enabled for IMAP use', 'IMAP is switched off'),
            ('NO [ALERT] Please log in via your web browser', 'web browser'),
            ('NO LOGIN failed. BasicAuthBlocked', 'use an access token'),
            ('NO [AUTHENTICATIONFAILED] Account is locked', 'is locked'),
            ('NO [EXPIRED] your password is too old', 'has expired'),
            ('NO [AUTHORIZATIONFAILED] not yours', 'check its rights'),
            ('NO [CONTACTADMIN] ask', 'administrator'),
            ('NO [UNAVAILABLE] back-end is down', 'try again later'),
            ('NO [LIMIT] Too many simultaneous connections', '--connections 1'),
            ('NO [PRIVACYREQUIRED] not like that', 'imaps://')):
        door = Door(lambda talk, line, said=reply: said, tls=loginserver.context())
        run = _run(case, dst, door.uri('anna'), '--source-password-file', password)
        run.expect_sentence(4 if 'PRIVACY' in reply else 3, 'anna', words)
        assert len(door.logins()) == 1, (reply, door.logins())
    farewell = Door(lambda talk, line: talk.say('* BYE Too many connections from you') or
                    talk.client.close() or 'NO', tls=loginserver.context())
    _run(case, dst, farewell.uri('anna'), '--source-password-file', password).expect_sentence(
        4, 'Too many connections from you', '--connections 1')


def test_announced_and_not_there(case: Case) -> None:
    """A mechanism that is announced and not there costs no try: the next one is taken."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    _mail(src)

    def doorkeeper(_: Talk, words: list[str]) -> str:
        return 'OK in' if words[0] == 'LOGIN' else 'NO [CANNOT] Unsupported mechanism.'

    door = Door(doorkeeper, src, USER, 'SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN',
                loginserver.context())
    _run(case, dst, door.uri('anna'), '--source-password-file',
         _secret(case, 'password', 'right'), '--connections', '1').expect(0)
    names = [' '.join(line.split(' ')[:2]) for line in door.logins()]
    assert names == ['AUTHENTICATE SCRAM-SHA-256', 'AUTHENTICATE PLAIN', 'LOGIN "anna"'], names


def test_old_tls(case: Case) -> None:
    """TLS 1.0 only where it was ordered, and then the report says so."""
    src, dst = case.server('src'), case.server('dst')
    case.start(src, dst)
    _mail(src)
    door = Door(lambda talk, words: 'OK in', src, USER,
                tls=loginserver.context(ssl.TLSVersion.TLSv1))
    password = _secret(case, 'password', 'right')
    _run(case, dst, door.uri('anna'), '--source-password-file', password).expect_sentence(4)
    assert not door.logins()
    run = _run(case, dst, door.uri('anna'), '--source-password-file', password,
               '--source-tls-min', '1.0').expect(0)
    case.expect_equal(src, dst)
    assert any('TLS 1.0' in event.get('text', '') for event in run.events), run.events


def test_words_that_contradict(case: Case) -> None:
    """Each is one sentence before anything is connected."""
    uris = ('imaps://anna@localhost:1/', 'imaps://bert@localhost:2/')
    token = _secret(case, 'token', 'abc')
    for options in (('--source-user-as', 'user*master'),
                    ('--source-master', 'x', '--source-user-as', 'nonsense'),
                    ('--source-master', 'x', '--source-token-file', token),
                    ('--source-token-file', token, '--source-password-file', token),
                    ('--source-master', ''),
                    ('--destination-tls-min', '1.1')):
        case.godwit(*options, *uris).expect_sentence(1)
