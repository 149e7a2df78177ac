"""Readers of /api/v1/events as integrators write them: with a cursor, and back after each failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from random import Random
from threading import Event
from uuid import UUID

import httpx2
import orjson

type Seen = tuple[int, UUID]
"""An event by position and id, as it was read."""

_PATIENCE = 15.0
_QUIET_SECONDS = 5.0
_PAUSE = 0.05
_MOST_BEFORE_HANGING_UP = 3_000


class Reader(ABC):
    """One reader with its own cursor. `read` runs in its own thread; `cut` may be called from another."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.seen: list[Seen] = []
        self.cursor = "0"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._cut = Event()

    def cut(self) -> None:
        """Lose the connection in hand."""
        self._cut.set()

    @abstractmethod
    def read(self, over: Event) -> list[Seen]:
        """Read until `over` is set and nothing more comes; answer all that was read."""

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.address, headers=self._headers, timeout=_PATIENCE)


class PagedReader(Reader):
    """Pages of a size, asked for with the `next` of the one before."""

    def __init__(self, address: str, token: str, limit: int) -> None:
        super().__init__(address, token)
        self.limit = limit

    def read(self, over: Event) -> list[Seen]:
        """See Reader."""
        ended = False
        while not ended:
            finishing = over.is_set()
            try:
                with self._client() as client:
                    ended = self._pages(client) and finishing
            except httpx2.HTTPError:
                pass
            over.wait(_PAUSE)
        return self.seen

    def _pages(self, client: httpx2.Client) -> bool:
        """Whether the end was reached; raises httpx2.HTTPError for what is answered with a failure."""
        more = True
        while more and not self._cut.is_set():
            answer = client.get("/api/v1/events", params={"after": self.cursor, "limit": self.limit})
            answer.raise_for_status()
            page = orjson.loads(answer.content)
            self.seen += [(event["position"], UUID(event["event_id"])) for event in page["events"]]
            self.cursor, more = page["next"], page["more"]
        self._cut.clear()
        return not more


class StreamReader(Reader):
    """Server-sent events, taken up again behind the last id. With `random` it hangs up now and then."""

    def __init__(self, address: str, token: str, random: Random | None) -> None:
        super().__init__(address, token)
        self._random = random
        self._begun = False

    def read(self, over: Event) -> list[Seen]:
        """See Reader. The end is a stream that began when all was written, and said nothing."""
        while True:
            finishing, had = over.is_set(), len(self.seen)
            self._begun = False
            try:
                with self._client() as client:
                    self._follow(client)
            except httpx2.ReadTimeout:
                if finishing and self._begun and len(self.seen) == had:
                    return self.seen
            except httpx2.HTTPError:
                pass
            over.wait(_PAUSE)

    def _follow(self, client: httpx2.Client) -> None:
        left = self._random.randint(1, _MOST_BEFORE_HANGING_UP) if self._random else -1
        headers = {} if self.cursor == "0" else {"Last-Event-ID": self.cursor}
        timeout = httpx2.Timeout(_PATIENCE, read=_QUIET_SECONDS)
        with client.stream("GET", "/api/v1/events/stream", headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            self._begun, identity = True, ""
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    identity = line[4:]
                elif line.startswith("data: "):
                    self._take(identity, line[6:])
                    left -= 1
                if left == 0 or self._cut.is_set():
                    self._cut.clear()
                    return

    def _take(self, identity: str, data: str) -> None:
        event = orjson.loads(data)
        self.seen.append((event["position"], UUID(event["event_id"])))
        self.cursor = identity
