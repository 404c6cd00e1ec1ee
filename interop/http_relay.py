"""Stands between HTTP clients and a server, copies every byte both ways and records them by connection."""

import itertools
import socket
import threading
from urllib.parse import urlsplit

# In which order bytes came, over all connections.
ORDER = itertools.count()


class HttpRelay:
    """A port of its own in front of one server. It changes nothing, so that what clients see is the server's."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.target = (parts.hostname, parts.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = parts._replace(netloc=f"127.0.0.1:{self.listener.getsockname()[1]}").geturl()
        self.connections = []  # of each a list of (order, "client" or "server", bytes)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # The relay is closed.
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            chunks = []
            self.connections.append(chunks)
            for who, source, sink in (("client", client, server), ("server", server, client)):
                threading.Thread(target=copy, args=(who, source, sink, chunks), daemon=True).start()

    def close(self):
        """Takes no further connections; those that are open end with their peers."""
        # Without the shutdown, the thread that waits in `accept` would keep the port open.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


def copy(who, source, sink, chunks):
    """One direction of a connection; its end is the end of both, as HTTP clients close both at once."""
    try:
        while data := source.recv(65536):
            # What is recorded before it is passed on stands before its answer.
            chunks.append((next(ORDER), who, data))
            sink.sendall(data)
    except OSError:
        pass
    for end in (sink, source):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
