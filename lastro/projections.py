"""`lastro projections`: where the read models stand, and what can be done about them."""

from __future__ import annotations

import typer

from lastro.parked import replay_parked

app = typer.Typer(help="The read models.", no_args_is_help=True)
app.command("replay-parked")(replay_parked)
