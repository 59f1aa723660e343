"""Every command asks for its rights: all commands x all roles, run for an operator of that role (`--as`)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from factories import World, a_world, row
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from billing.rights import Right, Role
from command_line.__main__ import main
from command_line.ask_rights import rights_refusal
from command_line.asking import ASKS
from command_line.command_rights import RIGHTS
from command_line.installation import settings
from models import AuditEntry, CardSeries, Distributor, Operator, Reseller
from models.database import make_engine
from services.keys.pin_keys import create_pin_keys
from services.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

SCOPES = {Role.RESELLER: "reseller_id", Role.DISTRIBUTOR: "distributor_id"}
WITHOUT_RIGHT = ("This needs the right to", "works on its own cards only")


def leaves(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, f"{path} {name}".strip())
        else:
            yield f"{path} {name}".strip(), command


COMMANDS = dict(leaves(main))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An installation with an operator of each role, named as it; the reseller's own series is number 2."""
    folder = tmp_path_factory.mktemp("rights")
    engine = make_engine(f"sqlite:///{folder}/callingcard.sqlite", pool_size=1)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        world = a_world(session, series={"number": 1})
        _own_cards(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLINGCARD_STATE_DIR", str(folder))
        patch.setenv("CALLINGCARD_DATABASE_URL", f"sqlite:///{folder}/callingcard.sqlite")
        create_pin_keys(settings().keys_file)
        yield engine
    engine.dispose()


def _own_cards(world: World) -> None:
    session = world.session
    owners = {
        "reseller_id": row(session, Reseller, name="Kiosks"),
        "distributor_id": row(session, Distributor, name="Shops"),
    }
    for role in Role:
        scope = {SCOPES[role]: owners[SCOPES[role]]} if role in SCOPES else {}
        values = {"name": role.value, "name_key": role.value, "role": role, "created_at": datetime.now(UTC)}
        row(session, Operator, **values, **scope)


def arguments(command: click.Command, file: Path) -> list[str]:
    """Something for all that the command cannot be run without."""
    words: list[str] = []
    for parameter in command.params:
        if not parameter.required:
            continue
        value = _value(parameter.type, file)
        if isinstance(parameter, click.Option):
            words += [parameter.opts[-1], value]
        else:
            words.append(value)
    return words


def _value(kind: click.ParamType[Any], file: Path) -> str:
    if isinstance(kind, click.Choice):
        return str(kind.choices[0])
    if isinstance(kind, click.Path | click.File):
        return str(file)
    return {"integer": "1", "integer range": "1"}.get(kind.name, "1")


def test_every_command_says_what_it_asks_for_and_asks() -> None:
    assert set(COMMANDS) == set(RIGHTS)
    assert {path: getattr(command.callback, ASKS, None) for path, command in COMMANDS.items()} == {
        path: path for path in COMMANDS
    }


def test_whoever_may_do_everything_may_run_every_command_and_each_right_opens_one() -> None:
    assert [path for path in RIGHTS if rights_refusal(path, Role.OWNER)] == []
    asked = {right for need in RIGHTS.values() for right in need.rights}
    assert asked >= set(Right) - {Right.TRY_CALLS, Right.END_CALLS}


def test_an_auditor_may_run_nothing_that_writes() -> None:
    """By its name: what shows, lists, tells."""
    may = {path.split()[-1] for path in RIGHTS if rights_refusal(path, Role.AUDITOR) is None}
    assert may == READING


READING = {
    *("announcements", "check", "diff", "doctor", "export", "failures", "import-refused", "import-show"),
    *(
        "imports",
        "init",
        "list",
        "live",
        "lookup",
        "prefixes",
        "report",
        "rules",
        "show",
        "simulate",
        "statement",
        "status",
        "test",
        "trunks",
    ),
    *("verify", "why"),
}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_the_right_is_refused_and_nothing_is_written(engine: Engine, tmp_path: Path, role: Role) -> None:
    (tmp_path / "file").write_text("")
    refused = [path for path in COMMANDS if rights_refusal(path, role) is not None]
    before = contents(engine)
    for path in refused:
        words = arguments(COMMANDS[path], tmp_path / "file")
        result = CliRunner().invoke(main, ["--as", role.value, *path.split(), *words])
        assert result.exit_code == 1, (path, words, result.output)
        assert any(sentence in result.stderr for sentence in WITHOUT_RIGHT), (path, result.stderr)
    assert contents(engine) == before
    with Session(engine) as session:
        noted = select(func.count()).where(AuditEntry.act == "command.refused", AuditEntry.actor == role.value)
        assert session.scalars(noted).one() == len(refused)
    assert (role is Role.OWNER) == (refused == [])


def contents(engine: Engine) -> dict[str, int]:
    """Rows of each table but the audit log."""
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        return {
            name: connection.scalars(text(f'SELECT count(*) FROM "{name}"')).one()  # noqa: S608 (the database's own)
            for name in names
            if not name.startswith("audit")
        }


def run(role: Role, *words: str) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    result = CliRunner().invoke(main, ["--as", role.value, *words, "--json"])
    return json.loads(result.stdout) if result.exit_code == 0 else result.stderr


def test_jc_12_a_reseller_sees_and_changes_its_own_rows_only(engine: Engine) -> None:
    card = "1-000000001"
    assert run(Role.RESELLER, "series", "list") == []
    assert "There is no series 1" in run(Role.RESELLER, "series", "show", "1")
    for words in (("show", card), ("why", card), ("block", card, "--reason", "lost")):
        assert "There is no card" in run(Role.RESELLER, "card", *words)
    for words in (("block", "1", "--reason", "lost"), ("export", "1", "never.csv")):
        assert "There is no series 1" in run(Role.RESELLER, "series", *words)
    with Session(engine) as session, session.begin():
        kiosks = session.scalars(select(Reseller.id)).one()
        session.scalars(select(CardSeries).where(CardSeries.number == 1)).one().reseller_id = kiosks
    assert [series["number"] for series in run(Role.RESELLER, "series", "list")] == [1]
    assert run(Role.RESELLER, "card", "show", card)["number"] == card
    assert run(Role.RESELLER, "card", "block", card, "--reason", "lost")["changed"] == 1
    assert "There is no card" in run(Role.DISTRIBUTOR, "card", "show", card)
