"""The recipe of a founding cycle, and of every later one."""

from dataclasses import replace

from governance.training.lineage import Start
from governance.training.recipe import Recipe


def recipe_for(recipe: Recipe, start: Start) -> Recipe:
    """The recipe as it is run: a start that has seen no token takes the founding epochs and the founding learning rate."""
    if not start.untrained:
        return recipe
    return replace(recipe, epochs=recipe.founding_epochs, learning_rate=recipe.founding_learning_rate)
