"""Find the cards of a distributor, of all series and of one, by an index: cards that nobody sells stand in none."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_card_distributor", ["distributor_id", "series_id", "serial"]
WHERE = sa.text("distributor_id IS NOT NULL")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(NAME, "card", COLUMNS, sqlite_where=WHERE)
        return
    with op.get_context().autocommit_block():
        # one that was interrupted stands there invalid, and is made anew
        op.drop_index(NAME, table_name="card", postgresql_concurrently=True, if_exists=True)
        op.create_index(NAME, "card", COLUMNS, postgresql_concurrently=True, postgresql_where=WHERE)


def downgrade() -> None:
    op.drop_index(NAME, table_name="card")
