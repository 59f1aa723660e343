"""Mark calls that operators try, so that statistics leave them out; an index finds the few among all.

What the release before writes is no test; on PostgreSQL the index is made while calls go on being written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEX = "ix_call_record_test"
IS_TEST = sa.text("is_test")


def upgrade() -> None:
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), server_default=sa.false(), nullable=False))
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(INDEX, "call_record", ["placed_at"], sqlite_where=IS_TEST)
        return
    with op.get_context().autocommit_block():
        # one that was interrupted stands there invalid, and is made anew
        op.drop_index(INDEX, table_name="call_record", postgresql_concurrently=True, if_exists=True)
        op.create_index(INDEX, "call_record", ["placed_at"], postgresql_where=IS_TEST, postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="call_record")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.drop_column("is_test")
