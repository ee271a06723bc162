"""Annotations and the auxiliary variables that they record."""

import pytest

from blocks.errors import GraphError
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable
from blocks.roles import AUXILIARY, COST, OUTPUT


def scalar(name="x"):
    return Variable(TensorType("float64"), name=name)


def test_add_annotation_keeps_order_and_adds_each_once():
    x, first, second = scalar(), Annotation(), Annotation()
    for annotation in (first, second, first):
        add_annotation(x, annotation)
    assert x.tag.annotations == [first, second]


def test_add_annotation_does_not_touch_a_copied_tag():
    x, y, first, second = scalar(), scalar(), Annotation(), Annotation()
    add_annotation(x, first)
    y.tag.annotations = x.tag.annotations
    add_annotation(y, second)
    assert x.tag.annotations == [first]
    assert y.tag.annotations == [first, second]


def test_auxiliary_variable_gets_annotation_roles_and_names():
    x, annotation = scalar(), Annotation()
    annotation.add_auxiliary_variable(x, roles=[COST, OUTPUT], name="penalty")
    assert annotation.auxiliary_variables == [x]
    assert x.tag.annotations == [annotation]
    assert x.tag.roles == [AUXILIARY, COST, OUTPUT]
    assert (x.name, x.tag.name) == ("penalty", "penalty")


def test_auxiliary_variable_keeps_its_name_by_default_and_takes_a_single_role():
    x, annotation = scalar("mine"), Annotation()
    annotation.add_auxiliary_variable(x, roles=COST)
    assert x.name == "mine"
    assert not hasattr(x.tag, "name")
    assert x.tag.roles == [AUXILIARY, COST]


def test_auxiliary_variable_is_recorded_once():
    x, annotation = scalar(), Annotation()
    annotation.add_auxiliary_variable(x)
    annotation.add_auxiliary_variable(x, roles=[COST])
    assert annotation.auxiliary_variables == [x]
    assert x.tag.roles == [AUXILIARY, COST]


def test_annotations_do_not_share_their_lists():
    Annotation().add_auxiliary_variable(scalar())
    assert Annotation().auxiliary_variables == []


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: Annotation().add_auxiliary_variable(3.0),
            r"add_auxiliary_variable: expected a variable, got float 3\.0",
        ),
        (
            lambda: Annotation().add_auxiliary_variable(scalar(), roles=["COST"]),
            "add_auxiliary_variable: expected roles, got str 'COST'",
        ),
        (
            lambda: add_annotation(scalar(), "linear"),
            "add_annotation: expected an Annotation for x, got str 'linear'",
        ),
    ],
)
def test_errors(act, message):
    with pytest.raises(GraphError, match=message):
        act()
