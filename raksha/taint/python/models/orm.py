"""Rows: what a mapper reads from the database is the database's own, whatever was asked with."""

from __future__ import annotations

import re

from raksha.taint.library import Called, Clean
from raksha.taint.python.models.tables import Table, merged, names

MANAGER = re.compile(
    r"objects|queryset|\bqs\b|query\b|_manager|session\.|\.filter\(|\.all\(|_set\b|\.exclude\(", re.I
)
CHAINED = (
    "filter exclude filter_by order_by values values_list select_related prefetch_related annotate aggregate first last"
    " one one_or_none scalar scalars all distinct join limit offset group_by count exists create get_or_create"
    " update_or_create latest earliest in_bulk"
)


def _is_mapper(called: Called) -> bool:
    node = called.receiver_node
    return node is not None and MANAGER.search(called.world.text(node)) is not None


def _is_lookup(called: Called) -> bool:
    """`Model.objects.get(name=x)`: only keywords, so it is no mapping's get."""
    return _is_mapper(called) and not called.args


TABLE: Table = merged(
    names(Clean(when=_is_mapper), f"*. {CHAINED}"),
    names(Clean(when=_is_lookup), "*.get *.aget"),
    names(Clean(), "django.shortcuts. get_object_or_404 get_list_or_404 aget_object_or_404 aget_list_or_404",
          "*. get_object_for_this_type get_object_or_404 first_or_404 get_or_404 one_or_404"),
    names(Clean(), "django.contrib.auth. authenticate aauthenticate get_user", "*.authenticate"),
)  # fmt: skip
