#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot on 127.0.0.1: any user name, one password, everything below one folder.

    with Dovecot('src') as src:
        connection = imaplib.IMAP4('127.0.0.1', src.port)

It runs without privileges from the packages that packages.py unpacked, and as a program until
Ctrl-C: dovecot.py NAME [FORMAT].
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import packages
from server import PASSWORD, Server, ServerError, free_port, remove, run_until_interrupted

__all__ = ['PASSWORD', 'Dovecot', 'ServerError', 'free_port', 'packages', 'remove']
SPECIAL = ('Drafts', 'Junk', 'Trash', 'Sent', 'Archive')
LOCATIONS = {'maildir': 'maildir:~/Maildir', 'mdbox': 'mdbox:~/mdbox',
             'sdbox': 'sdbox:~/sdbox'}

CONFIGURATION = """base_dir = {sockets}
state_dir = {folder}/state
instance_name = godwit-{name}
log_path = {folder}/log
auth_verbose = yes
protocols = imap
listen = 127.0.0.1
default_internal_user = mail
default_internal_group = mail
default_login_user = mail
mail_location = {location}
mail_fsync = {fsync}
mail_max_keyword_length = 200
mail_max_userip_connections = 1000
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = {secure_only}
auth_mechanisms = plain login
auth_username_chars =
auth_failure_delay = 0
auth_cache_size = 0
default_process_limit = 1000
default_client_limit = 8000
default_vsz_limit = 4G
mail_plugins = {plugins}
{tls}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home/%u
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  client_limit = 4000
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 1000
}}
service anvil {{
  chroot =
  client_limit = 8000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 12000
}}
service stats {{
  chroot =
  client_limit = 8000
}}
protocol imap {{
  mail_plugins = {plugins} {imap_plugins}
  imap_max_line_length = 64k
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
{special}}}
plugin {{
{plugin_settings}}}
{extra}
"""


@dataclass
class Dovecot(Server):
    """One server; enter it to start it, leave it to stop it."""
    KIND: ClassVar[str] = 'dovecot'

    format: str = 'maildir'
    fsync: str = 'optimized'
    plaintext_login: bool = True            # False: a log-in needs TLS
    quota: str | None = None                # such as '2M'; per user, over all folders
    acl: str | None = None                  # lines of a global ACL file: 'FOLDER owner lr'
    special_use: dict[str, str] = field(default_factory=lambda: {n: n for n in SPECIAL})
    extra: str = ''                         # further lines of dovecot.conf

    def configure(self) -> list[str]:
        """Writes dovecot.conf."""
        (self.folder / 'dovecot.conf').write_text(self._configuration())
        return ['/usr/sbin/dovecot', '-F', '-c', str(self.folder / 'dovecot.conf')]

    def mail_root(self, user: str) -> Path:
        """The Maildir, mdbox or sdbox folder of a user."""
        return self.home(user) / LOCATIONS[self.format].rpartition('/')[2]

    def _configuration(self) -> str:
        tls, special, plugins, settings = 'ssl = no', '', [], ''
        if self.certificate:
            certificate, key = self.certificate_and_key()
            tls = f'ssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}'
        for folder, use in self.special_use.items():
            special += f'  mailbox "{folder}" {{\n    special_use = \\{use}\n  }}\n'
        if self.quota:
            plugins.append('quota')
            settings += f'  quota = count:User\n  quota_rule = *:storage={self.quota}\n'
            settings += '  quota_grace = 0\n  quota_vsizes = yes\n'
        if self.acl is not None:
            plugins.append('acl')
            (self.folder / 'acl').write_text(self.acl)
            settings += f'  acl = vfile:{self.folder}/acl\n'
        return CONFIGURATION.format(
            folder=self.folder, sockets=self.sockets, name=self.name,
            location=LOCATIONS[self.format],
            fsync=self.fsync, secure_only='no' if self.plaintext_login else 'yes',
            plugins=' '.join(plugins), imap_plugins=' '.join(f'imap_{p}' for p in plugins),
            tls=tls, password=PASSWORD, port=self.port,
            tls_port=self.tls_port if self.certificate else 0, prefix=self.prefix,
            separator=self.separator, special=special, plugin_settings=settings,
            extra=self.extra)


if __name__ == '__main__':
    try:
        run_until_interrupted(Dovecot(*(sys.argv[1:] or ['dovecot'])[:2]))
    except (ServerError, packages.PackageError) as error:
        sys.exit(str(error))
