"""What the adversarial questions are made of: domains, and pairs of words that must never be taken for each other.

Written without looking at the lists of the gate, on purpose: most of these words are unknown to it.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


def _pairs(text: str) -> list[tuple[str, str]]:
    return [tuple(pair.split("/", 1)) for pair in text.split()]  # type: ignore[misc]


CITIES = _words("Lisbon Nairobi Osaka Cusco Tbilisi Aarhus Bergen Quito Hanoi Odessa Leeds Turin Accra")
PEOPLE = _words(
    "Curie Noether Tesla Kahlo Mandela Tolstoy Bartok Hypatia Brunel Lovelace Darwin Austen Ozu Achebe Borges"
)
PRODUCTS = _words(
    "Postgres Redis Kafka Nginx Terraform Grafana Django RabbitMQ Airflow Ceph Figma Rancher Vim Emacs Podman"
)
FOODS = _words(
    "risotto ramen kimchi borscht focaccia tagine ceviche pierogi dal brioche gnocchi laksa mole pho tempura"
)
ANIMALS = _words(
    "otter heron lynx gecko walrus ibex quokka falcon newt badger stoat osprey marmot vole tapir"
)
LANGUAGES = _words(
    "French German Polish Swahili Tamil Welsh Korean Dutch Basque Finnish Urdu Greek Thai Czech"
)
FIELDS = _words(
    "security chemistry taxation astronomy gardening logistics nursing acoustics geology fencing brewing"
)
THINGS = _words(
    "account server invoice garden bicycle contract camera passport engine mailbox boiler router orchard"
)

ANTONYMS = _pairs(
    "enable/disable increase/decrease open/close start/stop allow/deny encrypt/decrypt mount/unmount lock/unlock "
    "upload/download import/export push/pull attach/detach ascend/descend inflate/deflate arm/disarm include/exclude "
    "raise/lower expand/collapse freeze/thaw merge/split borrow/lend hire/fire accept/reject embark/disembark "
    "activate/deactivate install/uninstall load/unload freeze/unfreeze mute/unmute pin/unpin wind/unwind lend/lease "
    "acquire/release insert/extract hide/reveal tighten/loosen buy/sell win/lose remember/forget admit/expel "
    "compress/decompress serialize/deserialize subscribe/unsubscribe follow/unfollow zip/unzip fold/unfold "
    "stretch/shrink ignite/extinguish praise/scold inhale/exhale gain/shed dilute/concentrate promote/demote "
    "deposit/withdraw grant/revoke assemble/dismantle arrive/depart bless/curse sow/reap solder/desolder"
)
ADJECTIVES = _pairs(
    "cheap/expensive safe/unsafe legal/illegal visible/invisible hot/cold ripe/unripe dense/sparse mutable/immutable "
    "synchronous/asynchronous finite/infinite public/private shallow/deep acute/chronic toxic/nontoxic fertile/sterile "
    "opaque/transparent volatile/stable moral/immoral typical/atypical symmetric/asymmetric novice/expert rural/urban "
    "oldest/newest largest/smallest fastest/slowest first/last inner/outer upper/lower northern/southern stale/fresh "
    "maximum/minimum major/minor senior/junior domestic/foreign concave/convex soluble/insoluble benign/malignant"
)
RELATIONS = _pairs(
    "before/after above/below inside/outside with/without for/against under/over near/beyond during/after "
    "since/until up/down towards/from within/outside via/except despite/because"
)
QUANTIFIERS = _pairs(
    "all/some every/no most/few many/few both/neither always/never often/rarely at~least/at~most "
    "more/fewer none/all any/each half/all more/less few/several sometimes/always"
)
CODE_NAMES = _pairs(
    "getUser/setUser read_file/write_file parseInt/parseFloat list_keys/list_values os.remove/os.rename to_json/to_yaml "
    "isEmpty/isBlank lstrip/rstrip min/max append/extend sorted/sort encode/decode --force/--force-with-lease -r/-R "
    "i++/++i a<b/a>b x==y/x=y ==/=== &/&& foo_bar/foo_baz user.id/user.ids array[0]/array[1] v1/v2 utf-8/utf-16 "
    "HashMap/TreeMap floor/ceil asin/acos stdin/stdout ./run/../run 0x1F/0x2F std::map/std::set p95/p99 UDP/TCP "
    "IPv4/IPv6 HTTP/HTTPS C/C++ C++/C# .NET/net sha1/sha256 T1/T2 useEffect/useMemo pop/popleft O(n)/O(n^2) $HOME/HOME"
)
UNITS = _pairs(
    "kilometres/miles metres/feet kg/lb grams/ounces Celsius/Fahrenheit hours/minutes seconds/milliseconds litres/gallons "
    "USD/EUR pounds/euros MB/Mb GB/Gb mW/MW kB/kb mm/Mm mg/µg watts/joules hectares/acres volts/amperes bits/bytes "
    "percent/permille weeks/months knots/mph pascals/bars dozen/score ms/µs km/nm ml/dl cal/Cal"
)
TENSES = _pairs(
    "is/was does/did has/had will/would can/could are/were do/did shall/should may/might must/should is/will~be"
)
QUESTION_WORDS = _pairs(
    "what/why when/where who/whom how/why which/whose where/why when/why who/what how/when"
)
FORMATS = _pairs(
    "JSON/YAML table/list sentence/paragraph haiku/sonnet email/letter tweet/essay bullets/prose formal/casual "
    "beginner/expert child/lawyer Python/Rust Go/Java SQL/Cypher bash/fish Markdown/HTML CSV/TSV"
)
CAPITALS = [
    ("How do I get polish off a table?", "How do I get Polish off a table?"),
    ("What does us mean for trade?", "What does US mean for trade?"),
    ("Where can I buy turkey?", "Where can I buy Turkey?"),
    ("How do I remove rust?", "How do I remove Rust?"),
    ("Tell me about the march.", "Tell me about the March."),
    ("What did jobs do in the nineties?", "What did Jobs do in the nineties?"),
    ("Who are the gates for?", "Who are the Gates for?"),
    ("How big is the apple?", "How big is the Apple?"),
    ("What should I know about it?", "What should I know about IT?"),
    ("How do I open windows?", "How do I open Windows?"),
    ("What is the best shell to collect?", "What is the best Shell to collect?"),
    ("Why do people love china?", "Why do people love China?"),
    ("How do I clean java off my shirt?", "How do I clean Java off my shirt?"),
    ("Explain the word in Bath", "Explain the Word in Bath"),
    ("Is String the same as string?", "Is string the same as string?"),
    ("What does aids do?", "What does AIDS do?"),
    ("How do I get a job with excel?", "How do I get a job with Excel?"),
    ("Is pH 7 neutral?", "Is PH 7 neutral?"),
    ("What is a g in physics?", "What is a G in physics?"),
    ("What is celery good for?", "What is Celery good for?"),
    ("What is the mass of CO?", "What is the mass of Co?"),
    ("Who wrote about mercury?", "Who wrote about Mercury?"),
]
PUNCTUATION = [
    ("Let's eat, grandma", "Let's eat grandma"),
    ("No. Price too high", "No price too high"),
    ("Stop! Clubbing baby seals", "Stop clubbing baby seals"),
    ("Is 1.5 safe?", "Is 15 safe?"),
    ("Is -5 valid?", "Is 5 valid?"),
    ("Meet at 10:30", "Meet at 1030"),
    ("What is 5!", "What is 5"),
    ("What is 3-5?", "What is 35?"),
    ("What is $5 worth?", "What is 5 worth?"),
    ("What is 5% of 80?", "What is 5 of 80?"),
    ("What is (2 + 3) * 4?", "What is 2 + 3 * 4?"),
    ("git add .", "git add"),
    ("cd ..", "cd ."),
    ("I thank my parents, Ayn Rand, and God", "I thank my parents, Ayn Rand and God"),
    ("You are done?", "You are done."),
    ("A woman, without her man, is nothing", "A woman: without her, man is nothing"),
    ("Explain man-eating sharks", "Explain man eating sharks"),
    ("How do I re-sign?", "How do I resign?"),
    ("Is x² right?", "Is x2 right?"),
    ("Why is a < b?", "Why is a <= b?"),
    ("Call me Ishmael.", "Call me, Ishmael."),
    ("What is ~5?", "What is 5?"),
    ("What is 1,5?", "What is 15?"),
    ("What does año mean?", "What does ano mean?"),
]
MANNERS = [
    ("How do I please my boss?", "How do I my boss?"),
    ("How do you say thanks?", "How do you say please?"),
    ("Translate into Welsh: please", "Translate into Welsh: thanks"),
    ("Translate into Welsh: hello, my friend", "Translate into Welsh: my friend"),
    ("Who sang please?", "Who sang thank you?"),
    ("What is the Japanese word for please", "What is the Japanese word for thanks"),
    ("What rhymes with please", "What rhymes with thanks"),
    ("Can you swim?", "Swim"),
    ("Can you delete a commit in git?", "Delete a commit in git"),
    ("Can you write a function inside a function?", "Write a function inside a function"),
    ("Would you recommend Elm?", "Recommend Elm"),
    ("Would you describe Hamlet as mad?", "Describe Hamlet as mad"),
    ("Do you know how to swim?", "How to swim?"),
    ("Write hello world in Zig", "Write world in Zig"),
    ("Hello world in Zig", "World in Zig"),
    ("Which is more polite, please or thanks", "Which is more polite, please or"),
    ("Explain no thanks", "Explain no"),
    ("How do you work?", "How do I work?"),
    ("What is a thank you note?", "What is a note?"),
    ("Can you be kind?", "Be kind"),
    ("Write a sign saying keep out please", "Write a sign saying keep out"),
    ("Please is a verb?", "Kindly is a verb?"),
    ("Hello is a greeting?", "Hi is a greeting?"),
    ("Hello, how are you, in French", "Hi, how are you, in French"),
    ("Who wrote and directed Cheers?", "Who wrote and directed?"),
    ("Which year did she release Thank You?", "Which year did she release Please?"),
    ("Explain cheers", "Explain thanks"),
    ("Could you have won?", "Have won"),
    ("I want to know", "I want to"),
    ("Reply with sorry, thanks, please", "Reply with sorry, thanks"),
]
SMALL_WORDS = [
    ("Why do few people vote?", "Why do a few people vote?"),
    ("I have little time", "I have a little time"),
    ("Who is a president?", "Who is the president?"),
    ("Is its tail broken?", "Is it's tail broken?"),
    ("What if well go?", "What if we'll go?"),
    ("Is there no where to go?", "Is there nowhere to go?"),
    ("I feel apart of this", "I feel a part of this"),
    ("Is it every day?", "Is it everyday?"),
    ("It may be late", "It maybe late"),
    ("Where were you?", "Where we're you?"),
    ("Explain the cant of thieves", "Explain the can't of thieves"),
    ("Should I stay?", "Should we stay?"),
    ("What is my address?", "What is your address?"),
    ("Who leads the labor party?", "Who leads the labour party?"),
    ("Did he tell her?", "Did she tell him?"),
    ("Is this one mine?", "Is that one mine?"),
    ("Is tea and coffee fine?", "Is tea or coffee fine?"),
    ("Only I like you", "I only like you"),
    ("Who's won it?", "Who is won it?"),
    ("What is hell like?", "What is he'll like?"),
    ("Can one dog bite?", "Can 1 dog bite?"),
]
MATERIAL = [
    ("Fix the capitals: paris is in France", "Fix the capitals: Paris is in France"),
    ("Is 'Polish' a verb?", "Is 'polish' a verb?"),
    ('Define "Set"', 'Define "set"'),
    ("Compute the sha256 of Hello", "Compute the sha256 of hello"),
    ("Add punctuation: hello how are you", "Add punctuation: hello, how are you"),
    ("What does `git push -f` do?", "What does `git push -F` do?"),
    ("Translate: You are here?", "Translate: You are here."),
    ("Give the ascii code of A", "Give the ascii code of a"),
    ("Sort these:\nNew\nYork", "Sort these:\nNew York"),
    ("Count the words: no where", "Count the words: nowhere"),
    ("Correct the spelling of colour", "Correct the spelling of color"),
    ("def f(x):\n    return x", "def f(x):\n  return x"),
    ("Is 'e.g.' right?", "Is 'eg' right?"),
    ("Reverse Abc with rot13", "Reverse abc with rot13"),
]
