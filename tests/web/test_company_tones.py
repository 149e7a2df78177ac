"""Companies are told apart by colour and text: no two circles of an installation look the same."""

from __future__ import annotations

import re
from itertools import combinations
from uuid import UUID

from projections.progress import wait_for
from tests.application.world import CNPJS
from tests.web.portfolio import Portfolio
from tests.web.world import World
from web.assets import STATIC
from web.company_tones import COLOURS, SHAPES, CompanyTones

CSS = (STATIC / "app.css").read_text()
type Colour = tuple[int, int, int]


def colour(number: int) -> Colour:
    found = re.search(rf"\.company-{number} {{ background: #(..)(..)(..); }}", CSS)
    assert found is not None
    red, green, blue = (int(part, 16) for part in found.groups())
    return red, green, blue


def luminance(of: Colour) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [each / 255 for each in of]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_white_text_is_read_on_every_colour() -> None:
    assert all(1.05 / (luminance(colour(number)) + 0.05) >= 4.5 for number in range(COLOURS))


def test_no_two_colours_are_alike() -> None:
    for one, other in combinations([colour(number) for number in range(COLOURS)], 2):
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 40


def test_companies_are_coloured_in_the_order_of_their_registration(
    world: World, portfolio: Portfolio
) -> None:
    tones = CompanyTones(world.lastro.database)
    first, second = world.organisation.company, portfolio.other_company
    assert tones(first) == "company-0 company-shape-0"
    assert tones(second) == "company-1 company-shape-0"
    assert tones(UUID(int=1)) == "company-0 company-shape-0"


def test_a_company_that_came_later_is_looked_up_and_the_others_keep_theirs(
    world: World, portfolio: Portfolio
) -> None:
    tones = CompanyTones(world.lastro.database)
    before = tones(portfolio.other_company)
    later = world.organisation.add_company("GAMA", CNPJS[2])
    assert wait_for(world.lastro.database, world.lastro.safe_position(), 10)
    assert tones(later) == "company-2 company-shape-0"
    assert tones(portfolio.other_company) == before


def test_after_the_colours_the_shapes_go_on() -> None:
    assert COLOURS * SHAPES == 36
    assert all(f".company-shape-{shape} {{" in CSS for shape in range(1, SHAPES))
