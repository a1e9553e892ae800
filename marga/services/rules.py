"""Say what the holder of a key may use."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.keys.models import ApiKey
from marga import manifest
from marga.models import KeyRules, Policy, Tier
from marga.policies import BUILT_IN
from marga.services import changing
from marga.services.changing import InvalidValue

RULE_FIELDS = (
    *("policy", "allowed_models", "lowest_tier", "highest_tier", "quality_target", "fallbacks"),
    *("cache", "cache_ttl_seconds", "keeps_content"),
)
MOST_NAMES = 50


def rules_of(key: ApiKey) -> KeyRules:
    """Return the rules that hold for a key: its own, those of the key that it took over from, or none in particular."""
    return manifest.get_rules([key]).get(key.pk) or KeyRules(key=key, workspace_id=key.workspace_id)


@transaction.atomic
def set_rules(*, by: Access, key: ApiKey, **values: Any) -> KeyRules:
    """Put rules in place of those that a key has; what is left out has its usual value.

    values: of RULE_FIELDS. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    rules = KeyRules(key=key, workspace_id=key.workspace_id)
    changing.set_fields(rules, values, RULE_FIELDS)
    _check(by, rules)
    present = KeyRules.objects.filter(key=key).first()
    if present is not None:
        rules.created_at, rules._state.adding = present.created_at, False
    changing.save(rules)
    changing.announce(by, rules, "key_rules.set", **{name: getattr(rules, name) for name in RULE_FIELDS})
    return rules


def _check(by: Access, rules: KeyRules) -> None:
    order = list(Tier.values)
    if {rules.lowest_tier, rules.highest_tier} <= set(order) and (
        order.index(rules.lowest_tier) > order.index(rules.highest_tier)
    ):
        raise InvalidValue("lowest_tier: It lies above highest_tier; nothing would be left.", "lowest_tier")
    for name in ("allowed_models", "fallbacks"):
        if len(getattr(rules, name)) > MOST_NAMES:
            raise InvalidValue(f"{name}: Give at most {MOST_NAMES} names.", name)
    known = rules.policy in BUILT_IN or Policy.objects.usable_by(by).filter(name=rules.policy).exists()
    if rules.policy and not known:
        raise InvalidValue(f"policy: There is no policy {rules.policy!r}; make it first.", "policy")
