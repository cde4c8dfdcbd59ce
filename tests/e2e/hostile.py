# SPDX-License-Identifier: Apache-2.0
"""An IMAP server that is polite in its manners and hostile in what it says.

It knows just enough of IMAP to be copied from.  Everything that it says about its folders and
messages is given octet by octet by the test, so that it may be anything.
"""

from __future__ import annotations

import base64
import re
import socket
from dataclasses import dataclass

from listener import Listener

LITERAL = re.compile(rb'\{(\d+)(\+?)\}\r\n$')
CAPABILITIES = b'IMAP4rev1 LITERAL+ SASL-IR NAMESPACE UIDPLUS'


@dataclass
class Mail:
    """One message: its octets, and what FETCH says of it, literally."""
    octets: bytes
    flags: bytes = b'\\Seen'
    date: bytes = b'"01-Mar-2021 09:00:00 +0000"'
    size: int | None = None             # None: the truth


class HostileServer(Listener):
    """One mailbox with INBOX and perhaps one more folder, for any login."""

    def __init__(self, mails: list[Mail], other: bytes = b'') -> None:
        self.mails = mails
        self.other = other              # a second folder's name, as LIST says it
        self.commands: list[bytes] = []
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        file = client.makefile('rb')
        say = client.sendall
        say(b'* OK [CAPABILITY ' + CAPABILITIES + b'] ready\r\n')
        while line := file.readline():
            while match := LITERAL.search(line):
                if not match[2]:
                    say(b'+ go on\r\n')
                line += file.read(int(match[1])) + file.readline()
            self.commands.append(line)
            tag, _, rest = line.strip().partition(b' ')
            if rest.upper() == b'AUTHENTICATE PLAIN':
                say(b'+ \r\n')
                base64.b64decode(file.readline())
            say(self._answer(rest) + tag + b' OK done\r\n')
            if rest.upper() == b'LOGOUT':
                break

    def _answer(self, command: bytes) -> bytes:
        words = command.upper().split()
        verb = b' '.join(words[:2]) if words[0] == b'UID' else words[0]
        if verb == b'CAPABILITY':
            return b'* CAPABILITY ' + CAPABILITIES + b'\r\n'
        if verb == b'NAMESPACE':
            return b'* NAMESPACE (("" "/")) NIL NIL\r\n'
        if verb in (b'LIST', b'LSUB'):
            names = [b'INBOX'] + ([self.other] if self.other else [])
            return b''.join(b'* %s () "/" %s\r\n' % (verb, name) for name in names)
        if verb == b'STATUS':
            name = command.split(b' ', 1)[1].rpartition(b' (')[0]
            return (b'* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY 7 UNSEEN 0 RECENT 0)\r\n'
                    % (name, len(self.mails), len(self.mails) + 1))
        if verb in (b'EXAMINE', b'SELECT'):
            return (b'* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* 0 RECENT\r\n'
                    b'* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n' % (
                        len(self.mails), len(self.mails) + 1))
        if verb == b'UID FETCH':
            return b''.join(self._fetch(n, words) for n in self._uids(words[2]))
        if verb == b'UID SEARCH':
            return b'* SEARCH' + b''.join(
                b' %d' % n for n in range(1, len(self.mails) + 1)) + b'\r\n'
        return b''

    def _uids(self, text: bytes) -> list[int]:
        top = len(self.mails)
        found = set()
        for part in text.split(b','):
            ends = [top if end == b'*' else int(end) for end in part.split(b':')]
            found.update(range(min(ends), min(max(ends), top) + 1))
        return sorted(n for n in found if 1 <= n <= top)

    def _fetch(self, uid: int, words: list[bytes]) -> bytes:
        mail = self.mails[uid - 1]
        asked = b' '.join(words)
        parts = [b'UID %d' % uid]
        if b'FLAGS' in asked:
            parts.append(b'FLAGS (' + mail.flags + b')')
        if b'INTERNALDATE' in asked:
            parts.append(b'INTERNALDATE ' + mail.date)
        if b'RFC822.SIZE' in asked:
            size = len(mail.octets) if mail.size is None else mail.size
            parts.append(b'RFC822.SIZE %d' % size)
        if b'BODY.PEEK[HEADER' in asked:
            head = mail.octets.partition(b'\r\n\r\n')[0] + b'\r\n\r\n'
            label = re.search(rb'BODY\.PEEK(\[HEADER[^\]]*\])', asked)[1]
            parts.append(b'BODY%s {%d}\r\n%s' % (label, len(head), head))
        if b'BODY.PEEK[]' in asked:
            parts.append(b'BODY[] {%d}\r\n%s' % (len(mail.octets), mail.octets))
        return b'* %d FETCH (%s)\r\n' % (uid, b' '.join(parts))
