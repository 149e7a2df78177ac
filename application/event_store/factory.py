"""eventsourcing's persistence module of Lastro: builds our mapper and recorder by their topics."""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    ProcessRecorder,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import resolve_topic

from application.clock import Clock
from application.database import Database
from application.event_store.keys import Keyring
from application.event_store.wakeup import Waker

ENVIRONMENT = {
    "PERSISTENCE_MODULE": "application.event_store.factory:FactFactory",
    "APPLICATION_RECORDER_TOPIC": "application.event_store.recorder:FactRecorder",
    "MAPPER_TOPIC": "application.event_store.mapper:FactMapper",
}


class FactFactory(InfrastructureFactory[TrackingRecorder]):
    """Given its means by `furnish` before anything is built, since settings travel as text only."""

    def furnish(self, database: Database, keyring: Keyring, waker: Waker, clock: Clock) -> None:
        """Hand over what the mapper and the recorder work with."""
        self._database = database
        self._keyring = keyring
        self._waker = waker
        self._clock = clock

    def mapper(
        self, transcoder: Transcoder | None = None, mapper_class: type[Mapper[Any]] | None = None
    ) -> Mapper[Any]:
        """The mapper named by MAPPER_TOPIC."""
        chosen: Any = mapper_class or resolve_topic(self.env[self.MAPPER_TOPIC])
        made: Mapper[Any] = chosen(transcoder or self.transcoder(), keyring=self._keyring)
        return made

    def application_recorder(self) -> ApplicationRecorder:
        """The recorder named by APPLICATION_RECORDER_TOPIC."""
        chosen: Any = resolve_topic(self.env[self.APPLICATION_RECORDER_TOPIC])
        made: ApplicationRecorder = chosen(self._database, clock=self._clock, wake=self._waker.wake)
        return made

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Snapshots are not kept: streams are short, and state is rebuilt from facts."""
        raise NotImplementedError("Lastro keeps no snapshots")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        """Checkpoints belong to the projection runner."""
        raise NotImplementedError("projections keep their own checkpoints")

    def process_recorder(self) -> ProcessRecorder:
        """Checkpoints belong to the projection runner."""
        raise NotImplementedError("projections keep their own checkpoints")
