#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates for the tests, made once by the openssl command below build/e2e.

For each name in NAMES there are NAME.pem and NAME.key:
  server       localhost and 127.0.0.1, signed by ca.pem: the good one
  expired      the same, but its time is over
  other-host   signed by ca.pem for another host
  self-signed  localhost, signed by itself
  foreign      localhost, signed by foreign-ca.pem, which nobody trusts
  future       the same as server, but its time has not come
  wildcard     for "*" and "*.0.0.1", which are no names
  name-only    localhost in the subject, no alternative names
  address      127.0.0.1 and not localhost
  short-key    localhost, with a key of RSA 1024
  sha1         localhost, signed with SHA-1
  chain        localhost, signed by an authority below ca.pem that the server does not show
  constrained  localhost, signed by one that may sign for .example only, and that it shows
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from packages import ROOT

NAMES = ('server', 'expired', 'other-host', 'self-signed', 'foreign', 'future', 'wildcard',
         'name-only', 'address', 'short-key', 'sha1', 'chain', 'constrained')
LOCAL = 'DNS:localhost,IP:127.0.0.1'
KEY = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes')
CA_SECTION = """[ca]
default_ca = it
[it]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True)


def _authority(folder: Path, name: str) -> None:
    _openssl(folder, 'req', '-x509', *KEY, '-days', '3650', '-subj', f'/CN=Godwit test {name}',
             '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
             '-keyout', f'{name}.key', '-out', f'{name}.pem')


def _signed(folder: Path, name: str, authority: str, names: str, dates: list[str], *,
            key: tuple[str, ...] = KEY, digest: str = 'sha256', extensions: str = '') -> None:
    """One certificate by `openssl ca`: the only command that takes a date in the past.

    Without `names` it is for localhost by its subject only."""
    (folder / 'index').write_text('')
    (folder / 'ca.cnf').write_text(CA_SECTION.format(folder=folder))
    extensions = extensions or 'extendedKeyUsage=serverAuth\n'
    (folder / 'ext').write_text((f'subjectAltName={names}\n' if names else '') + extensions)
    subject = names.split(',', maxsplit=1)[0].partition(':')[2] or 'localhost'
    _openssl(folder, 'req', *key, '-subj', f'/CN={subject}',
             '-keyout', f'{name}.key', '-out', f'{name}.csr')
    _openssl(folder, 'ca', '-md', digest, '-batch', '-notext', '-rand_serial',
             '-config', 'ca.cnf', '-cert', f'{authority}.pem',
             '-keyfile', f'{authority}.key', '-extfile', 'ext', *dates,
             '-in', f'{name}.csr', '-out', f'{name}.pem')


def _make(folder: Path) -> None:
    _authority(folder, 'ca')
    _authority(folder, 'foreign-ca')
    _signed(folder, 'server', 'ca', LOCAL, ['-days', '3650'])
    _signed(folder, 'expired', 'ca', LOCAL,
            ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'])
    _signed(folder, 'other-host', 'ca', 'DNS:mail.elsewhere.example', ['-days', '3650'])
    _signed(folder, 'foreign', 'foreign-ca', LOCAL, ['-days', '3650'])
    _openssl(folder, 'req', '-x509', *KEY, '-days', '3650', '-subj', '/CN=localhost',
             '-addext', f'subjectAltName={LOCAL}',
             '-keyout', 'self-signed.key', '-out', 'self-signed.pem')
    _make_odd(folder)


def _make_odd(folder: Path) -> None:
    """What is wrong in a way that is seen less often."""
    good = ['-days', '3650']
    below = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
    _signed(folder, 'future', 'ca', LOCAL,
            ['-startdate', '20900101000000Z', '-enddate', '20910101000000Z'])
    _signed(folder, 'wildcard', 'ca', 'DNS:*,DNS:*.0.0.1', good)
    _signed(folder, 'name-only', 'ca', '', good)
    _signed(folder, 'address', 'ca', 'IP:127.0.0.1', good)
    _signed(folder, 'short-key', 'ca', LOCAL, good, key=('-newkey', 'rsa:1024', '-nodes'))
    _signed(folder, 'sha1', 'ca', LOCAL, good, digest='sha1')
    _signed(folder, 'below-ca', 'ca', '', good, extensions=below)
    _signed(folder, 'chain', 'below-ca', LOCAL, good)
    _signed(folder, 'narrow-ca', 'ca', '', good,
            extensions=f'{below}nameConstraints=critical,permitted;DNS:.example\n')
    _signed(folder, 'constrained', 'narrow-ca', LOCAL, good)
    with open(folder / 'constrained.pem', 'ab') as file:
        file.write((folder / 'narrow-ca.pem').read_bytes())


def folder() -> Path:
    """The folder of the certificates; the first call makes them.  Safe when two run at once."""
    base = ROOT / 'build' / 'e2e'
    base.mkdir(parents=True, exist_ok=True)
    place = base / f'certificates-{len(NAMES)}'
    with open(base / 'certificates.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.is_dir():
            work = Path(tempfile.mkdtemp(dir=base, prefix='certificates-'))
            try:
                _make(work)
                os.rename(work, place)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return place


def authority() -> Path:
    """The CA that signed the good certificate."""
    return folder() / 'ca.pem'


def pin(name: str) -> str:
    """`sha256:HEX` over the certificate's public key (SPKI), as --source-pin takes it."""
    public = subprocess.run(['openssl', 'x509', '-in', folder() / f'{name}.pem', '-noout',
                             '-pubkey'], check=True, capture_output=True).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=public,
                         check=True, capture_output=True).stdout
    return 'sha256:' + hashlib.sha256(der).hexdigest()


if __name__ == '__main__':
    print(folder())
    for each in NAMES:
        print(f'{each:12}', pin(each))
