"""What `heirloom verify training` answers: the shares first, then what does not hold, and an exit code for each."""

from dataclasses import replace

from cli.commands.verify import proof_outcome
from flows.verify import TrainingProof
from governance.mixing.rules import MixRules
from governance.training.batch_log import Finding, Recorded
from governance.training.batches import Caps
from governance.training.verification import verify_training
from tests.training.batch_logs import ROWS, SIZE, rows_of, trained

RULES = MixRules(slice_caps={"politics": 30})
MIX = rows_of(
    ("human", "anchor", "politics", 30, 4),
    ("human", "human", "politics", 20, 40),
    ("human", "human", "[local]", 11, 2),
    ("model", "synthetic", "politics", 17, 18),
)
LOG = trained(MIX, caps=Caps(anchor_percent=15, synthetic_cap_percent=35))
RECORD = Recorded.of(LOG, ROWS)
FOUND = verify_training(LOG, MIX, rows_sha256=ROWS, recorded=RECORD, block_tokens=SIZE, rules=RULES, rare_slice_percent=5)
PROOF = TrainingProof(cycle=4, version=3, recorded=RECORD, in_ledger=RECORD.head, rules=RULES, found=FOUND)


def test_a_proof_that_holds_shows_the_worst_of_every_kind_beside_its_limit():
    outcome = proof_outcome(PROOF)
    assert outcome.code == 0
    assert outcome.lines[0] == f"{LOG.height} batches of cycle 4 (version 3), recomputed from mix.parquet"
    assert [line.split()[0] for line in outcome.lines[2:6]] == ["run", "epoch", "shard", "batch"]
    assert " slice politics: " in outcome.lines[6]
    assert "2 slices with human text, 1 of them rare (\\[local])" in outcome.lines[7]
    assert outcome.lines[-1].endswith("as the ledger has it.")
    assert outcome.document["batch_log"]["head"] == RECORD.head
    assert len(outcome.document["tokens"]) == 1 + 2 + 1 + LOG.height


def test_altered_is_4_whatever_else_is_broken_and_names_at_most_five_batches():
    touched = Finding(phrase="7 batches out of their order", names=tuple(f"0/{n}" for n in range(7)))
    broken = Finding(phrase="1 epochs with more than 35 % synthetic tokens", names=("0",))
    outcome = proof_outcome(replace(PROOF, found=replace(FOUND, altered=(touched,), broken=(broken,))))
    assert outcome.code == 4
    assert " Altered: 7 batches out of their order: 0/0, 0/1, 0/2, 0/3, 0/4 (+2 more)." in outcome.lines
    assert outcome.document["altered"] == [{"phrase": touched.phrase, "names": list(touched.names)}]
    assert proof_outcome(replace(PROOF, found=replace(FOUND, broken=(broken,)))).code == 3


def test_a_head_that_is_not_the_ledgers_is_an_alteration():
    outcome = proof_outcome(replace(PROOF, in_ledger="c" * 64))
    assert outcome.code == 4
    assert "the ledger cccccccccccc" in outcome.lines[-2]
    assert proof_outcome(replace(PROOF, in_ledger=None)).code == 0
