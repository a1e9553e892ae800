"""The platform's own secrets: from a variable, from NAME_FILE, or made once under AVYAY_VAR. No Django here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from avyay_site import env


@dataclass(frozen=True, repr=False)
class Secrets:
    """secret_key signs sessions; encryption_keys protect stored secrets, the first encrypts; pepper hashes API keys."""

    secret_key: str
    encryption_keys: tuple[str, ...]
    key_pepper: str


def load(folder: Path) -> Secrets:
    """Return the secrets; what no variable gives is kept in folder, made on first use.

    Raises WrongVariable when AVYAY_ENCRYPTION_KEYS holds something that is not a Fernet key.
    """
    return Secrets(
        secret_key=_secret("SECRET_KEY", folder, lambda: secrets.token_urlsafe(48)),
        encryption_keys=encryption_keys(folder),
        key_pepper=_secret("AVYAY_KEY_PEPPER", folder, lambda: secrets.token_urlsafe(32)),
    )


def encryption_keys(folder: Path) -> tuple[str, ...]:
    """Return the Fernet keys, the one that encrypts first."""
    given = _secret("AVYAY_ENCRYPTION_KEYS", folder, lambda: Fernet.generate_key().decode())
    keys = tuple(key.strip() for key in given.split(",") if key.strip())
    try:
        for key in keys:
            Fernet(key)
    except ValueError as exc:
        raise _wrong_keys() from exc
    if not keys:
        raise _wrong_keys()
    return keys


def _wrong_keys() -> env.WrongVariable:
    return env.WrongVariable(
        "AVYAY_ENCRYPTION_KEYS holds something that is not a Fernet key; set it to 32 random bytes in "
        "URL-safe base64 (or several, separated by commas), or leave it unset to have one made."
    )


def _secret(name: str, folder: Path, make: Callable[[], str]) -> str:
    try:
        return env.text(name) or _kept(folder / name.lower(), make)
    except OSError as exc:
        raise env.WrongVariable(
            f"{name} is to be kept in {folder}, which cannot be used ({exc.strerror}); "
            f"set AVYAY_VAR to a folder that you may write, or set {name}."
        ) from exc


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return the content of path, made first if missing; of several processes at once one wins, all agree.

    The content is written beside and linked into place, so that nobody ever reads half of it.
    """
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
