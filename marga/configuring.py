"""Keep the rows of MARGA_CONFIG in step with the file: providers, models and policies with source `config`.

The file is looked at when the gateway asks for its snapshot, at most once a second. A broken file changes nothing:
the rows of the last good one stay, and the fault is shown in the log, on the page and by the doctor.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from avyay_site import env
from avyay_site.accounts.models import Workspace
from marga import configfile
from marga.configfile import CredentialEntry, Document, Fault, PolicyEntry, ProviderEntry, WrongConfig
from marga.models import (
    Credential,
    CredentialState,
    Defaults,
    Model,
    Policy,
    PriceVersion,
    Provider,
    Source,
)

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""Half the interval at which the gateway asks, so that a question never just misses its turn."""


@dataclass(frozen=True)
class Status:
    """What became of the file. problem: empty when it is in use (or none is named)."""

    path: str
    problem: str = ""


@dataclass
class _Seen:
    looked_at: float = 0.0
    mark: object = "not looked yet"
    status: Status = Status("")


_lock = threading.Lock()
_seen = _Seen()


def follow_file() -> Status:
    """Bring the rows in step with the file if it changed since the last look; cheap when it did not.

    Raises django.db.OperationalError when the database is away; the file is then looked at again next time.
    """
    path = settings.MARGA_CONFIG
    with _lock:
        if time.monotonic() - _seen.looked_at < LOOK_SECONDS and _seen.status.path == path:
            return _seen.status
        mark = _mark(path)
        if mark != _seen.mark or _seen.status.path != path:
            problem, is_done = _apply(path)
            _seen.status = Status(path, problem)
            if is_done:
                _seen.mark = mark
        _seen.looked_at = time.monotonic()
        return _seen.status


def status() -> Status:
    """Return what became of the file, as this process saw it last or sees it now; touches no rows."""
    path = settings.MARGA_CONFIG
    if not path or (_seen.status.path == path and _mark(path) == _seen.mark):
        return _seen.status if path else Status("")
    try:
        check(Path(path))
    except WrongConfig as exc:
        return Status(path, str(exc))
    return Status(path)


def forget() -> None:
    """Look at the file anew next time; for tests, whose database is rolled back under it."""
    global _seen
    _seen = _Seen()


def check(path: Path) -> Document:
    """Return what a file says, credentials looked up.

    Raises WrongConfig.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise WrongConfig([Fault(1, "", f"The file cannot be read: {exc.strerror}.")]) from exc
    except UnicodeDecodeError as exc:
        raise WrongConfig([Fault(1, "", "The file is not UTF-8 text.")]) from exc
    document = configfile.parse(text)
    entries: list[ProviderEntry | CredentialEntry] = [*document.providers]
    entries += [one for provider in document.providers for one in provider.credentials]
    faults = [fault for entry in entries if (fault := _credential_fault(entry, path.parent))]
    if faults:
        raise WrongConfig(faults)
    return document


def sync(path: Path | None) -> bool:
    """Make the rows of source `config` what the file says; without a file there are none.

    Returns False while there is no workspace to put them in.
    Raises WrongConfig, and changes nothing then.
    """
    document = check(path) if path else Document()
    with transaction.atomic():
        # Several web processes may see the change at once.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('marga_config'))")
        if document == Document() and not _has_rows():
            return True
        workspace = Workspace.objects.order_by("created_at", "id").first()
        if workspace is None:
            return False
        _refuse_taken_names(workspace, document)
        _write_defaults(document)
        _write_policies(workspace, document.policies)
        ours = Provider.objects.filter(source=Source.CONFIG)
        wanted = [entry.name for entry in document.providers]
        ours.exclude(name__in=wanted, workspace=workspace).delete()
        for entry in document.providers:
            _write_provider(workspace, entry, path.parent if path else Path())
    return True


def _has_rows() -> bool:
    return (
        Provider.objects.filter(source=Source.CONFIG).exists()
        or Policy.objects.filter(source=Source.CONFIG).exists()
        or Defaults.objects.exists()
    )


def _mark(path: str) -> object:
    """Return something that differs whenever the file may have changed; editors replace files, so its inode counts."""
    try:
        found = Path(path).stat() if path else None
    except OSError as exc:
        return exc.errno
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)


def _apply(path: str) -> tuple[str, bool]:
    """Return what is wrong with the file, and whether this state of it is dealt with."""
    try:
        is_done = sync(Path(path) if path else None)
    except WrongConfig as exc:
        log.error("config_refused", path=path, faults=[str(fault) for fault in exc.faults[:20]])
        return str(exc), True
    if path and is_done:
        log.info("config_applied", path=path)
    return "", is_done


def _refuse_taken_names(workspace: Workspace, document: Document) -> None:
    """What was entered by hand stays; what was found in the environment gives way to the file."""
    providers = {entry.name: entry for entry in document.providers}
    policies = {entry.name: entry for entry in document.policies}
    others = Provider.objects.filter(workspace=workspace, name__in=providers).exclude(source=Source.CONFIG)
    others.filter(source=Source.ENVIRONMENT).delete()
    taken = [providers[name] for name in others.values_list("name", flat=True)]
    named = Policy.objects.filter(workspace=workspace, name__in=policies, source=Source.ADMIN)
    taken_policies = [policies[name] for name in named.values_list("name", flat=True)]
    faults = [_taken(entry, "provider") for entry in taken]
    faults += [_taken(entry, "policy") for entry in taken_policies]
    if faults:
        raise WrongConfig(faults)


def _taken(entry: ProviderEntry | PolicyEntry, thing: str) -> Fault:
    message = f"A {thing} {entry.name!r} was made in the dashboard or by the API; rename one of them."
    return Fault(entry.line, f"{entry.path}.name", message)


def _write_defaults(document: Document) -> None:
    wanted = {"baseline": document.baseline, "tariff_usd_per_kwh": document.tariff_usd_per_kwh}
    if not any(wanted.values()) and document.tariff_usd_per_kwh is None:
        Defaults.objects.all().delete()
        return
    defaults = Defaults.current()
    if any(getattr(defaults, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(defaults, name, value)
        defaults.save()
        PriceVersion.objects.note(Model.objects.exclude(watts=None).select_related("provider"))


def _write_policies(workspace: Workspace, entries: tuple[PolicyEntry, ...]) -> None:
    ours = Policy.objects.filter(source=Source.CONFIG)
    ours.exclude(name__in=[entry.name for entry in entries], workspace=workspace).delete()
    present = {policy.name: policy for policy in ours}
    if any(entry.is_default for entry in entries):
        chosen = [entry.name for entry in entries if entry.is_default]
        others = Policy.objects.filter(workspace=workspace, is_default=True).exclude(name__in=chosen)
        others.update(is_default=False)
    for entry in entries:
        policy = present.get(entry.name) or Policy(workspace=workspace, name=entry.name, source=Source.CONFIG)
        _save_changed(
            policy,
            {"document": entry.document, "is_shared": entry.is_shared, "is_default": entry.is_default},
        )


def _save_changed(row: Model | Policy | Credential, wanted: dict[str, Any]) -> None:
    """Save the row when it is new or anything differs: an untouched row keeps its `updated_at`."""
    if row._state.adding or any(getattr(row, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save()


def _write_provider(workspace: Workspace, entry: ProviderEntry, folder: Path) -> None:
    wanted = {
        "kind": entry.kind,
        "base_url": entry.base_url,
        "protocols": entry.protocols,
        "is_shared": entry.is_shared,
        "is_enabled": entry.is_enabled,
        "timeout_seconds": entry.timeout_seconds,
        "is_trusted": True,
    }
    provider, made = Provider.objects.get_or_create(
        workspace=workspace, name=entry.name, defaults={**wanted, "source": Source.CONFIG}
    )
    secret = _credential(entry, folder)
    changed = {name for name, value in wanted.items() if getattr(provider, name) != value}
    # Encryption is salted: compare in clear, or every look would rewrite the row.
    if made or not provider.api_key.holds(secret):
        provider.api_key = secret
        changed.add("api_key")
    if changed:
        for name in changed - {"api_key"}:
            setattr(provider, name, wanted[name])
        provider.save(update_fields=changed)
    _write_credentials(provider, entry, folder)
    _write_models(provider, entry)


def _write_credentials(provider: Provider, entry: ProviderEntry, folder: Path) -> None:
    provider.credentials.exclude(name__in=[one.name for one in entry.credentials]).delete()
    present = {credential.name: credential for credential in provider.credentials.all()}
    for one in entry.credentials:
        credential = present.get(one.name) or Credential(
            workspace_id=provider.workspace_id, provider=provider, name=one.name
        )
        wanted: dict[str, Any] = {
            "bucket": one.bucket,
            "requests_per_minute": one.requests_per_minute,
            "tokens_per_minute": one.tokens_per_minute,
            "is_enabled": one.is_enabled,
        }
        secret = _credential(one, folder)
        if credential._state.adding or not credential.api_key.holds(secret):
            wanted |= {"api_key": secret, "state": CredentialState.UNKNOWN, "state_until": None}
        _save_changed(credential, wanted)


def _write_models(provider: Provider, entry: ProviderEntry) -> None:
    provider.models.exclude(name__in=[model.name for model in entry.models]).delete()
    present = {model.name: model for model in provider.models.all()}
    for wanted in entry.models:
        model = present.get(wanted.name) or Model(workspace_id=provider.workspace_id, provider=provider)
        _save_changed(model, vars(wanted))


def _credential_fault(entry: ProviderEntry | CredentialEntry, folder: Path) -> Fault | None:
    try:
        _credential(entry, folder)
    except (LookupError, env.WrongVariable) as exc:
        how = entry.credential[0] if entry.credential else ""
        return Fault(entry.line, f"{entry.path}.{how}", str(exc.args[0]))
    return None


def _credential(entry: ProviderEntry | CredentialEntry, folder: Path) -> str:
    """Return the key, from wherever the file says it is.

    Raises LookupError with a sentence.
    """
    how, value = entry.credential or ("", "")
    if how == "api_key_env":
        return env.text(value) or _missing(f"The variable {value} is not set.")
    if how == "api_key_file":
        return _from_file(folder / value)
    return value


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or _missing(f"{path} is empty.")
    except OSError as exc:
        raise LookupError(f"{path} cannot be read: {exc.strerror}.") from exc


def _missing(sentence: str) -> str:
    raise LookupError(sentence)
