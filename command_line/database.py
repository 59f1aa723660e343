"""callingcard database: PostgreSQL's roles, one for each kind of program."""

from pathlib import Path
from typing import Final

import click
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, settings, write_session
from command_line.show import console, emit_json, json_option
from models.database_url import parse_database_url
from services.audit.audit import Act, note
from services.store.database_rights import Program
from services.store.database_roles import MadeRole, RolesRefused, make_roles, planned_statements
from services.store.new_file import FileStands, new_file, refuse_standing

MEANT_FOR: Final = {
    Program.IVR: "call servers (callingcard fastagi) and watchers (callingcard watch)",
    Program.CONSOLE: "the console and the command line",
    Program.VERIFIER: "callingcard verify, doctor and reports: reads only",
    Program.WORKER: "callingcard worker: every job, and nobody's sign-in",
    Program.PORTAL: "callingcard portal: what a holder does, and no page of an operator",
}


@click.group()
def database() -> None:
    """The database: roles of PostgreSQL, one for each kind of program (docs/production.md)."""


@database.command()
@click.option(
    "--passwords",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a password for each role and write the URLs to this new file, readable by you alone.",
)
@click.option("--dry-run", is_flag=True, help="Show the statements and run none.")
@json_option
def roles(passwords: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Make the roles ivr, console, verifier and worker, and give each what its programs need and no more.

    Run it as the owner of the tables, and again at any time: rights are set anew, and passwords only with --passwords.
    """
    wanted = settings()
    if parse_database_url(wanted.database_url_or_default).get_backend_name() == "sqlite":
        raise Failure("SQLite has no roles: the rights of its file decide.", "docs/production.md tells of PostgreSQL")
    try:
        if passwords is not None:
            refuse_standing(passwords, replaces=False)
        with write_session() as session:
            if dry_run:
                _show(planned_statements(session), as_json=as_json)
                return
            made = _made(session, passwords)
    except (RolesRefused, FileStands) as refused:
        raise Failure(str(refused)) from refused
    _tell(made, passwords, as_json=as_json)


def _made(session: Session, passwords: Path | None) -> list[MadeRole]:
    """Passwords are in their file before the roles have them."""
    made = make_roles(session, with_passwords=passwords is not None)
    after = {"roles": [role.name for role in made], "passwords": passwords is not None}
    name = str(parse_database_url(settings().database_url_or_default).database)
    note(session, cli_actor(), Act("database.roles", "database", name, after=after), now())
    if passwords is not None:
        with new_file(passwords) as draft:
            draft.write_text("".join(map(_lines, made)))
    return made


def _lines(role: MadeRole) -> str:
    url = parse_database_url(settings().database_url_or_default).set(username=role.name, password=role.password)
    setting = f"CALLINGCARD_DATABASE_URL={url.render_as_string(hide_password=False)}"
    return f"# {role.program.value}: {MEANT_FOR[role.program]}\n{setting}\n"


def _show(statements: list[str], *, as_json: bool) -> None:
    if as_json:
        emit_json({"dry_run": True, "statements": statements})
        return
    for statement in statements:
        console.print(f"{statement};", markup=False, soft_wrap=True)


def _tell(made: list[MadeRole], passwords: Path | None, *, as_json: bool) -> None:
    if as_json:
        rows = [{"role": role.name, "program": role.program.value, "is_new": role.is_new} for role in made]
        emit_json({"dry_run": False, "roles": rows, "passwords": str(passwords) if passwords else None})
        return
    for role in made:
        done = "made" if role.is_new else "rights set anew"
        console.print(f"{role.name}: {done}. For {MEANT_FOR[role.program]}.")
    if passwords:
        console.print(f"Their URLs are in {passwords}: put each where its programs run, then erase the file.")
    elif any(role.is_new for role in made):
        console.print("They have no password yet: callingcard database roles --passwords FILE, or your pg_hba.conf.")
