# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a server: cut lines, and servers of other trades."""

from __future__ import annotations

import socket
import threading
import time

from listener import Listener


class CuttingProxy(Listener):
    """Passes octets on until the server has said so many; then the server is gone for good."""

    def __init__(self, port: int, cut_after_bytes: int) -> None:
        self.target = port
        self.left = cut_after_bytes
        self.lock = threading.Lock()
        self.sockets: list[socket.socket] = []
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        with socket.create_connection(('127.0.0.1', self.target)) as server:
            self.sockets += [client, server]
            self.relay(client, server)

    def carry(self, origin: socket.socket, goal: socket.socket) -> None:
        is_server = origin.getpeername()[1] == self.target
        while octets := origin.recv(16_384):
            goal.sendall(self.pass_on(octets) if is_server else octets)
            if is_server and self.left <= 0:
                self.close()

    def pass_on(self, octets: bytes) -> bytes:
        """What is left of the server's octets."""
        with self.lock:
            octets = octets[:max(self.left, 0)]
            self.left -= len(octets)
        return octets

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


class Stranger(Listener):
    """A server that is no IMAP server: it says its line and reads what comes."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        client.sendall(self.greeting)
        while client.recv(4_096):
            pass


class HoldingProxy(CuttingProxy):
    """Passes octets on, except for the seconds for which it was told to hold the server's."""

    def __init__(self, port: int) -> None:
        self.held_until = 0.0
        super().__init__(port, 1 << 62)

    def hold(self, seconds: float) -> None:
        """From now on, what the server says waits for so long."""
        self.held_until = time.monotonic() + seconds

    def pass_on(self, octets: bytes) -> bytes:
        while time.monotonic() < self.held_until:
            time.sleep(0.05)
        return octets
