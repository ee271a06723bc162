"""The helpers for tests that users get too."""

from unittest import SkipTest

import pytest

from blocks.config import config
from blocks.extensions import FinishAfter
from blocks.utils.testing import (
    MockAlgorithm,
    MockMainLoop,
    silence_printing,
    skip_if_configuration_set,
    skip_if_not_available,
)


def test_silence_printing(capsys):
    @silence_printing
    def loud(x, y=0):
        print("loud")
        return x + y

    assert loud(1, y=2) == 3
    assert loud.__name__ == "loud"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"modules": ["numpy", "no_such_module"]}, "needs the module no_such_module"),
        ({"datasets": ["no_such_file.hdf5"]}, "needs no_such_file.hdf5 in the data path"),
        ({"configurations": ["no_such_setting"]}, "needs the setting no_such_setting"),
    ],
)
def test_skip_if_not_available(needs, reason):
    with pytest.raises(SkipTest, match=reason):
        skip_if_not_available(**needs)


def test_what_is_available_is_not_skipped(tmp_path):
    (tmp_path / "there.hdf5").touch()
    with config.use(data_path=str(tmp_path)):
        assert (
            skip_if_not_available(
                modules=["numpy"], datasets=["there.hdf5"], configurations=["floatX"]
            )
            is None
        )


def test_skip_if_configuration_set():
    with config.use(floatX="float32"):
        assert skip_if_configuration_set("floatX", "float64") is None
        with pytest.raises(SkipTest, match="makes no sense with floatX = 'float32'"):
            skip_if_configuration_set("floatX", "float32")
        with pytest.raises(SkipTest, match="too slow"):
            skip_if_configuration_set("floatX", "float32", "too slow")


def test_mock_main_loop():
    main_loop = MockMainLoop(extensions=[FinishAfter(after_n_epochs=2)])
    main_loop.run()
    assert main_loop.algorithm.batches == [{"data": i} for i in range(10)] * 2


def test_mock_algorithm_wants_to_be_initialized():
    with pytest.raises(RuntimeError, match=r"expected initialize\(\) before process_batch"):
        MockAlgorithm().process_batch({})
