"""What lies between the request's text in `raw` and the `value` that is used: each twist comes in a true and a false form.

The two forms differ by one branch, key, index, guard or operand. `{stop}` refuses the request.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Twist:
    """body: with `{choice}` where the forms differ; helpers: what stands at module level."""

    name: str
    body: str
    true: str
    false: str
    helpers: str = ""
    imports: str = ""


TWISTS = (
    Twist("straight", "value = {choice}", "raw", '"fixed"'),
    Twist("arithmetic", "size = 86\nif 7 * 42 - size > {choice}:\n    value = raw\nelse:\n    value = \"fixed\"", "200", "300"),
    Twist("ternary", 'count = 106\nvalue = "fixed" if (7 * 18) + count {choice} 200 else raw', "<", ">"),
    Twist("match", 'letters = "ABC"\nmatch letters[{choice}]:\n    case "A":\n        value = raw\n    case "B":\n        value = "fixed"\n    case _:\n        value = "other"', "0", "1"),
    Twist("dictionary", 'box = {{}}\nbox["first"] = "fixed"\nbox["second"] = raw\nbox["third"] = "more"\nvalue = box["{choice}"]', "second", "first"),
    Twist("display", 'box = {{"one": "fixed", "two": raw}}\nbox["three"] = box["{choice}"]\nvalue = box.get("three")', "two", "one"),
    Twist("list", 'parts = ["safe", raw, "more"]\nparts.pop(0)\nvalue = parts[{choice}]', "0", "1"),
    Twist("append", 'parts = []\nparts.append("fixed")\nparts.append(raw)\nparts.insert(0, "zero")\nvalue = parts[{choice}]', "2", "1"),
    Twist("unpacking", 'first, second = "fixed", raw\nfirst, second = second, first\nvalue = {choice}', "first", "second"),
    Twist("slice", 'joined = "fixed" + raw\nvalue = joined[{choice}]', "5:", ":5"),
    Twist("overwritten", "value = {choice}", 'raw\nother = "fixed"', 'raw\nvalue = "fixed"'),
    Twist("helper", "value = choose(raw, {choice})", "True", "False", "def choose(text, keep):\n    if keep:\n        return text\n    return \"fixed\"\n"),
    Twist("nested helper", "value = outer(raw)", "a", "b", "def inner(text):\n    kept = {{\"a\": text, \"b\": \"fixed\"}}\n    return kept[\"{choice}\"]\n\n\ndef outer(text):\n    return inner(text.strip())\n"),
    Twist("object", 'holder = Holder(raw)\nvalue = holder.{choice}', "text", "label", "class Holder:\n    def __init__(self, text):\n        self.text = text\n        self.label = \"fixed\"\n"),
    Twist("method", 'value = {choice}().change(raw)', "Keeper", "Dropper", "class Base:\n    def change(self, text):\n        return self.one(text)\n\n\nclass Keeper(Base):\n    def one(self, text):\n        return text + \"!\"\n\n\nclass Dropper(Base):\n    def one(self, text):\n        return \"fixed\"\n"),
    Twist("factory", 'value = make("{choice}").work(raw)', "keep", "drop", "class Keep:\n    def work(self, text):\n        return text\n\n\nclass Drop:\n    def work(self, text):\n        return \"fixed\"\n\n\ndef make(name):\n    if name == \"keep\":\n        return Keep()\n    return Drop()\n"),
    Twist("closure", 'def get():\n    return {choice}\n\nvalue = get()', "raw", '"fixed"'),
    Twist("lambda", "pick = lambda a, b: {choice}\nvalue = pick(raw, \"fixed\")", "a", "b"),
    Twist("loop", 'value = ""\nfor part in ["fixed", {choice}]:\n    value = part', "raw", '"other"'),
    Twist("comprehension", 'kept = [part for part in [raw, "fixed"]]\nvalue = kept[{choice}]', "0", "1"),
    Twist("generator", "value = \"\".join(parts(raw))", "text", "\"more\"", "def parts(text):\n    yield \"fixed\"\n    yield {choice}\n"),
    Twist("handler", 'try:\n    number = int("{choice}")\n    value = "fixed"\nexcept ValueError:\n    value = raw', "x1", "11"),
    Twist("number", "value = str({choice}(raw))", "str", "int"),
    Twist("regular expression", 'if not re.fullmatch(r"{choice}", raw):\n    {stop}\nvalue = raw', r"[\s\S]+", "[a-z0-9]+", imports="import re"),
    Twist("allowed", 'ALLOWED = ("red", "green", "blue")\nif raw {choice} ALLOWED:\n    {stop}\nvalue = raw', "in", "not in"),
    Twist("validator", 'if not {choice}(raw):\n    {stop}\nvalue = raw', "is_there", "is_name", "def is_name(text):\n    return text.isalnum()\n\n\ndef is_there(text):\n    return len(text) > 0\n"),
    Twist("guard without a stop", 'value = raw\nif not raw.isalnum():\n    {choice}', "print(\"odd\")", "value = \"fixed\""),
    Twist("equality", 'value = "none"\nif raw {choice} "admin":\n    value = raw', "!=", "=="),
    Twist("cleared", 'parts = [raw]\n{choice}\nparts.append("fixed")\nvalue = parts[0]', "parts.reverse()", "parts.clear()"),
    Twist("alias", 'first = {{}}\nsecond = {choice}\nsecond["q"] = raw\nvalue = first.get("q", "fixed")', "first", "{{}}"),
    Twist("default argument", "value = with_default({choice})", "raw", "", "def with_default(text=\"fixed\"):\n    return text\n"),
    Twist("keyword argument", "value = pair(left={choice})", 'raw, right="fixed"', '"fixed", right=raw', "def pair(right, left):\n    return left\n"),
    Twist("star argument", "arguments = {choice}\nvalue = second(*arguments)", '("fixed", raw)', '(raw, "fixed")', "def second(one, two):\n    return two\n"),
)  # fmt: skip
