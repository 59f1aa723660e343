"""Accounts complete (features.md JA-1 to JA-51): who sends calls, how they are known, what a carrier is shown and may carry.

A carrier may now pay by its client's rate table, so that an account without a table of its own is complete.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("notes", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway")),
        sa.UniqueConstraint("address", name=op.f("uq_gateway_address")),
        sa.UniqueConstraint("name", name=op.f("uq_gateway_name")),
    )
    op.create_table(
        "account_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("network", sa.String(length=49), nullable=False),
        sa.Column("first", sa.String(length=32), nullable=False),
        sa.Column("last", sa.String(length=32), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.CheckConstraint("bits BETWEEN 0 AND 128", name=op.f("ck_account_address_bits_in_range")),
        sa.CheckConstraint("first <= last", name=op.f("ck_account_address_bounds_in_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_address_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_address")),
        sa.UniqueConstraint("account_id", "network", name=op.f("uq_account_address_account_id_network")),
    )
    with op.batch_alter_table("account_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_address_first"), ["first"], unique=False)
    op.create_table(
        "account_gateway",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gateway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_gateway_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["gateway_id"], ["gateway.id"], name=op.f("fk_account_gateway_gateway_id_gateway"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", name=op.f("pk_account_gateway")),
    )
    op.create_table(
        "account_load",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("originating", sa.Integer(), nullable=False),
        sa.Column("terminating", sa.Integer(), nullable=False),
        sa.Column("failures_in_row", sa.Integer(), nullable=False),
        sa.Column("rested_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pool_place", sa.Integer(), nullable=False),
        sa.CheckConstraint("failures_in_row >= 0", name=op.f("ck_account_load_failures_not_negative")),
        sa.CheckConstraint("originating >= 0 AND terminating >= 0", name=op.f("ck_account_load_calls_not_negative")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_load_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_load")),
    )
    op.create_table(
        "account_number",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "use",
            sa.Enum("identifies", "shown", name="numberuse", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=15), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_number_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_number")),
        sa.UniqueConstraint("account_id", "use", "number", name=op.f("uq_account_number_account_id_use_number")),
    )
    with op.batch_alter_table("account_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_number_number"), ["number"], unique=False)
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "ident_by",
                sa.Enum("ip", "name", "ani", name="identby", native_enum=False, create_constraint=True, length=32),
                server_default="ip",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("name_key", sa.String(length=80), nullable=True))
        batch_op.add_column(
            sa.Column(
                "ani_side",
                sa.Enum("caller", "called", name="aniside", native_enum=False, create_constraint=True, length=32),
                server_default="caller",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("tech_prefix", sa.String(length=15), server_default="", nullable=False))
        batch_op.add_column(sa.Column("password_sealed", sa.LargeBinary(length=200), nullable=True))
        batch_op.add_column(sa.Column("password_key", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("notes", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("originator_enabled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(
            sa.Column("originator_rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("originator_routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("originator_tag", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("originator_capacity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("terminator_tag", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("terminator_capacity", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("registers", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("cut_prefix", sa.String(length=15), server_default="", nullable=False))
        batch_op.add_column(sa.Column("add_prefix", sa.String(length=15), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("terminator_tech_prefix", sa.String(length=15), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "caller_id_mode",
                sa.Enum(
                    "passed",
                    "fixed",
                    "pool_random",
                    "pool_polled",
                    "withheld",
                    name="calleridmode",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                server_default="passed",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("rest_after_failures", sa.Integer(), server_default="10", nullable=False))
        batch_op.add_column(sa.Column("rest_seconds", sa.Integer(), server_default="60", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_account_originator_routing_plan_id_routing_plan"),
            "routing_plan",
            ["originator_routing_plan_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_account_originator_rate_table_id_rate_table"),
            "rate_table",
            ["originator_rate_table_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.drop_constraint(op.f("ck_account_carrier_is_complete"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_account_carrier_has_an_endpoint"), "NOT terminator_enabled OR endpoint IS NOT NULL"
        )
        batch_op.create_check_constraint(
            op.f("ck_account_originator_capacity_not_negative"),
            "originator_capacity IS NULL OR originator_capacity >= 0",
        )
        batch_op.create_check_constraint(
            op.f("ck_account_terminator_capacity_not_negative"),
            "terminator_capacity IS NULL OR terminator_capacity >= 0",
        )
        batch_op.create_check_constraint(
            op.f("ck_account_password_names_its_key"), "(password_sealed IS NULL) = (password_key IS NULL)"
        )
        batch_op.create_check_constraint(op.f("ck_account_failures_in_range"), "rest_after_failures BETWEEN 1 AND 1000")
        batch_op.create_check_constraint(op.f("ck_account_rest_in_range"), "rest_seconds BETWEEN 0 AND 86400")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_call_record_account", ["account_id", "placed_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_call_record_account_id_account"), "account", ["account_id"], ["id"], ondelete="RESTRICT"
        )
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("originator_rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("originator_routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("terminator_rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("tax_profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("notes", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_client_tax_profile_id_tax_profile"),
            "tax_profile",
            ["tax_profile_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_client_originator_routing_plan_id_routing_plan"),
            "routing_plan",
            ["originator_routing_plan_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_client_terminator_rate_table_id_rate_table"),
            "rate_table",
            ["terminator_rate_table_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_client_originator_rate_table_id_rate_table"),
            "rate_table",
            ["originator_rate_table_id"],
            ["id"],
            ondelete="RESTRICT",
        )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("route_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_hold_account_id_account"), "account", ["account_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_hold_route_account_id_account"), "account", ["route_account_id"], ["id"], ondelete="RESTRICT"
        )


def downgrade() -> None:
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_hold_route_account_id_account"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_hold_account_id_account"), type_="foreignkey")
        batch_op.drop_column("route_account_id")
        batch_op.drop_column("account_id")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_client_originator_rate_table_id_rate_table"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_client_terminator_rate_table_id_rate_table"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_client_originator_routing_plan_id_routing_plan"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_client_tax_profile_id_tax_profile"), type_="foreignkey")
        batch_op.drop_column("version")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("notes")
        batch_op.drop_column("tax_profile_id")
        batch_op.drop_column("terminator_rate_table_id")
        batch_op.drop_column("originator_routing_plan_id")
        batch_op.drop_column("originator_rate_table_id")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_call_record_account_id_account"), type_="foreignkey")
        batch_op.drop_index("ix_call_record_account")
        batch_op.drop_column("reversed_at")
        batch_op.drop_column("account_id")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_account_carrier_has_an_endpoint"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_originator_capacity_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_terminator_capacity_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_password_names_its_key"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_failures_in_range"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_rest_in_range"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_account_carrier_is_complete"),
            "NOT terminator_enabled OR (endpoint IS NOT NULL AND terminator_rate_table_id IS NOT NULL)",
        )
        batch_op.drop_constraint(op.f("ck_account_identby"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_aniside"), type_="check")
        batch_op.drop_constraint(op.f("ck_account_calleridmode"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_account_originator_rate_table_id_rate_table"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_account_originator_routing_plan_id_routing_plan"), type_="foreignkey")
        batch_op.drop_column("rest_seconds")
        batch_op.drop_column("rest_after_failures")
        batch_op.drop_column("caller_id_mode")
        batch_op.drop_column("terminator_tech_prefix")
        batch_op.drop_column("add_prefix")
        batch_op.drop_column("cut_prefix")
        batch_op.drop_column("registers")
        batch_op.drop_column("terminator_capacity")
        batch_op.drop_column("terminator_tag")
        batch_op.drop_column("originator_capacity")
        batch_op.drop_column("originator_tag")
        batch_op.drop_column("originator_routing_plan_id")
        batch_op.drop_column("originator_rate_table_id")
        batch_op.drop_column("originator_enabled")
        batch_op.drop_column("version")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("notes")
        batch_op.drop_column("password_key")
        batch_op.drop_column("password_sealed")
        batch_op.drop_column("tech_prefix")
        batch_op.drop_column("ani_side")
        batch_op.drop_column("name_key")
        batch_op.drop_column("ident_by")
    with op.batch_alter_table("account_number", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_number_number"))
    op.drop_table("account_number")
    op.drop_table("account_load")
    op.drop_table("account_gateway")
    with op.batch_alter_table("account_address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_address_first"))
    op.drop_table("account_address")
    op.drop_table("gateway")
