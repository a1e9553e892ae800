"""What the gateway's pages ask for in their addresses and forms; rules are the services'."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import yaml
from django import forms

from avyay_site.accounts.access import Access
from avyay_site.keys.models import ApiKey
from avyay_site.usage import periods
from avyay_site.usage.models import UsageDay
from marga.models import LONGEST_TTL_SECONDS, CacheMode, KeyRules, Policy, Tier
from marga.policies import BUILT_IN
from marga.requestlog import PRODUCT, RequestFilter

GROUPS = (("model", "Model"), ("key", "Key"), ("tier", "Tier"), ("task", "Task"))
OUTCOMES = (("", "Any state"), ("ok", "Answered"), ("error", "Failed"), ("cancelled", "Cancelled"))
CACHES = (
    ("", "Cached or not"),
    ("hit", "From a cache"),
    ("miss", "Not from a cache"),
    ("exact", "The same request"),
    ("semantic", "A restated request"),
)
TASKS = (
    *("complex_code", "simple_code", "review", "research", "writing", "cutdowns"),
    *("arithmetic", "extraction", "classification", "structured", "chat"),
)
MOST_CHOICES = 500
LONGEST_MESSAGE = 20_000
LONGEST_POLICY = 20_000
DEEPEST_POLICY = 12


class RangeForm(forms.Form):
    """Which stretch of time, and how it is grouped. A field that is missing or wrong asks for the usual."""

    range = forms.ChoiceField(required=False, choices=periods.CHOICES)
    first = forms.DateField(required=False)
    final = forms.DateField(required=False)
    group = forms.ChoiceField(required=False, choices=GROUPS, label="Group by")

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    def period(self, now: datetime) -> periods.Period:
        """Return the period that is asked for."""
        given = self.cleaned_data
        choice = given.get("range") or "7d"
        return periods.choose(choice, now=now, first=given.get("first"), final=given.get("final"))

    @property
    def grouping(self) -> str:
        return self.cleaned_data.get("group") or "model"


def _moment(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(required=False, label=label, widget=widget)


class RequestForm(forms.Form):
    """Which calls the list shows. A field that is wrong is passed over."""

    model = forms.ChoiceField(required=False)
    key = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(required=False, choices=OUTCOMES, label="State")
    tier = forms.ChoiceField(required=False, choices=[("", "All tiers"), *Tier.choices])
    task = forms.SlugField(required=False, max_length=40, widget=forms.TextInput(attrs={"list": "tasks"}))
    cache = forms.ChoiceField(required=False, choices=CACHES)
    since = _moment("From, UTC")
    until = _moment("Until, UTC")

    def __init__(self, data: Any, access: Access) -> None:
        super().__init__(data)
        self.fields["key"].choices = [("", "All keys"), *_keys(access)]  # type: ignore[attr-defined]
        seen = UsageDay.objects.visible_to(access).filter(product=PRODUCT).exclude(model="")
        names = seen.order_by("model").values_list("model", flat=True).distinct()[:MOST_CHOICES]
        models = [("", "All models"), *((name, name) for name in names)]
        self.fields["model"].choices = models  # type: ignore[attr-defined]
        self.is_valid()

    def asked(self) -> RequestFilter:
        """Return what is asked for, with wrong fields left out."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        given["key_id"] = given.pop("key", "")
        return RequestFilter(**given)

    @property
    def is_used(self) -> bool:
        """Tell whether anything is filtered."""
        return any(self.cleaned_data.values())


def _keys(access: Access) -> list[tuple[str, str]]:
    rows = ApiKey.objects.visible_to(access).order_by("name", "id").values_list("pk", "name", "latest4")
    return [(pk, f"{name} …{latest4}") for pk, name, latest4 in rows[:MOST_CHOICES]]


class NamesField(forms.CharField):
    """Names or globs, one a line or divided by commas."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        return [name.strip() for name in str(value or "").replace(",", "\n").splitlines() if name.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class RulesForm(forms.Form):
    """What the holder of a key may use."""

    policy = forms.ChoiceField(
        required=False, label="Policy", help_text="What a client means by “auto” with this key."
    )
    quality_target = forms.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        label="Quality target",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text="From 0 to 1: the cheapest model answers only where it suffices at least this often.",
    )
    lowest_tier = forms.ChoiceField(choices=Tier.choices, label="Lowest tier")
    highest_tier = forms.ChoiceField(choices=Tier.choices, label="Highest tier")
    allowed_models = NamesField(
        required=False, label="Allowed models", help_text="Names or globs such as gpt-5*; empty for all."
    )
    fallbacks = NamesField(
        required=False, label="Fallbacks", help_text="Models to try after the first, in this order."
    )
    cache = forms.ChoiceField(choices=CacheMode.choices, label="Answer from the cache")
    cache_ttl_seconds = forms.IntegerField(
        min_value=1, max_value=LONGEST_TTL_SECONDS, label="Kept for, seconds"
    )
    keeps_content = forms.BooleanField(
        required=False,
        label="Prompts and answers may be kept",
        help_text="Never by default; who reads them is written to the audit log.",
    )

    def __init__(self, data: Any, access: Access, rules: KeyRules) -> None:
        super().__init__(data, initial={name: getattr(rules, name) for name in self.base_fields})
        names = policy_names(access)
        if rules.policy and rules.policy not in names:
            names.append(rules.policy)
        self.fields["policy"].choices = [("", "The workspace's default"), *((name, name) for name in names)]  # type: ignore[attr-defined]


def policy_names(access: Access) -> list[str]:
    """Return the names of the policies that the workspace may name."""
    rows = Policy.objects.usable_by(access).order_by("name").values_list("name", flat=True)
    return list(dict.fromkeys([*BUILT_IN, *rows[:MOST_CHOICES]]))


class PolicyForm(forms.Form):
    """A policy with its document as YAML; JSON is YAML too."""

    name = forms.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,39}$",
        help_text="Small letters, digits, - or _: clients ask for auto:name.",
        error_messages={"invalid": "Use small letters, digits, - or _, at most 40."},
    )
    document = forms.CharField(
        label="Document (YAML)",
        max_length=LONGEST_POLICY,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}),
    )
    is_default = forms.BooleanField(required=False, label="Plain “auto” means this policy")

    @classmethod
    def of(cls, policy: Policy, data: Any = None) -> PolicyForm:
        """Return the form filled with a policy."""
        written = yaml.safe_dump(policy.document, sort_keys=False, allow_unicode=True, width=100)
        initial = {"name": policy.name, "document": written, "is_default": policy.is_default}
        return cls(data, initial=initial)

    def clean_document(self) -> dict[str, Any]:
        text = self.cleaned_data["document"]
        try:
            _refuse_costly(text)
            found = yaml.safe_load(text)
            json.dumps(found, allow_nan=False)
        except yaml.YAMLError as exc:
            mark = getattr(exc, "problem_mark", None)
            where = f" in line {mark.line + 1}" if mark else ""
            raise forms.ValidationError(f"This is no YAML{where}; check indents and brackets.") from exc
        except (RecursionError, ValueError, TypeError) as exc:
            raise forms.ValidationError("Use texts, numbers, true, false, lists and mappings only.") from exc
        if not isinstance(found or {}, dict):
            raise forms.ValidationError("A policy is a mapping of fields, such as “tiers: {mid: 0.35}”.")
        return found or {}


def _refuse_costly(text: str) -> None:
    """Refuse what takes far longer to read than it is long: deep nesting, and aliases that stand for much."""
    depth = 0
    # Events come one by one, so that reading ends here before it becomes dear.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise forms.ValidationError("Write repeated parts out; aliases (*name) are not read.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST_POLICY:
            raise forms.ValidationError(f"Nest at most {DEEPEST_POLICY} levels.")


class PromptForm(forms.Form):
    """A message to send, or to decide about."""

    model = forms.ChoiceField(label="Model or policy")
    task = forms.ChoiceField(
        required=False, label="Task hint", choices=[("", "None"), *((task, task) for task in TASKS)]
    )
    message = forms.CharField(
        max_length=LONGEST_MESSAGE, strip=False, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, data: Any, access: Access, models: list[str]) -> None:
        super().__init__(data, initial={"model": "auto"})
        policies = [name for name in policy_names(access) if name != "auto"]
        self.fields["model"].choices = [  # type: ignore[attr-defined]
            ("Policies", [("auto", "auto"), *((f"auto:{name}", f"auto:{name}") for name in policies)]),
            ("Models", [(name, name) for name in dict.fromkeys(models)]),
        ]
