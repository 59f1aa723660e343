"""The tables of cards, money, rates, calls, vouchers, guard, jobs and audit.

The first migration: it runs on an empty database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("length(chain) = 32", name=op.f("ck_audit_entry_chain_length")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_happened", "audit_entry", ["happened_at"], unique=False)
    op.create_index("ix_audit_entry_object", "audit_entry", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "distributor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sees_pins", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distributor")),
        sa.UniqueConstraint("name", name=op.f("uq_distributor_name")),
    )
    op.create_table(
        "guard_budget",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "number_and_pin",
                "pin_only",
                "voucher",
                "portal",
                "console",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("secret_length", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_guard_budget_failures_not_negative")),
        sa.PrimaryKeyConstraint("day", "kind", "secret_length", name=op.f("pk_guard_budget")),
    )
    op.create_table(
        "guard_counter",
        sa.Column(
            "scope",
            sa.Enum(
                "caller_id",
                "access_number",
                "trunk",
                "address",
                "undialled",
                name="guardscope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("history", sa.BigInteger(), nullable=False),
        sa.Column("moments", sa.JSON(), nullable=False),
        sa.Column("window_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "failures >= 0 AND tries >= 0 AND locks >= 0", name=op.f("ck_guard_counter_counts_not_negative")
        ),
        sa.PrimaryKeyConstraint("scope", "subject", name=op.f("pk_guard_counter")),
    )
    op.create_table(
        "ivr_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("pinless_enabled", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("welcome_prompt", sa.String(length=80), nullable=True),
        sa.Column("first_key_seconds", sa.Integer(), nullable=False),
        sa.Column("next_key_seconds", sa.Integer(), nullable=False),
        sa.Column("caller_id_digits_min", sa.Integer(), nullable=False),
        sa.Column("rewrite_rules", sa.JSON(), nullable=False),
        sa.Column("emergency_numbers", sa.JSON(), nullable=False),
        sa.Column("warning_seconds", sa.JSON(), nullable=False),
        sa.CheckConstraint("caller_id_digits_min BETWEEN 3 AND 15", name=op.f("ck_ivr_plan_caller_id_digits_in_range")),
        sa.CheckConstraint(
            "first_key_seconds BETWEEN 3 AND 60 AND next_key_seconds BETWEEN 1 AND 30",
            name=op.f("ck_ivr_plan_key_waits_in_range"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_plan")),
        sa.UniqueConstraint("name", name=op.f("uq_ivr_plan_name")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "cancelled",
                "failed",
                name="jobstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_job_done_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_job_kind_key")),
    )
    op.create_table(
        "job_lock",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_lock")),
    )
    op.create_table(
        "rate_table",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_table")),
        sa.UniqueConstraint("name", name=op.f("uq_rate_table_name")),
    )
    op.create_table(
        "reseller",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reseller")),
        sa.UniqueConstraint("name", name=op.f("uq_reseller_name")),
    )
    op.create_table(
        "routing_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "strategy",
            sa.Enum(
                "least_cost", "priority", name="routingstrategy", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("routes_max", sa.Integer(), nullable=False),
        sa.Column("price_cap_percent", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "price_cap_percent IS NULL OR price_cap_percent BETWEEN 0 AND 1000",
            name=op.f("ck_routing_plan_cap_in_range"),
        ),
        sa.CheckConstraint("routes_max BETWEEN 1 AND 3", name=op.f("ck_routing_plan_routes_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_plan")),
        sa.UniqueConstraint("name", name=op.f("uq_routing_plan_name")),
    )
    op.create_table(
        "tax_profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_profile")),
        sa.UniqueConstraint("name", name=op.f("uq_tax_profile_name")),
    )
    op.create_table(
        "voucher_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_micros", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("code_length", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code_length BETWEEN 12 AND 16", name=op.f("ck_voucher_batch_code_length_in_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000000", name=op.f("ck_voucher_batch_quantity_in_range")),
        sa.CheckConstraint("value_micros > 0", name=op.f("ck_voucher_batch_value_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_batch")),
        sa.UniqueConstraint("name", name=op.f("uq_voucher_batch_name")),
    )
    op.create_table(
        "wallet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "card",
                "client",
                "payments",
                "call_revenue",
                "fee_revenue",
                "tax",
                "adjustments",
                "expired_value",
                name="walletkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opening_micros", sa.BigInteger(), nullable=False),
        sa.Column("balance_micros", sa.BigInteger(), nullable=False),
        sa.Column("held_micros", sa.BigInteger(), nullable=False),
        sa.Column("open_holds", sa.Integer(), nullable=False),
        sa.Column("credit_limit_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('card', 'client') OR (opening_micros = 0 AND balance_micros = 0 AND held_micros = 0)",
            name=op.f("ck_wallet_house_stores_none"),
        ),
        sa.CheckConstraint(
            "balance_micros - held_micros >= -credit_limit_micros", name=op.f("ck_wallet_never_overdrawn")
        ),
        sa.CheckConstraint("credit_limit_micros >= 0", name=op.f("ck_wallet_credit_not_negative")),
        sa.CheckConstraint("held_micros >= 0", name=op.f("ck_wallet_held_not_negative")),
        sa.CheckConstraint("open_holds >= 0", name=op.f("ck_wallet_open_holds_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
    )
    op.create_index(
        "uq_wallet_house",
        "wallet",
        ["kind", "currency"],
        unique=True,
        sqlite_where=sa.text("NOT (kind IN ('card', 'client'))"),
        postgresql_where=sa.text("NOT (kind IN ('card', 'client'))"),
    )
    op.create_table(
        "access_number",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=15), nullable=False),
        sa.Column("ivr_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("surcharge_micros", sa.BigInteger(), nullable=False),
        sa.Column("surcharge_per_minute_micros", sa.BigInteger(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "surcharge_micros >= 0 AND surcharge_per_minute_micros >= 0",
            name=op.f("ck_access_number_surcharge_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["ivr_plan_id"], ["ivr_plan.id"], name=op.f("fk_access_number_ivr_plan_id_ivr_plan"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_number")),
        sa.UniqueConstraint("number", name=op.f("uq_access_number_number")),
    )
    op.create_table(
        "card_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sale_price_micros", sa.BigInteger(), nullable=False),
        sa.Column(
            "card_type",
            sa.Enum(
                "standard",
                "rechargeable",
                "unlimited",
                "disposable",
                name="cardtype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number_length", sa.Integer(), nullable=False),
        sa.Column(
            "pin_entry_mode",
            sa.Enum(
                "number_and_pin", "pin_only", name="pinentrymode", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("card_entry_attempts_max", sa.Integer(), nullable=False),
        sa.Column("destination_attempts_max", sa.Integer(), nullable=False),
        sa.Column("calls_per_session_max", sa.Integer(), nullable=False),
        sa.Column("says_balance", sa.Boolean(), nullable=False),
        sa.Column("says_balance_after_destination", sa.Boolean(), nullable=False),
        sa.Column("says_expiry", sa.Boolean(), nullable=False),
        sa.Column("says_price", sa.Boolean(), nullable=False),
        sa.Column("says_time", sa.Boolean(), nullable=False),
        sa.Column("says_seconds", sa.Boolean(), nullable=False),
        sa.Column("says_cost", sa.Boolean(), nullable=False),
        sa.Column("says_closing_balance", sa.Boolean(), nullable=False),
        sa.Column("ghost_minutes_percent", sa.Integer(), nullable=False),
        sa.Column("ghost_balance_percent", sa.Integer(), nullable=False),
        sa.Column("pinless_allowed", sa.Boolean(), nullable=False),
        sa.Column("pinless_confirm", sa.Boolean(), nullable=False),
        sa.Column("pinless_deny_double_use", sa.Boolean(), nullable=False),
        sa.Column("calls_max", sa.Integer(), nullable=False),
        sa.Column("call_seconds_min", sa.Integer(), nullable=False),
        sa.Column("call_seconds_max", sa.Integer(), nullable=False),
        sa.Column("balance_min_to_call_micros", sa.BigInteger(), nullable=False),
        sa.Column("empty_below_micros", sa.Integer(), nullable=False),
        sa.Column(
            "activates_on",
            sa.Enum(
                "first_answered_call",
                "first_authentication",
                name="activateson",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("spend_a_day_max_micros", sa.BigInteger(), nullable=True),
        sa.Column("pinless_spend_a_day_max_micros", sa.BigInteger(), nullable=True),
        sa.Column("talk_seconds_a_day_max", sa.Integer(), nullable=True),
        sa.Column("disposable_until_empty", sa.Boolean(), nullable=False),
        sa.Column("low_credit_below_micros", sa.BigInteger(), nullable=False),
        sa.Column("recharge_min_micros", sa.BigInteger(), nullable=False),
        sa.Column("recharge_max_micros", sa.BigInteger(), nullable=True),
        sa.Column("replacement_allowed", sa.Boolean(), nullable=False),
        sa.Column("menu_balance", sa.Boolean(), nullable=False),
        sa.Column("menu_top_up", sa.Boolean(), nullable=False),
        sa.Column("menu_speed_dial", sa.Boolean(), nullable=False),
        sa.Column("menu_last_call", sa.Boolean(), nullable=False),
        sa.Column("menu_phones", sa.Boolean(), nullable=False),
        sa.Column("menu_languages", sa.Boolean(), nullable=False),
        sa.Column("routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "balance_min_to_call_micros >= 0 AND empty_below_micros >= 0",
            name=op.f("ck_card_group_limits_not_negative"),
        ),
        sa.CheckConstraint("call_seconds_max <= 86400", name=op.f("ck_card_group_call_seconds_max_in_range")),
        sa.CheckConstraint(
            "call_seconds_min BETWEEN 1 AND call_seconds_max", name=op.f("ck_card_group_call_seconds_in_order")
        ),
        sa.CheckConstraint("calls_max BETWEEN 1 AND 100", name=op.f("ck_card_group_calls_max_in_range")),
        sa.CheckConstraint(
            "calls_per_session_max BETWEEN 1 AND 10", name=op.f("ck_card_group_calls_per_session_in_range")
        ),
        sa.CheckConstraint(
            "card_entry_attempts_max BETWEEN 1 AND 10", name=op.f("ck_card_group_card_attempts_in_range")
        ),
        sa.CheckConstraint(
            "destination_attempts_max BETWEEN 1 AND 10", name=op.f("ck_card_group_destination_attempts_in_range")
        ),
        sa.CheckConstraint(
            "ghost_balance_percent BETWEEN 20 AND 200", name=op.f("ck_card_group_ghost_balance_in_range")
        ),
        sa.CheckConstraint(
            "ghost_minutes_percent BETWEEN 20 AND 200", name=op.f("ck_card_group_ghost_minutes_in_range")
        ),
        sa.CheckConstraint("number_length BETWEEN 10 AND 18", name=op.f("ck_card_group_number_length_in_range")),
        sa.CheckConstraint(
            "recharge_min_micros >= 0 AND recharge_min_micros <= recharge_max_micros",
            name=op.f("ck_card_group_recharge_in_order"),
        ),
        sa.CheckConstraint(
            "spend_a_day_max_micros >= 0 AND pinless_spend_a_day_max_micros >= 0",
            name=op.f("ck_card_group_spend_a_day_not_negative"),
        ),
        sa.CheckConstraint("talk_seconds_a_day_max >= 1", name=op.f("ck_card_group_talk_a_day_positive")),
        sa.ForeignKeyConstraint(
            ["routing_plan_id"],
            ["routing_plan.id"],
            name=op.f("fk_card_group_routing_plan_id_routing_plan"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_group")),
        sa.UniqueConstraint("name", name=op.f("uq_card_group_name")),
    )
    op.create_table(
        "client",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_client_wallet_id_wallet"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("name", name=op.f("uq_client_name")),
        sa.UniqueConstraint("wallet_id", name=op.f("uq_client_wallet_id")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source_wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("destination_wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "call",
                "connect_fee",
                "block_fee",
                "disconnect_fee",
                "access_surcharge",
                "tax",
                "activation_fee",
                "maintenance_fee",
                "recharge",
                "adjustment",
                "transfer",
                "lapse",
                "reversal",
                name="ledgerkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("amount_micros > 0", name=op.f("ck_ledger_entry_amount_positive")),
        sa.CheckConstraint("source_wallet_id <> destination_wallet_id", name=op.f("ck_ledger_entry_two_sides")),
        sa.ForeignKeyConstraint(
            ["destination_wallet_id"],
            ["wallet.id"],
            name=op.f("fk_ledger_entry_destination_wallet_id_wallet"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["source_wallet_id"],
            ["wallet.id"],
            name=op.f("fk_ledger_entry_source_wallet_id_wallet"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_ledger_entry_kind_reference")),
    )
    op.create_index(op.f("ix_ledger_entry_call_id"), "ledger_entry", ["call_id"], unique=False)
    op.create_index(
        op.f("ix_ledger_entry_destination_wallet_id"), "ledger_entry", ["destination_wallet_id"], unique=False
    )
    op.create_index(op.f("ix_ledger_entry_source_wallet_id"), "ledger_entry", ["source_wallet_id"], unique=False)
    op.create_table(
        "rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("destination_name", sa.String(length=120), nullable=False),
        sa.Column("price_per_minute_micros", sa.BigInteger(), nullable=False),
        sa.Column("connect_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("first_block_seconds", sa.Integer(), nullable=False),
        sa.Column("increment_seconds", sa.Integer(), nullable=False),
        sa.Column("cost_min_micros", sa.BigInteger(), nullable=False),
        sa.Column("free_seconds", sa.Integer(), nullable=False),
        sa.Column("surcharge_seconds", sa.Integer(), nullable=False),
        sa.Column("disconnect_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("disconnect_fee_after_seconds", sa.Integer(), nullable=False),
        sa.Column("block_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("block_fee_seconds", sa.Integer(), nullable=False),
        sa.Column("round_up_above_seconds", sa.Integer(), nullable=False),
        sa.Column("round_up_to_seconds", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ghost_minutes_percent", sa.Integer(), nullable=True),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(round_up_above_seconds = 0 AND round_up_to_seconds = 0) OR (round_up_above_seconds > 0 AND round_up_above_seconds < round_up_to_seconds)",
            name=op.f("ck_rate_rounding_is_a_pair"),
        ),
        sa.CheckConstraint(
            "block_fee_micros = 0 OR block_fee_seconds > 0", name=op.f("ck_rate_block_fee_has_a_length")
        ),
        sa.CheckConstraint(
            "connect_fee_micros >= 0 AND disconnect_fee_micros >= 0 AND block_fee_micros >= 0",
            name=op.f("ck_rate_fees_not_negative"),
        ),
        sa.CheckConstraint("cost_min_micros >= 0", name=op.f("ck_rate_minimum_not_negative")),
        sa.CheckConstraint("first_block_seconds >= 0 AND increment_seconds >= 1", name=op.f("ck_rate_blocks_positive")),
        sa.CheckConstraint("free_seconds >= 0 AND surcharge_seconds >= 0", name=op.f("ck_rate_seconds_not_negative")),
        sa.CheckConstraint(
            "ghost_minutes_percent IS NULL OR ghost_minutes_percent BETWEEN 20 AND 200",
            name=op.f("ck_rate_ghost_percent_in_range"),
        ),
        sa.CheckConstraint("price_per_minute_micros >= 0", name=op.f("ck_rate_price_not_negative")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_rate_period_not_empty")),
        sa.ForeignKeyConstraint(
            ["rate_table_id"], ["rate_table.id"], name=op.f("fk_rate_rate_table_id_rate_table"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate")),
        sa.UniqueConstraint(
            "rate_table_id", "prefix", "valid_from", name=op.f("uq_rate_rate_table_id_prefix_valid_from")
        ),
    )
    op.create_index("ix_rate_lookup", "rate", ["rate_table_id", "prefix"], unique=False)
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tax_profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("parts_per_million", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 40", name=op.f("ck_tax_rate_name_fits_a_ledger_line")),
        sa.CheckConstraint("parts_per_million BETWEEN 1 AND 1000000", name=op.f("ck_tax_rate_rate_in_range")),
        sa.CheckConstraint("position BETWEEN 0 AND 4", name=op.f("ck_tax_rate_at_most_five")),
        sa.ForeignKeyConstraint(
            ["tax_profile_id"],
            ["tax_profile.id"],
            name=op.f("fk_tax_rate_tax_profile_id_tax_profile"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("tax_profile_id", "name", name=op.f("uq_tax_rate_tax_profile_id_name")),
        sa.UniqueConstraint("tax_profile_id", "position", name=op.f("uq_tax_rate_tax_profile_id_position")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=40), nullable=True),
        sa.Column("terminator_enabled", sa.Boolean(), nullable=False),
        sa.Column("terminator_rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "protocol",
            sa.Enum(
                "sip/udp",
                "sip/tcp",
                "sip/tls",
                "iax2",
                name="trunkprotocol",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proxy", sa.String(length=255), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "endpoint IS NULL OR (endpoint NOT LIKE '%:%' AND endpoint NOT LIKE '%-%')",
            name=op.f("ck_account_endpoint_is_one_word"),
        ),
        sa.CheckConstraint(
            "NOT terminator_enabled OR (endpoint IS NOT NULL AND terminator_rate_table_id IS NOT NULL)",
            name=op.f("ck_account_carrier_is_complete"),
        ),
        sa.CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", name=op.f("ck_account_port_in_range")),
        sa.CheckConstraint("ring_seconds BETWEEN 5 AND 300", name=op.f("ck_account_ring_in_range")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_account_client_id_client"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["terminator_rate_table_id"],
            ["rate_table.id"],
            name=op.f("fk_account_terminator_rate_table_id_rate_table"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("client_id", "name", name=op.f("uq_account_client_id_name")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_account_endpoint")),
    )
    op.create_table(
        "card_series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("card_group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "stopped",
                "deleted",
                name="seriesstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("face_value_micros", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("first_serial", sa.Integer(), nullable=False),
        sa.Column("pin_length", sa.Integer(), nullable=False),
        sa.Column(
            "initial_card_status",
            sa.Enum(
                "inactive",
                "pending",
                "activated",
                "used",
                "expired",
                "blocked",
                name="cardstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("portal_login", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(length=2000), nullable=True),
        sa.Column("rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("activation_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("maintenance_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("maintenance_every_hours", sa.Integer(), nullable=False),
        sa.Column(
            "maintenance_starts",
            sa.Enum(
                "after_period",
                "at_activation",
                name="maintenancestarts",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("expiry_period_days", sa.Integer(), nullable=True),
        sa.Column("expiry_grace_days", sa.Integer(), nullable=False),
        sa.Column(
            "recharge_extends_expiry",
            sa.Enum(
                "no",
                "from_now",
                "from_old_date",
                name="rechargeextends",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reseller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "initial_card_status IN ('inactive', 'pending')", name=op.f("ck_card_series_initial_status_unused")
        ),
        sa.CheckConstraint("expiry_grace_days >= 0", name=op.f("ck_card_series_grace_not_negative")),
        sa.CheckConstraint(
            "expiry_period_days IS NULL OR expiry_period_days >= 1", name=op.f("ck_card_series_expiry_period_positive")
        ),
        sa.CheckConstraint(
            "face_value_micros >= 0 AND activation_fee_micros >= 0 AND maintenance_fee_micros >= 0",
            name=op.f("ck_card_series_amounts_not_negative"),
        ),
        sa.CheckConstraint("maintenance_every_hours >= 1", name=op.f("ck_card_series_maintenance_period_positive")),
        sa.CheckConstraint("number BETWEEN 1 AND 100000000", name=op.f("ck_card_series_number_in_range")),
        sa.CheckConstraint("pin_length BETWEEN 8 AND 16", name=op.f("ck_card_series_pin_length_in_range")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000000", name=op.f("ck_card_series_quantity_in_range")),
        sa.ForeignKeyConstraint(
            ["card_group_id"],
            ["card_group.id"],
            name=op.f("fk_card_series_card_group_id_card_group"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["rate_table_id"],
            ["rate_table.id"],
            name=op.f("fk_card_series_rate_table_id_rate_table"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reseller_id"], ["reseller.id"], name=op.f("fk_card_series_reseller_id_reseller"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["routing_plan_id"],
            ["routing_plan.id"],
            name=op.f("fk_card_series_routing_plan_id_routing_plan"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tax_profile_id"],
            ["tax_profile.id"],
            name=op.f("fk_card_series_tax_profile_id_tax_profile"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_series")),
        sa.UniqueConstraint("number", name=op.f("uq_card_series_number")),
    )
    op.create_table(
        "ghost_percent",
        sa.Column("card_group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("minutes_percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes_percent BETWEEN 20 AND 200", name=op.f("ck_ghost_percent_in_range")),
        sa.ForeignKeyConstraint(
            ["card_group_id"],
            ["card_group.id"],
            name=op.f("fk_ghost_percent_card_group_id_card_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("card_group_id", "prefix", name=op.f("pk_ghost_percent")),
    )
    op.create_table(
        "ivr_plan_group",
        sa.Column("ivr_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_group_id"],
            ["card_group.id"],
            name=op.f("fk_ivr_plan_group_card_group_id_card_group"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ivr_plan_id"], ["ivr_plan.id"], name=op.f("fk_ivr_plan_group_ivr_plan_id_ivr_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ivr_plan_id", "card_group_id", name=op.f("pk_ivr_plan_group")),
    )
    op.create_table(
        "card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("series_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=18), nullable=False),
        sa.Column("pin_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pin_encrypted", sa.LargeBinary(length=64), nullable=True),
        sa.Column("pin_key", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "inactive",
                "pending",
                "activated",
                "used",
                "expired",
                "blocked",
                name="cardstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status_before",
            sa.Enum(
                "inactive",
                "pending",
                "activated",
                "used",
                "expired",
                "blocked",
                name="cardstatus_before",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sold_to", sa.String(length=120), nullable=True),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status_reason", sa.String(length=500), nullable=True),
        sa.Column("replaced_by_card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("maintenance_periods_done", sa.Integer(), nullable=False),
        sa.Column("maintenance_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("maintenance_periods_before", sa.Integer(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "expiry_given_by",
            sa.Enum("operator", "recharge", name="expirygivenby", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("pin_failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('inactive', 'pending')) = (activated_at IS NULL) OR status IN ('expired', 'blocked')",
            name=op.f("ck_card_activation_dated"),
        ),
        sa.CheckConstraint("length(pin_digest) = 32", name=op.f("ck_card_pin_digest_length")),
        sa.CheckConstraint(
            "maintenance_periods_done >= maintenance_periods_before AND maintenance_periods_before >= 0",
            name=op.f("ck_card_maintenance_periods_not_negative"),
        ),
        sa.CheckConstraint("pin_failures >= 0", name=op.f("ck_card_pin_failures_not_negative")),
        sa.CheckConstraint("serial BETWEEN 0 AND 999999999", name=op.f("ck_card_serial_in_range")),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distributor.id"], name=op.f("fk_card_distributor_id_distributor"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_card_id"], ["card.id"], name=op.f("fk_card_replaced_by_card_id_card"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["card_series.id"], name=op.f("fk_card_series_id_card_series"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_card_wallet_id_wallet"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("number", name=op.f("uq_card_number")),
        sa.UniqueConstraint("pin_digest", name=op.f("uq_card_pin_digest")),
        sa.UniqueConstraint("series_id", "serial", name=op.f("uq_card_series_id_serial")),
        sa.UniqueConstraint("wallet_id", name=op.f("uq_card_wallet_id")),
    )
    op.create_index("ix_card_expires", "card", ["expires_at"], unique=False)
    op.create_index("ix_card_series_status", "card", ["series_id", "status"], unique=False)
    op.create_table(
        "destination_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("card_group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("card_series_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "card_group_id IS NULL OR card_series_id IS NULL", name=op.f("ck_destination_rule_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["card_group_id"],
            ["card_group.id"],
            name=op.f("fk_destination_rule_card_group_id_card_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["card_series_id"],
            ["card_series.id"],
            name=op.f("fk_destination_rule_card_series_id_card_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination_rule")),
        sa.UniqueConstraint(
            "card_group_id",
            "card_series_id",
            "prefix",
            name=op.f("uq_destination_rule_card_group_id_card_series_id_prefix"),
        ),
    )
    op.create_index(op.f("ix_destination_rule_prefix"), "destination_rule", ["prefix"], unique=False)
    op.create_table(
        "routing_plan_carrier",
        sa.Column("routing_plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_routing_plan_carrier_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["routing_plan_id"],
            ["routing_plan.id"],
            name=op.f("fk_routing_plan_carrier_routing_plan_id_routing_plan"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("routing_plan_id", "account_id", name=op.f("pk_routing_plan_carrier")),
    )
    op.create_table(
        "caller_id_binding",
        sa.Column("caller_id", sa.String(length=15), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_caller_id_binding_card_id_card"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("caller_id", name=op.f("pk_caller_id_binding")),
        sa.UniqueConstraint("card_id", name=op.f("uq_caller_id_binding_card_id")),
    )
    op.create_table(
        "caller_id_binding_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("caller_id", sa.String(length=15), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "act",
            sa.Enum("bound", "unbound", name="bindingact", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_caller_id_binding_event_card_id_card"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_id_binding_event")),
    )
    op.create_index(
        "ix_caller_id_binding_event_caller", "caller_id_binding_event", ["caller_id", "happened_at"], unique=False
    )
    op.create_index(op.f("ix_caller_id_binding_event_card_id"), "caller_id_binding_event", ["card_id"], unique=False)
    op.create_table(
        "failed_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "number_and_pin",
                "pin_only",
                "voucher",
                "portal",
                "console",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("caller_id", sa.String(length=15), nullable=True),
        sa.Column("access_number", sa.String(length=15), nullable=True),
        sa.Column("trunk", sa.String(length=80), nullable=True),
        sa.Column("address", sa.String(length=80), nullable=True),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_failed_entry_card_id_card"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_entry")),
    )
    op.create_index(op.f("ix_failed_entry_caller_id"), "failed_entry", ["caller_id"], unique=False)
    op.create_index(op.f("ix_failed_entry_card_id"), "failed_entry", ["card_id"], unique=False)
    op.create_index("ix_failed_entry_happened", "failed_entry", ["happened_at"], unique=False)
    op.create_table(
        "hold",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "settled", "voided", name="holdstate", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (resolved_at IS NULL)", name=op.f("ck_hold_resolution_dated")),
        sa.CheckConstraint("amount_micros >= 0", name=op.f("ck_hold_amount_not_negative")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_hold_card_id_card"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_hold_wallet_id_wallet"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_hold")),
    )
    op.create_index(
        "ix_hold_open",
        "hold",
        ["wallet_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "speed_dial",
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot", sa.String(length=2), nullable=False),
        sa.Column("destination", sa.String(length=15), nullable=False),
        sa.CheckConstraint("length(slot) BETWEEN 1 AND 2", name=op.f("ck_speed_dial_slot_length")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_speed_dial_card_id_card"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("card_id", "slot", name=op.f("pk_speed_dial")),
    )
    op.create_table(
        "voucher",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_encrypted", sa.LargeBinary(length=64), nullable=True),
        sa.Column("code_key", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ready",
                "redeemed",
                "blocked",
                name="voucherstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("redeemed_card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("blocked_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(status = 'redeemed') = (redeemed_at IS NOT NULL)", name=op.f("ck_voucher_redemption_dated")
        ),
        sa.CheckConstraint("length(code_digest) = 32", name=op.f("ck_voucher_code_digest_length")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["voucher_batch.id"], name=op.f("fk_voucher_batch_id_voucher_batch"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["redeemed_card_id"], ["card.id"], name=op.f("fk_voucher_redeemed_card_id_card"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("batch_id", "serial", name=op.f("uq_voucher_batch_id_serial")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_voucher_code_digest")),
    )
    op.create_index(op.f("ix_voucher_redeemed_card_id"), "voucher", ["redeemed_card_id"], unique=False)
    op.create_table(
        "call_record",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("wallet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel_id", sa.String(length=150), nullable=False),
        sa.Column("access_number", sa.String(length=15), nullable=False),
        sa.Column("caller_id", sa.String(length=15), nullable=True),
        sa.Column("is_pinless", sa.Boolean(), nullable=False),
        sa.Column("destination", sa.String(length=15), nullable=False),
        sa.Column("destination_name", sa.String(length=120), nullable=False),
        sa.Column("rate_prefix", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=20), nullable=False),
        sa.Column(
            "disposition",
            sa.Enum(
                "answered",
                "busy",
                "no_answer",
                "unreachable",
                "all_lines_busy",
                "cancelled",
                name="calldisposition",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("dial_status", sa.String(length=20), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.Column("limit_seconds", sa.Integer(), nullable=False),
        sa.Column("announced_seconds", sa.Integer(), nullable=False),
        sa.Column("talk_ms", sa.Integer(), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("billed_seconds", sa.Integer(), nullable=False),
        sa.Column("held_micros", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("charge_lines", sa.JSON(), nullable=False),
        sa.Column("tried", sa.JSON(), nullable=False),
        sa.Column("carrier_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("buy_prefix", sa.String(length=20), nullable=True),
        sa.Column("buy_cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "answered_at IS NOT NULL OR cost_micros = 0", name=op.f("ck_call_record_only_answered_costs")
        ),
        sa.CheckConstraint(
            "cost_micros >= 0 AND talk_ms >= 0 AND talk_seconds >= 0", name=op.f("ck_call_record_figures_not_negative")
        ),
        sa.CheckConstraint("talk_seconds <= limit_seconds", name=op.f("ck_call_record_within_the_limit")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["hold.call_id"], name=op.f("fk_call_record_call_id_hold"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_call_record_card_id_card"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"],
            ["account.id"],
            name=op.f("fk_call_record_carrier_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_call_record_wallet_id_wallet"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_record")),
    )
    op.create_index("ix_call_record_card", "call_record", ["card_id", "placed_at"], unique=False)
    op.create_index("ix_call_record_placed", "call_record", ["placed_at"], unique=False)
    op.create_table(
        "overdraft",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("held_micros", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint("cost_micros > held_micros", name=op.f("ck_overdraft_above_the_hold")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["hold.call_id"], name=op.f("fk_overdraft_call_id_hold"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_overdraft")),
    )


def downgrade() -> None:
    op.drop_table("overdraft")
    op.drop_table("call_record")
    op.drop_table("voucher")
    op.drop_table("speed_dial")
    op.drop_table("hold")
    op.drop_table("failed_entry")
    op.drop_table("caller_id_binding_event")
    op.drop_table("caller_id_binding")
    op.drop_table("routing_plan_carrier")
    op.drop_table("destination_rule")
    op.drop_table("card")
    op.drop_table("ivr_plan_group")
    op.drop_table("ghost_percent")
    op.drop_table("card_series")
    op.drop_table("account")
    op.drop_table("tax_rate")
    op.drop_table("rate")
    op.drop_table("ledger_entry")
    op.drop_table("client")
    op.drop_table("card_group")
    op.drop_table("access_number")
    op.drop_table("wallet")
    op.drop_table("voucher_batch")
    op.drop_table("tax_profile")
    op.drop_table("routing_plan")
    op.drop_table("reseller")
    op.drop_table("rate_table")
    op.drop_table("job_lock")
    op.drop_table("job")
    op.drop_table("ivr_plan")
    op.drop_table("guard_counter")
    op.drop_table("guard_budget")
    op.drop_table("distributor")
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
