"""quarantine.jsonl: a refused row as it came, with where it stood, which rule it broke and how to mend it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from governance.adapters.batch.chunk import Original
from governance.adapters.batch.json_lines import OURS
from governance.provenance.batch_rules import BATCH_FIXES
from governance.provenance.row_rules import ROW_RULES
from governance.provenance.unread import UNREAD_FIXES

FIXES: Mapping[str, str] = MappingProxyType({**UNREAD_FIXES, **{rule.name: rule.fix for rule in ROW_RULES}, **BATCH_FIXES})
"""Every rule a row can be refused by -> how to mend it."""


def quarantine_line(original: Original, refusal: Mapping[str, Any]) -> str:
    """One line of the file; `refusal` has `source_file`, `line`, `rule` and `found`.

    The record is kept to the byte: our field is added at its end. A row that is no JSON object is kept as a reference to its bytes.
    """
    ours = {
        "file": refusal["source_file"],
        "line": refusal["line"],
        "rule": refusal["rule"],
        "found": refusal["found"],
        "fix": FIXES[refusal["rule"]],
    }
    if original.record is None:
        return json.dumps({OURS: {**ours, "offset": original.offset, "length": original.length, "sha256": original.sha256}})
    before = original.record.rstrip().removesuffix("}").rstrip()
    return f"{before}{'' if before.endswith('{') else ', '}{json.dumps(OURS)}: {json.dumps(ours)}}}"
