#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real servers for the tests: Debian packages, downloaded and unpacked, never installed.

`tree(SERVER)` gives the folder below build/servers in which the packages of one server are
unpacked, together with the libraries that this machine lacks; each server has a tree of its
own, for Debian lets only one of them be installed.  apt verifies what it downloads.  Once
unpacked, nothing needs the network; nothing needs root.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ROOT / 'build' / 'servers'


@dataclass(frozen=True)
class Server:
    """The packages of one server, and which of their programs must find all their libraries;
    the rest of the packages is not used here."""
    folder: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    libraries: tuple[str, ...] = ()     # folders of its own, apart from usr/lib/<machine>


ALL = {
    'dovecot': Server(
        'tree', ('dovecot-core', 'dovecot-imapd', 'isync'),
        ('usr/sbin/dovecot', 'usr/bin/doveconf', 'usr/bin/doveadm', 'usr/bin/mbsync',
         'usr/lib/dovecot/imap', 'usr/lib/dovecot/imap-login', 'usr/lib/dovecot/auth',
         'usr/lib/dovecot/modules/libssl_iostream_openssl.so',
         'usr/lib/dovecot/modules/lib01_acl_plugin.so',
         'usr/lib/dovecot/modules/lib10_quota_plugin.so'),
        ('usr/lib/dovecot', 'usr/lib/dovecot/modules/old-stats')),
    'cyrus': Server(
        'cyrus', ('cyrus-common', 'cyrus-imapd', 'libsasl2-modules', 'libsasl2-modules-db',
                  'sasl2-bin'),
        ('usr/sbin/cyrmaster', 'usr/lib/cyrus/bin/imapd', 'usr/lib/cyrus/bin/ctl_cyrusdb',
         'usr/sbin/saslpasswd2')),
    'courier': Server(
        'courier', ('courier-authlib', 'courier-authlib-userdb', 'courier-base',
                    'courier-imap', 'gamin'),
        ('usr/sbin/couriertcpd', 'usr/bin/couriertls', 'usr/bin/imapd',
         'usr/lib/courier/courier/imaplogin',
         'usr/lib/courier/courier-authlib/authdaemond', 'usr/libexec/gam_server'),
        ('usr/lib', 'usr/lib/courier-authlib')),
}
# No server, and not needed by the end-to-end tests.
PEERS = {
    'interimap': Server(
        'interimap', ('interimap', 'libinterimap', 'libconfig-tiny-perl', 'libdbi-perl',
                      'libdbd-sqlite3-perl', 'libnet-ssleay-perl'), ()),
}


class PackageError(Exception):
    """The servers cannot be had; the text says why in one sentence."""


def _apt(folder: Path, private_lists: Path | None, *words: str) -> subprocess.CompletedProcess:
    options = []
    if private_lists:
        (private_lists / 'lists' / 'partial').mkdir(parents=True, exist_ok=True)
        (private_lists / 'cache' / 'archives' / 'partial').mkdir(parents=True, exist_ok=True)
        options = ['-o', f'Dir::State::lists={private_lists}/lists',
                   '-o', f'Dir::Cache={private_lists}/cache',
                   '-o', 'APT::Sandbox::User=root']
    return subprocess.run(['apt-get', '-q', *options, *words], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def _download(names: list[str], folder: Path, apt_state: Path) -> None:
    """Downloads the packages; a machine without package lists gets private ones first."""
    use = apt_state if apt_state.exists() else None
    result = _apt(folder, use, 'download', *names)
    if result.returncode and not use:
        updated = _apt(folder, apt_state, 'update')
        if updated.returncode:
            shutil.rmtree(apt_state, ignore_errors=True)
        else:
            result = _apt(folder, apt_state, 'download', *names)
    if result.returncode:
        raise PackageError(f'apt-get cannot download {" ".join(names)}:\n{result.stdout}')


def _installed(package: str) -> bool:
    query = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status}', package],
                           capture_output=True, text=True, check=False)
    return query.returncode == 0 and query.stdout.startswith('installed')


def _missing_libraries(deb: Path, have: set[str]) -> list[str]:
    """The lib* packages that a package depends on and that neither we nor dpkg have."""
    depends = subprocess.run(['dpkg-deb', '-f', deb, 'Depends', 'Pre-Depends'],
                             capture_output=True, text=True, check=True).stdout
    names = re.findall(r'(?:^|[,:])\s*(lib[a-z0-9.+-]+)', depends, re.MULTILINE)
    return [name for name in dict.fromkeys(names)
            if name not in have and not _installed(name)]


def _check(tree: Path, server: Server) -> None:
    """Every program that is used must find every library."""
    libraries = ':'.join(str(path) for path in shared_objects(tree, server))
    for program in server.programs:
        found = subprocess.run(['ldd', tree / program], capture_output=True, text=True,
                               env={**os.environ, 'LD_LIBRARY_PATH': libraries}, check=False)
        lost = re.findall(r'(\S+) => not found', found.stdout)
        if found.returncode or lost:
            raise PackageError(f'{program} lacks libraries: {" ".join(lost) or found.stderr}')


def shared_objects(tree: Path, server: Server = ALL['dovecot']) -> list[Path]:
    """Where the unpacked libraries lie."""
    return [*(tree / folder for folder in server.libraries),
            *sorted((tree / 'usr/lib').glob('*-linux-gnu*'))]


def _unpack(debs: list[Path], tree: Path) -> None:
    for deb in debs:
        subprocess.run(['dpkg-deb', '-x', deb, tree], check=True)
    # With a merged /usr, /lib is a link: what a package ships there belongs in /usr/lib.
    if (tree / 'lib').is_dir():
        shutil.copytree(tree / 'lib', tree / 'usr' / 'lib', symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(tree / 'lib')


def _build(tree: Path, server: Server) -> None:
    with tempfile.TemporaryDirectory(dir=SERVERS, prefix='download-') as name:
        work = Path(name)
        have: set[str] = set()
        wanted = list(server.packages)
        while wanted:
            before = set(work.glob('*.deb'))
            _download(wanted, work, work / 'apt')
            have.update(wanted)
            fresh = set(work.glob('*.deb')) - before
            wanted = sorted({lib for deb in fresh for lib in _missing_libraries(deb, have)})
        _unpack(sorted(work.glob('*.deb')), work / 'tree')
        _check(work / 'tree', server)
        (work / 'tree' / 'packages').write_text(
            ''.join(f'{deb.name}\n' for deb in sorted(work.glob('*.deb'))))
        shutil.rmtree(tree, ignore_errors=True)
        (work / 'tree').rename(tree)


def tree(name: str = 'dovecot') -> Path:
    """One server's unpacked packages; the first call downloads them.  Safe when two run at
    once."""
    server = {**ALL, **PEERS}[name]
    SERVERS.mkdir(parents=True, exist_ok=True)
    place, stamp = SERVERS / server.folder, SERVERS / f'stamp-{name}'
    meaning = ' '.join(server.packages) + '\n'
    with open(SERVERS / f'lock-{name}', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (stamp.is_file() and stamp.read_text() == meaning and place.is_dir()):
            print(f'downloading {", ".join(server.packages)} below {SERVERS}', file=sys.stderr)
            _build(place, server)
            stamp.write_text(meaning)
    return place


def mbsync() -> tuple[list[str], dict[str, str]]:
    """The command and the environment that run the unpacked mbsync."""
    place = tree()
    libraries = ':'.join(str(path) for path in shared_objects(place))
    return [str(place / 'usr/bin/mbsync')], {**os.environ, 'LD_LIBRARY_PATH': libraries}


def interimap() -> list[str]:
    """The command that runs the unpacked interimap."""
    place = tree('interimap')
    folders = [place / 'usr/share/perl5', *(place / 'usr/lib').glob('*/perl5/*')]
    # Its -T makes perl deaf to PERL5LIB.
    return ['perl', '-T', *(f'-I{folder}' for folder in folders),
            str(place / 'usr/bin/interimap')]


if __name__ == '__main__':
    try:
        print('\n'.join(str(tree(name)) for name in ALL))
    except PackageError as error:
        sys.exit(str(error))
