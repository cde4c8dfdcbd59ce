# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a server: cut lines, and servers of other trades."""

from __future__ import annotations

import socket
import threading
import time

from listener import Listener


class CuttingProxy(Listener):
    """Passes octets on until the server has said so many; then the server is gone for good.

    From then on connections are taken and closed.  The listener itself stays, because a kernel
    that loses it in the middle of a handshake may leave the client connected to nobody, and who
    waits for a greeting there does so for minutes.
    """

    def __init__(self, port: int, cut_after_bytes: int) -> None:
        self.target = port
        self.left = cut_after_bytes
        self.lock = threading.Lock()
        self.sockets: list[socket.socket] = []
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        if self.was_cut():
            return
        with socket.create_connection(('127.0.0.1', self.target)) as server:
            self.sockets += [client, server]
            # Once more: who came while the others were cut is cut too.
            if not self.was_cut():
                self.relay(client, server)

    def carry(self, origin: socket.socket, goal: socket.socket) -> None:
        is_server = origin.getpeername()[1] == self.target
        while octets := origin.recv(16_384):
            try:
                goal.sendall(self.pass_on(octets) if is_server else octets)
            finally:
                if is_server and self.was_cut():
                    self.cut()

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

    def cut(self) -> None:
        """Cuts every connection.

        Whoever serves one closes its sockets: done here, a thread that is about to read from
        a socket could find another under its number, and take that one's octets.
        """
        for each in tuple(self.sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Cuts every connection and takes no new one."""
        self.listener.close()
        self.cut()


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
