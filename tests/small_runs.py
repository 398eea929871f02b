"""Small runs whose bits must not depend on the processor; as a program it prints them, and what was compiled for them.

    python tests/small_runs.py      # JSON: {"results": {name: digest}, "loops": {name: [found, full]}, "arm": ...}

`tests/test_portability.py` starts it with Numba told that the processor is a lesser one.
"""

from __future__ import annotations

import hashlib
import json
import re

import llvmlite.binding as llvm
import numpy as np

import toylands as tl
from toylands import assembly
from toylands.ensemble import DIVERGENCE_LIMIT
from toylands.kernels import build_kernel
from toylands.prepared import prepare

HESSIAN = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 0.5]])
ARM = "aarch64-unknown-linux-gnu"


def cases():
    """name -> (landscape, rule, arguments of `tl.simulate`): odd numbers everywhere, two words of signs.

    Each kind of kernel, each noise, each way of stepping: kernels are compiled three times over in the tests.
    """
    process = tl.landscapes.LinearRecurrence(7, tl.noise.Uniform(0.5, 1.0))
    valley, bowl = tl.landscapes.WideningValley(5), tl.landscapes.QuadraticBowl(HESSIAN)
    regression = tl.landscapes.QuadraticRegression.random(samples=9, dim=5, sparsity=2, test_samples=3, seed=1)
    basins = tl.landscapes.TwoBasins(np.random.default_rng(3).normal(size=(7, 2)) * 0.3)
    found = {}
    for landscape, observable, eta, noise in (
        (process, process.sq_norm, 1.0, tl.noise.rademacher),
        (valley, valley.hessian_trace, 0.3, tl.noise.rademacher),
        (valley, valley.hessian_trace, 0.3, tl.noise.gaussian),
        (valley, valley.hessian_trace, 0.3, tl.noise.gaussian_float32),
        (bowl, bowl.loss, 0.3, tl.noise.rademacher),
    ):
        rule = tl.dynamics.correlated_pgd(eta, 0.1, 0.7, noise, first="stationary")
        found[f"{type(landscape).__name__}, {noise.name}"] = (landscape, rule, settings_of(landscape, observable))
    found["mini-batches"] = (regression, tl.dynamics.sgd(0.05, 4, "without"), settings_of(regression, regression.loss))
    shaped = tl.dynamics.gld_leading(0.004, rank=1, batch_size=2)
    found["shaped noise"] = (basins, shaped, settings_of(basins, basins.loss))
    return found


def settings_of(landscape, observable):
    """Arguments of `tl.simulate`."""
    start, record = np.linspace(0.5, 1.0, landscape.size), tl.record(observable, every=13)
    return {"start": start, "steps": 130, "trajectories": 70, "record": record, "seed": 5}


def digest(run):
    """The bits of every statistic."""
    parts = []
    for name in run.observables:
        series = run[name]
        parts += [series.mean, series.variance, series.stderr, series.minimum, series.maximum]
    return hashlib.sha256(np.array(parts).tobytes()).hexdigest()


def kernel_of(landscape, rule, asked):
    """The kernel that `tl.simulate` has used."""
    prepared = prepare(
        landscape, rule, asked["start"], asked["steps"], asked["trajectories"], asked["record"], asked["seed"],
        None, DIVERGENCE_LIMIT, 0,
    )  # fmt: skip
    return build_kernel(prepared.recipe())


def arm_loops(kernel):
    """The innermost loops of the kernel as LLVM would write it for 64-bit Arm."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(ARM).create_target_machine(cpu="generic", opt=3)
    (signature, text), *_ = kernel.inspect_llvm().items()
    text = re.sub(r"^target (triple|datalayout).*$", "", text, flags=re.M)
    # reference counts come down by an x86 instruction: any function will do in their place
    module = llvm.parse_assembly(re.sub(r"(tail )?call [^\n]*@llvm\.x86\.atomic\.sub[^\n]*", "add i8 0, 0", text))
    module.triple, module.data_layout = ARM, str(machine.target_data)
    symbol = kernel.overloads[signature].fndesc.mangled_name
    return assembly.inner_loops(machine.emit_assembly(module), symbol, assembly.WIDTHS["v.2d"])


def main():
    results, loops, arm = {}, {}, {}
    for name, (landscape, rule, asked) in cases().items():
        results[name] = digest(tl.simulate(landscape, rule, **asked))
        kernel = kernel_of(landscape, rule, asked)
        try:
            loops[name] = assembly.summary(assembly.kernel_loops(kernel))
            if assembly.register(kernel) == "xmm":
                arm[name] = assembly.summary(arm_loops(kernel))
        except ValueError:  # read from the disk
            pass
    print(json.dumps({"results": results, "loops": loops, "arm": arm}))


if __name__ == "__main__":
    main()
