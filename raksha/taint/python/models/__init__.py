"""What Python's standard library and frameworks do, one module for each area."""

from __future__ import annotations

from raksha.taint.python.models import (
    codes,
    commands,
    configs,
    containers,
    cookies,
    crypto,
    databases,
    directories,
    files,
    guards,
    locals,
    networks,
    numbers,
    orm,
    pages,
    passwords,
    requests,
    settings,
    strings,
    xml,
)  # fmt: skip
from raksha.taint.python.models.tables import Table, merged

MODELS: Table = merged(
    requests.TABLE, locals.TABLE, databases.TABLE, commands.TABLE, codes.TABLE, files.TABLE, pages.TABLE,
    networks.TABLE, cookies.TABLE, directories.TABLE, xml.TABLE, crypto.TABLE, passwords.TABLE, settings.TABLE,
    guards.TABLE, strings.TABLE, numbers.TABLE, orm.TABLE, containers.TABLE, configs.TABLE,
)  # fmt: skip
