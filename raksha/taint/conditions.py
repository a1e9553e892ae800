"""Conditions: comparing, facts that a true or false answer establishes, and going on under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import ir, kinds, shapes
from raksha.taint.classes import enumeration, instance_test
from raksha.taint.folding import fold, truth
from raksha.taint.joining import add_facts, meet_facts
from raksha.taint.state import State
from raksha.taint.values import (
    BOOLEAN,
    FALSE,
    NO_FACTS,
    TRUE,
    Constant,
    Fact,
    Facts,
    Value,
    constant,
)

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Called, Guard

EQUAL = frozenset({"==", "===", "is"})
UNEQUAL = frozenset({"!=", "!==", "is not"})
ORDER = frozenset({"<", "<=", ">", ">="})


def assume(it: Interpreter, state: State, test: Value, answer: bool) -> State | None:
    """Return the state narrowed by the test having this answer; None when it cannot have it."""
    known = truth(it, test)
    if known is not None and known is not answer:
        return None
    told = implied(test)
    if told is not None:
        state.facts = add_facts(state.facts, told[0 if answer else 1])
    if test.symbol and test.consts:
        kept = tuple(one for one in test.consts if _truth(it, one) is not (not answer))
        if kept and not test.refs and not test.callables:
            state.facts = add_facts(state.facts, {test.symbol: Fact(0, kept)})
    return state


def implied(test: Value) -> tuple[Facts, Facts] | None:
    """Return what the two answers establish; a text that counts as false is empty, and empty is safe."""
    if test.implies is None and test.symbol and test.flows and test.consts is None and not test.refs:
        return NO_FACTS, {test.symbol: Fact(kinds.ALL)}
    return test.implies


def _truth(it: Interpreter, one: Constant) -> bool | None:
    return truth(it, constant(one))


def split(it: Interpreter, test: Value) -> tuple[State | None, State | None]:
    """Return the states in which the test is true and in which it is false."""
    state = it.now
    known = truth(it, test)
    if known is True:
        return assume(it, state, test, True), None
    if known is False:
        return None, assume(it, state, test, False)
    return assume(it, state.fork(), test, True), assume(it, state, test, False)


def identify(it: Interpreter, node: ir.Expr | None, value: Value) -> Value:
    """Give a variable's value a symbol, so that facts about it can be kept."""
    if value.symbol or node is None:
        return value
    if isinstance(node, ir.Name) and it.now.locals.get(node.id) is value:
        value = value.but(symbol=it.fresh_symbol())
        it.now.locals[node.id] = value
    elif isinstance(node, ir.Attr) and isinstance(node.value, ir.Name):
        holder = it.now.locals.get(node.value.id)
        if holder is not None and len(holder.refs) == 1 and not holder.flows:
            thing = it.object(holder.refs[0])
            if thing.fields.get(node.name) is value:
                value = value.but(symbol=it.fresh_symbol())
                it.now.heap.set(holder.refs[0], thing.with_field(node.name, value))
    return value


def compare(it: Interpreter, op: str, left: Value, right: Value) -> Value:
    """Return the answer of a comparison, with what either answer establishes."""
    if op == "instanceof" and it.language.has_static_types:
        return instance_test(it, left, right)
    if op in ("in", "not in"):
        found = membership(it, left, right)
        return negated(found) if op == "not in" else found
    folded = fold(lambda one, other: it.language.compare(op, one, other), (left, right))
    if folded is not None and len(folded.consts or ()) == 1:
        return folded
    if op in EQUAL or op in UNEQUAL:
        identity = _objects_differ(left, right)
        if identity is None:
            identity = _constants_differ(it, left, right)
        if identity is not None:
            return constant(identity is (op in UNEQUAL))
        return _equality(left, right, op in EQUAL)
    if op in ORDER and it.language.ordering_proves_number:
        facts = add_facts(_is_number(left, right), _is_number(right, left))
        return BOOLEAN.but(implies=(facts, facts)) if facts else BOOLEAN
    return BOOLEAN


def _constants_differ(it: Interpreter, left: Value, right: Value) -> bool | None:
    """Return whether two constants of enumerations are different ones."""
    if len(left.refs) != 1 or len(right.refs) != 1 or left.consts or right.consts:
        return None
    if not it.language.has_static_types or enumeration(it, left.refs[0]) is None:
        return None
    return left.refs != right.refs


def _objects_differ(left: Value, right: Value) -> bool | None:
    """Return True when one is surely an object and the other surely null."""
    for one, other in ((left, right), (right, left)):
        if one.consts == (None,) and not one.refs and not one.callables:
            is_thing = other.consts == () and (other.refs or other.callables)
            return True if is_thing else None
    return None


def _equality(left: Value, right: Value, is_positive: bool) -> Value:
    facts = add_facts(_equals(left, right), _equals(right, left))
    others = add_facts(_differs(left, right), _differs(right, left))
    for value, other in ((left, right), (right, left)):
        if value.implies is not None and other.is_known and other.only in (None, False, True):
            told = value.implies if other.only else (value.implies[1], value.implies[0])
            facts, others = add_facts(facts, told[0]), add_facts(others, told[1])
    return BOOLEAN.but(implies=(facts, others) if is_positive else (others, facts))


def _equals(value: Value, other: Value) -> Facts:
    """What equality with something clean establishes."""
    if not value.symbol or other.flows or other.refs:
        return NO_FACTS
    return {value.symbol: Fact(kinds.ALL, other.consts or None)}


def _differs(value: Value, other: Value) -> Facts:
    if not value.symbol or not value.consts or not other.is_known:
        return NO_FACTS
    kept = tuple(one for one in value.consts if (type(one), one) != (type(other.only), other.only))
    return {value.symbol: Fact(0, kept)} if kept else NO_FACTS


def _is_number(value: Value, other: Value) -> Facts:
    """Comparing by size with a number only works on numbers."""
    is_number = bool(other.consts) and all(isinstance(one, int | float) for one in other.consts or ())
    return {value.symbol: Fact(kinds.ALL)} if value.symbol and is_number else NO_FACTS


def membership(it: Interpreter, value: Value, holder: Value) -> Value:
    """Return whether the holder contains the value."""
    if holder.consts and not holder.refs:
        return _within_text(it, value, holder)
    exact = shapes.items(it, holder)
    if exact is not None and all(item.is_known for item in exact):
        return _within_known(it, value, [item.only for item in exact])
    if value.is_known and isinstance(value.only, str) and holder.symbol and not holder.refs:
        return _text_guard(it, value.only, holder)
    is_clean = not it.deep(holder).flows
    if value.symbol and is_clean and holder.type != it.language.types.get("str"):
        return BOOLEAN.but(implies=({value.symbol: Fact(kinds.ALL)}, NO_FACTS))
    return BOOLEAN


def _within_known(it: Interpreter, value: Value, known: list[Constant]) -> Value:
    if value.consts and not value.refs:
        answers = {any(type(one) is type(two) and one == two for two in known) for one in value.consts}
        if len(answers) == 1:
            return TRUE if answers.pop() else FALSE
    if not known:
        return FALSE
    if value.symbol:
        return BOOLEAN.but(implies=({value.symbol: Fact(kinds.ALL, tuple(known))}, NO_FACTS))
    return BOOLEAN


def _within_text(it: Interpreter, value: Value, holder: Value) -> Value:
    folded = fold(lambda one, other: it.language.compare("in", one, other), (value, holder))
    if folded is not None and len(folded.consts or ()) == 1:
        return folded
    if value.symbol and folded is None:
        return BOOLEAN.but(implies=({value.symbol: Fact(kinds.ALL)}, NO_FACTS))
    return BOOLEAN


def _text_guard(it: Interpreter, needle: str, holder: Value) -> Value:
    if it.language.text_guard is None:
        return BOOLEAN
    found, absent = (it.language.text_guard(needle, answer) for answer in (True, False))
    facts = tuple({holder.symbol: Fact(bits)} if bits else NO_FACTS for bits in (found, absent))
    return BOOLEAN.but(implies=(facts[0], facts[1]))


def negated(value: Value) -> Value:
    """Return `not value` of an answer."""
    told = implied(value)
    flipped = None if told is None else (told[1], told[0])
    if value.consts is None or not all(isinstance(one, bool) for one in value.consts):
        return BOOLEAN.but(implies=flipped)
    return Value(consts=tuple(not one for one in value.consts), implies=flipped)


def both(one: tuple[Facts, Facts] | None, other: tuple[Facts, Facts] | None) -> tuple[Facts, Facts] | None:
    """Return what `one and other` implies."""
    if one is None and other is None:
        return None
    first, second = one or (NO_FACTS, NO_FACTS), other or (NO_FACTS, NO_FACTS)
    return add_facts(first[0], second[0]), meet_facts(first[1], add_facts(first[0], second[1]))


def either(one: tuple[Facts, Facts] | None, other: tuple[Facts, Facts] | None) -> tuple[Facts, Facts] | None:
    """Return what `one or other` implies."""
    flipped = both(_flip(one), _flip(other))
    return _flip(flipped)


def _flip(pair: tuple[Facts, Facts] | None) -> tuple[Facts, Facts] | None:
    return None if pair is None else (pair[1], pair[0])


def established(it: Interpreter, model: Guard, called: Called, result: Value) -> Value:
    """Return a guard's result with what it establishes of the checked values; "return" guards do so at once."""
    bits = model.decide(called) if model.decide is not None else model.clears
    if not bits:
        return result
    facts: Facts = {}
    for place in model.args:
        value = called.arg(place)
        if value is not None and value.symbol:
            facts[value.symbol] = Fact(bits)
    if not facts:
        return result
    if model.on == "return":
        it.may_raise()
        it.now.facts = add_facts(it.now.facts, facts)
        return result
    pair = (facts, NO_FACTS) if model.on == "true" else (NO_FACTS, facts)
    old = result.implies or (NO_FACTS, NO_FACTS)
    made = (add_facts(old[0], pair[0]), add_facts(old[1], pair[1]))
    return result.but(implies=made)
