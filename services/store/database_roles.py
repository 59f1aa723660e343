"""Make the roles of PostgreSQL, one for each kind of program, and give each what it needs: repeatable at any time."""

import secrets
from dataclasses import dataclass
from typing import Final, cast

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.store.database_rights import READ, Grant, Program, columns_to_read, grants

PASSWORD_BYTES: Final = 24
_INSUFFICIENT: Final = "42501"


class RolesRefused(Exception):
    """The roles cannot be made; the sentence says who can."""


@dataclass(frozen=True, slots=True)
class MadeRole:
    """`password` is drawn when one was asked for; it stands nowhere else."""

    program: Program
    name: str
    is_new: bool
    password: str | None = None


def make_roles(session: Session, *, with_passwords: bool) -> list[MadeRole]:
    """In the caller's transaction: all or none. The roles are called after the owner of the tables."""
    owner = _owner(session)
    try:
        made = [_make(session, owner, program, with_password=with_passwords) for program in Program]
        _close_to_others(session, [owner, *(role.name for role in made)])
        for role in made:
            _give(session, role.name, role.program)
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", None) != _INSUFFICIENT:
            raise
        told = str(refused.orig).strip().splitlines()[0]
        raise RolesRefused(f"{told}. Run it as {owner} with the right CREATEROLE, or as a superuser") from refused
    return made


def renew_rights(session: Session) -> list[str]:
    """After a migration: the roles that exist get what the new tables need. Nothing where there are none."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    owner = _owner(session)
    renewed = [(f"{owner}_{program.value}", program) for program in Program]
    there = [(name, program) for name, program in renewed if _exists(session, name)]
    for name, program in there:
        _give(session, name, program)
    return [name for name, _ in there]


def planned_statements(session: Session) -> list[str]:
    """What make_roles would run, for people to read."""
    owner = _owner(session)
    names = [(f"{owner}_{program.value}", program) for program in Program]
    made = [f'CREATE ROLE "{name}" LOGIN' for name, _ in names if not _exists(session, name)]
    given = [statement for name, program in names for statement in _rights(session, name, program)]
    return [*made, *(statement.as_string(_driver(session)) for statement in given)]


def _owner(session: Session) -> str:
    table = "SELECT tableowner FROM pg_tables WHERE schemaname = current_schema AND tablename = 'wallet'"
    found = session.scalar(text(table))
    if found is None:
        raise RolesRefused("There are no tables yet: run callingcard init first")
    return str(found)


def _make(session: Session, owner: str, program: Program, *, with_password: bool) -> MadeRole:
    name = f"{owner}_{program.value}"
    is_new = not _exists(session, name)
    role = sql.Identifier(name)
    if is_new:
        _run(session, sql.SQL("CREATE ROLE {} LOGIN").format(role))
    if program is Program.VERIFIER:
        _run(session, sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role))
    password = secrets.token_urlsafe(PASSWORD_BYTES) if with_password else None
    if password is not None:  # as PostgreSQL keeps it: the log of a statement tells no password
        kept = _driver(session).pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        _run(session, sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(kept)))
    return MadeRole(program, name, is_new, password)


def _close_to_others(session: Session, names: list[str]) -> None:
    """Who has no role here does not even connect."""
    database = sql.Identifier(str(session.scalar(text("SELECT current_database()"))))
    these = sql.SQL(", ").join(map(sql.Identifier, names))
    _run(session, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    _run(session, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, these))


def _give(session: Session, name: str, program: Program) -> None:
    for statement in _rights(session, name, program):
        _run(session, statement)


def _rights(session: Session, name: str, program: Program) -> list[sql.Composed]:
    """What it had before is taken first: a right that a program lost does not stay."""
    role, schema = sql.Identifier(name), sql.Identifier(str(session.scalar(text("SELECT current_schema"))))
    first = [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(schema, role),
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role),
    ]
    if program is not Program.VERIFIER:
        first.append(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, role))
    return [*first, *(_granted(grant, role) for grant in grants(program))]


def _granted(grant: Grant, role: sql.Identifier) -> sql.Composed:
    readable = columns_to_read(grant)
    rights: list[sql.Composable] = [sql.SQL(right) for right in grant.rights]
    if readable:
        columns = sql.SQL(", ").join(map(sql.Identifier, readable))
        rights[grant.rights.index(READ)] = sql.SQL("SELECT ({})").format(columns)
    return sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ").join(rights), sql.Identifier(grant.table), role)


def _exists(session: Session, name: str) -> bool:
    return session.scalar(text("SELECT true FROM pg_roles WHERE rolname = :name"), {"name": name}) is not None


def _run(session: Session, statement: sql.Composed) -> None:
    session.connection().exec_driver_sql(statement.as_string(_driver(session)))


def _driver(session: Session) -> psycopg.Connection:
    return cast("psycopg.Connection", session.connection().connection.driver_connection)
