"""What a routing plan does differently for a prefix or a tag, calls shared out by weight, loss as a choice.

A plan with one order of carriers for the whole world earns less than one that treats a mobile network apart.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("originator_tag", sa.String(length=40), nullable=False),
        sa.Column(
            "strategy",
            sa.Enum(
                "least_cost",
                "priority",
                "share",
                name="rule_strategy",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("routes_max", sa.Integer(), nullable=True),
        sa.Column("price_cap_percent", sa.Integer(), nullable=True),
        sa.Column("carrier_tag", sa.String(length=40), nullable=True),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "price_cap_percent IS NULL OR price_cap_percent BETWEEN 0 AND 1000",
            name=op.f("ck_routing_rule_cap_in_range"),
        ),
        sa.CheckConstraint(
            "routes_max IS NULL OR routes_max BETWEEN 1 AND 3", name=op.f("ck_routing_rule_routes_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["routing_plan_id"],
            ["routing_plan.id"],
            name=op.f("fk_routing_rule_routing_plan_id_routing_plan"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
        sa.UniqueConstraint(
            "routing_plan_id",
            "prefix",
            "originator_tag",
            name=op.f("uq_routing_rule_routing_plan_id_prefix_originator_tag"),
        ),
    )
    op.create_table(
        "routing_rule_carrier",
        sa.Column("routing_rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight BETWEEN 0 AND 1000", name=op.f("ck_routing_rule_carrier_weight_in_range")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_routing_rule_carrier_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["routing_rule_id"],
            ["routing_rule.id"],
            name=op.f("fk_routing_rule_carrier_routing_rule_id_routing_rule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("routing_rule_id", "account_id", name=op.f("pk_routing_rule_carrier")),
    )
    with op.batch_alter_table("routing_plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("loss_guard", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.drop_constraint(op.f("ck_routing_plan_routingstrategy"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_routing_plan_routingstrategy"), "strategy IN ('least_cost', 'priority', 'share')"
        )
    with op.batch_alter_table("routing_plan_carrier", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_check_constraint(op.f("ck_routing_plan_carrier_weight_in_range"), "weight BETWEEN 0 AND 1000")


def downgrade() -> None:
    with op.batch_alter_table("routing_plan_carrier", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_routing_plan_carrier_weight_in_range"), type_="check")
        batch_op.drop_column("weight")
    with op.batch_alter_table("routing_plan", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_routing_plan_routingstrategy"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_routing_plan_routingstrategy"), "strategy IN ('least_cost', 'priority')"
        )
        batch_op.drop_column("version")
        batch_op.drop_column("loss_guard")
    op.drop_table("routing_rule_carrier")
    op.drop_table("routing_rule")
