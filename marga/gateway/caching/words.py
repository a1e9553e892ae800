"""The words that the gate knows. Pure data.

The gate works by permission: two texts must agree in every word, except where a list here says that a difference says
nothing. So a word that is missing here costs a hit and never gives a wrong answer; a word that is here too much can.
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUESTION = _set("what which who whom whose where when why how")
AUXILIARY = _set(
    "is are was were am do does did can could will would should shall may might must has have had "
    "isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't"
)

REQUEST = _set(
    "add analyse analyze answer arrange assess brainstorm break build calculate categorise categorize change check "
    "choose classify combine comment compare compile complete compose compute consider construct contrast convert "
    "count create critique debug decide define delete demonstrate derive describe design determine develop discuss "
    "draft draw edit elaborate estimate evaluate examine expand explain extract fill find fix format formulate "
    "generate give help highlight identify illustrate implement improve infer interpret introduce invent justify "
    "label list make merge modify name optimise optimize order organise organize outline paraphrase parse plan "
    "predict prepare present produce propose prove provide rank rate read recommend refactor remove rename reorder "
    "replace report rephrase research reset resolve respond review revise rewrite rotate select share shorten show "
    "simplify simulate sketch solve sort specify split state suggest summarise summarize tell test think transform "
    "translate update use verify walk work write"
)
"""A text that begins with one of these asks for something."""

TELLING = _set(
    "clarify describe elaborate explain help outline provide recommend suggest summarise summarize tell walk"
)
"""After "can you", these ask; "can you delete a commit" asks whether it is possible."""

WRITING = _set("write compose draft create generate give show make")
PROSE = _set(
    "article blog caption description email essay example examples haiku headline introduction joke letter limerick "
    "list message note overview paragraph plan poem quote recipe report review script slogan song speech story "
    "summary table tagline template tweet"
)
"""After "can you write a", these make it a request."""

GERUNDS = {
    "explaining": "explain", "telling": "tell", "describing": "describe", "summarising": "summarise",
    "summarizing": "summarize", "listing": "list", "writing": "write", "giving": "give", "showing": "show",
    "helping": "help", "outlining": "outline", "suggesting": "suggest", "recommending": "recommend",
}  # fmt: skip
"""After "would you mind"."""

PLEASE = _set("please kindly pls plz")
GREETING = _set("hi hello hey greetings")
DAYTIME = _set("morning afternoon evening day")
SPEAKERS = _set("i i'm i've i'd my we our")
PRONOUNS = _set("it there he she they you we i this that my your")
MAKES_SUBJECT = _set("is are was were has had does")
"""Right after a greeting or "please", these make it the subject: "hello is a greeting"."""

CLOSINGS = (
    ("thank", "you", "so", "much"), ("thank", "you", "very", "much"), ("thank", "you", "in", "advance"),
    ("thanks", "in", "advance"), ("thanks", "so", "much"), ("thanks", "a", "lot"), ("many", "thanks"),
    ("thank", "you"), ("thanks",), ("thx",), ("cheers",), ("please",), ("pls",), ("plz",),
)  # fmt: skip

POLITE = _set("please kindly pls plz thanks thank thx cheers sorry welcome hello hi hey goodbye bye yes no")
"""Beside one of these a polite word may be what is talked about."""

BEFORE_CONTENT = POLITE | _set(
    "a an the to of in on for with by from as at and or not nor than vs versus is are was were be been being i you he "
    "she we they who my your his her its our their always never also just only very so too many no say "
    "says said saying word words phrase mean means called named spell spells shout shouted reply replied answer "
    "answered give gives gave giving big more less most say's without into about like between against receive receives received deserve deserves deserved owe owes owed express "
    "expresses expressed expressing show shows showing convey offer offers send sends expect expects accept get got"
)
"""A closing word right after one of these belongs to the sentence."""

ABOUT_WORDS = _set(
    "translate translates translated translating translation say says said saying pronounce pronounced pronunciation "
    "rhyme rhymes rhyming synonym synonyms antonym antonyms mean means meaning meant define definition word words "
    "phrase phrases expression expressions politeness polite rude etiquette tone sentiment slang "
    "idiom etymology letter letters syllable syllables sing sings sang sung singer song songs album lyrics track band "
    "title titled recorded released release sign text texts message reply utterance quote quotes chant speech prayer "
    "call calls called respond rephrase paraphrase rewrite classify complete finish continue "
    "spelled word's"
)
"""Where words themselves are talked about, polite ones and spelling variants are content."""

TRANSLATING = _set("translate translates translated translating translation")

ABOUT_FORM = _set(
    "hash hashes sha sha1 sha256 sha-256 sha512 md5 crc32 checksum base64 hex hexadecimal ascii unicode utf-8 codepoint "
    "encode encoded encoding decode decoded encrypt encrypted decrypt decrypted cipher caesar rot13 capitalise "
    "capitalize capitalised capitalized capitalisation capitalization capitals uppercase lowercase caps titlecase camelcase "
    "case-sensitive punctuation punctuate comma commas apostrophe apostrophes hyphen hyphens semicolon typo typos "
    "misspelled spell spelled spelling spellcheck grammar grammatical grammatically proofread anagram palindrome "
    "regex regexp verbatim echo repeat literally shout whitespace newline newlines "
    "indentation acronym acronyms abbreviation abbreviations homophone homonym transcribe "
    "tokenise tokenize"
)
"""Where form itself is asked about, nothing may differ."""

POINTING = _set("following next below above")
"""These point at material in the text, which may be polite itself."""

STRESSED = (
    QUESTION
    | AUXILIARY
    | _set("not no never only all some every both he she they we you him her them my your his our")
)
"""In capitals amid small letters, these are stressed, and stress can turn the meaning."""

COMPARED = _set("difference differences different between versus vs compare same")
"""Beside one of these, two spellings or synonyms may be what is asked about."""

NEGATIONS = _set(
    "no not never none nothing neither nor yes yeah nope without don't doesn't didn't can't won't"
)
JOINING = _set("and or but so because if then")
LEADING = _set("in on for with using given as at from during after before under since assuming when if")

PLAIN_CONTRACTIONS = {
    "i'm": "i am", "you're": "you are", "we're": "we are", "they're": "they are",
    "i've": "i have", "you've": "you have", "we've": "we have", "they've": "they have",
    "i'll": "i will", "you'll": "you will", "we'll": "we will", "they'll": "they will", "he'll": "he will",
    "she'll": "she will", "it'll": "it will", "that'll": "that will", "cannot": "can not",
}  # fmt: skip
NEGATED = {
    "isn": "is", "aren": "are", "wasn": "was", "weren": "were", "don": "do", "doesn": "does", "didn": "did",
    "couldn": "could", "wouldn": "would", "shouldn": "should", "hasn": "has", "haven": "have", "hadn": "had",
    "mustn": "must", "ca": "can", "wo": "will",
}  # fmt: skip
CONTRACTIONS: dict[str, tuple[str, ...]] = {
    **{short: tuple(long.split()) for short, long in PLAIN_CONTRACTIONS.items()},
    **{("can't" if stem == "ca" else "won't" if stem == "wo" else f"{stem}'t"): (full, "not")
       for stem, full in NEGATED.items()},
    **{f"{stem}t": (full, "not") for stem, full in NEGATED.items() if stem not in ("ca", "wo")},
}  # fmt: skip
"""cant, wont, its, well, were, hell, shell, id and ill are words of their own, so they are not here."""

IS_FORMS = {"what's": "what", "whats": "what", "where's": "where", "how's": "how", "who's": "who", "that's": "that",
            "there's": "there", "here's": "here", "when's": "when", "why's": "why", "it's": "it"}  # fmt: skip
HAS_FOLLOWS = _set("been got gone had done become taken made given come left won lost seen begun grown")
"""After these, 's may stand for "has"."""

BRITISH = {
    "color": "colour", "colors": "colours", "favorite": "favourite", "favorites": "favourites", "flavor": "flavour",
    "flavors": "flavours", "behavior": "behaviour", "behaviors": "behaviours", "neighbor": "neighbour",
    "neighbors": "neighbours", "center": "centre", "centers": "centres",
    "catalog": "catalogue", "gray": "grey", "traveler": "traveller", "modeling": "modelling",
}  # fmt: skip
SHORTEST_IZE = 7
"""Shorter words in -ize are words of their own (prize, seize)."""

CASED_UNITS = _set(
    "mb gb kb tb pb eb kib mib gib mbps gbps kbps mw gw kw mv kv ma mhz ghz thz hz ph mm nm ml dl cal kcal pa kpa mpa "
    "g k m s t w v h n j l c f p db ev mev gev kev ms ns ps wh kwh mwh va ah mah m2 m3 bps mol cd lm lx"
)
"""Units in which case makes a difference: mW and MW, Mb and MB, cal and Cal."""

BRANDS = _set(
    "javascript typescript github gitlab iphone ipad ios macos macbook imac ipod airpods postgresql mysql sqlite mongodb "
    "graphql youtube linkedin openai chatgpt pytorch tensorflow numpy scipy devops fastapi dynamodb rabbitmq nodejs "
    "wordpress ebay paypal whatsapp tiktok facebook netflix spacex playstation powerpoint powershell onedrive linux "
    "mcdonalds mcdonald's langchain huggingface deepseek couchdb influxdb clickhouse cockroachdb bigquery cloudfront "
    "airbnb doordash wechat webassembly websocket websockets oauth autocad matlab latex"
)
"""Names with capitals inside that people write in any case; other such words are taken for identifiers."""

AMBIGUOUS = _set(
    # capital or not, they fit the same places and mean two things
    "us it who rest sap aids cat soap pat ram nice sas ad am pm or me id lead gap pro spa tip sat act dos apt arm care "
    "ada let mad pet pit spot star cats sad ira pa ma hi la ok nato's fast scan apes chip cave tapas "
    "polish turkey china jordan chad georgia mali guinea hungary greece wales reading bath cork lima lent "
    "march may august mobile buffalo phoenix orlando split tours worms essen hell mars mercury "
    "java rust go swift ruby basic scheme lisp perl dart julia crystal elixir spark hive pig storm flink beam cassandra "
    "pandas flask express react angular ember backbone spring hibernate puppet chef ansible salt consul vault nomad "
    "windows word excel access outlook teams slack zoom edge chrome safari opera brave shell target visa apple "
    "amazon oracle meta stripe square subway gap puma jaguar dove tide shell alphabet twitter uber signal discord "
    "notion linear monday bolt cursor copilot gemini claude falcon mistral bard siri cortana echo kindle fire prime "
    "ford lincoln bush gates jobs cook king prince queen baker brown black white green grey gray bill will mark rose "
    "grace hope faith joy dawn eve frank grant jack nick rob bob sue pat ray rich art drew dean earl guy miles chase "
    "page pope stone wood woods rivers hill field fields banks bell ball berry bishop carter cooper fisher fox hunter "
    "knight marshall mason miller parker potter smith taylor turner walker weaver young short small little love "
    "bacon wolf swan crane finch robin lamb bond hunt price rice snow spears swift temple trump wilde wells may brooks "
    "job acts numbers judges kings genesis exodus revelation god lord bible easter catholic orthodox democrat democratic "
    "republican conservative liberal labour green union senate congress cabinet parliament crown west east north "
    "south orient nova dodge mini beetle rolls continental accord civic fit focus escape explorer compass "
    "frozen cars it speed jaws heat seven signs unforgiven alien gravity inception titanic avatar hook dumbo bambi "
    "brew celery bottle tornado pyramid dagger argo flux helm envoy maven ant grunt gulp parcel bun node nest remix "
    "astro solid lit stencil polymer meteor sails rails play llama alpaca dolly whisper opus sonnet haiku atlas delta "
    "snowflake iceberg presto druid impala kudu ranger pulsar ignite jetty caddy apache squid varnish blender audacity "
    "handbrake obsidian sketch premiere illustrator reaper logic pages keynote mail photos finder spotlight notes maps "
    "drive docs sheets slides forms meet classroom nook steam origin battle unity unreal godot minecraft portal destiny "
    "fortnite overwatch halo doom quake rust civilization sims danish swiss cologne champagne burgundy jersey "
    "panama bermuda afghan limerick derby sandwich barking hull deal rugby sale bury rye boulder flint independence "
    "providence concord billings lance dick peter don gene dale glen cliff heath chip chuck buck duke colt chance "
    "christian gay amber pearl opal jade violet iris lily daisy heather ivy olive ginger rosemary basil sage rain summer "
    "autumn winter melody harmony charity constance patience prudence mercy liberty penny bunny kitty carol noel holly "
    "angel major sterling victor max reed wade ward webster wright archer barber butler chandler clark cross drake "
    "fry gold golden hardy hart hayes heard higgs hooper hurt judge kitchen lane law "
    "moody moor noble nixon paige parks pitt pike pole pound power powers ray read reading rich rush savage self "
    "sharp shore silver singer slaughter spear spencer spring starling steel strange stringer sweet tan tailor "
    "thorn tiger towns trout waters weeks west wise worth yates zimmer cheers please thanks thank "
    "bluetooth echo dell acer sharp brother canon epson lotus mustang ram tundra titan ranger beetle golf polo passat "
    "galaxy pixel nexus surface edge ace gap guess diesel boss monsoon coach express forever supreme champion "
    "everlasting fossil swatch omega rado seiko citizen timex dolphins bears lions eagles giants jets saints bulls heat "
    "magic kings suns rockets spurs warriors nets hawks hornets jazz thunder"
    "friends lost wire crown bones suits"
)
"""Words whose capital can change what is meant. Where only one text has it, the texts stay apart."""

GERMAN = _set("der das und ist ich wie eine nicht wir sie mit für auf den dem")
