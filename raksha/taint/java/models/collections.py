"""Lists, maps, sets, queues and iterators, by exact places and keys where these are known."""

from __future__ import annotations

from raksha.taint.java.models.build import CLEAN, STRING, Table, each, merged, methods
from raksha.taint.library import Called, Calls, Clean, Container, Hook, Passes
from raksha.taint.values import BOOLEAN, FALSE, NULL, TRUE, Constant, Value, constant

ARRAY_LIST, HASH_MAP, HASH_SET = "java.util.ArrayList", "java.util.HashMap", "java.util.HashSet"
COLLECTION, LIST, SET, MAP = "java.util.Collection", "java.util.List", "java.util.Set", "java.util.Map"
DEQUE, ITERATOR, STREAM, ARRAY = (
    "java.util.Deque",
    "java.util.Iterator",
    "java.util.stream.Stream",
    "java.array",
)
ENTRY = "java.util.Map.Entry"
LISTS = (
    "java.util.ArrayList java.util.LinkedList java.util.Vector java.util.Stack java.util.ArrayDeque"
    " java.util.PriorityQueue java.util.concurrent.CopyOnWriteArrayList java.util.concurrent.LinkedBlockingQueue"
    " java.util.concurrent.ConcurrentLinkedQueue java.util.concurrent.LinkedBlockingDeque"
)
SETS = "java.util.HashSet java.util.LinkedHashSet java.util.TreeSet"
MAPS = (
    "java.util.HashMap java.util.LinkedHashMap java.util.TreeMap java.util.Hashtable java.util.WeakHashMap"
    " java.util.concurrent.ConcurrentHashMap java.util.EnumMap"
)


def has_two(called: Called) -> bool:
    return len(called.args) == 2


def has_place(called: Called) -> bool:
    """Whether the one argument is a number: List.remove(int) takes a place, remove(Object) a value."""
    value = called.arg(0)
    return value is not None and bool(value.consts) and all(type(one) is int for one in value.consts or ())


def length(called: Called) -> Value | None:
    items = called.world.items(called.receiver) if called.receiver is not None else None
    return Value(type="int") if items is None else constant(len(items))


def is_not_empty(called: Called) -> Value | None:
    items = called.world.items(called.receiver) if called.receiver is not None else None
    return BOOLEAN if items is None else (TRUE if items else FALSE)


def part(index: int) -> Hook:
    """Return one half of a map's entry."""

    def get(called: Called) -> Value | None:
        return None if called.receiver is None else called.world.get(called.receiver, index)

    return Hook(get)


def pairs(called: Called) -> Value | None:
    """Make a map of keys and values in turn."""
    made: dict[Constant, Value] = {}
    for key, value in zip(called.args[::2], called.args[1::2], strict=False):
        if not key.is_known:
            return None
        made[key.only] = value
    return called.world.mapping(made, type=HASH_MAP)


def of_entries(called: Called) -> Value | None:
    made: dict[Constant, Value] = {}
    for entry in called.args:
        key = called.world.known(entry, 0)
        if key is None or not key.is_known:
            return None
        made[key.only] = called.world.get(entry, 1)
    return called.world.mapping(made, type=HASH_MAP)


def entry(called: Called) -> Value | None:
    return called.world.sequence(called.args[:2], "tuple", type=ENTRY)


def of_array(type_: str) -> Hook:
    """Make a list of the arguments, or of the one array that is given for all of them."""

    def make(called: Called) -> Value | None:
        items = list(called.args)
        if len(items) == 1 and items[0].refs and not called.more:
            inside = called.world.items(items[0])
            if inside is None:
                made = called.world.sequence((), type=type_)
                called.world.add(made, called.world.element(items[0]))
                return made
            items = inside
        return called.world.sequence(items, type=type_)

    return Hook(make)


def each_pair(called: Called) -> Value | None:
    """Call back with key and value of each entry."""
    entries = called.world.entries(called.receiver) if called.receiver is not None else None
    function = called.arg(0)
    if function is None or called.receiver is None:
        return NULL
    if entries is None:
        inside = called.world.element(called.receiver)
        called.world.call(function, (inside, inside))
        return NULL
    for key, value in entries.items():
        called.world.call(function, (constant(key), value))
    return NULL


def computed(called: Called) -> Value | None:
    """Give what stands under the key, or what the callback makes for it."""
    key, function = called.arg(0), called.arg(1)
    if called.receiver is None or key is None or function is None:
        return None
    if not key.is_known:
        called.world.add(called.receiver, called.world.call(function, (key,)))
        return called.world.element(called.receiver)
    held = called.world.known(called.receiver, key.only)
    if held is None:
        held = called.world.call(function, (key,))
        called.world.set(called.receiver, key.only, held)
    return held


def make_list(called: Called) -> Value | None:
    """Make a list or set; an argument that is a collection is copied, a number is a capacity."""
    given = called.arg(0)
    made = called.world.sequence((), "list", type=called.name)
    if given is None or (given.consts and not given.refs):
        return made
    items = called.world.items(given)
    if items is not None:
        return called.world.sequence(items, type=called.name)
    called.world.add(made, called.world.element(given))
    return made


def make_map(called: Called) -> Value | None:
    given = called.arg(0)
    if given is None or (given.consts and not given.refs):
        return called.world.mapping({}, type=called.name)
    entries = called.world.entries(given)
    if entries is not None:
        return called.world.mapping(entries, type=called.name)
    made = called.world.mapping({}, type=called.name)
    called.world.add(made, called.world.element(given))
    return made


def add_all(called: Called) -> Value | None:
    """Collections.addAll: the further arguments go in."""
    holder = called.arg(0)
    for item in called.args[1:] if holder is not None else ():
        if holder is not None:
            called.world.add(holder, item)
    return BOOLEAN


def op(name: str, type_: str = "", gives: str = "", *, when: bool = False) -> Container:
    return Container(name, type=type_, gives=gives, when=has_two if when else None)  # type: ignore[arg-type]


OLD, YES = "old", "boolean"
COLLECTIONS = merged([
    methods(COLLECTION, "add offer", op("append", gives=YES)),
    methods(COLLECTION, "addAll", op("extend", gives=YES)),
    methods(COLLECTION, "size", op("size")),
    methods(COLLECTION, "isEmpty", op("is_empty")),
    methods(COLLECTION, "contains", op("contains")),
    methods(COLLECTION, "containsAll", CLEAN),
    methods(COLLECTION, "clear", op("clear")),
    methods(COLLECTION, "remove", op("remove", gives=YES)),
    methods(COLLECTION, "iterator listIterator descendingIterator elements", op("copy", ITERATOR)),
    methods(COLLECTION, "stream parallelStream", op("copy", STREAM)),
    methods(COLLECTION, "toArray", op("copy", ARRAY)),
    methods(COLLECTION, "forEach", Calls((0,), elements=(-1,), returns="nothing")),
    methods(COLLECTION, "clone", op("copy", ARRAY_LIST)),
])  # fmt: skip
ORDERED = merged([
    methods(LIST, "add", op("insert", when=True), op("append", gives=YES)),
    methods(LIST, "get elementAt", op("get_at")),
    methods(LIST, "set", op("set_at", gives=OLD)),
    methods(LIST, "remove", Container("remove_at", gives="old", when=has_place), op("remove", gives=YES)),
    methods(LIST, "indexOf lastIndexOf", op("index_of")),
    methods(LIST, "subList", op("slice", ARRAY_LIST)),
    methods(LIST, "sort", op("sort")),
    methods(LIST, "reversed", op("reversed", ARRAY_LIST)),
    methods(LIST, "addElement", op("append")),
])  # fmt: skip
QUEUES = merged([
    each(f"{DEQUE} java.util.List", "addFirst offerFirst", op("prepend")),
    each(f"{DEQUE} java.util.List", "addLast offerLast", op("append")),
    methods(DEQUE, "push", op("prepend")),
    each(f"{DEQUE} java.util.List", "getFirst peekFirst firstElement", op("first")),
    each(f"{DEQUE} java.util.List", "getLast peekLast lastElement", op("last")),
    methods(DEQUE, "peek element", op("first")),
    each(f"{DEQUE} java.util.List", "removeFirst pollFirst", op("pop_first")),
    methods(DEQUE, "poll pop remove take", op("pop_first")),
    each(f"{DEQUE} java.util.List", "removeLast pollLast", op("pop")),
    methods("java.util.Stack", "push", op("append")),
    methods("java.util.Stack", "pop", op("pop")),
    methods("java.util.Stack", "peek", op("last")),
    methods("java.util.Stack", "empty", op("is_empty")),
    methods(ITERATOR, "next nextElement nextToken previous", op("pop_first")),
    methods(ITERATOR, "hasNext hasMoreElements hasMoreTokens", Hook(is_not_empty)),
    methods(ITERATOR, "asIterator", Passes((-1,), ITERATOR, gives=-1)),
])  # fmt: skip
KEYED = merged([
    methods(MAP, "put setProperty replace", op("put", gives=OLD)),
    methods(MAP, "putIfAbsent", op("put_if_absent")),
    methods(MAP, "get getOrDefault", op("get")),
    methods(MAP, "remove", op("pop_key")),
    methods(MAP, "containsKey", op("contains_key")),
    methods(MAP, "containsValue", op("contains_value")),
    methods(MAP, "keySet navigableKeySet", op("keys", HASH_SET)),
    methods(MAP, "keys", op("keys", ITERATOR)),
    methods(MAP, "values elements", op("values", ARRAY_LIST)),
    methods(MAP, "entrySet", op("items", HASH_SET)),
    methods(MAP, "putAll", op("update")),
    methods(MAP, "clear", op("clear")),
    methods(MAP, "size", op("size")),
    methods(MAP, "isEmpty", op("is_empty")),
    methods(MAP, "forEach", Hook(each_pair)),
    methods(MAP, "computeIfAbsent", Hook(computed)),
    methods(ENTRY, "getKey", part(0)),
    methods(ENTRY, "getValue", part(1)),
])  # fmt: skip
MAKERS = merged([
    each(LISTS, "<init>", Hook(make_list)),
    each(SETS, "<init>", Hook(make_list)),
    each(MAPS, "<init>", Hook(make_map)),
    methods("java.util.Arrays", "asList", of_array(ARRAY_LIST)),
    methods(LIST, "of", of_array(ARRAY_LIST)),
    methods(SET, "of", of_array(HASH_SET)),
    each("java.util.List java.util.Set java.util.Map", "copyOf", op("of", ARRAY_LIST)),
    methods(MAP, "of", Hook(pairs)),
    methods(MAP, "entry", Hook(entry)),
    methods(MAP, "ofEntries", Hook(of_entries)),
    methods("java.util.AbstractMap", "SimpleEntry SimpleImmutableEntry", Hook(entry)),
    methods("java.util.Arrays", "copyOf copyOfRange", Container("of", type=ARRAY)),
    methods("java.util.Arrays", "toString deepToString", Passes((0,), STRING)),
    methods("java.util.Arrays", "stream", Container("of", type=STREAM)),
    methods("java.util.Arrays", "equals hashCode", Clean()),
    methods("java.util.Collections", "unmodifiableList unmodifiableMap unmodifiableSet unmodifiableCollection"
            " synchronizedList synchronizedMap synchronizedSet", Passes((0,), gives=0)),
    methods("java.util.Collections", "singletonList singleton", Container("of_items", type=ARRAY_LIST)),
    methods("java.util.Collections", "singletonMap", Hook(pairs)),
    methods("java.util.Collections", "emptyList emptySet", Container("of_items", type=ARRAY_LIST)),
    methods("java.util.Collections", "emptyMap", Hook(pairs)),
    methods("java.util.Collections", "reverse", Container("reverse", on=0)),
    methods("java.util.Collections", "sort shuffle swap rotate", Container("sort", on=0)),
    methods("java.util.Collections", "addAll", Hook(add_all)),
    methods("java.util.Collections", "list", Container("of", type=ARRAY_LIST)),
    methods("java.util.Collections", "enumeration", Container("of", type=ITERATOR)),
    methods("com.google.common.collect.ImmutableList", "of copyOf", of_array(ARRAY_LIST)),
    methods("com.google.common.collect.ImmutableSet", "of copyOf", of_array(HASH_SET)),
    methods("com.google.common.collect.ImmutableMap", "of", Hook(pairs)),
    methods(ARRAY, "length", Hook(length, reads=True)),
    methods(ARRAY, "clone", op("copy", ARRAY)),
])  # fmt: skip


MODELS: Table = merged([COLLECTIONS, ORDERED, QUEUES, KEYED, MAKERS])
