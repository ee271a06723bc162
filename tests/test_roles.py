"""Roles: their tree, how they are added and asked for, and how they are written."""

import copy
import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import roles
from blocks.errors import GraphError
from blocks.roles import (
    AUXILIARY,
    BIAS,
    COST,
    FILTER,
    INPUT,
    PARAMETER,
    PERSISTENT,
    WEIGHT,
    ParameterRole,
    VariableRole,
    WeightRole,
    add_role,
    has_roles,
)

# each role and the one right above it
PARENTS = {
    "INPUT": "VARIABLE",
    "OUTPUT": "VARIABLE",
    "COST": "VARIABLE",
    "PERSISTENT": "VARIABLE",
    "PARAMETER": "PERSISTENT",
    "AUXILIARY": "VARIABLE",
    "WEIGHT": "PARAMETER",
    "BIAS": "PARAMETER",
    "INITIAL_STATE": "PARAMETER",
    "FILTER": "WEIGHT",
    "DROPOUT": "VARIABLE",
    "COLLECTED": "VARIABLE",
    "COLLECTOR": "PARAMETER",
    "ALGORITHM_STATE": "VARIABLE",
    "ALGORITHM_HYPERPARAMETER": "ALGORITHM_STATE",
    "ALGORITHM_BUFFER": "ALGORITHM_STATE",
    "BATCH_NORM_POPULATION_STATISTICS": "PERSISTENT",
    "BATCH_NORM_POPULATION_MEAN": "BATCH_NORM_POPULATION_STATISTICS",
    "BATCH_NORM_POPULATION_STDEV": "BATCH_NORM_POPULATION_STATISTICS",
    "BATCH_NORM_GRAPH_VARIABLE": "VARIABLE",
    "BATCH_NORM_OFFSET": "BATCH_NORM_GRAPH_VARIABLE",
    "BATCH_NORM_DIVISOR": "BATCH_NORM_GRAPH_VARIABLE",
    "BATCH_NORM_MINIBATCH_ESTIMATE": "BATCH_NORM_GRAPH_VARIABLE",
    "BATCH_NORM_SCALE_PARAMETER": "PARAMETER",
    "BATCH_NORM_SHIFT_PARAMETER": "BIAS",
}
ROLES = {name: getattr(roles, name) for name in PARENTS}


def variable():
    return SimpleNamespace(tag=SimpleNamespace())


def with_roles(*given_roles):
    var = variable()
    for role in given_roles:
        add_role(var, role)
    return var


def test_the_table_has_every_role():
    own = {name for name, value in vars(roles).items() if isinstance(value, VariableRole)}
    assert own == set(PARENTS)


@pytest.mark.parametrize(("name", "parent"), PARENTS.items())
def test_the_tree(name, parent):
    role = ROLES[name]
    assert repr(role) == name
    assert [repr(base()) for base in type(role).__bases__] == [parent]


@pytest.mark.parametrize("name", PARENTS)
def test_roles_survive_copies(name):
    role = ROLES[name]
    for twin in (copy.deepcopy(role), pickle.loads(pickle.dumps(role)), type(role)()):
        assert twin == role
        assert hash(twin) == hash(role)
    assert role != VariableRole()


@pytest.mark.parametrize(
    ("added", "kept"),
    [
        ([WEIGHT], [WEIGHT]),
        ([WEIGHT, WEIGHT], [WEIGHT]),
        ([PARAMETER, WEIGHT], [WEIGHT]),
        ([WEIGHT, PARAMETER], [WEIGHT]),
        ([PERSISTENT, PARAMETER, FILTER], [FILTER]),
        ([COST, AUXILIARY], [COST, AUXILIARY]),
        ([COST, PARAMETER, BIAS], [COST, BIAS]),
        ([INPUT, WEIGHT, BIAS], [INPUT, WEIGHT, BIAS]),
    ],
)
def test_the_most_specific_role_stays(added, kept):
    assert with_roles(*added).tag.roles == kept


def test_variables_do_not_share_their_roles():
    first = with_roles(COST)
    second = variable()
    second.tag.roles = first.tag.roles
    add_role(second, WEIGHT)
    assert first.tag.roles == [COST]


@pytest.mark.parametrize(
    ("own", "asked", "any_matches", "all_match"),
    [
        ([], [PARAMETER], False, False),
        ([WEIGHT], [PARAMETER], True, True),
        ([WEIGHT], [FILTER], False, False),
        ([WEIGHT], [WEIGHT, BIAS], True, False),
        ([WEIGHT, COST], [PARAMETER, COST], True, True),
        ([COST], COST, True, True),
        ([COST], [VariableRole()], True, True),
        ([COST], [], False, True),
    ],
)
def test_has_roles(own, asked, any_matches, all_match):
    var = with_roles(*own)
    assert has_roles(var, asked) is any_matches
    assert has_roles(var, asked, match_all=True) is all_match


def test_roles_may_be_asked_by_an_iterator():
    assert has_roles(with_roles(COST), iter([BIAS, COST]))


@given(st.lists(st.sampled_from(sorted(PARENTS)), max_size=8))
def test_no_role_is_lost_and_none_implied_by_another(names):
    var = with_roles(*(ROLES[name] for name in names))
    own = getattr(var.tag, "roles", [])
    assert all(has_roles(var, [ROLES[name]]) for name in names)
    assert {repr(role) for role in own} <= set(names)
    implied = [a for a in own for b in own if a is not b and isinstance(b, type(a))]
    assert not implied


@pytest.mark.parametrize("bad", [ParameterRole, "PARAMETER", None])
def test_a_class_is_no_role(bad):
    message = (
        f"expected a role such as PARAMETER, got {bad!r}. "
        "Roles are instances: give PARAMETER, not ParameterRole."
    )
    var = variable()
    with pytest.raises(GraphError) as caught:
        add_role(var, bad)
    assert str(caught.value) == f"add_role: {message}"
    with pytest.raises(GraphError) as caught:
        has_roles(var, [bad])
    assert str(caught.value) == f"has_roles: {message}"
    assert not hasattr(var.tag, "roles")


class RegularizedWeightRole(WeightRole):
    """A role that a user adds."""


def test_roles_can_be_added_by_users():
    regularized = RegularizedWeightRole()
    var = with_roles(WEIGHT, regularized)
    assert repr(var.tag.roles) == "[REGULARIZED_WEIGHT]"
    assert has_roles(var, [WEIGHT])
    assert not has_roles(with_roles(WEIGHT), [regularized])
