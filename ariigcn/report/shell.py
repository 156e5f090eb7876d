"""What every page of the report's style is made with."""

from jinja2 import BaseLoader, Environment

from ariigcn.core.templates import environment
from ariigcn.report.cells import Number
from ariigcn.report.glossary import linked


def page_templates(loader: BaseLoader) -> Environment:
    """The templates, with the test ``number`` of cells and the filter ``terms`` of the glossary."""
    templates = environment(loader, keep_trailing_newline=True)
    templates.tests["number"] = lambda cell: isinstance(cell, Number)
    templates.filters["terms"] = linked
    return templates
