#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The model server on sockets, asked by Python's imaplib, which knows nothing of us.

imaplib_test.py PROGRAM runs all tests.
"""

from __future__ import annotations

import hashlib
import imaplib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = ''
SCRIPTS = Path(__file__).resolve().parent / 'scripts'
BODIES = (b'Subject: one\r\n\r\nhello\r\n', b'Subject: two\r\n\r\n) a1 OK\r\n{5}\r\n',
          b'x' * 100_000 + b'\r\n')


class Server:
    """One model server, from start to SIGTERM; its dump is read on leaving."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.place = tempfile.TemporaryDirectory()
        self.dump: list[dict] = []

    def __enter__(self) -> Server:
        self.path = Path(self.place.name) / 'dump'
        self.process = subprocess.Popen(
            [PROGRAM, '--listen', '127.0.0.1:0', '--dump', str(self.path), *self.words],
            stdout=subprocess.PIPE, text=True,
            # Freed memory that a sanitizer keeps is not the server's.
            env={**os.environ, 'ASAN_OPTIONS': 'quarantine_size_mb=1'})
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        if status == 0:
            self.dump = [json.loads(line) for line in self.path.read_text('ascii').splitlines()]
        self.place.cleanup()
        assert status == 0, f'the model server ended with {status}'

    def login(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4('127.0.0.1', self.port)
        client.login('anna', 'secret')
        return client

    def raw(self) -> socket.socket:
        return socket.create_connection(('127.0.0.1', self.port), 20)

    def notes(self, name: str) -> list[dict]:
        return [each for each in self.dump if each.get('name') == name]

    def messages(self, folder: str) -> list[dict]:
        return [each for each in self.dump
                if each['kind'] == 'message' and each['folder'] == folder]

    def memory(self) -> int:
        for line in Path(f'/proc/{self.process.pid}/status').read_text().splitlines():
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) * 1024
        raise AssertionError('no VmHWM')


def read_all(link: socket.socket) -> bytes:
    heard = b''
    while piece := link.recv(65536):
        heard += piece
    return heard


class Clear(unittest.TestCase):
    def check(self, profile: str, folder: str) -> None:
        with Server('--profile', profile) as server:
            client = server.login()
            self.assertEqual(client.create(folder)[0], 'OK')
            self.assertEqual(client.subscribe(folder)[0], 'OK')
            for number, body in enumerate(BODIES):
                when = f'"0{number + 1}-Jan-2020 10:00:00 +0100"'
                self.assertEqual(
                    client.append(folder, f'(\\Seen key{number})', when, body)[0], 'OK')
            self.assertEqual(client.select(folder), ('OK', [b'3']))
            _, rows = client.uid('FETCH', '1:*', '(FLAGS INTERNALDATE BODY.PEEK[])')
            self.assertEqual(tuple(row[1] for row in rows[::2]), BODIES)
            self.assertEqual(client.uid('STORE', '2', '+FLAGS', '(\\Deleted)')[0], 'OK')
            self.assertEqual(client.expunge(), ('OK', [b'2']))
            self.assertEqual(client.uid('SEARCH', 'ALL'), ('OK', [b'1 3']))
            self.assertEqual(client.lsub()[1][0].split()[-1].strip(b'"'), folder.encode())
            client.logout()
        kept = server.messages(folder)
        self.assertEqual([each['sha256'] for each in kept],
                         [hashlib.sha256(BODIES[n]).hexdigest() for n in (0, 2)])
        self.assertEqual(kept[1]['flags'], ['\\Seen', 'key2'])
        self.assertEqual(kept[0]['instant'], 1577869200)
        self.assertEqual(len(server.notes('APPEND')), 3)

    def test_dovecot(self) -> None:
        self.check('dovecot', 'foo')

    def test_courier(self) -> None:
        self.check('courier', 'INBOX.foo')

    def test_cyrus(self) -> None:
        with Server('--profile', 'cyrus') as server:
            client = server.login()
            self.assertEqual(client.append('INBOX', None, None, BODIES[0])[0], 'OK')
            self.assertEqual(client.append('INBOX', None, None, b'A: b\r\n\r\n\0')[0], 'NO')
            client.logout()
        self.assertEqual(len(server.messages('INBOX')), 1)

    def test_multiappend_in_one_write(self) -> None:
        said = b'a LOGIN anna secret\r\nb APPEND INBOX '
        said += b' '.join(b'(k%d) {%d+}\r\n%s' % (n, len(body), body)
                          for n, body in enumerate(BODIES))
        said += b'\r\nc LOGOUT\r\n'
        with Server() as server, server.raw() as link:
            link.sendall(said)
            self.assertIn(b'b OK [APPENDUID 1000001 1:3]', read_all(link))
        self.assertEqual([each['size'] for each in server.messages('INBOX')],
                         [len(body) for body in BODIES])

    def test_a_deep_pipeline_does_not_stall(self) -> None:
        said = b'a LOGIN anna secret\r\nb EXAMINE INBOX\r\n' + b''.join(
            b'f%d UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n' % n for n in range(5000))
        with Server('--generate', 'messages=5 size=300') as server, server.raw() as link:
            sender = threading.Thread(target=link.sendall, args=(said + b'c LOGOUT\r\n',))
            sender.start()
            heard = read_all(link)
            sender.join()
        self.assertEqual(heard.count(b' OK Fetch completed.'), 5000)
        self.assertEqual(heard.count(b'BODY[] {300}'), 25_000)

    def test_two_connections_see_one_store(self) -> None:
        with Server() as server:
            one, two = server.login(), server.login()
            one.select('INBOX')
            two.append('INBOX', None, None, BODIES[0])
            one.noop()
            self.assertEqual(one.response('EXISTS')[1][-1], b'1')
            one.logout()
            two.logout()

    def test_great_things_take_little_memory(self) -> None:
        with Server('--generate', 'folder=INBOX messages=50000 size=100 holes=20',
                    '--generate', 'folder=big messages=1 size=64000000') as server:
            client = server.login()
            before = server.memory()
            client.select('big', readonly=True)
            _, rows = client.uid('FETCH', '1', '(BODY.PEEK[])')
            self.assertEqual(len(rows[0][1]), 64_000_000)
            client.select('INBOX', readonly=True)
            _, rows = client.uid('FETCH', '1:*', '(FLAGS)')
            self.assertEqual(len(rows), 50_000)
            self.assertLess(server.memory() - before, 16_000_000)
            client.logout()
        self.assertEqual(len(server.messages('INBOX')), 50_000)

    def test_bad_arguments_are_refused(self) -> None:
        for words in (['--profile', 'none'], ['--content', '/nowhere'], ['--frob'],
                      ['--generate', 'messages=many'], ['--listen', 'here']):
            status = subprocess.run([PROGRAM, *words], capture_output=True, check=False)
            self.assertEqual(status.returncode, 1, words)
            self.assertTrue(status.stderr, words)


class Secured(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.place = tempfile.TemporaryDirectory()
        cls.certificate = str(Path(cls.place.name) / 'server.pem')
        key = str(Path(cls.place.name) / 'server.key')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                        '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                        '-keyout', key, '-out', cls.certificate],
                       check=True, capture_output=True)
        cls.tls = ('--tls-cert', cls.certificate, '--tls-key', key)
        cls.context = ssl.create_default_context(cafile=cls.certificate)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.place.cleanup()

    def test_tls_from_the_first_octet(self) -> None:
        with Server(*self.tls) as server:
            client = imaplib.IMAP4_SSL('127.0.0.1', server.port, ssl_context=self.context)
            client.login('anna', 'secret')
            self.assertEqual(client.append('INBOX', None, None, BODIES[2])[0], 'OK')
            client.select('INBOX')
            self.assertEqual(client.uid('FETCH', '1', '(BODY[])')[1][0][1], BODIES[2])
            client.logout()
        self.assertTrue(server.notes('login-ok')[0]['tls'])

    def test_starttls(self) -> None:
        with Server(*self.tls, '--starttls') as server:
            client = imaplib.IMAP4('127.0.0.1', server.port)
            self.assertIn('STARTTLS', client.capabilities)
            client.starttls(self.context)
            self.assertNotIn('STARTTLS', client.capabilities)
            client.login('anna', 'secret')
            client.logout()
        self.assertTrue(server.notes('login-ok')[0]['tls'])

    def test_starttls_that_is_never_answered(self) -> None:
        script = str(SCRIPTS / 'd05-silence.script')
        with Server(*self.tls, '--starttls', '--script', script) as server:
            with server.raw() as link:
                link.settimeout(0.5)
                link.recv(4096)
                link.sendall(b'a STARTTLS\r\n')
                with self.assertRaises(TimeoutError):
                    link.recv(4096)
        self.assertEqual(len(server.notes('STARTTLS')), 1)

    def test_injected_octets_come_in_the_segment_of_the_ok(self) -> None:
        with Server(*self.tls, '--starttls', '--script', str(SCRIPTS / 'd06.script')) as server:
            with server.raw() as link:
                link.recv(4096)
                link.sendall(b'a STARTTLS\r\n')
                heard = link.recv(4096)
                self.assertRegex(heard, rb'\Aa OK .*\r\n\* CAPABILITY .*\r\n\Z')

    def test_a_cut_in_a_body_has_no_farewell(self) -> None:
        with Server(*self.tls, '--generate', 'messages=3', '--script',
                    str(SCRIPTS / 'd12-truncated.script')) as server:
            context = ssl.create_default_context(cafile=self.certificate)
            with context.wrap_socket(server.raw(), server_hostname='localhost',
                                     suppress_ragged_eofs=False) as link:
                link.sendall(b'a LOGIN anna secret\r\n')
                link.sendall(b'b EXAMINE INBOX\r\nc UID FETCH 1:* BODY.PEEK[]\r\n')
                with self.assertRaises(ssl.SSLEOFError):
                    read_all(link)


class Misbehaving(unittest.TestCase):
    def talk(self, script: str, said: bytes, *words: str) -> tuple[bytes, Server]:
        with Server('--script', str(SCRIPTS / script), *words) as server:
            with server.raw() as link:
                link.sendall(said)
                heard = read_all(link)
        return heard, server

    def test_commit_then_close(self) -> None:
        heard, server = self.talk(
            'd72.script', b'a LOGIN anna secret\r\nb APPEND INBOX {1+}\r\nx\r\n'
                          b'c APPEND INBOX {1+}\r\ny\r\n')
        self.assertIn(b'b OK', heard)
        self.assertNotIn(b'c OK', heard)
        self.assertEqual(len(server.messages('INBOX')), 2)

    def test_bye_in_a_literal(self) -> None:
        heard, _ = self.talk(
            'd36.script', b'a LOGIN anna secret\r\nb EXAMINE INBOX\r\n'
                          b'c UID FETCH 1 BODY.PEEK[]\r\n', '--generate', 'messages=1')
        self.assertTrue(
            heard.endswith(b'{5000}\r\nFrom: send* BYE Server is going down\r\n'), heard)

    def test_reset_is_a_reset(self) -> None:
        with tempfile.NamedTemporaryFile('w', suffix='.script') as script:
            script.write('on command NOOP do rst\n')
            script.flush()
            with Server('--script', script.name) as server, server.raw() as link:
                link.sendall(b'a NOOP\r\n')
                with self.assertRaises(ConnectionResetError):
                    read_all(link)

    def test_silence_is_silence(self) -> None:
        with tempfile.NamedTemporaryFile('w', suffix='.script') as script:
            script.write('on command NOOP do half-open\n')
            script.flush()
            with Server('--script', script.name) as server, server.raw() as link:
                link.settimeout(0.5)
                link.sendall(b'a LOGIN anna secret\r\n')
                heard = b''
                while b'a OK' not in heard or not heard.endswith(b'\r\n'):
                    heard += link.recv(4096)
                link.sendall(b'b NOOP\r\nc CAPABILITY\r\n')
                with self.assertRaises(TimeoutError):
                    link.recv(4096)

    def test_a_dripping_greeting(self) -> None:
        with Server('--script', str(SCRIPTS / 'd102.script')) as server, server.raw() as link:
            start = time.monotonic()
            heard = b''
            while len(heard) < 3:
                heard += link.recv(1)
            self.assertEqual(heard, b'* O')
            self.assertGreater(time.monotonic() - start, 1.5)

    def test_a_flood_does_not_grow(self) -> None:
        with Server('--script', str(SCRIPTS / 'd33.script')) as server, server.raw() as link:
            link.sendall(b'a LOGIN anna secret\r\nb EXAMINE INBOX\r\nc UID FETCH 1:* FLAGS\r\n')
            before = server.memory()
            got = 0
            while got < 20_000_000:
                got += len(link.recv(1 << 20))
            self.assertLess(server.memory() - before, 8_000_000)

    def test_message_text_is_run_by_dovecot_and_the_journal_shows_it(self) -> None:
        said = (b'a LOGIN anna secret\r\nb APPEND INBOX (\\Bad) {15+}\r\nk1 CREATE hit\r\n\r\n'
                b'c LOGOUT\r\n')
        for profile, creates in (('dovecot', 1), ('cyrus', 0)):
            _, server = self.talk('d11.script', said, '--profile', profile)
            self.assertEqual(len(server.notes('CREATE')), creates, profile)


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main()
