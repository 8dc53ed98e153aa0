"""The templates of every page: one skeleton with one content policy, and what a page is given is escaped."""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@functools.cache
def page_template(name: str) -> "Template":
    """A template of this folder; what it is given is escaped, and a name that it is not given is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("governance.adapters.report")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).get_template(name)
