"""Share of samples that open with a refusal, on an axis of its own: the refused are taken out before diversity is measured. Not gated.

Definition: samples whose first 160 characters match the pattern list of governance/collapse/refusals.py or of the policy, over all
samples; the change is that of (refusals + 1/2) / (samples + 1), so that none to none is no change.
Unit: share of samples
Direction: lower; the prompts are ones that a model of this line has answered before.
Source: our own list; refusals counted apart from harm, as in Roettger et al. 2023, arXiv 2308.01263 (XSTest).
Blind spots: a refusal in words that the list does not know, or in another language; whether a refusal was right.
"""

from governance.collapse.metric import Better
from governance.collapse.written import refusal_rates, written_metric

METRIC = written_metric("refusals", "refusal rate", "share of samples", Better.LOWER, takes=refusal_rates)
