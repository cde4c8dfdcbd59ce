# SPDX-License-Identifier: Apache-2.0
"""The door of an IMAP server, played by a test; behind it a real Dovecot goes on.

Whoever is let in is connected to the mailbox of a user at that Dovecot, octet by octet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import certificates
import dovecot
from dovecot import Dovecot
from listener import Listener


def context(tls_max: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's TLS; with `tls_max` nothing newer than that."""
    place = certificates.folder() / 'server'
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(f'{place}.pem', f'{place}.key')
    if tls_max:
        found.set_ciphers('ALL:@SECLEVEL=0')
        found.minimum_version = tls_max
        found.maximum_version = tls_max
    return found


class Talk:
    """One connection, seen from the door."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.heard: list[bytes] = []
        self.rest = b''

    def line(self) -> bytes:
        """The next line; nothing at the end."""
        while b'\r\n' not in self.rest:
            octets = self.client.recv(65_536)
            if not octets:
                return b''
            self.rest += octets
        line, _, self.rest = self.rest.partition(b'\r\n')
        self.heard.append(line)
        return line

    def say(self, line: str) -> None:
        self.client.sendall(line.encode() + b'\r\n')

    def ask(self, text: str) -> bytes:
        """A challenge and what is answered, both without base64."""
        self.say('+ ' + base64.b64encode(text.encode()).decode())
        answer = self.line()
        return b'*' if answer == b'*' else base64.b64decode(answer)


# Gets a connection, the words of the log-in command; returns the reply without its tag.
Doorkeeper = Callable[[Talk, list[str]], str]


@dataclass
class Door(Listener):
    """Listens until the test ends."""
    doorkeeper: Doorkeeper
    behind: Dovecot | None = None
    user: str = ''
    capabilities: str = 'SASL-IR AUTH=PLAIN'
    tls: ssl.SSLContext | None = None
    talks: list[Talk] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def uri(self, user: str) -> str:
        return f'{"imaps" if self.tls else "imap"}://{user}@localhost:{self.port}/'

    def logins(self) -> list[str]:
        """Every command of a log-in that was heard, on all connections."""
        words = (line.decode(errors='replace').split(' ', 2)[1:] for talk in self.talks
                 for line in talk.heard)
        return [' '.join(word) for word in words
                if word and word[0] in ('LOGIN', 'AUTHENTICATE', 'PROXYAUTH')]

    def serve(self, client: socket.socket) -> None:
        if not self.tls:
            self._meet(client)
            return
        with self.tls.wrap_socket(client, server_side=True) as secure:
            self._meet(secure)

    def _meet(self, client: socket.socket) -> None:
        talk = Talk(client)
        self.talks.append(talk)
        talk.say(f'* OK [CAPABILITY IMAP4rev1 {self.capabilities}] ready')
        while line := talk.line():
            tag, _, words = line.decode(errors='replace').partition(' ')
            if words == 'CAPABILITY':
                talk.say(f'* CAPABILITY IMAP4rev1 {self.capabilities}')
                talk.say(f'{tag} OK')
                continue
            if words == 'LOGOUT':
                return
            reply = self.doorkeeper(talk, words.split(' '))
            tag = talk.heard[-1].decode().split(' ')[0] if reply.startswith('>') else tag
            talk.say(f'{tag} {reply.removeprefix(">")}')
            if reply.removeprefix('>').startswith('OK') and self.behind:
                self._let_in(client, talk)
                return

    def _let_in(self, client: socket.socket, talk: Talk) -> None:
        with socket.create_connection(('127.0.0.1', self.behind.port)) as server:
            stream = server.makefile('rb')
            stream.readline()
            server.sendall(f'door LOGIN {self.user} {dovecot.PASSWORD}\r\n'.encode())
            while not stream.readline().startswith(b'door '):
                pass
            server.sendall(talk.rest)
            self.relay(client, server)


def scram(password: str, *, salt: bytes = b'salt', iterations: int = 4096,
          nonce: str | None = None, signature: str | None = None,
          is_signed: bool = True) -> Doorkeeper:
    """A doorkeeper for SCRAM-SHA-256, made from RFC 5802; each of its words can be wrong."""
    def serve(talk: Talk, words: list[str]) -> str:
        if words[:2] != ['AUTHENTICATE', 'SCRAM-SHA-256']:
            return 'NO [AUTHENTICATIONFAILED] only SCRAM'
        bare = base64.b64decode(words[2]).decode().split(',', 2)[2]
        ours = bare.rpartition('r=')[2] + 'server' if nonce is None else nonce
        first = f'r={ours},s={base64.b64encode(salt).decode()},i={iterations}'
        answer = talk.ask(first)
        if answer == b'*':
            return 'BAD canceled'
        unproved, _, proof = answer.decode().rpartition(',p=')
        told = f'{bare},{first},{unproved}'.encode()
        salted = hashlib.pbkdf2_hmac('sha256', password.encode(), salt, iterations)
        key = hmac.digest(salted, b'Client Key', 'sha256')
        expected = hmac.digest(hashlib.sha256(key).digest(), told, 'sha256')
        if bytes(a ^ b for a, b in zip(key, expected)) != base64.b64decode(proof):
            return 'NO [AUTHENTICATIONFAILED] wrong proof'
        ours = hmac.digest(hmac.digest(salted, b'Server Key', 'sha256'), told, 'sha256')
        final = 'v=' + base64.b64encode(ours).decode() if signature is None else signature
        if is_signed and talk.ask(final) == b'*':
            return 'BAD canceled'
        return 'OK in'
    return serve
