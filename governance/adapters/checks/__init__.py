"""What a doctor can see of this machine and this workspace without a scheduler: each check starts the thing it speaks of."""
