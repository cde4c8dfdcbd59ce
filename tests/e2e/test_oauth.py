# SPDX-License-Identifier: Apache-2.0
"""Logging in by OAuth: real Dovecots that ask a server of ours about each token."""

from __future__ import annotations

import json
import os
import re
import ssl
import stat
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import certificates
import corpus
from dovecot import Dovecot
from oauthserver import CLIENT, SECRET, USER_CODE, OAuthServer
from proxy import HoldingProxy
from support import GODWIT, SANITIZER, USER, Case, limit

TOKEN = GODWIT.parent / 'godwit-token'
BEARER = """auth_mechanisms = plain login {mechanism}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {file}
}}
"""
INTROSPECTION = """introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


def _provider_server(case: Case, **settings: object) -> OAuthServer:
    return case.stack.enter_context(OAuthServer(case.folder, USER, **settings))


def _servers(case: Case, oauth: OAuthServer, mechanisms: tuple[str, str] = ('xoauth2',) * 2
             ) -> tuple[Dovecot, Dovecot]:
    """A source and a destination that take tokens, and passwords for the test itself."""
    file = case.folder / 'introspection'
    file.write_text(INTROSPECTION.format(url=oauth.introspection_url()))
    src, dst = (case.server(name, form, extra=BEARER.format(mechanism=mechanism, file=file))
                for name, form, mechanism in zip(('src', 'dst'), ('maildir', 'mdbox'),
                                                 mechanisms, strict=True))
    corpus.install_sample(src, USER)
    case.start(src, dst)
    return src, dst


def _words(src: Dovecot, dst: Dovecot, store: Path) -> list[str]:
    return ['--source-oauth', str(store), '--destination-oauth', str(store),
            '--source-ca', str(certificates.authority()),
            '--destination-ca', str(certificates.authority()),
            src.uri(USER, 'imaps'), dst.uri(USER, 'imaps')]


def _token_program(*words: object, wait: float = 40) -> subprocess.CompletedProcess:
    """A run of godwit-token to its end."""
    run = subprocess.run([str(TOKEN), *map(str, words)], stdin=subprocess.DEVNULL,
                         capture_output=True, timeout=wait, check=False)
    assert not SANITIZER.search(run.stderr.decode()), run.stderr.decode()
    return run


def _frames(octets: bytes) -> list[tuple[str, bytes]]:
    """What stands on the pipe, read by the book."""
    found = []
    while octets:
        mark, version, kind, size = struct.unpack('>2sBcI', octets[:8])
        assert (mark, version) == (b'GT', 1) and len(octets) >= 8 + size, octets[:80]
        found.append((kind.decode(), octets[8:8 + size]))
        octets = octets[8 + size:]
    return found


def _last_word(store: Path) -> tuple[int, str, float]:
    """Lets `serve` fail: its status, its last sentence and how long it took."""
    started = time.monotonic()
    run = _token_program('serve', '--store', store)
    frames = _frames(run.stdout)
    assert frames and frames[-1][0] == 'F' and frames[-1][1][1:2] == b'1', run
    assert not any(kind == 'T' for kind, _ in frames), run
    return run.returncode, frames[-1][1][2:].decode(), time.monotonic() - started


# --- Copying. ---

def test_copy_by_refresh_token(case: Case) -> None:
    """XOAUTH2 at the source, OAUTHBEARER at the destination; no password anywhere."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth, ('xoauth2', 'oauthbearer'))
    run = case.godwit('--quiet', *_words(src, dst, oauth.store())).expect(2).expect_sum()
    case.expect_equal(src, dst, run)
    forms = oauth.asked()
    assert len(forms) == 2 and forms[0]['grant_type'] == 'refresh_token', forms
    told = run.stdout + run.stderr + (case.folder / 'report-1').read_text()
    for secret in (SECRET, 'refresh-of-the-test', *oauth.tokens):
        assert secret not in told, 'A secret is shown.'


def test_no_secret_in_arguments_or_environment(case: Case) -> None:
    """What other users can see of the helper while it runs; and it ends with godwit."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    started = case.launch('--quiet', '--rate', '100msg/s', *_words(src, dst, oauth.store()))
    children: set[int] = set()
    end = time.monotonic() + 10
    while len(children) < 2 and time.monotonic() < end:
        listing = Path(f'/proc/{started.process.pid}/task/{started.process.pid}/children')
        children |= {int(pid) for pid in listing.read_text().split()}
        time.sleep(0.01)
    assert len(children) == 2, children
    seen = b''
    for pid in children:
        for part in ('cmdline', 'environ'):
            seen += Path(f'/proc/{pid}/{part}').read_bytes()
        assert not os.access(f'/proc/{pid}/mem', os.R_OK) or os.geteuid() == 0
    assert b'godwit-token\0serve\0--store\0' in seen, seen[:300]
    for secret in (SECRET, 'refresh-of-the-test', *oauth.tokens):
        assert secret.encode() not in seen, 'A secret is in the arguments or environment.'
    started.finish().expect(2)
    for pid in children:
        assert not Path(f'/proc/{pid}').exists(), 'The helper outlives godwit.'


@limit(120)
def test_token_is_refreshed_for_a_later_log_in(case: Case) -> None:
    """A token lives four seconds; connections that log in after six use another one."""
    oauth = _provider_server(case)
    oauth.life = 4
    src, dst = _servers(case, oauth)
    held = HoldingProxy(src.tls_port)
    used: list[tuple[float, bool]] = []      # when, and whether the provider knew it as a token
    introspect = oauth.introspect

    def hold_the_first(token: str) -> dict[str, object]:
        if not used:
            held.hold(7)
        answer = introspect(token)
        used.append((time.monotonic(), answer['active']))
        return answer

    oauth.introspect = hold_the_first
    words = _words(src, dst, oauth.store())
    words[-2] = words[-2].replace(f':{src.tls_port}/', f':{held.port}/')
    run = case.godwit('--quiet', '--rate', '150msg/s', *words).expect(2).expect_sum()
    case.expect_equal(src, dst, run)
    assert run.seconds > 7 and len(oauth.asked()) >= 5, (run.seconds, len(oauth.asked()))
    late = [good for when, good in used if when - used[0][0] > oauth.life]
    assert late, f'No log-in came late: {used}'
    # Whatever was given before the first log-in has lived by then.
    assert any(late), f'Every late log-in used a token whose life was over: {used}'


def test_a_token_that_is_not_refreshed_is_refused_later(case: Case) -> None:
    """The bed itself: with one token for the whole run, the later log-in fails."""
    oauth = _provider_server(case)
    oauth.life = 4
    src, dst = _servers(case, oauth)
    token = oauth.give(USER, {'grant_type': 'refresh_token'}, 'good')['access_token']
    assert oauth.introspect(token)['active']
    time.sleep(4.2)
    path = case.folder / 'fixed'
    path.touch(mode=0o600)
    path.write_text(token + '\n')
    words = _words(src, dst, path)
    words[0], words[2] = '--source-token-file', '--destination-token-file'
    case.godwit('--quiet', *words).expect(3, 'refused')


def test_rotated_refresh_tokens_are_kept(case: Case) -> None:
    """Each refresh token works once; the file always holds the one that works."""
    oauth = _provider_server(case)
    oauth.rotates = True
    src, dst = _servers(case, oauth)
    store = oauth.store()
    for _ in range(2):
        case.godwit('--quiet', *_words(src, dst, store)).expect(2).expect_sum()
        assert stat.S_IMODE(store.stat().st_mode) == 0o600
        assert json.loads(store.read_text())['refresh_token'] in oauth.refresh
    assert len({form['refresh_token'] for form in oauth.asked()}) == 4, oauth.asked()
    assert [path.name for path in case.folder.glob('token*')] == ['token'], 'Something stays.'


def test_service_account(case: Case) -> None:
    """A signed assertion for the user of the URI, verified by the openssl command."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    key = oauth.service_account()
    store = case.folder / 'store'
    run = _token_program('login', f'file:{oauth.write("provider", oauth.provider())}',
                         '--service-account', key, '--user', USER, '--store', store)
    assert run.returncode == 0, run
    case.godwit('--quiet', *_words(src, dst, store)).expect(2).expect_sum()
    assert len(oauth.asked()) == 3 and all('assertion' in form for form in oauth.asked())
    key.unlink()
    other = case.folder / 'other'
    other.mkdir()
    oauth.public_key = None
    stranger = OAuthServer(other)
    stranger.service_account()
    oauth.public_key = stranger.public_key
    case.godwit('--quiet', *_words(src, dst, store)).expect_sentence(
        3, r'source: Test OAuth refuses \(invalid_grant\)')


# --- What the command says when there is no token. ---

def test_revoked_consent_is_one_sentence(case: Case) -> None:
    """Status 3, what happened, and what to do; nothing is connected."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    oauth.misbehave('invalid_grant*')
    case.godwit('--quiet', *_words(src, dst, oauth.store())).expect_sentence(
        3, 'The source: Test OAuth refuses .invalid_grant: Token has been expired or revoked',
        'sign in again with godwit-token login')
    assert not oauth.asked('/introspect')


def test_consent_revoked_in_the_middle(case: Case) -> None:
    """What is logged in goes on; the report says that no token will follow."""
    oauth = _provider_server(case)
    oauth.life = 2
    src, dst = _servers(case, oauth)
    oauth.misbehave('good', 'good', 'invalid_grant*')
    run = case.godwit('--quiet', '--rate', '100msg/s', *_words(src, dst, oauth.store()))
    run.expect(2, 'sign in again with godwit-token login').expect_sum()
    case.expect_equal(src, dst, run)
    assert any('sign in again' in event['text'] for event in run.of('notice')), run


def test_provider_that_fails_for_a_while(case: Case) -> None:
    """Errors that pass are not told when a token comes in time."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    oauth.misbehave('html500', 'good', 'unavailable')
    run = case.godwit('--quiet', *_words(src, dst, oauth.store())).expect(2).expect_sum()
    assert 'OAuth' not in run.stderr, run


def test_interrupted_while_waiting_for_a_token(case: Case) -> None:
    """Ctrl-C does not wait for a silent provider."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    oauth.misbehave('silence*')
    started = case.launch('--quiet', *_words(src, dst, oauth.store(timeout_s=8)))
    time.sleep(1)
    started.interrupt()
    assert started.process.wait(6) == 130
    started.finish().expect_sentence(130, 'Interrupted before there was a token')


def test_files_that_are_none(case: Case) -> None:
    """Before anything is connected, one sentence about the file."""
    oauth = _provider_server(case)
    src, dst = _servers(case, oauth)
    cases = [
        ('{}', 0o600, 'neither a file of godwit-token login nor the key'),
        ('not json', 0o600, 'no JSON object'),
        (oauth.store('good').read_text(), 0o644, 'chmod 600'),
        (json.dumps({'form': 'godwit-token 1', 'provider': oauth.provider(
            token_endpoint='http://localhost/token'), 'client_id': 'x',
            'refresh_token': 'y'}), 0o600, 'must be an address that begins with https://'),
        (json.dumps({'form': 'godwit-token 1', 'provider': oauth.provider(),
                     'client_id': 'x'}), 0o600, 'no "refresh_token"'),
        (json.dumps({'type': 'service_account', 'client_email': 'x', 'private_key': 'y',
                     'token_uri': oauth.url('/token')}), 0o600, 'private key .* cannot be'),
    ]
    for number, (text, mode, sentence) in enumerate(cases):
        path = case.folder / f'store-{number}'
        path.write_text(text)
        path.chmod(mode)
        case.godwit('--quiet', *_words(src, dst, path)).expect_sentence(1, sentence)
    case.godwit('--quiet', *_words(src, dst, case.folder / 'nothing')).expect_sentence(
        1, 'Cannot read .*nothing: No such file')
    assert not oauth.asked()


# --- Every misbehaviour, played to `serve`. ---

LATER = [  # what may pass: tried again, and given up after the time of three requests
    ('not_json', 4, 'no JSON object'), ('empty', 4, 'no JSON object'),
    ('array', 4, 'no JSON object'), ('cut_json', 4, 'no JSON object'),
    ('twice', 4, 'no JSON object'), ('deep', 4, 'no JSON object'),
    ('no_token', 4, 'without a token'), ('number', 4, 'cannot be sent'),
    ('line_end', 4, 'cannot be sent'), ('control', 4, 'cannot be sent'),
    ('mac_type', 4, 'another kind than Bearer'), ('no_life', 4, 'has no life'),
    ('past', 4, 'has no life'), ('huge', 4, 'more than 65536 octets'),
    ('html500', 4, 'HTTP status 500'), ('too_many', 4, 'HTTP status 429'),
    ('unavailable', 4, 'temporarily_unavailable'), ('silence', 4, 'did not answer within 1 s'),
    ('cut', 4, 'cannot be reached'), ('pending', 4, 'somebody were signing in'),
]
AT_ONCE = [
    ('long_token', 4, 'more than 4096 octets'), ('html404', 4, 'HTTP status 404'),
    ('too_many_for_long', 4, 'rate_limit_exceeded'), ('redirect', 4, 'not followed'),
    ('expired_token', 3, 'not used in time'), ('access_denied', 3, 'Consent was refused'),
    ('invalid_grant', 3, 'expired or was revoked; sign in again'),
    ('revoked_microsoft', 3, r'AADSTS50173: The provided grant has expired\.\)\. The password'),
    ('escape', 3, r'invalid_grant: \?\]0;hit\? \?+ gnp'),
    ('unknown_error', 3, 'the_moon_is_full'), ('invalid_client', 3, '--client-id'),
]


@limit(150)
def test_misbehaviour_that_may_pass(case: Case) -> None:
    """Each is tried at least twice, and then said in one sentence."""
    def play(row: tuple[str, int, str]) -> None:
        order, status, sentence = row
        oauth = _provider_server(case)
        oauth.misbehave(order + '*')
        got, said, seconds = _last_word(oauth.store(f'token-{order}', timeout_s=1))
        assert got == status and re.search(sentence, said), (order, got, said)
        assert len(oauth.asked()) >= 2 and seconds < 15, (order, seconds)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(play, LATER))


def test_misbehaviour_that_is_final(case: Case) -> None:
    """Each is said at once: trying again would change nothing, or come too late."""
    oauth = _provider_server(case)
    store = oauth.store(timeout_s=1)
    for order, status, sentence in AT_ONCE:
        oauth.misbehave(order + '*')
        before = len(oauth.asked())
        got, said, seconds = _last_word(store)
        assert got == status and re.search(sentence, said), (order, got, said)
        assert len(oauth.asked()) - before == 1 and seconds < 4, (order, seconds)
        assert not re.search('[\0-\x1f\x7f-\x9f\u202e]', said), (order, said)


def test_certificates_that_nobody_trusts(case: Case) -> None:
    """No secret leaves; the sentence says what to do with one's own authority."""
    for name in ('self-signed', 'expired', 'other-host', 'foreign'):
        oauth = _provider_server(case, certificate=name)
        got, said, _ = _last_word(oauth.store(f'token-{name}'))
        assert got == 4 and 'cannot be trusted' in said and 'ca_file' in said, (name, said)
        assert not oauth.asked(), name


def test_lives_that_are_not_said(case: Case) -> None:
    """A token without a life is taken, and so is a life in quotation marks."""
    oauth = _provider_server(case)
    oauth.life = 77
    for order, life in (('no_expiry', 600), ('text_life', 77), ('good', 77)):
        oauth.misbehave(order)
        with subprocess.Popen([TOKEN, 'serve', '--store', oauth.store()],
                              stdout=subprocess.PIPE) as process:
            head = process.stdout.read(12)
            process.stdout.close()
            assert process.wait(5) == 0, 'It does not end with its reader.'
        assert struct.unpack('>I', head[8:]) == (life,), order


# --- Signing in. ---

def _login(oauth: OAuthServer, store: Path, *words: object) -> subprocess.CompletedProcess:
    secret = oauth.folder / 'client-secret'
    secret.touch(mode=0o600)
    secret.write_text(SECRET + '\n')
    return _token_program('login', f'file:{oauth.write("provider", oauth.provider())}',
                          '--client-id', CLIENT, '--client-secret-file', secret,
                          '--store', store, *words)


def test_device_code(case: Case) -> None:
    """Undecided, too fast, undecided, a broken answer, and then consent; the intervals grow."""
    oauth = _provider_server(case)
    oauth.misbehave('pending', 'slow_down', 'good')
    store = case.folder / 'store'
    run = _login(oauth, store)
    assert run.returncode == 0, run
    text = run.stdout.decode()
    assert USER_CODE in text and 'https://login.example/device' in text, text
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    with oauth.lock:
        times = [when for when, path, _ in oauth.requests if path == '/token']
    assert 1 <= times[1] - times[0] < 5 and times[2] - times[1] >= 6, times
    kept = json.loads(store.read_text())
    assert kept['refresh_token'] in oauth.refresh and kept['client_id'] == CLIENT, kept
    for secret in (SECRET, kept['refresh_token'], 'device-code', *oauth.tokens):
        assert secret not in text + run.stderr.decode(), 'A secret is shown.'
    src, dst = _servers(case, oauth)
    case.godwit('--quiet', *_words(src, dst, store)).expect(2)


def test_device_code_that_fails(case: Case) -> None:
    """Refused, run out, or answered with nonsense: no file, one sentence."""
    oauth = _provider_server(case)
    store = case.folder / 'store'
    for order, sentence in (('access_denied', 'Consent was refused'),
                            ('expired_token', 'not used in time'),
                            ('redirect', 'redirects'), ('invalid_client', '--client-id')):
        oauth.misbehave(order + '*')
        run = _login(oauth, store)
        assert run.returncode in (3, 4) and sentence in run.stderr.decode(), (order, run)
        assert len(run.stderr.splitlines()) == 1 and not store.exists(), (order, run)
    oauth.misbehave('pending*')
    oauth.device_life = 3
    run = _login(oauth, store)
    assert run.returncode == 3 and b'not used in time' in run.stderr, run
    for answer in (b'{}', b'<html>', b'{"device_code":"a","user_code":"\\u001b[2J","interval":1'
                   b',"verification_uri":"https://x.example/","expires_in":9}',
                   b'{"device_code":"a","user_code":"B","interval":1,"expires_in":9,'
                   b'"verification_uri":"http://x.example/"}', b'{"error":"invalid_scope"}'):
        oauth.device_answer = answer
        run = _login(oauth, store)
        assert run.returncode in (3, 4) and not store.exists(), (answer, run)
        assert len(run.stderr.splitlines()) == 1 and b'\x1b' not in run.stdout, run


def _browse(oauth: OAuthServer, store: Path, visit: object) -> tuple[int, str]:
    """Signs in by browser: `visit` gets the address that is to be opened."""
    secret = oauth.folder / 'client-secret'
    secret.touch(mode=0o600)
    secret.write_text(SECRET + '\n')
    with subprocess.Popen(
            [TOKEN, 'login', f'file:{oauth.write("provider", oauth.provider())}', '--flow',
             'browser', '--client-id', CLIENT, '--client-secret-file', secret, '--store', store,
             '--user', USER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        visit(process.stdout.readline().strip())
        _, errors = process.communicate(timeout=20)
    assert not SANITIZER.search(errors), errors
    return process.returncode, errors


def _get(url: str) -> tuple[int, str]:
    """What a browser gets, redirects followed."""
    context = ssl.create_default_context(cafile=certificates.authority())
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_browser(case: Case) -> None:
    """Loopback redirect with PKCE: strangers at the port change nothing."""
    oauth = _provider_server(case)
    store = case.folder / 'store'
    pages = []

    def visit(url: str) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        here = query['redirect_uri']
        assert re.fullmatch(r'http://127\.0\.0\.1:\d+/', here), here
        assert query['login_hint'] == USER and query['scope'] == 'mail offline', query
        assert query['code_challenge_method'] == 'S256' and len(query['state']) == 43, query
        pages.append(_get(here + 'favicon.ico')[0])
        pages.append(_get(here + '?code=stolen&state=guessed')[0])
        pages.append(_get(here + '?code=stolen')[0])
        pages.append(_get(here + f'?code=a&code=b&state={query["state"]}')[0])
        pages.append(_get(url)[0])

    status, errors = _browse(oauth, store, visit)
    assert status == 0 and pages == [404, 400, 400, 400, 200], (status, errors, pages)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert json.loads(store.read_text())['refresh_token'] in oauth.refresh


def test_browser_without_consent(case: Case) -> None:
    """The person says no."""
    oauth = _provider_server(case)
    oauth.consents = False
    store = case.folder / 'store'
    status, errors = _browse(oauth, store, _get)
    assert status == 3 and 'Consent was refused' in errors and not store.exists(), errors


def test_the_program_that_copies_knows_no_http(case: Case) -> None:
    """Neither libcurl nor jansson is in the process that copies."""
    for program, linked in ((GODWIT, False), (TOKEN, True)):
        needs = subprocess.run(['readelf', '-d', program], capture_output=True, text=True,
                               check=True).stdout
        assert 'libcrypto' in needs, case
        assert ('libcurl' in needs) == ('libjansson' in needs) == linked, needs
