#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot on 127.0.0.1: any user name, one password, everything below one folder.

    with Dovecot('src') as src:
        connection = imaplib.IMAP4('127.0.0.1', src.port)

It runs without privileges from the packages that packages.py unpacked, and as a program until
Ctrl-C: dovecot.py NAME [FORMAT].
"""

from __future__ import annotations

import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import certificates
import packages

PASSWORD = 'correct-horse'
HERE = Path(__file__).resolve().parent
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


class ServerError(Exception):
    """A server that does not start; the text says why."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens.

    It lies below those that the kernel gives to outgoing connections, so that none of these can
    take it before the server does.
    """
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port


@functools.cache
def namespace() -> tuple[str, ...]:
    """The command that gives a process mounts of its own on this machine."""
    for command in (('unshare', '-m'), ('unshare', '-rm')):
        trial = [*command, str(HERE / 'namespace.sh'), str(packages.tree()),
                 '/usr/sbin/dovecot', '--version']
        run = subprocess.run(trial, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return command
    raise ServerError('The unpacked Dovecot cannot run, because this machine does not let '
                      'this user have mount and user namespaces and an '
                      f'overlay over /usr, neither as root nor without: {run.stderr.strip()}')


@dataclass
class Dovecot:
    """One server; enter it to start it, leave it to stop it."""
    name: str
    format: str = 'maildir'
    separator: str = '/'
    prefix: str = ''
    fsync: str = 'optimized'
    certificate: str | None = 'server'      # a name of certificates.py; None: no TLS at all
    plaintext_login: bool = True            # False: a log-in needs TLS
    quota: str | None = None                # such as '2M'; per user, over all folders
    acl: str | None = None                  # lines of a global ACL file: 'FOLDER owner lr'
    special_use: dict[str, str] = field(default_factory=lambda: {n: n for n in SPECIAL})
    extra: str = ''                         # further lines of dovecot.conf
    folder: Path | None = None
    port: int = 0
    tls_port: int = 0
    process: subprocess.Popen | None = None
    sockets: Path | None = None             # a short path: the kernel takes 107 octets of it

    def __enter__(self) -> Dovecot:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and waits until it greets; a lost race for a port is run again."""
        self.make_folder()
        for _ in range(5):
            self.port = self.port or free_port()
            self.tls_port = self.tls_port or free_port()
            self.sockets = Path(tempfile.mkdtemp(prefix='godwit-'))
            (self.folder / 'dovecot.conf').write_text(self._configuration())
            command = [*namespace(), str(HERE / 'namespace.sh'), str(packages.tree()),
                       '/usr/sbin/dovecot', '-F', '-c', str(self.folder / 'dovecot.conf')]
            with open(self.folder / 'stderr', 'wb') as errors:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                                stdout=errors, stderr=errors)
            if self._wait_until_ready():
                return
            self.stop()
            if 'Address already in use' not in self.log():
                break
            self.port = self.tls_port = 0
        raise ServerError(f'Dovecot {self.name} does not start:\n{self.log()}')

    def stop(self) -> None:
        """Ends this server and its children, and only them.

        The master would look for its dead children once a second; nothing waits for it here.
        """
        if not self.process:
            return
        self.process.terminate()
        children = _descendants(self.process.pid)
        talkers = [pid for pid in children if _program(pid) != 'log']
        for pid in talkers:
            _signal(pid, signal.SIGTERM)
        limit = time.monotonic() + 3
        while time.monotonic() < limit and any(_program(pid) for pid in talkers):
            time.sleep(0.005)
        self.kill()

    def kill(self) -> None:
        """Ends everything at once, as a power cut does."""
        if not self.process:
            return
        for pid in [*_descendants(self.process.pid), self.process.pid]:
            _signal(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        shutil.rmtree(self.sockets, ignore_errors=True)

    def log(self) -> str:
        """Everything that the server has logged."""
        return ''.join((self.folder / part).read_text(errors='replace')
                       for part in ('stderr', 'log') if (self.folder / part).exists())

    def home(self, user: str) -> Path:
        """Where the mail of a user lies."""
        return self.folder / 'home' / user.lower()

    def mail_root(self, user: str) -> Path:
        """The Maildir, mdbox or sdbox folder of a user."""
        return self.home(user) / LOCATIONS[self.format].rpartition('/')[2]

    def uri(self, user: str, scheme: str = 'imap', host: str = 'localhost') -> str:
        """The address of a mailbox, as Godwit takes it."""
        port = self.tls_port if scheme == 'imaps' else self.port
        return f'{scheme}://{urllib.parse.quote(user, safe="")}@{host}:{port}/'

    def password_file(self) -> Path:
        """A file with the password, readable for its owner only."""
        path = self.folder / 'password'
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(PASSWORD + '\n')
        return path

    def make_folder(self) -> None:
        if not self.folder:
            base = packages.ROOT / 'build' / 'e2e'
            base.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(dir=base, prefix=f'{self.name}-'))
        self.folder = self.folder.resolve()
        (self.folder / 'home').mkdir(parents=True, exist_ok=True)

    def _wait_until_ready(self) -> bool:
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                with socket.create_connection(('127.0.0.1', self.port), 5) as probe:
                    if probe.recv(4) == b'* OK':
                        return True
            except OSError:
                pass
            time.sleep(0.01)
        return False

    def _configuration(self) -> str:
        tls, special, plugins, settings = 'ssl = no', '', [], ''
        if self.certificate:
            place = certificates.folder() / self.certificate
            tls = f'ssl = yes\nssl_cert = <{place}.pem\nssl_key = <{place}.key'
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


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _program(pid: int) -> str:
    """The name of a process; nothing once it is dead, be it waited for or not."""
    try:
        name, _, state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')
    except (FileNotFoundError, ProcessLookupError):
        return ''
    return '' if state.split()[0] in 'ZX' else name.partition('(')[2]


def _descendants(pid: int) -> list[int]:
    """The children of a process, their children, and so on."""
    try:
        children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def remove(server: Dovecot) -> None:
    """Removes everything that a stopped server left."""
    if server.folder:
        shutil.rmtree(server.folder, ignore_errors=True)


def main() -> None:
    """Runs one server until Ctrl-C."""
    name, form = (sys.argv[1:] + ['dovecot', 'maildir'][len(sys.argv) - 1:])[:2]
    with Dovecot(name, form) as server:
        print(f'{server.uri("anna")}  {server.uri("anna", "imaps")}\n'
              f'password: {PASSWORD}  files: {server.folder}', flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
    remove(server)


if __name__ == '__main__':
    try:
        main()
    except (ServerError, packages.PackageError) as error:
        sys.exit(str(error))
