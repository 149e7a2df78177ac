"""What the demo shows: one user who may do everything, and the sample portfolio, both made once."""

from __future__ import annotations

from pathlib import Path

from application.access import operator
from application.clock import sao_paulo_date, utc_now
from application.index_points import IndexPoints, PointRefused
from application.portfolio.problems import Problem
from application.users import UserForm
from deploy.local.sample import INDICES, write_sample
from domain.user.events import Grant
from domain.user.roles import Role
from lastro.home import DEMO_PASSWORD, kept
from lastro.importing import import_file
from lastro.output import step
from lastro.use_cases import UseCases
from lastro.user import new_password
from lastro.wiring import Runtime

LOGIN = "demo@lastro.example"
_NAME = "Demonstração"
_SAMPLE = "sample.csv"
_LOADED = "sample-loaded"

DEMO = operator("demo")


def demo_password(home: Path) -> str:
    """Made at the first start, the same ever after; in a file that only its owner reads."""
    return kept(home, DEMO_PASSWORD, new_password)


def ensure_user(runtime: Runtime) -> None:
    """The demo's user signs in with the password that is printed, also on a database of another home."""
    use_cases = UseCases(runtime)
    password = demo_password(runtime.settings.home)
    user_id = use_cases.users.find(LOGIN)
    if user_id is None:
        grants = (Grant(role=Role.ADMINISTRATOR, companies=None),)
        user_id = use_cases.users.register(DEMO, UserForm(login=LOGIN, name=_NAME, grants=grants)).id
    if not use_cases.passwords.matches(user_id, password, utc_now()):
        use_cases.people.set_password(DEMO, user_id, password, utc_now())


def load_sample(runtime: Runtime, contracts: int) -> None:
    """Import the sample into a database without companies; go on with an import that was cut off."""
    home = runtime.settings.home
    sample, loaded = home / _SAMPLE, home / _LOADED
    if loaded.exists() or (not sample.exists() and _has_companies(runtime)):
        return
    if not sample.exists():
        with step("Writing the sample portfolio"):
            draft = sample.with_suffix(".part")
            write_sample(draft, contracts=contracts, today=sao_paulo_date(utc_now()))
            draft.rename(sample)
    IndexPoints(UseCases(runtime).indices).put_file(DEMO, INDICES, _SAMPLE, _ignore)
    import_file(runtime, sample, DEMO, _ignore)
    loaded.touch()


def _ignore(_problem: Problem | PointRefused) -> None:
    """The sample holds no bad row; a test keeps it so."""


def _has_companies(runtime: Runtime) -> bool:
    return bool(runtime.lastro.read(0, 1, ["company.registered.v1"]))
