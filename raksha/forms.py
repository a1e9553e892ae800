"""What the scanner's pages ask for in their addresses and forms; rules are the services'."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.conf import settings

from avyay_site.accounts.access import Access
from raksha import policies
from raksha.models import (
    Change,
    FindingKind,
    Mission,
    Project,
    Ruling,
    RulingReason,
    Severity,
    Word,
)
from raksha.packages import ECOSYSTEMS

MOST_CHOICES = 500
MEGABYTE = 1024 * 1024
GROUPS = (("", "Nothing"), ("rule", "Rule"), ("path", "File"), ("package", "Package"))
STATES = (("", "Open"), ("fixed", "Fixed"), ("any", "Open or fixed"))
RULINGS = (("", "Not ignored"), *Ruling.choices, ("any", "Any"))
YES_NO = (("", "Any"), ("yes", "Yes"), ("no", "No"))
SCOPES = (("chosen", "The chosen ones"), ("matching", "All that match these filters"))


def project_choices(access: Access, empty: str) -> list[tuple[str, str]]:
    """Return the workspace's projects by name, after a choice for none."""
    rows = Project.objects.visible_to(access).order_by("name", "id").values_list("pk", "name")
    return [("", empty), *rows[:MOST_CHOICES]]


class ScanForm(forms.Form):
    """What to scan: an archive, or a repository."""

    file = forms.FileField(
        required=False,
        label="Archive",
        max_length=255,
        error_messages={"empty": "This archive is empty; choose another."},
        widget=forms.FileInput(attrs={"accept": ".zip,.tar,.gz,.tgz,.xz,.txz,.zst,.tzst"}),
    )
    url = forms.CharField(
        required=False,
        max_length=300,
        label="Repository URL",
        widget=forms.URLInput(attrs={"placeholder": "https://github.com/owner/name", "autocomplete": "url"}),
    )
    revision = forms.CharField(
        required=False,
        max_length=250,
        label="Revision",
        help_text="Branch, tag or commit; empty for the default.",
    )
    project = forms.ChoiceField(
        required=False,
        label="Project",
        help_text="Else the one of this repository, or of the archive's name.",
    )

    def __init__(self, data: Any, files: Any, access: Access, initial: Any = None) -> None:
        super().__init__(data, files, initial=initial)
        self.fields["project"].choices = project_choices(access, "As it is called")  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > settings.RAKSHA_UPLOAD_MB * MEGABYTE:
            most = settings.RAKSHA_UPLOAD_MB
            raise forms.ValidationError(
                f"The archive is larger than {most} MB; leave out what is not source code."
            )
        return file

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("file") and given.get("url"):
            self.add_error("url", "Give an archive or a repository, not both.")
        elif not given.get("file") and not given.get("url") and not self.errors:
            self.add_error("file", "Choose an archive, or give the URL of a repository.")
        return given


class FindingForm(forms.Form):
    """Which findings the list shows. A field that is wrong is passed over."""

    text = forms.CharField(
        required=False,
        max_length=100,
        label="Search",
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    project = forms.ChoiceField(required=False)
    severity = forms.ChoiceField(required=False, choices=[("", "Any"), *Severity.choices])
    word = forms.ChoiceField(required=False, choices=[("", "Any"), *Word.choices], label="Urgency")
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *FindingKind.choices])
    state = forms.ChoiceField(required=False, choices=STATES)
    change = forms.ChoiceField(
        required=False, choices=[("", "Any"), *Change.choices], label="Since the last scan"
    )
    ruling = forms.ChoiceField(required=False, choices=RULINGS)
    kev = forms.ChoiceField(required=False, choices=YES_NO, label="Exploited (KEV)")
    fix = forms.ChoiceField(required=False, choices=YES_NO, label="Has a fix")
    rule = forms.CharField(required=False, max_length=200)
    path = forms.CharField(required=False, max_length=500, label="Path begins with")
    package = forms.CharField(required=False, max_length=300)
    group = forms.ChoiceField(required=False, choices=GROUPS, label="Group by")

    def __init__(self, data: Any, access: Access) -> None:
        super().__init__(data)
        self.fields["project"].choices = project_choices(access, "All projects")  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def asked(self) -> dict[str, str]:
        """Return the filters that are set, without the grouping."""
        given = {name: value.replace("\0", "") for name, value in self.cleaned_data.items() if value}
        return {name: value for name, value in given.items() if name != "group" and value}

    @property
    def grouping(self) -> str:
        """Return by what the list is grouped, or nothing."""
        return str(self.cleaned_data.get("group") or "")

    @property
    def is_used(self) -> bool:
        """Tell whether anything is filtered."""
        return bool(self.asked)

    @property
    def more_is_used(self) -> bool:
        """Tell whether a filter is set that is folded away at first."""
        return bool({"change", "ruling", "fix", "rule", "path", "package"} & set(self.asked))


class DependencyForm(forms.Form):
    """Which packages the list shows. A field that is wrong is passed over."""

    text = forms.CharField(
        required=False,
        max_length=100,
        label="Name",
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    project = forms.ChoiceField(required=False)
    show = forms.ChoiceField(
        required=False, choices=[("", "All"), ("vulnerable", "Vulnerable"), ("kev", "Exploited (KEV)")]
    )
    direct = forms.ChoiceField(required=False, choices=YES_NO)
    ecosystem = forms.ChoiceField(
        required=False, choices=[("", "Any"), *((name, name) for name in ECOSYSTEMS)]
    )
    licence = forms.CharField(required=False, max_length=100)

    def __init__(self, data: Any, access: Access) -> None:
        super().__init__(data)
        self.fields["project"].choices = project_choices(access, "All projects")  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def asked(self) -> dict[str, str]:
        """Return the filters that are set."""
        given = {name: value.replace("\0", "") for name, value in self.cleaned_data.items() if value}
        return {name: value for name, value in given.items() if value}


class TriageForm(forms.Form):
    """What is to become of findings. until: a day, at whose end they are open again."""

    ruling = forms.ChoiceField(choices=Ruling.choices, label="Ruling")
    reason = forms.ChoiceField(
        required=False, choices=[("", "Choose one"), *RulingReason.choices], label="Why, to ignore it"
    )
    note = forms.CharField(required=False, max_length=1000, label="Note")
    until = forms.DateField(
        required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    @property
    def values(self) -> dict[str, Any]:
        """Return what services ask for; a reason counts only where it is needed."""
        given = self.cleaned_data
        is_ignored = given["ruling"] == Ruling.IGNORED
        return {
            "ruling": given["ruling"],
            "reason": given["reason"] if is_ignored else "",
            "note": given["note"],
            "until": end_of(given["until"]),
        }


class ManyTriageForm(TriageForm):
    """The same for many findings."""

    scope = forms.ChoiceField(choices=SCOPES, label="For")


class ExclusionForm(forms.Form):
    """What is ignored from now on, in all scans to come."""

    project = forms.ChoiceField(required=False)
    rule = forms.CharField(required=False, max_length=200, help_text="Its id, such as python.weak-hash.")
    path_glob = forms.CharField(
        required=False, max_length=500, label="Path", help_text="* stands for anything: tests/*"
    )
    reason = forms.ChoiceField(choices=RulingReason.choices)
    note = forms.CharField(required=False, max_length=1000)
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Any, access: Access, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["project"].choices = project_choices(access, "All projects")  # type: ignore[attr-defined]


class ProjectForm(forms.Form):
    """A project. token: empty leaves the kept one."""

    name = forms.CharField(max_length=100)
    url = forms.CharField(
        required=False,
        max_length=300,
        label="Repository URL",
        widget=forms.URLInput(),
        help_text="For scans of the repository.",
    )
    default_revision = forms.CharField(
        required=False, max_length=250, label="Revision", help_text="Empty for the repository's default."
    )
    mission = forms.ChoiceField(
        choices=Mission.choices, help_text="How much stands on it: it weighs in every priority."
    )
    token = forms.CharField(
        required=False,
        max_length=500,
        label="Token for a private repository",
        help_text="Kept encrypted and never shown; empty leaves it as it is.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    forget_token = forms.BooleanField(required=False, label="Forget the token that is kept")


class GateForm(forms.Form):
    """A gate as one may build it from choices; each that is set makes scans fail by itself."""

    name = forms.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,59}$",
        help_text="Small letters, digits, - or _.",
        error_messages={"invalid": "Use small letters, digits, - or _, at most 60."},
    )
    project = forms.ChoiceField(required=False)
    kev = forms.BooleanField(required=False, label="What is known to be exploited (CISA KEV)")
    word = forms.ChoiceField(
        required=False, choices=[("", "Whatever the urgency"), *Word.choices], label="So urgent, or more"
    )
    severity = forms.ChoiceField(
        required=False,
        choices=[("", "Whatever the severity"), *Severity.choices],
        label="So severe, or worse",
    )
    fixable = forms.BooleanField(required=False, label="Severity counts only where there is a fix")
    secrets = forms.BooleanField(required=False, label="Any secret")
    only_new = forms.BooleanField(required=False, label="Only what is new or back since the last scan")
    fail_if_partial = forms.BooleanField(required=False, label="Also when something was left out")
    is_enabled = forms.BooleanField(required=False, label="In force", initial=True)

    def __init__(self, data: Any, access: Access, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["project"].choices = project_choices(access, "All projects")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (document_of(given)["fail_on"] or given["fail_if_partial"]):
            self.add_error(None, "Choose at least one thing that makes a scan fail.")
        return given


def document_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the policy that these choices mean."""
    clauses: list[dict[str, Any]] = []
    if given["kev"]:
        clauses.append({"kev": True})
    if given["word"]:
        clauses.append({"word": given["word"]})
    if given["severity"]:
        fix = {"has_fix": True} if given["fixable"] else {}
        clauses.append({"severity": given["severity"], **fix})
    if given["secrets"]:
        clauses.append({"kind": "secret"})
    return {
        "fail_on": clauses,
        "only_new": given["only_new"],
        "fail_if_partial": given["fail_if_partial"],
    }


def choices_of(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the choices that mean this policy; None for one that says more than the form can."""
    clauses = document.get("fail_on", [])
    found: dict[str, Any] = {
        "kev": {"kev": True} in clauses,
        "secrets": {"kind": "secret"} in clauses,
        "word": next((one["word"] for one in clauses if set(one) == {"word"}), ""),
        "severity": "",
        "fixable": False,
        "only_new": document.get("only_new", False),
        "fail_if_partial": document.get("fail_if_partial", False),
    }
    for one in clauses:
        if set(one) == {"severity"} or (set(one) == {"severity", "has_fix"} and one["has_fix"]):
            found |= {"severity": one["severity"], "fixable": "has_fix" in one}
    is_whole = policies.parse(document_of(found)) == policies.parse(document)
    return found if is_whole else None


def end_of(day: Any) -> datetime | None:
    """Return the end of a day, UTC."""
    return datetime.combine(day, time.max, tzinfo=UTC) if day else None
