"""Old names that cannot be served, each with what to say about it.

What stands here and exists again is found by a test: such a line goes.
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.errors import BlocksError, nearest

__all__ = ["MISSING", "LegacyImportError", "sorry"]


class LegacyImportError(BlocksError, ImportError):
    """An old module or name cannot be imported."""


CONVOLUTION = "Convolutions and pooling are not there yet."
NORMALIZATION = "Batch normalization is not there yet."
ATTENTION = "Attention is not there yet."
GENERATORS = "Sequence generators and beam search are not there yet."
CHECKPOINTS = "Checkpoints are not there yet."
OPS = "Ops are declared in another way here: see docs/howto-op.md."
GPU = "There is no GPU backend."
PROFILE = "Pass profile=True to function, and print blocks.explain of it."
OPTIMIZER = "The graph is optimized by blocks.compile, which takes no plug-ins."
WRAPPER = "Use WithExtraDims."
STATUS = "log.status is a dict, and log[time] is one too."
FILES = "MNIST reads its IDX files from the data path, or downloads them; others are to come."
PARALLEL = "Reading data in another process is not there yet."
TEXT = "Data sets of text are not there yet."
HDF5 = "Data sets in HDF5 files are not there yet."
WINDOWS = "Windows and n-grams are not there yet."
PLOTS = "Plots are not there yet; main_loop.log holds the records."
LOG = "The log is kept in memory only."
DOCUMENTATION = "Write the docstring of the class itself."
COMPLEX = "There are no complex numbers: keep two real variables."
SPECIAL = "Of the special functions, erf, erfc, gamma, gammaln and psi are there."
IMAGES = "Transformers of images are not there yet."

MISSING: dict[str, str] = {
    # Theano
    "theano.Op": OPS,
    "theano.OpFromGraph": OPS,
    "theano.as_op": OPS,
    "theano.compile.ProfileMode": PROFILE,
    "theano.compile.ProfileStats": PROFILE,
    "theano.compile.ops": OPS,
    "theano.gof.Op": OPS,
    "theano.gof.local_optimizer": OPTIMIZER,
    "theano.gof.op.Op": OPS,
    "theano.gof.opt": OPTIMIZER,
    "theano.gpuarray": GPU,
    "theano.sandbox.cuda.dnn": GPU,
    "theano.sandbox.gpuarray": GPU,
    "theano.sparse": "Sparse matrices are not there.",
    "theano.tensor.angle": COMPLEX,
    "theano.tensor.chi2sf": SPECIAL,
    "theano.tensor.complex": COMPLEX,
    "theano.tensor.complex_from_polar": COMPLEX,
    "theano.tensor.conj": COMPLEX,
    "theano.tensor.erfcinv": SPECIAL,
    "theano.tensor.erfcx": SPECIAL,
    "theano.tensor.erfinv": SPECIAL,
    "theano.tensor.extra_ops.bartlett": "Pass the array of numpy.bartlett.",
    "theano.tensor.gammainc": SPECIAL,
    "theano.tensor.gammaincc": SPECIAL,
    "theano.tensor.gammal": SPECIAL,
    "theano.tensor.gammau": SPECIAL,
    "theano.tensor.i0": SPECIAL,
    "theano.tensor.i1": SPECIAL,
    "theano.tensor.imag": COMPLEX,
    "theano.tensor.iv": SPECIAL,
    "theano.tensor.j0": SPECIAL,
    "theano.tensor.j1": SPECIAL,
    "theano.tensor.jv": SPECIAL,
    "theano.tensor.nnet.abstract_conv": CONVOLUTION,
    "theano.tensor.nnet.conv": CONVOLUTION,
    "theano.tensor.nnet.conv2d": CONVOLUTION,
    "theano.tensor.nnet.conv2d_transpose": CONVOLUTION,
    "theano.tensor.nnet.conv3d": CONVOLUTION,
    "theano.tensor.nnet.h_softmax": "Write it with softmax and indexing.",
    "theano.tensor.opt": OPTIMIZER,
    "theano.tensor.permute_row_elements": "Index with pairs of integers: x[arange(n)[:, None], y].",
    "theano.tensor.real": COMPLEX,
    "theano.tensor.signal": CONVOLUTION,
    "theano.tensor.tri_gamma": SPECIAL,
    # Fuel
    "fuel.bin": FILES,
    "fuel.converters": FILES,
    "fuel.datasets.Adult": FILES,
    "fuel.datasets.BinarizedMNIST": FILES,
    "fuel.datasets.CIFAR10": FILES,
    "fuel.datasets.CIFAR100": FILES,
    "fuel.datasets.CalTech101Silhouettes": FILES,
    "fuel.datasets.CelebA": FILES,
    "fuel.datasets.DogsVsCats": FILES,
    "fuel.datasets.H5PYDataset": HDF5,
    "fuel.datasets.Iris": FILES,
    "fuel.datasets.SVHN": FILES,
    "fuel.datasets.TextFile": TEXT,
    "fuel.datasets.adult": FILES,
    "fuel.datasets.billion": TEXT,
    "fuel.datasets.binarized_mnist": FILES,
    "fuel.datasets.caltech101_silhouettes": FILES,
    "fuel.datasets.celeba": FILES,
    "fuel.datasets.cifar10": FILES,
    "fuel.datasets.cifar100": FILES,
    "fuel.datasets.dogs_vs_cats": FILES,
    "fuel.datasets.hdf5": HDF5,
    "fuel.datasets.imagenet": FILES,
    "fuel.datasets.iris": FILES,
    "fuel.datasets.svhn": FILES,
    "fuel.datasets.text": TEXT,
    "fuel.datasets.toy": "Use IndexableDataset with arrays of your own.",
    "fuel.datasets.youtube_audio": FILES,
    "fuel.downloaders": FILES,
    "fuel.exceptions.MissingInputFiles": FILES,
    "fuel.exceptions.NeedURLPrefix": FILES,
    "fuel.server": PARALLEL,
    "fuel.streams.ServerDataStream": PARALLEL,
    "fuel.transformers.BackgroundProcess": PARALLEL,
    "fuel.transformers.MultiProcessing": PARALLEL,
    "fuel.transformers.defaults.ToBytes": IMAGES,
    "fuel.transformers.defaults.rgb_images_from_encoded_bytes": IMAGES,
    "fuel.transformers.image": IMAGES,
    "fuel.transformers.sequences": WINDOWS,
    "fuel.transformers.text": WINDOWS,
    # Blocks 0.2
    "blocks.bricks.BatchNormalization": NORMALIZATION,
    "blocks.bricks.BatchNormalizedMLP": NORMALIZATION,
    "blocks.bricks.SpatialBatchNormalization": NORMALIZATION,
    "blocks.bricks.attention": ATTENTION,
    "blocks.bricks.bn": NORMALIZATION,
    "blocks.bricks.conv": CONVOLUTION,
    "blocks.bricks.sequence_generators": GENERATORS,
    "blocks.extensions.saveload": CHECKPOINTS,
    "blocks.graph.apply_batch_normalization": NORMALIZATION,
    "blocks.graph.batch_normalization": NORMALIZATION,
    "blocks.graph.bn": NORMALIZATION,
    "blocks.graph.get_batch_normalization_updates": NORMALIZATION,
    "blocks.log.SQLiteLog": LOG,
    "blocks.log.sqlite": LOG,
    "blocks.search": GENERATORS,
    "blocks.serialization": CHECKPOINTS,
    # Blocks of 2015
    "blocks.bricks.ActivationDocumentation": DOCUMENTATION,
    "blocks.bricks.interfaces.ActivationDocumentation": DOCUMENTATION,
    "blocks.bricks.wrappers.As2D": WRAPPER,
    "blocks.bricks.wrappers.WithAxesSwapped": WRAPPER,
    "blocks.datasets.text": TEXT,
    "blocks.dump.MainLoopDumpManager": CHECKPOINTS,
    "blocks.extensions.plot": PLOTS,
    "blocks.log.AbstractTrainingStatus": STATUS,
    "blocks.log.TrainingLogRow": STATUS,
    "blocks.log.TrainingStatus": STATUS,
    "blocks.scripts.MainLoopDumpManager": CHECKPOINTS,
    "blocks.scripts.continue_training": CHECKPOINTS,
    "blocks.scripts.dump": CHECKPOINTS,
    "blocks.scripts.plot": PLOTS,
    "blocks.utils.secure_dill_dump": CHECKPOINTS,
}
"""For each name, or module with everything in it: what to do without it."""


def sorry(name: str, candidates: Iterable[str] = ()) -> str:
    """Return the message about an old name that is not here, with what to do instead.

    Examples
    --------
    >>> sorry("theano.tensor.matriks", ["matrix"])
    "theano.tensor.matriks: expected a name that blocks provides, got one that it does not
    have (yet). Did you mean 'matrix'?"
    """
    above = name
    while above and above not in MISSING:
        above = above.rpartition(".")[0]
    message = f"{name}: expected a name that blocks provides, got one that it does not have"
    if above:
        return f"{message}. {MISSING[above]}"
    return f"{message} (yet).{nearest(name.rpartition('.')[2], candidates)}"
