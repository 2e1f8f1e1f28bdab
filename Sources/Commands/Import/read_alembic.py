"""Says as JSON what each revision of an Alembic project does, as `migratectl import alembic` asks.

It runs inside the project's own Python, with its own Alembic and its own env.py, in Alembic's offline mode: no database
is touched. Every upgrade() and downgrade() is run once, by itself, and what it would send is written down, a statement
at a time, with literal values and without the version table's rows.

Arguments: the configuration (alembic.ini, pyproject.toml, or their directory), and the caller's working directory.
"""

import datetime
import inspect
import io
import json
import os
import re
import sys
import traceback

# With `-c` the working directory comes first, and a directory "alembic" in it would hide the package.
sys.path[:] = [entry for entry in sys.path if entry]
# What env.py prints must not come between: from here on it goes to standard error.
answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


class Unreadable(Exception):
    """The project cannot be read: the message says why, the hint what to do."""

    def __init__(self, message, hint=None, notes=()):
        super().__init__(message)
        self.hint, self.notes = hint, list(notes)


class NeedsDatabase(BaseException):
    """A revision wants to know what only a database can tell. No `except Exception` of its own may swallow that."""


def brief(text):
    """The text on one line, cut where people stop reading, without passwords."""
    text = re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", " ".join(str(text).split()))
    return text if len(text) <= 120 else text[:119] + "…"


def described(error):
    return "%s: %s" % (type(error).__name__, brief(error)) if str(error) else type(error).__name__


class Recording:
    """What one direction of a revision sends."""

    def __init__(self, path, is_standalone):
        self.path = path
        self.is_standalone = is_standalone
        self.parts = []
        self.has_gap = False

    def statement(self, sql):
        self.parts.append({"sql": sql, "isStandalone": self.is_standalone})
        return self.parts[-1]

    def gap(self, reason, frames=None, unsettled=None):
        """From here on nobody knows what it would do; the first time counts. A statement that only asked is left out."""
        if self.has_gap:
            return
        self.parts = [part for part in self.parts if part is not unsettled]
        self.has_gap = True
        frames = traceback.extract_stack() if frames is None else frames
        lines = [frame.lineno for frame in frames if os.path.realpath(frame.filename) == os.path.realpath(self.path)]
        place = "%s:%d" % (os.path.basename(self.path), lines[-1]) if lines else os.path.basename(self.path)
        self.parts.append({"gap": "from %s on: %s" % (place, reason)})


class Recorder:
    """Takes the place of Alembic's offline output: every statement goes to the recording that is going on."""

    def __init__(self):
        self.recording = None
        self.outside = []

    def attach(self, context):
        """Has the context's statements recorded, with literal values and single percent signs."""
        from sqlalchemy.engine import mock

        recorder, impl = self, context.impl

        class RecordingConnection(mock.MockConnection):
            """What op.get_bind() gives: DDL and statements are recorded, and nothing can be read."""

            def exec_driver_sql(self, statement, parameters=None, execution_options=None):
                if parameters:
                    recorder.refuse("it gives parameters to: %s" % brief(statement))
                return recorder.executed(impl.dialect, literally(statement), None)

            def __getattribute__(self, name):
                if name.startswith("_") or name in RecordingConnection._known:
                    return super().__getattribute__(name)
                if name == "in_transaction":  # Alembic itself asks whether there is such a method.
                    raise AttributeError(name)
                recorder.refuse("it needs a connection, for %s()" % name)

            _known = {
                "connect", "dialect", "engine", "exec_driver_sql", "execute", "execution_options", "name",
                "schema_for_object",
            }

        def execute(statement, *parameters, **keywords):
            return recorder.executed(impl.dialect, statement, parameters[0] if parameters else keywords)

        impl.dialect.statement_compiler = literal_compiler(impl.dialect.statement_compiler)
        impl.dialect.paramstyle, impl.dialect.positional = "named", False
        impl.dialect.identifier_preparer._double_percents = False
        impl.dialect._backslash_escapes = False
        context.connection = impl.connection = RecordingConnection(impl.dialect, execute)
        impl._exec = lambda construct, *_, **__: self.execute(impl.dialect, construct)
        impl.static_output = self.static_output
        impl.emit_begin = lambda: self.set_standalone(False)
        impl.emit_commit = lambda: self.set_standalone(True)

    def set_standalone(self, is_standalone):
        if self.recording:
            self.recording.is_standalone = is_standalone

    def static_output(self, text):
        if self.recording:
            self.recording.statement(text)

    def refuse(self, reason, unsettled=None):
        if self.recording:
            self.recording.gap(reason, unsettled=unsettled)
            raise NeedsDatabase(reason)
        raise Unreadable("env.py needs a connection: %s" % reason, "let its run_migrations_offline do without one")

    def execute(self, dialect, construct):
        from sqlalchemy import schema, text

        if isinstance(construct, str):
            construct = text(construct)
        arguments = {} if isinstance(construct, schema.DDLElement) else {"compile_kwargs": {"literal_binds": True}}
        sql = str(construct.compile(dialect=dialect, **arguments))
        if self.recording:
            return self.recording.statement(sql)
        self.outside.append(sql)
        return {"sql": sql}

    def executed(self, dialect, statement, parameters):
        """Records what a connection was given to execute, once for each set of parameters."""
        from sqlalchemy import text

        if isinstance(statement, str):
            statement = text(statement)
        part = None
        for values in parameters if isinstance(parameters, (list, tuple)) else [parameters]:
            part = self.execute(dialect, self.with_values(statement, values))
        return UnknownResult(self, part)

    def with_values(self, statement, values):
        from sqlalchemy.sql import expression

        if not values:
            return statement
        if isinstance(statement, expression.TextClause):
            return statement.bindparams(**values)
        if isinstance(statement, expression.Insert):
            return statement.values(values)
        self.refuse("it gives parameters to: %s" % brief(statement))


class UnknownResult:
    """What a statement would have brought. Whoever looks at it needs a database."""

    def __init__(self, recorder, part):
        self._recorder, self._part = recorder, part

    def close(self):
        pass

    def _look(self, *_):
        self._recorder.refuse("it reads the result of: %s" % brief(self._part["sql"]), self._part)

    __iter__ = __next__ = __len__ = __bool__ = __getitem__ = __enter__ = _look

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._look()


def literal_compiler(compiler):
    """The compiler, taught the values that SQLAlchemy only sends and never writes, or writes without their type."""
    from sqlalchemy import types

    class LiteralCompiler(compiler):
        def render_literal_bindparam(self, parameter, *arguments, **keywords):
            is_null = parameter.value is None and parameter.callable is None
            if is_null and isinstance(parameter.type, types.JSON) and parameter.type.should_evaluate_none:
                return self.render_literal_value(None, parameter.type)
            return super().render_literal_bindparam(parameter, *arguments, **keywords)

        def render_literal_value(self, value, type_):
            if isinstance(value, datetime.timedelta):
                microseconds = value.seconds * 1000000 + value.microseconds
                return "make_interval(days => %d, secs => %.6f)" % (value.days, microseconds / 1000000)
            if isinstance(value, (bytes, bytearray, memoryview)):
                return "'\\x%s'::bytea" % bytes(value).hex()
            if isinstance(type_, types.JSON):
                serialize = getattr(self.dialect, "_json_serializer", None) or json.dumps
                text = serialize(None if value is types.JSON.NULL else value)
                quoted = super().render_literal_value(text, types.String())
                return "%s::%s" % (quoted, type_.compile(dialect=self.dialect))
            literal = super().render_literal_value(value, type_)
            # Without it an empty array has no type, and one of an enumeration's values has another.
            is_array = isinstance(type_, types.ARRAY) and value is not None
            return "%s::%s" % (literal, type_.compile(dialect=self.dialect)) if is_array else literal

    return LiteralCompiler


def literally(sql):
    """The text as it is: a colon in it begins no parameter."""
    from sqlalchemy import text

    return text(re.sub(r"(?<!:):(?=\w)", r"\\:", sql))


class Project:
    """An Alembic project: its configuration, its scripts, and what its env.py says."""

    def __init__(self, path, working_directory):
        self.ini, self.toml = self.configurations(path)
        self.config = self.configuration()
        self.options = {}
        self.recorder = Recorder()
        self.scripts = self.open(os.path.dirname(self.ini or self.toml), working_directory)

    @staticmethod
    def configurations(path):
        directory = path if os.path.isdir(path) else os.path.dirname(path)
        ini, toml = os.path.join(directory, "alembic.ini"), os.path.join(directory, "pyproject.toml")
        if os.path.isfile(path) and os.path.basename(path) != "pyproject.toml":
            ini = path
        found = [name if os.path.isfile(name) else None for name in (ini, toml)]
        if not any(found):
            raise Unreadable("there is no alembic.ini and no pyproject.toml in \"%s\"" % directory)
        return found

    def configuration(self):
        from alembic.config import Config

        try:
            config = Config(self.ini, toml_file=self.toml)
        except TypeError:  # Before Alembic 1.16, which began to read pyproject.toml.
            if not self.ini:
                raise Unreadable("its Alembic is too old to read pyproject.toml", "name its alembic.ini")
            config = Config(self.ini)
        # An env.py that only passes the URL on is content with any; ours is never connected to.
        if (config.get_main_option("sqlalchemy.url") or "driver://").startswith("driver://"):
            url = os.environ.get("DATABASE_URL") or "postgresql+asyncpg://localhost/unused"
            config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        return config

    def open(self, directory, working_directory):
        """The scripts. Relative locations begin where Alembic is called: beside its configuration, or where we were."""
        from alembic.script import ScriptDirectory
        from alembic.util import CommandError

        failure = None
        for place in (directory, working_directory):
            os.chdir(place)
            sys.path.append(place)  # As `python -m alembic` has it; last, so that nothing is hidden by it.
            try:
                return ScriptDirectory.from_config(self.config)
            except CommandError as error:
                failure = failure or error
        raise Unreadable(brief(failure), "name the alembic.ini that the project itself uses")

    def read(self):
        from alembic import __version__

        scripts = self.ordered()
        if not scripts:
            raise Unreadable("it has no revisions in %s" % ", ".join(map(str, self.scripts._version_locations)))
        revisions = [self.header(script) for script in scripts]
        self.run(scripts, revisions)
        return {
            "alembicVersion": __version__,
            "versionTable": self.options.get("version_table") or "alembic_version",
            "versionTableSchema": self.options.get("version_table_schema"),
            "statementsOfEnvironment": self.recorder.outside,
            "revisions": revisions,
        }

    def ordered(self):
        try:
            return list(reversed(list(self.scripts.walk_revisions())))
        except Exception as error:
            raise Unreadable("its revisions cannot be loaded: %s" % described(error), notes=self.trace(error))

    @staticmethod
    def header(script):
        from alembic.util import to_tuple

        module = script.module
        created = re.search(r"^Create Date:[ \t]*(\S.*?)[ \t]*$", module.__doc__ or "", re.MULTILINE)
        return {
            "id": script.revision,
            "path": script.path,
            "downRevisions": list(to_tuple(module.down_revision, default=())),
            "dependsOn": list(to_tuple(getattr(module, "depends_on", None), default=())),
            "branchLabels": list(to_tuple(getattr(module, "branch_labels", None), default=())),
            "message": " ".join((script.doc or "").split()),
            "created": created.group(1).replace(" ", "T", 1) if created else None,
        }

    def run(self, scripts, revisions):
        """Runs env.py once, and in it each direction of each revision."""
        from alembic.runtime import environment, migration

        runs = []

        def configure(*arguments, **keywords):
            options = inspect.signature(original).bind(*arguments, **keywords).arguments
            options.update(options.pop("kw", {}))
            self.options = dict(options)
            # Whatever it is configured for: SQL for PostgreSQL, from nowhere and to nowhere.
            for name in ("connection", "url", "dialect_opts", "transactional_ddl", "on_version_apply"):
                options.pop(name, None)
            options.update(dialect_name="postgresql", output_buffer=io.StringIO(), starting_rev=scripts[0].revision)
            original(**options)
            self.recorder.attach(environment_context.get_context())

        def steps(heads, context):
            runs.append(heads)
            for script, revision in zip(scripts, revisions):
                for direction in ("upgrade", "downgrade"):
                    if len(runs) == 1 and hasattr(script.module, direction):
                        yield self.step(script, revision, direction)

        # The version table is none of our business: nothing of it may be written down.
        migration.HeadMaintainer.update_to_step = lambda *_: None
        environment_context = environment.EnvironmentContext(self.config, self.scripts, fn=steps, as_sql=True)
        original, environment_context.configure = environment_context.configure, configure
        try:
            with environment_context:
                self.scripts.run_env()
        except Unreadable:
            raise
        except BaseException as error:
            raise Unreadable(
                "its env.py fails: %s" % described(error),
                "set what it needs in the environment or in .env; run_migrations_offline must do without a database",
                self.trace(error),
            )
        if len(runs) != 1:
            raise Unreadable(
                "its env.py runs the migrations %d times, and once is needed" % len(runs),
                "import one database or schema at a time" if runs else "have it call context.run_migrations() offline",
            )

    def step(self, script, revision, direction):
        from alembic.runtime.migration import RevisionStep

        step = RevisionStep(self.scripts.revision_map, script, direction == "upgrade")
        function = getattr(script.module, direction)

        def migrate(**arguments):
            recording = Recording(script.path, self.options.get("transactional_ddl") is False)
            self.recorder.recording = recording
            try:
                function(**arguments)
            except NeedsDatabase:
                pass
            except BaseException as error:
                frames = traceback.extract_tb(error.__traceback__)
                if self.is_irreversible(error, direction, recording, frames[-1].filename):
                    return
                recording.gap(self.reason(error), frames)
            finally:
                self.recorder.recording = None
            revision[direction] = recording.parts

        step.migration_fn = migrate
        return step

    @staticmethod
    def is_irreversible(error, direction, recording, filename):
        """Whether a downgrade says of itself that there is none."""
        return (
            direction == "downgrade"
            and isinstance(error, NotImplementedError)
            and not recording.parts
            and os.path.realpath(filename) == os.path.realpath(recording.path)
        )

    @staticmethod
    def reason(error):
        if type(error).__name__ == "NoInspectionAvailable" or "has_table" in str(error):
            return "it inspects the database"
        if "live database connection" in str(error):
            return "it needs a live database"
        if type(error).__name__ == "CompileError":
            return "it has what cannot be written as SQL: %s" % brief(error)
        return "it cannot run without a database: %s" % described(error)

    @staticmethod
    def trace(error):
        """Where it went wrong, innermost last."""
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        return ["%s:%s: %s" % (frame.filename, frame.lineno, frame.line) for frame in frames]


def main(path, working_directory):
    try:
        try:
            import alembic  # noqa: F401
        except ImportError as error:
            return {"failure": {"message": str(error), "notes": [], "lacksAlembic": True}}
        return {"project": Project(path, working_directory).read()}
    except Unreadable as error:
        return {"failure": {"message": str(error), "hint": error.hint, "notes": [brief(note) for note in error.notes]}}


json.dump(main(*sys.argv[1:3]), answer)
answer.flush()
