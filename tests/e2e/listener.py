# SPDX-License-Identifier: Apache-2.0
"""A port of the loopback where a test answers, and octets carried between two sockets."""

from __future__ import annotations

import socket
import threading


class Listener:
    """Listens until the test ends; each connection is served on a thread of its own."""

    def __init__(self) -> None:
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        """One connection, which is closed behind it; a peer that is gone is no failure."""
        raise NotImplementedError

    def carry(self, origin: socket.socket, goal: socket.socket) -> None:
        """Passes on what one side says until it ends."""
        while octets := origin.recv(65_536):
            goal.sendall(octets)

    def relay(self, client: socket.socket, server: socket.socket) -> None:
        """Passes octets on in both directions until both have ended."""
        back = threading.Thread(target=self._carry_to_end, args=(server, client), daemon=True)
        back.start()
        self._carry_to_end(client, server)
        back.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                self.serve(client)
        except OSError:
            pass

    def _carry_to_end(self, origin: socket.socket, goal: socket.socket) -> None:
        try:
            self.carry(origin, goal)
        except OSError:
            pass
        # A side that was reset has ended too, and the other one waits until it hears of it.
        try:
            goal.shutdown(socket.SHUT_WR)
        except OSError:
            pass
