"""A relay before PostgreSQL that loses answers or requests on demand, as a broken network does."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Listens on a unix socket. `lose_answer` and `lose_request` cut the connection once, when a
    message holds the given bytes; `refuse` takes no more connections."""

    def __init__(self, url: str) -> None:
        parts = conninfo_to_dict(url)
        self._target = (str(parts["host"]), int(parts.get("port") or 5432))
        self._folder = Path(tempfile.mkdtemp(prefix="lp"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / _SOCKET))
        self._listener.listen()
        self._lost_answer: bytes | None = None
        self._lost_request: bytes | None = None
        self._refuse_after_cut = False
        self._closed = False
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._sockets: list[socket.socket] = []
        self.url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(str(self._folder), safe='')}"
        self.cuts = 0
        self._start(self._accept)

    def lose_answer(self, holding: bytes, *, then_refuse: bool = False) -> None:
        """The next answer with these bytes never arrives; the server has done the work by then."""
        self._lost_answer, self._refuse_after_cut = holding, then_refuse

    def lose_request(self, holding: bytes) -> None:
        """The next request with these bytes never reaches the server."""
        self._lost_request = holding

    def close(self) -> None:
        """Drop everybody and stop."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            _cut(one)
        for thread in self._threads:
            thread.join(10)
        shutil.rmtree(self._folder)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuse_after_cut and self.cuts:
                client.close()
                continue
            server = self._connect()
            self._sockets += [client, server]
            self._start(self._pump, client, server, False)
            self._start(self._pump, server, client, True)

    def _connect(self) -> socket.socket:
        host, port = self._target
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if self._is_lost(data, answers):
                    break
                sink.sendall(data)
        _cut(source)
        _cut(sink)

    def _is_lost(self, data: bytes, answers: bool) -> bool:
        with self._lock:
            wanted = self._lost_answer if answers else self._lost_request
            if wanted is None or wanted not in data:
                return False
            if answers:
                self._lost_answer = None
            else:
                self._lost_request = None
            self.cuts += 1
            return True

    def _start(self, work: object, *args: object) -> None:
        thread = Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


def _cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A relay before the server of `url`, for the block."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
