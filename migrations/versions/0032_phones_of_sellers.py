"""Let a bound phone know series and distributor of its card: a seller's phones are then found by an index.

The list of a reseller's phones looked at every card of its series, half a second and more of half a million cards.
Phones of before are filed by the worker, some thousands at a time; until then the list looks at the cards. A phone is
bound once and then found by calls without these indexes, so that they cost no call anything.
No foreign keys: they are copies of what the card says, kept by the acts that sell cards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

COPIED = ("series_id", "distributor_id")
INDEXES = (
    ("ix_caller_id_binding_series", ["series_id", "caller_id"], "series_id IS NOT NULL"),
    ("ix_caller_id_binding_distributor", ["distributor_id", "caller_id"], "distributor_id IS NOT NULL"),
    ("ix_caller_id_binding_unfiled", ["caller_id"], "series_id IS NULL"),
)


def upgrade() -> None:
    for name in COPIED:
        op.add_column("caller_id_binding", sa.Column(name, sa.Integer(), nullable=True))
    if op.get_bind().dialect.name != "postgresql":
        for name, columns, where in INDEXES:
            op.create_index(name, "caller_id_binding", columns, sqlite_where=sa.text(where))
        return
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            # one that was interrupted stands there invalid, and is made anew
            op.drop_index(name, table_name="caller_id_binding", postgresql_concurrently=True, if_exists=True)
            how = {"postgresql_concurrently": True, "postgresql_where": sa.text(where)}
            op.create_index(name, "caller_id_binding", columns, **how)


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="caller_id_binding")
    with op.batch_alter_table("caller_id_binding", schema=None) as batch_op:
        for name in COPIED:
            batch_op.drop_column(name)
