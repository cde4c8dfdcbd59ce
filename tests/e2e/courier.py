#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A private Courier 5.0 on 127.0.0.1: the users that it is given, one password.

    with Courier('dst', users=('anna',)) as dst:
        connection = imaplib.IMAP4('127.0.0.1', dst.port)

It runs without privileges from the packages that packages.py unpacked, and as a program until
Ctrl-C: courier.py NAME.  Folders are INBOX.Name: Courier knows no other form.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import packages
from server import HERE, PASSWORD, Server, ServerError, run_until_interrupted

MAIL_UID, MAIL_GID = pwd.getpwnam('mail')[2:4]
AUTHDAEMON = """authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
"""

# What the daemons take from their environment, over what Debian's /etc/courier/imapd says.
SETTINGS = {
    'PROTOCOL': 'IMAP', 'MAXDAEMONS': '500', 'MAXPERIP': '500',
    # The default empties "Trash" of what is older than 7 days, at every log-in.
    'IMAP_EMPTYTRASH': '', 'IMAP_KEYWORDS': '1', 'IMAP_ULIMITD': '',
    'TLS_CACHEFILE': '', 'TLS_VERIFYPEER': 'NONE', 'TLS_TRUSTCERTS': '', 'TLS_DHPARAMS': '',
}


@dataclass
class Courier(Server):
    """One server; enter it to start it, leave it to stop it."""
    KIND: ClassVar[str] = 'courier'
    ENDS_ITS_GROUP: ClassVar[bool] = True
    format: ClassVar[str] = 'courier'
    separator: ClassVar[str] = '.'
    prefix: ClassVar[str] = 'INBOX.'

    users: tuple[str, ...] = ('anna', 'anna@old.example')
    settings: tuple[tuple[str, str], ...] = ()      # over SETTINGS

    def configure(self) -> list[str]:
        """Writes what stands in /etc/courier, and the users."""
        etc = self.folder / 'etc' / 'courier'
        if not etc.exists():
            shutil.copytree(packages.tree(self.KIND) / 'etc/courier', etc)
        # couriertls becomes the user "courier": here that is another name of "mail".
        (etc.parent / 'passwd').write_text(Path('/etc/passwd').read_text()
                                           + f'courier:x:{MAIL_UID}:{MAIL_GID}::/:/bin/false\n')
        (etc / 'authdaemonrc').write_text(AUTHDAEMON)
        with open(etc / 'userdb', 'w', encoding='utf-8', opener=_private) as users:
            for user in self.users:
                users.write(self._user(user))
        settings = {**SETTINGS, **dict(self.settings)}
        if self.certificate:
            certificate, key = self.certificate_and_key()
            (etc / 'imapd.pem').write_text(key.read_text() + certificate.read_text())
        # Daemons of Gamin know their clients by this name, machine-wide.
        settings['GAM_CLIENT_ID'] = self.sockets.name
        (etc / 'settings').write_text(''.join(
            f"{name}='{value}'\n" for name, value in settings.items()))
        ports = [str(self.port), str(self.tls_port) if self.certificate else '0']
        return ['--etc', str(self.folder / 'etc'), str(HERE / 'courier.sh'), *ports]

    def mail_root(self, user: str) -> Path:
        """The Maildir of a user."""
        return self.home(user) / 'Maildir'

    def _user(self, user: str) -> str:
        """A line of the userdb, as its manual has it; the Maildir must be there."""
        for part in ('cur', 'new', 'tmp'):
            (self.mail_root(user) / part).mkdir(parents=True, exist_ok=True)
        return (f'{user}\tuid={MAIL_UID}|gid={MAIL_GID}|home={self.home(user)}|'
                f'mail={self.mail_root(user)}|imappw={_shadow()}\n')


@functools.cache
def _shadow() -> str:
    """The password as the userdb keeps it, which is the same for all."""
    return subprocess.run(['openssl', 'passwd', '-6', '-stdin'], input=PASSWORD, text=True,
                          check=True, capture_output=True).stdout.strip()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if __name__ == '__main__':
    try:
        run_until_interrupted(Courier(*(sys.argv[1:] or ['courier'])[:1]))
    except (ServerError, packages.PackageError) as error:
        sys.exit(str(error))
