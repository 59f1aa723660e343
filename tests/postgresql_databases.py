"""Databases of the private PostgreSQL for one test each; a test that left the tables as they are made hands its on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import psycopg
from databases import migrated, with_roles
from psycopg import sql

if TYPE_CHECKING:
    from databases import Cluster

# Every definition has the number of the transaction that wrote it: a constraint, trigger or function that a test
# dropped or changed is seen.
FINGERPRINT: Final = r"""
WITH ours AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT md5(string_agg(mark, ',' ORDER BY mark)) FROM (
    SELECT 'class ' || oid || ' ' || xmin FROM ours
    UNION ALL SELECT 'column ' || attrelid || ' ' || attnum || ' ' || a.xmin
        FROM pg_attribute a JOIN ours ON ours.oid = attrelid
    UNION ALL SELECT 'constraint ' || oid || ' ' || xmin FROM pg_constraint
    UNION ALL SELECT 'trigger ' || oid || ' ' || xmin FROM pg_trigger
    UNION ALL SELECT 'function ' || oid || ' ' || xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'schema ' || oid || ' ' || xmin FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%'
    UNION ALL SELECT 'setting ' || setrole || array_to_string(setconfig, ',') FROM pg_db_role_setting
) AS marks (mark)
"""
OTHERS_END: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Many rows are not deleted but go with their database.
EMPTY_TABLES: Final = """
DO $$
DECLARE name regclass; counted integer; sequence record;
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s LIMIT 5000))', name, name);
        GET DIAGNOSTICS counted = ROW_COUNT;
        IF counted = 5000 THEN RAISE EXCEPTION 'many rows in %', name; END IF;
    END LOOP;
    FOR sequence IN SELECT schemaname, sequencename, start_value FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        PERFORM setval(format('%I.%I', sequence.schemaname, sequence.sequencename), sequence.start_value, false);
    END LOOP;
END $$
"""


class PostgresqlDatabases:
    """Fresh databases, each a copy of one that was migrated once, or one that is as good as that: to copy takes longer
    than most tests.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        url = migrated(cluster.create_database())
        self.template = url.rsplit("/", 1)[1]
        with_roles(url)
        self._rested: list[str] = []
        with connected(url) as connection:
            self._fingerprint = fingerprint(connection)
            self._rows = rows_of(connection)

    def create(self) -> str:
        return self._rested.pop() if self._rested else self.cluster.create_database(self.template)

    def drop(self, url: str) -> None:
        if self._is_as_new(url):
            self._rested.append(url)
        else:
            self.cluster.drop_database(url)

    def _is_as_new(self, url: str) -> bool:
        try:
            with connected(url) as connection:
                connection.execute(OTHERS_END)
                if fingerprint(connection) != self._fingerprint:
                    return False
                connection.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
                connection.execute(EMPTY_TABLES)
                for table, rows in self._rows.items():
                    connection.execute(INSERT.format(sql.Identifier(table), sql.Identifier(table)), (json.dumps(rows),))
        except psycopg.Error:
            return False
        return True


INSERT: Final = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::{}, %s)")


def connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def fingerprint(connection: psycopg.Connection) -> str:
    return str(connection.execute(FINGERPRINT).fetchall()[0][0])


def rows_of(connection: psycopg.Connection) -> dict[str, list[object]]:
    """What the migrations put into tables, by table."""
    tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    selects = [(name, sql.SQL("SELECT to_json(t) FROM {} t").format(sql.Identifier(name))) for name in tables]
    found = {name: [row for (row,) in connection.execute(select)] for name, select in selects}
    return {name: rows for name, rows in found.items() if rows}
