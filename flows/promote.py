"""The promotion flow: it proves everything again and moves the champion, or says who still has to approve."""

from pathlib import Path

from prefect import flow

from flows.approvals import terms_of
from flows.finish import release_desk
from governance.actions.outcomes import PromotionOutcome
from governance.actions.promote import promote
from governance.wiring import open_shop


@flow(name="promote", flow_run_name="promote-{model}-{version}", validate_parameters=False)
def promote_flow(workspace: str, model: str, version: int, requester: str | None = None) -> PromotionOutcome:
    """Promote one version if the policy and the approvals permit it; the parameters are names only (attack A20)."""
    del model
    shop = open_shop(Path(workspace), actor=requester)
    return promote(release_desk(shop), version, terms_of(shop))
