"""Instructions per request, by callgrind."""
import os

import pytest

import callgrind
from collector import collector
from measure import INSTRUCTIONS, instructions, member_of_a_fleet, routes_of_an_api
from verdict import Bound, check

SAME_COMPILER, OTHERWISE, LIBRARIES = 0.02, 0.15, 0.25


@pytest.mark.parametrize("scenario", list(INSTRUCTIONS))
def test_a_request_takes_no_more_instructions_than_expected(program, driver, expected, scenario):
    assert callgrind.available(), "valgrind is not installed"
    own, libraries = instructions(program, driver, scenario)
    check([own_bound(own, expected["instructions_own"][scenario], os.environ.get("COSTS_COMPILER") == expected["compiler"]),
           around("libraries' instructions", libraries, expected["instructions_libraries"][scenario], LIBRARIES)])


def test_100_routes_take_few_instructions_more_than_none(program, driver, expected):
    assert callgrind.available(), "valgrind is not installed"
    options = routes_of_an_api()
    assert len(options["routes"]) == 100
    most = expected["instructions_of_100_routes_at_most"]
    # What the program does from time to time, not for requests, can only add: to a busy machine's figures, more.
    with_routes, without = [], []
    for _ in range(3):
        with_routes.append(sum(instructions(program, driver, "get", options)))
        without.append(sum(instructions(program, driver, "get")))
        more = min(with_routes) - min(without)
        if more <= most:
            break
    check([Bound("instructions more with 100 routes", more, most, 0, most)])


def test_the_key_of_a_fleet_takes_few_instructions_more_than_our_own(program, driver, expected, tmp_path):
    """With a token's name in the fleet in place of the digest that only this process knows."""
    assert callgrind.available(), "valgrind is not installed"
    more = sum(instructions(program, driver, "get", member_of_a_fleet(tmp_path))) - sum(instructions(program, driver, "get"))
    most = expected["instructions_of_a_fleet_at_most"]
    check([Bound("instructions more in a fleet", more, most, 0, most)])


def test_spans_of_each_request_take_few_instructions(program, driver, expected):
    """A SERVER and a CLIENT span; what another thread does to send them included."""
    assert callgrind.available(), "valgrind is not installed"
    with collector() as options:
        more = sum(instructions(program, driver, "get", options)) - sum(instructions(program, driver, "get"))
    most = expected["instructions_of_spans_at_most"]
    check([Bound("instructions more with spans", more, most, 0, most)])


def own_bound(measured, known, same_compiler):
    if same_compiler:
        return around("own instructions", measured, known, SAME_COMPILER)
    return Bound("own instructions, other compiler", measured, known, 0, known * (1 + OTHERWISE))


def around(name, measured, known, tolerance):
    return Bound(name, measured, known, known * (1 - tolerance), known * (1 + tolerance))
