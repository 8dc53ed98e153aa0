"""A sound model on fewer documents and prompts than may decide: nobody can know, so it must not pass (SCIENCE rule 2)."""

from governance.drills.fault import DOCUMENT_GATES, SAMPLE_GATES, Fault
from governance.drills.faults.human_only import feed

FAULT = Fault(
    name="few_documents",
    title="a sound model on 60 documents",
    good=False,
    cycles=1,
    feed=feed,
    documents=60,
    not_passed_by=(*DOCUMENT_GATES, *SAMPLE_GATES),
)
