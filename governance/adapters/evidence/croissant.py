"""Croissant 1.1 metadata of the rows that a release was trained on, with where they came from in the words of PROV."""

from typing import Any

from governance.adapters.evidence.story import PRODUCER, Story, moment
from governance.adapters.evidence.tables import ROW_COLUMNS, ROWS

CONFORMS = "http://mlcommons.org/croissant/1.1"
NUMBERS = frozenset(("place", "tokens", "counted", "shard"))
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "key": "cr:key",
    "prov": "http://www.w3.org/ns/prov#",
    "recordSet": "cr:recordSet",
    "sc": "https://schema.org/",
    "source": "cr:source",
}


def croissant(story: Story) -> dict[str, Any] | None:
    """The metadata of rows.csv; None where no rows were kept. Ids of rows are in it, texts are not."""
    if story.rows is None:
        return None
    sha256, size = story.rows
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in story.facts.items())
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"urn:uuid:{story.identity('mix')}",
        "name": f"{story.model}-{story.version}-mix",
        "description": f"The rows that {story.name} was trained on: ids, digests and origins, no texts. {facts}.",
        "conformsTo": CONFORMS,
        "version": f"{story.version}.0.0",
        "datePublished": moment(story.registered.at),
        "prov:wasGeneratedBy": _activity(story),
        "prov:wasDerivedFrom": _sources(story),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": ROWS,
                "name": ROWS,
                "description": "One line a row, in the order of training.",
                "contentSize": f"{size} B",
                "contentUrl": ROWS,
                "encodingFormat": "text/csv",
                "sha256": sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "name": "rows",
                "description": "What was trained on, row by row; an apostrophe stands before a text that a spreadsheet might compute.",
                "field": [_field(name) for name in ("place", *ROW_COLUMNS)],
            }
        ],
    }


def _field(column: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"rows/{column}",
        "name": f"rows/{column}",
        "description": column.replace("_", " "),
        "dataType": "sc:Integer" if column in NUMBERS else "sc:Text",
        "source": {"fileObject": {"@id": ROWS}, "extract": {"column": column}},
    }


def _activity(story: Story) -> dict[str, Any]:
    return {
        "@type": "prov:Activity",
        "@id": f"urn:uuid:{story.identity('cycle')}",
        "name": f"mixing of cycle {story.cycle['number']}",
        "prov:startedAtTime": moment(story.frozen.at),
        "prov:endedAtTime": moment(story.registered.at),
        "prov:wasAssociatedWith": [
            {"@type": "prov:SoftwareAgent", "@id": f"urn:heirloom:{PRODUCER}", "name": story.release},
            {"@type": "prov:Agent", "@id": f"urn:uuid:{story.identity('asked')}", "name": story.registered.actor},
        ],
    }


def _sources(story: Story) -> list[dict[str, Any]]:
    """Batch files and anchors by sha256, models by the digest of their manifest."""
    files = {file["path"].rpartition("/")[2]: file["sha256"] for file in story.cycle["batch"]["files"]}
    named = {**files, "anchors.parquet": story.cycle["shards"]["anchors"], **story.cycle["teachers"]}
    return [{"@type": "prov:Entity", "@id": f"urn:sha256:{digest}", "name": name} for name, digest in sorted(named.items())]
