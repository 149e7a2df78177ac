"""Who acted, in words: a part of the system by its name; people are named by whoever may look them up."""

from __future__ import annotations

from uuid import UUID

_NAMED = ("cli", "kafka", "reaction")
"""Parts of which the actor says more: who gave the command, in which topic the message came, which reaction it was."""

SYSTEM_ACTORS = {
    "system": "Sistema",
    "scheduler": "Faturamento automático",
    "import": "Importação",
    "cli": "Linha de comando",
    "demo": "Carga de demonstração",
    "worker": "Sistema",
    "kafka": "Integração",
    "reaction": "Automático",
    "webhooks": "Envio de webhooks",
}


def actor_words(actor: str) -> str:
    """A part of the system by name; who gave a command of it (`cli:maria`), or its topic, in brackets."""
    part, _, who = actor.partition(":")
    words = SYSTEM_ACTORS.get(part)
    if words is None or (who and part not in _NAMED):
        return actor
    return f"{words} ({who})" if who else words


def system_actors(words: str) -> tuple[str, ...]:
    """The parts of the system that `actor_words` calls so, whatever the case."""
    named, _, who = words.strip().partition(" (")
    found = tuple(part for part, said in SYSTEM_ACTORS.items() if said.casefold() == named.casefold())
    if not who:
        return found
    return tuple(f"{part}:{who[:-1]}" for part in found if part in _NAMED and who.endswith(")"))


def actor_id(actor: str) -> UUID | None:
    """The user behind `user:<id>`; None for the system's own names."""
    kind, _, rest = actor.partition(":")
    try:
        return UUID(rest) if kind == "user" else None
    except ValueError:
        return None
