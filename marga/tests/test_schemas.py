from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.schemas import NotUnderstood, fault, same

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": ["integer", "null"], "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
        "boss": {"$ref": "#"},
    },
    "required": ["name"],
    "additionalProperties": False,
}

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2.0, "", "a", "ab"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
leaves = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"type": types | st.lists(types, min_size=1, max_size=2, unique=True)}),
    st.fixed_dictionaries({"enum": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": values}),
    st.dictionaries(
        st.sampled_from(
            [
                "minimum",
                "maximum",
                "exclusiveMinimum",
                "exclusiveMaximum",
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties",
                "multipleOf",
            ]
        ),
        st.integers(1, 3),
        max_size=2,
    ),
)
schemas = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
            "required": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "uniqueItems": st.booleans(),
        },
    ),
    max_leaves=5,
)


@given(schemas, values)
def test_it_judges_as_the_reference_does(schema, value):
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)

    assert (fault(schema, value) is None) == expected


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"name": ""}, "$.name"),
        ({"name": "x", "age": -1}, "$.age"),
        ({"name": "x", "age": True}, "$.age"),
        ({"name": "x", "tags": ["a", "c"]}, "$.tags[1]"),
        ({"name": "x", "tags": ["a", "a"]}, "$.tags"),
        ({"name": "x", "boss": {"name": 1}}, "$.boss.name"),
        ({"name": "x", "more": 1}, "$.more"),
        ({}, "$"),
    ],
    ids=str,
)
def test_a_fault_says_where_it_is(value, place):
    found = fault(PERSON, value)

    assert found is not None
    assert found.startswith(f"{place}:")
    assert fault(PERSON, {"name": "x", "age": 3.0, "boss": {"name": "y", "age": None}}) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"if": {}},
        {"$ref": "https://elsewhere.example/schema"},
        {"$ref": "#/$defs/missing"},
        {"type": "text"},
        {"minimum": "1"},
        {"anyOf": []},
        {"properties": []},
        {"$ref": "#"},
        7,
    ],
    ids=str,
)
def test_what_it_does_not_know_is_reported_and_never_passed_over(schema):
    with pytest.raises(NotUnderstood):
        fault(schema, {"a": 1})


def test_a_hostile_schema_is_given_up():
    bomb = {"$defs": {"x": {"anyOf": [{"$ref": "#/$defs/x"}] * 9}}, "$ref": "#/$defs/x"}

    with pytest.raises(NotUnderstood):
        fault(bomb, 1)
    with pytest.raises(NotUnderstood):
        fault({"uniqueItems": True}, list(range(10_000)))


def test_numbers_compare_as_json_does():
    assert same({"a": [1]}, {"a": [1.0]})
    assert not same(1, True)
    assert not same([1], [1, 2])
