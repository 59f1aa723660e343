"""Keep the sessions of card holders in the portal: opened by number and PIN, ended by anyone in charge.

The release before does not know the table. Its index serves what ends all sessions of one card.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_session",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pin_mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.CheckConstraint("length(token_digest) = 32", name=op.f("ck_card_session_digest_length")),
        sa.CheckConstraint("length(pin_mark) = 32", name=op.f("ck_card_session_mark_length")),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_card_session_card_id_card"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_card_session")),
    )
    op.create_index(op.f("ix_card_session_card_id"), "card_session", ["card_id"])


def downgrade() -> None:
    op.drop_table("card_session")
