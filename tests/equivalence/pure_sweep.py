# SPDX-License-Identifier: GPL-2.0-only
"""Thousands of pure functions on the interpreter, the bytecode machine and native code, and a part of them on a real kernel.

    python tests/equivalence/pure_sweep.py --modules 200                          # 4,000 functions, 12 sets of arguments each
    python tests/equivalence/pure_sweep.py --modules 20 --kernel 6.18 --kernel 7.3  # beside them a kernel, through BPF_PROG_TEST_RUN

Prints what differs as it is found, and at the end the counts.
"""

import argparse
import sys
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from time import monotonic

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check, lower
from scxdsl.fuzz import engines
from scxdsl.fuzz.native import Native, NativeFault
from scxdsl.fuzz.native_text import NotNative
from scxdsl.fuzz.pure import generate
from scxdsl.guest import Guest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first module (%(default)s)")
    parser.add_argument("--modules", type=int, default=100, help="of 20 functions each (%(default)s)")
    parser.add_argument("--contexts", type=int, default=12, help="sets of arguments of each function (%(default)s)")
    parser.add_argument("--kernel", action="append", default=[], help="a series; may be repeated")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no module is begun later")
    args = parser.parse_args()
    done: Counter[str] = Counter()
    begin = monotonic()
    with ExitStack() as stack:
        backend, process = stack.enter_context(Backend()), stack.enter_context(Native())
        guests = {kernel: stack.enter_context(Guest(kernel, cpus=2)) for kernel in args.kernel}
        for seed in range(args.first, args.first + args.modules):
            if monotonic() - begin > args.seconds:
                break
            try:
                one(seed, args.contexts, backend, process, guests, done)
            except (NotNative, NativeFault, engines.KernelRefuses) as fault:
                done[type(fault).__name__] += 1
                print(f"seed {seed}: {type(fault).__name__}: {fault}", flush=True)
    print(f"{', '.join(f'{name} {n:,}' for name, n in done.items())}; {monotonic() - begin:.0f} s")
    return 1 if done["differences"] or done["NotNative"] or done["NativeFault"] or done["KernelRefuses"] or done["refused"] else 0


def one(seed: int, contexts: int, backend: Backend, process: Native, guests: dict[str, Guest], done: Counter[str]) -> None:
    functions = engines.compiled(str(generate(seed)), check, lower, backend)
    if not isinstance(functions, engines.Functions):
        done["refused"] += 1
        print(f"seed {seed}: {functions}", flush=True)
        return
    calls = functions.calls(seed, contexts)
    meant = engines.interpreted(functions, calls)
    answers = {"interpreter": meant, "machine": engines.on_machine(functions, calls), "native": engines.native(functions, calls, process)}
    found = list(islice(engines.differences(calls, answers), 3))
    done["modules"] += 1
    done["functions"] += len(calls)
    done["calls"] += sum(map(len, calls.values()))
    done["of them ended by an error"] += sum(status != 0 for results in meant.values() for status, _ in results)
    quiet = engines.without_errors(calls, meant)
    for kernel, guest in guests.items():
        answered = engines.on_kernel(functions, quiet, guest)
        right = engines.interpreted(functions, quiet)
        found += islice(engines.differences({n: c for n, c in quiet.items() if c}, {"interpreter": right, kernel: answered}), 3)
        done[f"calls on {kernel}"] += sum(map(len, quiet.values()))
    done["differences"] += len(found)
    for apart in found:
        print(f"seed {seed}: {apart}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
