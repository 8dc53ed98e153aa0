"""The stage table as the text of dvc.yaml."""

from governance.stages.table import pipeline

HEAD = "# Rendered from the stage table (governance/stages/table.py): change the table, then `heirloom dvc-yaml`.\n"


def rendered() -> str:
    """The text of dvc.yaml; the same in every workspace."""
    import yaml

    text: str = yaml.safe_dump(pipeline(), sort_keys=False, width=140)
    return HEAD + text
