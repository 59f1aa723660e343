"""What the watcher knows of Asterisk and of the calls that are up, and the calls that an operator should look at.

A settlement that was lost is repaired by it, also after the watcher itself was killed: so it stands in the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ALARMS = ("heartbeat_charge", "late_settlement", "released_unseen", "clock_difference", "not_authorised")


def upgrade() -> None:
    op.create_table(
        "asterisk",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("booted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_asterisk")),
    )
    op.create_table(
        "call_alarm",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*ALARMS, name="alarmkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("details", sa.String(length=300), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "kind", name=op.f("pk_call_alarm")),
    )
    op.create_index("ix_call_alarm_noted", "call_alarm", ["noted_at"], unique=False)
    op.create_table(
        "live_call",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("asterisk", sa.String(length=40), nullable=False),
        sa.Column("caller_channel", sa.String(length=150), nullable=False),
        sa.Column("leg_channel", sa.String(length=150), nullable=False),
        sa.Column("answered_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("leg_seen_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_live_call")),
    )


def downgrade() -> None:
    op.drop_table("live_call")
    op.drop_index("ix_call_alarm_noted", table_name="call_alarm")
    op.drop_table("call_alarm")
    op.drop_table("asterisk")
