"""Bring a data base to the newest schema. Imported only when there is something to do."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

__all__ = ["known_versions", "upgrade"]

_FOLDER: Final = Path(__file__).with_name("migrations")


def known_versions() -> set[str]:
    """Return the versions that this program can upgrade from, the newest included."""
    return {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}


def upgrade(path: Path) -> None:
    """Run the missing migrations on a SQLite file, all in one transaction."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    # The driver would begin no transaction for CREATE TABLE; half an upgrade must not stay.
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
