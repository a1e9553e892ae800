"""Word groups that the features count.

A group names a kind of work that a text asks for, never a topic: a word of a field of study in here would teach
the classifier subjects instead of difficulty. Words are in lower case, without apostrophes.
"""

from __future__ import annotations

GROUPS: dict[str, str] = {
    "negations": "not no never none neither nor except without cannot false incorrect untrue least unless isnt"
    " doesnt dont wont cant nobody nothing",
    "comparisons": "more less than most least greater smaller larger fewer higher lower better worse best worst"
    " older younger longer shorter between difference compared twice half double triple times",
    "quantities": "each every all total both per average sum remaining left rest together altogether combined"
    " percent percentage ratio rate many much",
    "conditions": "if when unless suppose given assume let assuming while until after before then since because",
    "computing": "calculate compute find determine evaluate solve estimate derive simplify integrate obtain"
    " approximate prove show",
    "asking": "what which who where when define name called known term refers defined",
    "explaining": "why how explain describe discuss analyze compare argue justify",
    "hedges": "may might could would should usually often generally likely probably primarily mainly some",
    "number_words": "one two three four five six seven eight nine ten twelve twenty thirty hundred thousand million"
    " half third quarter first second dozen",
    "joining": "and or but however although whereas therefore thus hence also as",
    "placing": "of in on at by for with from to into over under through during against among",
    "linking": "the a an of to in is are was were be been it this that these those and or for on with as by at from"
    " his her he she they their its has have had do does did",
    "persons": "he she they his her their him them i my me you your we our us",
    "units": "cm mm km kg mg ml m s hz ev nm mol atm pa kj cal ft lb lbs inch inches feet foot miles mile meters"
    " meter seconds minutes hours hour minute day days weeks week months month years year dollars cents degrees"
    " volts watts joules newton gram grams liters",
    "statements": "statement following true false correct incorrect i ii iii iv",
    "program_words": "def return for in range if else elif while len append join split str int list dict print class"
    " import try except lambda true false none function const let var",
    "program_steps": "replace strip lower upper find index count startswith endswith isalpha isdigit swapcase title"
    " capitalize partition rpartition rfind rindex splitlines ljust rjust center zfill encode format translate sort"
    " sorted reverse reversed pop insert remove extend items keys values get update enumerate zip push shift slice"
    " filter map reduce concat",
    "loops": "for while",
    "branches": "if elif else switch case",
}
NAMES: tuple[str, ...] = tuple(GROUPS)


def _positions() -> dict[bytes, tuple[int, ...]]:
    positions: dict[bytes, tuple[int, ...]] = {}
    for place, words in enumerate(GROUPS.values()):
        for word in words.encode().split():
            positions[word] = (*positions.get(word, ()), place)
    return positions


POSITIONS: dict[bytes, tuple[int, ...]] = _positions()
WORDS: frozenset[bytes] = frozenset(POSITIONS)
