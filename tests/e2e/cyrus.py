#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A private Cyrus 3.6 on 127.0.0.1: the users that it is given, one password.

    with Cyrus('dst', users=('anna',)) as dst:
        connection = imaplib.IMAP4('127.0.0.1', dst.port)

It runs without privileges from the packages that packages.py unpacked, and as a program until
Ctrl-C: cyrus.py NAME.  A user's INBOX is made at the first log-in.  `admin` may log in as
anybody: PLAIN with an authorization identity.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import packages
from server import PASSWORD, Server, ServerError, run_until_interrupted

ADMIN = 'admin'

IMAPD = """configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
lmtpsocket: {sockets}/lmtp
idlesocket: {sockets}/idle
notifysocket: {sockets}/notify
servername: localhost
cyrus_user: mail
admins: {admin}
proxyservers: {admin}
virtdomains: userid
defaultdomain: localhost
allowplaintext: {plaintext}
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: {mechanisms}
unixhierarchysep: {slashes}
altnamespace: {alternative}
autocreate_quota: 0
autocreate_post: yes
maxlogins_per_user: 0
{tls}{extra}
"""

MASTER = """START {{
  recover cmd="ctl_cyrusdb -C {conf} -r"
}}
SERVICES {{
  imap cmd="imapd -C {conf}" listen="127.0.0.1:{port}" proto="tcp4" prefork=1 maxchild=500
{tls}}}
EVENTS {{
}}
"""


@dataclass
class Cyrus(Server):
    """One server; with a prefix, such as 'INBOX/', its namespace is not the alternative one."""
    KIND: ClassVar[str] = 'cyrus'
    ENDS_ITS_GROUP: ClassVar[bool] = True
    format: ClassVar[str] = 'cyrus'

    users: tuple[str, ...] = ('anna', 'anna@old.example')
    plaintext_login: bool = True            # False: a log-in needs TLS
    mechanisms: str = 'PLAIN LOGIN'
    extra: str = ''                         # further lines of imapd.conf

    def configure(self) -> list[str]:
        """Writes imapd.conf, cyrus.conf and the passwords."""
        for part in ('conf/socket', 'spool'):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        tls, service, conf = '', '', self.folder / 'imapd.conf'
        if self.certificate:
            certificate, key = self.certificate_and_key()
            tls = f'tls_server_cert: {certificate}\ntls_server_key: {key}\n'
            service = (f'  imaps cmd="imapd -C {conf} -s" listen="127.0.0.1:{self.tls_port}" '
                       'proto="tcp4" prefork=0 maxchild=500\n')
        conf.write_text(IMAPD.format(
            folder=self.folder, sockets=self.sockets, admin=ADMIN, mechanisms=self.mechanisms,
            plaintext='yes' if self.plaintext_login else 'no',
            slashes='yes' if self.separator == '/' else 'no',
            alternative='no' if self.prefix else 'yes', tls=tls, extra=self.extra))
        (self.folder / 'cyrus.conf').write_text(
            MASTER.format(conf=conf, port=self.port, tls=service))
        if not (self.folder / 'sasldb2').exists():
            for user in (ADMIN, *self.users):
                self._set_password(user)
        return ['/usr/sbin/cyrmaster', '-C', str(conf), '-M', str(self.folder / 'cyrus.conf'),
                '-p', str(self.folder / 'conf/master.pid'), '-D']

    def _set_password(self, user: str) -> None:
        tree = packages.tree(self.KIND)
        name, _, realm = user.partition('@')
        shared = packages.shared_objects(tree, packages.ALL[self.KIND])
        subprocess.run([tree / 'usr/sbin/saslpasswd2', '-p', '-c', '-f',
                        self.folder / 'sasldb2', '-u', realm or 'localhost', name],
                       input=PASSWORD.encode(), check=True, capture_output=True,
                       env={**os.environ, 'LD_LIBRARY_PATH': ':'.join(map(str, shared))})


if __name__ == '__main__':
    try:
        run_until_interrupted(Cyrus(*(sys.argv[1:] or ['cyrus'])[:1]))
    except (ServerError, packages.PackageError) as error:
        sys.exit(str(error))
