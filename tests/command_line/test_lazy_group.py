"""Commands are imported when they are run, and the list of commands says what each says of itself."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from command_line.__main__ import main
from command_line.lazy_group import LazyGroup
from command_line.series import series

HEAVY = ("sqlalchemy", "pydantic", "reportlab", "cryptography", "panoramisk", "argon2", "numpy", "alembic")


@pytest.mark.parametrize("group", [main, series], ids=["main", "series"])
def test_every_lazy_command_is_there_and_named_by_its_own_first_sentence(group: LazyGroup) -> None:
    for name, (_, sentence) in group.lazy.items():
        command = group.imported(name)
        assert isinstance(command, click.Command)
        assert command.name == name
        assert command.get_short_help_str(200) == sentence


def test_the_list_of_commands_imports_none_of_their_libraries() -> None:
    told = f"import sys, command_line.__main__; print([name for name in {HEAVY} if name in sys.modules])"
    house = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", told], cwd=house, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    listed = CliRunner().invoke(main, ["--help"]).output
    assert all(f"  {name} " in listed for name in main.lazy)


def test_an_export_imports_no_printing() -> None:
    told = "import sys, command_line.series_files; print('reportlab' in sys.modules, 'argon2' in sys.modules)"
    house = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", told], cwd=house, capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"
