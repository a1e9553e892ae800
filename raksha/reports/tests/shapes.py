"""The parts of SARIF 2.1.0 that we write, as a JSON Schema: what the standard demands of each, and nothing unknown."""

from __future__ import annotations

from typing import Any


def shape(needed: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": needed.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def every(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


WORDS: dict[str, Any] = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1}
MESSAGE = shape("text", text=WORDS)
URI = {"type": "string", "pattern": r"^[A-Za-z0-9%/._~!$&'()*+,;=:@-]*$"}
ARTIFACT = shape("uri", uri=URI, uriBaseId=WORDS)
REGION = shape(
    "startLine", startLine=NUMBER, startColumn=NUMBER, endLine=NUMBER, endColumn=NUMBER, snippet=MESSAGE
)
PHYSICAL = shape("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
LOCATION = shape("physicalLocation", physicalLocation=PHYSICAL, message=MESSAGE)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
BAG = {"type": "object"}
STEP = shape("location", location=LOCATION, importance={"enum": ["important", "essential", "unimportant"]})
FLOW = shape(
    "threadFlows", threadFlows=every(shape("locations", locations=every(STEP, minItems=1)), minItems=1)
)
REPLACEMENT = shape("deletedRegion", deletedRegion=REGION, insertedContent=MESSAGE)
CHANGE = shape(
    "artifactLocation replacements", artifactLocation=ARTIFACT, replacements=every(REPLACEMENT, minItems=1)
)
RESULT = shape(
    "message ruleId locations",
    ruleId=WORDS, ruleIndex={"type": "integer", "minimum": 0}, level=LEVEL, message=MESSAGE, locations=every(LOCATION, maxItems=1),
    partialFingerprints={"type": "object", "additionalProperties": WORDS},
    baselineState={"enum": ["new", "unchanged", "updated", "absent"]}, rank={"type": "number", "minimum": 0, "maximum": 100},
    properties=BAG, codeFlows=every(FLOW), fixes=every(shape("artifactChanges", description=MESSAGE, artifactChanges=every(CHANGE, minItems=1))),
    suppressions=every(shape("kind", kind={"enum": ["inSource", "external"]}, status={"enum": ["accepted", "underReview", "rejected"]}, justification=WORDS)),
)  # fmt: skip
RULE = shape(
    "id", id=WORDS, name=WORDS, shortDescription=MESSAGE, fullDescription=MESSAGE, help=MESSAGE,
    defaultConfiguration=shape(level=LEVEL), properties={"type": "object", "properties": {"tags": every(WORDS, maxItems=20)}},
)  # fmt: skip
NOTE = shape(
    "message", level=LEVEL, message=MESSAGE, locations=every(LOCATION), descriptor=shape("id", id=WORDS)
)
DRIVER = shape(
    "name", name=WORDS, informationUri=URI, semanticVersion=WORDS, rules=every(RULE, maxItems=25_000)
)
RUN = shape(
    "tool results",
    tool=shape("driver", driver=DRIVER), columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds=BAG, automationDetails=shape(id=WORDS), results=every(RESULT, maxItems=25_000),
    invocations=every(shape("executionSuccessful", executionSuccessful={"type": "boolean"}, endTimeUtc=WORDS, toolExecutionNotifications=every(NOTE))),
    versionControlProvenance=every(shape("repositoryUri", repositoryUri=URI, revisionId=WORDS)),
)  # fmt: skip
SARIF = shape(
    "version runs", **{"$schema": URI, "version": {"const": "2.1.0"}, "runs": every(RUN, maxItems=20)}
)
