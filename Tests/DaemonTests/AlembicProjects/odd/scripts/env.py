# An env.py with habits: it prints, configures only a connection it does not have, and sets a search path.
from alembic import context

print("this is not JSON")
context.configure(
    connection=None, version_table="schema_version", version_table_schema="odd", dialect_opts={"paramstyle": "pyformat"}
)
with context.begin_transaction():
    context.execute("SET search_path TO odd, public")
    context.run_migrations()
