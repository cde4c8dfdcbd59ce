# SPDX-License-Identifier: Apache-2.0
"""An OAuth server of our own on 127.0.0.1 that gives tokens and misbehaves on order.

    with OAuthServer(folder) as server:
        server.misbehave('html500', 'slow_down')      # the next two answers of /token
        server.provider()                             # a file for `godwit-token login file:…`

Its checks share no code with Godwit: PKCE is computed anew, and the signature of a service
account's assertion is verified by the openssl command.  A second, plain port answers Dovecot's
introspection.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import subprocess
import threading
import time
import urllib.parse
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certificates

CLIENT, SECRET = 'godwit-client', 'client secret & more'
DEVICE_CODE, USER_CODE = 'device-code-of-the-test', 'WDJB-MJHT'
JSON = 'application/json'


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip('=')


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


# What /token answers instead of a token: status, headers, body.
ANSWERS = {
    'not_json': (200, {}, b'access_token=abc'),
    'empty': (200, {}, b''),
    'array': (200, {}, b'["access_token"]'),
    'cut_json': (200, {}, b'{"access_token": "abc", "token_ty'),
    'twice': (200, {}, b'{"access_token":"a","access_token":"b","token_type":"Bearer"}'),
    'no_token': (200, {}, b'{"token_type": "Bearer", "expires_in": 3600}'),
    'number': (200, {}, b'{"access_token": 17, "token_type": "Bearer"}'),
    'line_end': (200, {}, b'{"access_token": "a\\r\\nb", "token_type": "Bearer"}'),
    'control': (200, {}, b'{"access_token": "a\\u0001auth=b", "token_type": "Bearer"}'),
    'mac_type': (200, {}, b'{"access_token": "abc", "token_type": "mac"}'),
    'no_life': (200, {}, b'{"access_token":"abc","token_type":"Bearer","expires_in":0}'),
    'past': (200, {}, b'{"access_token":"abc","token_type":"Bearer","expires_in":-5}'),
    'deep': (200, {}, b'{"a":' + b'[' * 5000 + b']' * 5000 + b'}'),
    'huge': (200, {}, b'{"access_token": "' + b'a' * 3_000_000 + b'"}'),
    'long_token': (200, {}, b'{"token_type":"Bearer","access_token":"' + b'a' * 9_000 + b'"}'),
    'html500': (500, {'Content-Type': 'text/html'}, b'<html><h1>Oops</h1></html>'),
    'html404': (404, {'Content-Type': 'text/html'}, b'<html><h1>Where?</h1></html>'),
    'too_many': (429, {'Retry-After': '1'}, b'slow down, please'),
    'too_many_for_long': (429, {'Retry-After': '7200'}, b'{"error":"rate_limit_exceeded"}'),
    'redirect': (302, {'Location': 'https://127.0.0.1:1/elsewhere'}, b''),
    'pending': (400, {}, b'{"error": "authorization_pending"}'),
    'slow_down': (400, {}, b'{"error": "slow_down"}'),
    'expired_token': (400, {}, b'{"error": "expired_token"}'),
    'access_denied': (400, {}, b'{"error": "access_denied"}'),
    'invalid_grant': (400, {}, b'{"error": "invalid_grant", "error_description": '
                               b'"Token has been expired or revoked."}'),
    'revoked_microsoft': (400, {}, b'{"error": "invalid_grant", "error_description": '
                                   b'"AADSTS50173: The provided grant has expired.\\r\\n'
                                   b'Trace ID: 0123"}'),
    'escape': (400, {}, b'{"error": "invalid_grant", "error_description": '
                        b'"\\u001b]0;hit\\u0007 \\u202e gnp"}'),
    'unknown_error': (400, {}, b'{"error": "the_moon_is_full"}'),
    'invalid_client': (401, {}, b'{"error": "invalid_client"}'),
    'unavailable': (503, {'Retry-After': '1'}, b'{"error": "temporarily_unavailable"}'),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ssl.SSLError):
            pass

    @property
    def owner(self) -> OAuthServer:
        """The server that this connection belongs to."""
        return self.server.owner

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        """One whole answer."""
        self.send_response(status)
        for name, value in {'Content-Type': JSON, **headers}.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tell(self, status: int, **members: object) -> None:
        """One JSON object."""
        self.reply(status, json.dumps(members).encode())

    def do_POST(self) -> None:
        """A form."""
        size = int(self.headers.get('Content-Length', '0'))
        text = self.rfile.read(size).decode()
        form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        path = urllib.parse.urlsplit(self.path).path
        self.owner.note(path, form)
        if path == '/introspect':
            self.tell(200, **self.owner.introspect(form.get('token', '')))
        elif path == '/device':
            self.device(form)
        elif path == '/token':
            self.token(form)
        else:
            self.reply(404, b'{}')

    def do_GET(self) -> None:
        """The person's browser, which consents at once."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.owner.note(url.path, query)
        if url.path != '/authorize':
            self.reply(404, b'{}')
            return
        answer = {'state': query['state']}
        if self.owner.consents:
            answer['code'] = self.owner.remember_code(query)
        else:
            answer['error'] = 'access_denied'
        self.reply(302, b'', Location=query['redirect_uri'] + '?'
                   + urllib.parse.urlencode(answer))

    def device(self, form: dict[str, str]) -> None:
        """RFC 8628, 3.2."""
        if self.owner.device_answer is not None:
            self.reply(200, self.owner.device_answer)
            return
        if form.get('client_id') != CLIENT:
            self.tell(401, error='invalid_client')
            return
        self.tell(200, device_code=DEVICE_CODE, user_code=USER_CODE, interval=1,
                  verification_uri='https://login.example/device',
                  expires_in=self.owner.device_life)

    def token(self, form: dict[str, str]) -> None:
        """A token, or what was ordered."""
        order = self.owner.next_order()
        if order == 'silence':
            self.owner.ended.wait(20)
            self.close_connection = True
        elif order == 'cut':
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"access_tok')
            self.close_connection = True
        elif order in ANSWERS:
            status, headers, body = ANSWERS[order]
            self.reply(status, body, **headers)
        else:
            error, user = self.owner.check(form)
            if error:
                self.tell(400, error=error)
            else:
                self.tell(200, **self.owner.give(user, form, order))


class OAuthServer:
    """One server; enter it to start it."""

    def __init__(self, folder: Path, user: str = 'anna@old.example',
                 certificate: str = 'server') -> None:
        self.folder, self.user = folder, user
        self.life, self.device_life, self.consents = 3600, 600, True
        self.rotates, self.device_answer = False, None
        self.orders: deque[str] = deque()
        self.requests: list[tuple[float, str, dict[str, str]]] = []
        self.tokens: dict[str, tuple[str, float]] = {}
        self.refresh = {'refresh-of-the-test'}
        self.codes: dict[str, dict[str, str]] = {}
        self.public_key: Path | None = None
        self.ended = threading.Event()
        self.lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        place = certificates.folder() / certificate
        context.load_cert_chain(f'{place}.pem', f'{place}.key')
        self.secure, self.plain = self._listener(), self._listener()
        self.secure.socket = context.wrap_socket(self.secure.socket, server_side=True,
                                                 do_handshake_on_connect=False)

    def _listener(self) -> ThreadingHTTPServer:
        listener = ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        listener.daemon_threads = True
        listener.owner = self
        return listener

    def __enter__(self) -> OAuthServer:
        for listener in (self.secure, self.plain):
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for listener in (self.secure, self.plain):
            listener.shutdown()
            listener.server_close()

    # --- What a test says and asks. ---

    def misbehave(self, *orders: str) -> None:
        """The next answers of /token; behind them it is good again, or `…*` for ever."""
        unknown = set(order.rstrip('*') for order in orders) - set(ANSWERS) - {
            'silence', 'cut', 'good', 'no_expiry', 'text_life'}
        assert not unknown, f'Nobody knows {unknown}.'
        self.orders = deque(orders)

    def url(self, path: str) -> str:
        """An address of the server."""
        return f'https://localhost:{self.secure.server_address[1]}{path}'

    def introspection_url(self) -> str:
        """Where Dovecot asks."""
        return f'http://127.0.0.1:{self.plain.server_address[1]}/introspect'

    def provider(self, **changes: object) -> dict[str, object]:
        """The provider file's content."""
        return {'name': 'Test OAuth', 'token_endpoint': self.url('/token'),
                'device_authorization_endpoint': self.url('/device'),
                'authorization_endpoint': self.url('/authorize'), 'scope': 'mail offline',
                'ca_file': str(certificates.authority()), 'timeout_s': 2, **changes}

    def write(self, name: str, content: object) -> Path:
        """A JSON file for the owner only."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        return path

    def store(self, name: str = 'token', **changes: object) -> Path:
        """A token file as `godwit-token login` writes it."""
        return self.write(name, {
            'form': 'godwit-token 1', 'provider': self.provider(**changes),
            'client_id': CLIENT, 'client_secret': SECRET,
            'refresh_token': 'refresh-of-the-test'})

    def service_account(self, name: str = 'service') -> Path:
        """A key as Google gives it out, for this server."""
        key = self.folder / f'{name}.key'
        self.public_key = self.folder / f'{name}.public'
        for words in (['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048',
                       '-out', key], ['pkey', '-in', key, '-pubout', '-out', self.public_key]):
            subprocess.run(['openssl', *words], check=True, capture_output=True)
        return self.write(name, {
            'type': 'service_account', 'client_email': 'mover@project.example',
            'private_key_id': 'key-1', 'private_key': key.read_text(),
            'token_uri': self.url('/token')})

    def asked(self, path: str = '/token') -> list[dict[str, str]]:
        """The forms that came to one path."""
        with self.lock:
            return [form for _, there, form in self.requests if there == path]

    # --- What the handlers ask. ---

    def note(self, path: str, form: dict[str, str]) -> None:
        """Remembers a request."""
        with self.lock:
            self.requests.append((time.monotonic(), path, form))

    def next_order(self) -> str:
        """How the next answer shall be."""
        with self.lock:
            if not self.orders:
                return 'good'
            if self.orders[0].endswith('*'):
                return self.orders[0][:-1]
            return self.orders.popleft()

    def introspect(self, token: str) -> dict[str, object]:
        """RFC 7662."""
        user, end = self.tokens.get(token, ('', 0))
        if time.time() >= end:
            return {'active': False}
        return {'active': True, 'username': user, 'exp': int(end), 'scope': 'mail'}

    def remember_code(self, query: dict[str, str]) -> str:
        """A code for the browser."""
        code = secrets.token_urlsafe(24) + '/+ &'
        self.codes[code] = query
        return code

    def give(self, user: str, form: dict[str, str], order: str) -> dict[str, object]:
        """A token with what belongs to it."""
        token = secrets.token_urlsafe(48)
        self.tokens[token] = (user, time.time() + self.life)
        answer = {'access_token': token, 'token_type': 'Bearer', 'expires_in': self.life}
        if order == 'no_expiry':
            del answer['expires_in']
        elif order == 'text_life':
            answer['expires_in'] = str(self.life)
        if form['grant_type'] != 'refresh_token' or self.rotates:
            fresh = 'refresh-' + secrets.token_urlsafe(24)
            self.refresh = {fresh} if self.rotates else self.refresh | {fresh}
            answer['refresh_token'] = fresh
        return answer

    def check(self, form: dict[str, str]) -> tuple[str, str]:
        """An error, or the user for whom there is a token."""
        kind = form.get('grant_type', '')
        if kind == 'urn:ietf:params:oauth:grant-type:jwt-bearer':
            return self._check_assertion(form.get('assertion', ''))
        if form.get('client_id') != CLIENT:
            return 'invalid_client', ''
        if kind == 'refresh_token':
            good = (form.get('refresh_token') in self.refresh
                    and form.get('client_secret') == SECRET)
            return ('' if good else 'invalid_grant'), self.user
        if kind == 'urn:ietf:params:oauth:grant-type:device_code':
            good = form.get('device_code') == DEVICE_CODE
            return ('' if good else 'invalid_grant'), self.user
        if kind == 'authorization_code':
            return self._check_code(form), self.user
        return 'unsupported_grant_type', ''

    def _check_code(self, form: dict[str, str]) -> str:
        query = self.codes.pop(form.get('code', ''), None)
        if not query or query['redirect_uri'] != form.get('redirect_uri'):
            return 'invalid_grant'
        digest = hashlib.sha256(form.get('code_verifier', '').encode()).digest()
        good = (query['code_challenge_method'] == 'S256'
                and query['code_challenge'] == _base64url(digest))
        return '' if good else 'invalid_grant'

    def _check_assertion(self, assertion: str) -> tuple[str, str]:
        text, _, signature = assertion.rpartition('.')
        (self.folder / 'signature').write_bytes(_from_base64url(signature))
        verified = subprocess.run(
            ['openssl', 'dgst', '-sha256', '-verify', self.public_key, '-signature',
             self.folder / 'signature'], input=text.encode(), capture_output=True, check=False)
        header, claims = (json.loads(_from_base64url(part)) for part in text.split('.'))
        now = time.time()
        good = (verified.returncode == 0 and header['alg'] == 'RS256'
                and header['kid'] == 'key-1' and claims['iss'] == 'mover@project.example'
                and claims['aud'] == self.url('/token')
                and claims['iat'] <= now < claims['exp'] <= claims['iat'] + 3600)
        return ('' if good else 'invalid_grant'), claims.get('sub', '')
