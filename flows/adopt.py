"""A model that a team has already becomes the first release of this line: checked at the door, kept, shown, and let serve."""

from pathlib import Path

from flows.begin import pin
from flows.finish import archive_of, release_desk
from governance.actions.adopt import adopt as adopt_candidate
from governance.actions.outcomes import AdoptionOutcome
from governance.adapters.checkpoint_folder import check_folder
from governance.adapters.report.adopted import Adoption, build_adopted
from governance.digest import Manifest
from governance.errors import IntegrityError, UsageError
from governance.release.adoption import adopted_as, check_adoptable
from governance.training.adoption import StatedPast
from governance.wiring import Shop

FIRST_WORDS = ("The first words that an adopted model reads here.",)


def adopt(shop: Shop, checkpoint: Path, past: StatedPast, reason: str) -> AdoptionOutcome:
    """Bring a checkpoint in as the champion and the baseline of a line that has none.

    Raises: UsageError without a reason; IntegrityError for anything but a checkpoint of safetensors and JSON that the policy's trainer can
    open; RefusedError where the line has a champion already.
    """
    if not reason.strip():
        raise UsageError("an adoption is somebody's word, and no reason is given", fix='--reason "..."')
    adoption = _checked(shop, checkpoint, past, reason.strip())
    state = shop.ledger.state()
    if adopted_as(state, adoption.digest) is None:
        check_adoptable(state, adoption.digest)
    shop.trainer.open(checkpoint).score(FIRST_WORDS)
    pin(shop)
    candidate = build_adopted(adoption, archive_of(shop, adoption.digest))
    return adopt_candidate(release_desk(shop), candidate, past, policy_sha256=adoption.policy_sha256, reason=adoption.reason)


def _checked(shop: Shop, checkpoint: Path, past: StatedPast, reason: str) -> Adoption:
    """The adoption of a folder that is held to safetensors and JSON before a byte of it is parsed."""
    if checkpoint.is_symlink():
        raise IntegrityError("is a symbolic link", where=str(checkpoint), fix="name the folder itself")
    check_folder(checkpoint)
    return Adoption(
        model=shop.policy.line.model,
        environment=shop.policy.line.environment,
        trainer=shop.trainer.name,
        checkpoint=checkpoint,
        checkpoint_digest=Manifest.of(checkpoint).digest,
        policy_sha256=shop.policy.digest,
        past=past,
        by=shop.actor,
        reason=reason,
    )
