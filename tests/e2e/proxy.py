# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a server: cut lines, and servers of other trades."""

from __future__ import annotations

import socket
import threading
import time


class CuttingProxy:
    """Passes octets on until the server has said so many; then the server is gone for good."""

    def __init__(self, port: int, cut_after_bytes: int) -> None:
        self.target = port
        self.left = cut_after_bytes
        self.lock = threading.Lock()
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(('127.0.0.1', self.target))
            except OSError:
                return
            self.sockets += [client, server]
            threading.Thread(target=self._carry, args=(client, server, False),
                             daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, True),
                             daemon=True).start()

    def _carry(self, origin: socket.socket, goal: socket.socket, counts: bool) -> None:
        try:
            while octets := origin.recv(16_384):
                if counts:
                    with self.lock:
                        octets = octets[:max(self.left, 0)]
                        self.left -= len(octets)
                goal.sendall(octets)
                if counts and self.left <= 0:
                    self.close()
            goal.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def was_cut(self) -> bool:
        """Whether the server has said so much that the line was cut."""
        with self.lock:
            return self.left <= 0

    def close(self) -> None:
        """Cuts every connection and takes no new one."""
        self.listener.close()
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()


class Stranger:
    """A server that is no IMAP server: it says its line and reads what comes."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                client.sendall(self.greeting)
                threading.Thread(target=self._read, args=(client,), daemon=True).start()
            except OSError:
                return

    @staticmethod
    def _read(client: socket.socket) -> None:
        with client:
            try:
                while client.recv(4_096):
                    pass
            except OSError:
                pass


class HoldingProxy(CuttingProxy):
    """Passes octets on, except for the seconds for which it was told to hold the server's."""

    def __init__(self, port: int) -> None:
        self.held_until = 0.0
        super().__init__(port, 1 << 62)

    def hold(self, seconds: float) -> None:
        """From now on, what the server says waits for so long."""
        self.held_until = time.monotonic() + seconds

    def _carry(self, origin: socket.socket, goal: socket.socket, counts: bool) -> None:
        try:
            while octets := origin.recv(16_384):
                while counts and time.monotonic() < self.held_until:
                    time.sleep(0.05)
                goal.sendall(octets)
            goal.shutdown(socket.SHUT_WR)
        except OSError:
            pass
