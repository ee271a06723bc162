"""Applications: the methods of bricks that take variables and return variables.

How the pieces fit:

`application` turns a method of a brick class into an `Application`, a plain descriptor.
Looked up on a brick it gives a `BoundApplication`; looked up on the class it gives the
`Application` itself. Calling a bound one

1. checks the arguments against the signature of the method,
2. allocates the brick, if nobody has yet,
3. makes an `ApplicationCall`, the record of this one call, and hands it to methods that
   have a parameter ``application_call`` (likewise ``application``, the bound application),
4. passes on *copies* of the input variables and returns *copies* of the outputs, tagged
   with brick, call, role (INPUT, OUTPUT) and names: so that a graph can be queried,
5. tells the graph where it is, so that errors name the brick: ``/mlp/linear_0.apply``.

An application has properties: the names of its ``inputs`` and ``outputs`` and, for
recurrent ones, ``sequences``, ``states`` and ``contexts``. They are given

- as fixed lists: ``@application(inputs=["input_"], outputs=["output"])``;
- computed from the brick: ``@apply.property("outputs")`` decorates a method of the brick
  (a subclass may override the method);
- by another application that this one delegates to: ``@apply.delegate`` decorates a
  method of the brick that returns it.

Other names are allowed too. ``inputs`` defaults to the names of the arguments.

Examples
--------
>>> from blocks import tensor
>>> from blocks.bricks import Brick
>>> class Double(Brick):
...     @application(inputs=["x"], outputs=["y"])
...     def apply(self, x):
...         return 2 * x
>>> double = Double()
>>> double.apply, double.apply.inputs
(/double.apply, ['x'])
>>> y = double.apply(tensor.vector("v"))
>>> y, y.tag.name, y.tag.roles
(double_apply_y, 'y', [OUTPUT])
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from blocks.bricks.bound import BoundApplication
from blocks.bricks.calls import ApplicationCall, CallStack, as_input, calling, copy_and_tag
from blocks.errors import BlocksError, BrickError, locate
from blocks.graph.origin import building
from blocks.graph.variable import Variable
from blocks.roles import INPUT, OUTPUT

__all__ = ["Application", "BoundApplication", "application", "rename_function"]

PROPERTIES = ("inputs", "outputs", "sequences", "states", "contexts")
INJECTED = ("application", "application_call")

property_ = property  # `Application` has a method of that name


def rename_function(function: Callable[..., Any], new_name: str) -> Callable[..., Any]:
    """Give a function another name, and return it.

    Examples
    --------
    >>> rename_function(lambda x: x, "copy").__name__
    'copy'
    """
    function.__name__ = new_name
    return function


class Application:
    """A method of a brick class that takes variables and returns variables.

    Parameters
    ----------
    application_function
        The method. Its parameters ``application`` and ``application_call``, if it has
        them, are filled in by the call.

    Attributes
    ----------
    attributes : dict
        The properties given as fixed lists.
    properties : dict
        The methods of the brick that compute properties.
    call_stack : list of Brick
        The bricks that are being applied just now, each by the one before it.
    """

    call_stack = CallStack()

    def __init__(self, application_function: Callable[..., Any]) -> None:
        if not inspect.isfunction(application_function):
            raise TypeError(
                f"application: expected a method of a brick, got {application_function!r}."
            )
        functools.update_wrapper(self, application_function)
        self._application_function = application_function
        self.attributes: dict[str, Any] = {}
        self.properties: dict[str, Callable[..., Any]] = {}
        self.delegate_function: Callable[..., Any] | None = None
        self.bound_class: Any = BoundApplication
        self._name: str | None = None
        # Not of the wrapped function: a decorator may have changed the arguments.
        self._signature = inspect.signature(application_function, follow_wrapped=False)
        self._parameters = list(self._signature.parameters.values())
        if not self._parameters:
            raise TypeError(f"{self.name}: expected the brick as first parameter, got none.")
        self._caller_signature = inspect.Signature(
            [p.replace(annotation=p.empty) for p in self._parameters[1:] if p.name not in INJECTED]
        )

    def __repr__(self) -> str:
        return f"<Application {self.application_function.__qualname__}>"

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name
        self.__objclass__ = owner

    def __get__(self, brick: Any, owner: type | None = None) -> Any:
        return self if brick is None else self.bound_class(self, brick)

    @property_
    def name(self) -> str:
        """The name of the method."""
        return self._name or self.application_function.__name__

    @property_
    def application_function(self) -> Callable[..., Any]:
        """The method, as it was written."""
        return self._application_function

    @property_
    def argument_names(self) -> list[str]:
        """The names of the arguments that a caller gives, without ``*`` and ``**``."""
        several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        parameters = self._caller_signature.parameters.values()
        return [p.name for p in parameters if p.kind not in several]

    @property_
    def inputs(self) -> list[str]:
        """The names of the inputs, by default those of the arguments."""
        return list(self.attributes.get("inputs", self.argument_names))

    @inputs.setter
    def inputs(self, inputs: Sequence[str]) -> None:
        self.attributes["inputs"] = list(inputs)

    def declare(self, name: str, value: Any) -> None:
        """Set a property to a fixed value, such as a list of names."""
        if isinstance(value, str) and name in PROPERTIES:
            raise TypeError(
                f"application {self.name}: expected a list of names as {name}, got {value!r}. "
                f"Write {name}=[{value!r}]."
            )
        self.attributes[name] = value
        if name != "inputs":
            setattr(self, name, value)
        self._offer(name)

    def _offer(self, name: str) -> None:
        """Let bound applications have a property that is not one of the standard ones."""
        if hasattr(self.bound_class, name):
            return
        if self.bound_class is BoundApplication:
            self.bound_class = type("BoundApplication", (BoundApplication,), {})
        setattr(self.bound_class, name, property_(lambda bound: bound.find(name)))

    def property(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a method of the brick that computes a property of this application.

        Parameters
        ----------
        name
            The property, e.g. ``"outputs"``.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"{self.name}.property: expected the name of a property, got {name!r}. "
                f'Write @{self.name}.property("inputs").'
            )

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            self.properties[name] = function
            self._offer(name)
            return function

        return decorate

    def delegate(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a method of the brick that returns the application to ask instead.

        Properties that this application does not have itself are taken from that one.
        """
        self.delegate_function = f
        return f

    def __call__(self, brick: Any, *args: Any, **kwargs: Any) -> Any:
        """Apply it to a brick given first: ``Linear.apply(linear, x)``."""
        if not hasattr(brick, "get_unique_path"):
            raise TypeError(
                f"{self.name}: expected a brick as the first argument, got "
                f"{type(brick).__name__} {brick}. Create the brick: Brick(...).{self.name}(...)."
            )
        return self.apply(self.bound_class(self, brick), *args, **kwargs)

    def apply(self, bound_application: BoundApplication, *args: Any, **kwargs: Any) -> Any:
        """Call the method on tagged copies of its inputs and tag its outputs.

        Parameters
        ----------
        bound_application
            The application of one brick.
        *args, **kwargs
            The arguments of the method. Arrays become constants.
        as_dict, as_list : bool
            Return the outputs as an ordered dict by name, or always as a list.
        call_id : str
            A mark by which ``VariableFilter(call_id=...)`` finds the variables.

        Returns
        -------
        One variable, or a list where the method returns several.

        Raises
        ------
        TypeError
            If the arguments do not fit.
        BrickError
            If the brick cannot be allocated or returns more than it declares.
        """
        bound, brick = bound_application, bound_application.brick
        as_dict, as_list = kwargs.pop("as_dict", False), kwargs.pop("as_list", False)
        if as_dict and as_list:
            raise TypeError(f"{bound}: expected one of as_dict and as_list, got both.")
        call = ApplicationCall(bound)
        if "call_id" in kwargs:
            call.metadata["call_id"] = kwargs.pop("call_id")
        arguments = self._bind(bound, args, kwargs)
        try:
            with calling(bound), building(bound.path):
                if not brick.allocated:
                    brick.allocate()
                self._tag_inputs(bound, call, arguments)
                arguments |= {self._parameters[0].name: brick}
                arguments |= {"application": bound, "application_call": call}
                filled = inspect.BoundArguments(self._signature, arguments)
                result = self.application_function(*filled.args, **filled.kwargs)
                names, outputs = self._tag_outputs(bound, call, result)
        except BlocksError as error:
            locate(error, bound.path)
            raise
        if as_dict:
            return OrderedDict(zip(names, outputs, strict=True))
        if as_list or len(outputs) != 1:
            return outputs
        return outputs[0]

    def _bind(
        self, bound: BoundApplication, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            arguments = self._caller_signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            got = [f"{len(args)} by position"] if args or not kwargs else []
            got += [f"{key}=" for key in kwargs]
            raise TypeError(
                f"{bound}: expected the arguments {self._caller_signature}, got "
                f"{' and '.join(got)}: {error}."
            ) from None
        return dict(arguments)

    def _tag_inputs(
        self, bound: BoundApplication, call: ApplicationCall, arguments: dict[str, Any]
    ) -> None:
        """Replace the variables and arrays among the arguments by tagged copies."""
        explicit = "inputs" in (*self.attributes, *self.properties) or self.delegate_function
        declared = bound.inputs if explicit else []

        def tag(value: Any, name: str) -> Any:
            variable = as_input(bound, value, name, name in declared)
            if not isinstance(variable, Variable):
                return value
            return copy_and_tag(variable, bound.brick, call, INPUT, self.name, name)

        for name, value in list(arguments.items()):
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                names = [x for x in declared if x not in self.argument_names]
                names += [f"{name}_{i}" for i in range(len(names), len(value))]
                arguments[name] = tuple(map(tag, value, names))
            elif kind is inspect.Parameter.VAR_KEYWORD:
                arguments[name] = {key: tag(item, key) for key, item in value.items()}
            else:
                arguments[name] = tag(value, name)

    def _tag_outputs(
        self, bound: BoundApplication, call: ApplicationCall, result: Any
    ) -> tuple[list[str], list[Any]]:
        outputs = list(result) if isinstance(result, list | tuple) else [result]
        declared = None
        with contextlib.suppress(AttributeError):
            declared = bound.outputs
        names = [f"output_{i}" for i in range(len(outputs))] if declared is None else declared
        if len(outputs) > len(names) or (result is None and declared):
            raise BrickError(
                f"{bound}: expected the outputs {', '.join(names) or '(none)'}, got "
                f"{'none' if result is None else len(outputs)}. "
                "Return what outputs=[...] declares, in that order."
            )
        tagged = [
            copy_and_tag(output, bound.brick, call, OUTPUT, self.name, name)
            if isinstance(output, Variable)
            else output
            for output, name in zip(outputs, names, strict=False)
        ]
        return names[: len(tagged)], tagged


def application(*args: Any, **kwargs: Any) -> Any:
    """Decorate a method of a brick so that it can be applied to variables.

    Parameters
    ----------
    inputs, outputs : list of str
        The names of its inputs and outputs.
    **kwargs
        Further properties with fixed values, such as ``states`` and ``sequences``.

    Examples
    --------
    >>> from blocks.bricks import Brick
    >>> class Sum(Brick):
    ...     @application(outputs=["total"])
    ...     def apply(self, x, y):
    ...         return x + y
    >>> Sum().apply.inputs, Sum.apply.outputs
    (['x', 'y'], ['total'])
    """
    if args and (kwargs or len(args) > 1 or not callable(args[0])):
        raise TypeError(
            "application: expected a method or keywords such as outputs=['output'], got "
            f"{', '.join(map(repr, args))}."
        )
    if args:
        return Application(args[0])

    def decorate(function: Callable[..., Any]) -> Application:
        made = Application(function)
        for name, value in kwargs.items():
            made.declare(name, value)
        return made

    return decorate
