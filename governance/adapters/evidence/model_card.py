"""A Hugging Face model card: front matter that the Hub reads, and what a reader should know first."""

import json

from governance.adapters.evidence.story import Story
from governance.adapters.report.visible import markdown

LIMITS = """Readings of gates say that the tails of one locked human shard are no worse than its references, within the policy's margins.
They say nothing of what the shard does not hold, of whether labels of origin are true, or of fitness for a use."""


def model_card(story: Story) -> str:
    """The card. The front matter is JSON, which is YAML too, so that no name can break out of it."""
    values = story.measures["metrics"]
    results = [
        {
            "task": {"type": "text-generation"},
            "dataset": {"type": "locked-human-shard", "name": "locked human shards of the line"},
            "metrics": [
                {"type": entry["name"], "name": entry["title"], "value": entry["values"]["candidate"]}
                for entry in values
                if entry["values"].get("candidate") is not None
            ],
        }
    ]
    front = {
        "pipeline_tag": "text-generation",
        "tags": ["heirloom", "governed-retraining", f"synthetic-share-{story.synthetic_percent:.0f}-percent"],
        "model-index": [{"name": story.name, "results": results}],
    }
    head = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=True)}" for key, value in front.items())
    return f"---\n{head}\n---\n\n{_body(story)}"


def _body(story: Story) -> str:
    tokens = story.mix["tokens"]
    lines = [
        f"# {markdown(story.name)}",
        "",
        f"Verdict of the gate: **{story.decision['verdict']}**. {markdown(str(story.decision['reason']), 400)}",
        "",
        "## Training data",
        "",
        "| | tokens |",
        "|---|---|",
        *(f"| {role} | {tokens[role]:,} |" for role in ("human", "synthetic", "anchor")),
        "",
        *(f"- {name.replace('_', ' ')}: {markdown(value)}" for name, value in story.facts.items()),
        "",
        "Written by models: " + (", ".join(f"{markdown(name)} ({count:,} tokens)" for name, count in sorted(_authors(story))) or "nothing"),
        "",
        "## Evaluation",
        "",
        "| gate | against | change | interval | limit | verdict |",
        "|---|---|---|---|---|---|",
        *(
            f"| {markdown(gate['gate'])} | {markdown(gate['against'])} | {gate['change']:+.4f} | {gate['low']:+.4f} to {gate['high']:+.4f}"
            f" | {gate['limit']} | {gate['verdict']} |"
            for gate in story.judged
        ),
        "",
        "## Limits of this card",
        "",
        LIMITS,
        "",
        f"Made by {story.release}; the ledger decides, and this is a view of it.",
        "",
    ]
    return "\n".join(lines)


def _authors(story: Story) -> list[tuple[str, int]]:
    return list(story.mix.get("authors", {}).items())
