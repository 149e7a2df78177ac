"""Portuguese for the builds of the read models: their states, what was compared, what a click came to."""

from __future__ import annotations

from projections.builds import State
from web.rows import Tag

STATES: dict[State, Tag] = {
    State.ASKED: Tag("Pedida", "blue"),
    State.LOADING: Tag("Lendo o passado", "blue"),
    State.INDEXING: Tag("Criando índices", "blue"),
    State.CATCHING_UP: Tag("Alcançando o presente", "blue"),
    State.COMPARING: Tag("Comparando", "blue"),
    State.READY: Tag("Pronta", "orange"),
    State.LIVE: Tag("Em uso", "green"),
    State.KEPT: Tag("Guardada", "grey"),
    State.FAILED: Tag("Falhou", "red"),
}
"""Where a build is, in the order of its life."""

ACTS: dict[str, tuple[str, str, str]] = {
    "reconstruir": (
        "Reconstruir",
        "Uma versão nova será construída ao lado da que está em uso, a partir de todos os eventos. Ninguém"
        " percebe: as páginas continuam como estão até que alguém a coloque em uso.",
        "Reconstruir",
    ),
    "conferir": (
        "Conferir",
        "A versão em uso será comparada, linha por linha, com a que está ao lado; se não houver nenhuma, uma"
        " será construída só para isso e descartada depois. Nada muda nas páginas.",
        "Conferir",
    ),
    "colocar-em-uso": (
        "Colocar em uso",
        "As páginas passam a mostrar a versão pronta. A que está em uso agora fica guardada e atualizada,"
        " para que se possa voltar a ela.",
        "Colocar em uso",
    ),
    "voltar": (
        "Voltar à versão guardada",
        "As páginas voltam a mostrar a versão que estava em uso antes, com tudo o que aconteceu desde então."
        " A atual fica guardada.",
        "Voltar",
    ),
}
"""What may be done: the window's title, what happens then, and the button's word."""

COLUMNS_GONE = "Colunas que deixam de existir"
COLUMNS_NEW = "Colunas novas"
KINDS = {"only_old": "Só na versão em uso", "only_new": "Só na nova", "changed": "Mudou"}
MISSING = "Ainda não existe: inicie um worker."
OTHER_CODE = "Feita por outra versão do programa"
NOT_FED = "Feita por outra versão do programa, que é a única que sabe atualizá-la"
