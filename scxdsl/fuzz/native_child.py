# SPDX-License-Identifier: GPL-2.0-only
"""The process that runs native code. Started as a script by native.py: it may die of what it runs. It imports llvmlite's binding alone.

A request is a line of JSON: `text` LLVM IR without a target, `ones` names of bytes to set to 1 first, `calls` a list of [function, [context in
hex]]. The answer is a line of JSON: for each function [status, context in hex] for each context.
"""

import ctypes
import json
import sys
import traceback


def run(llvm, request: dict) -> list:
    machine = llvm.Target.from_default_triple().create_target_machine(opt=2, jit=True)  # the engine takes it for its own
    head = f'target datalayout = "{machine.target_data}"\ntarget triple = "{machine.triple}"\n'
    module = llvm.parse_assembly(head + request["text"])
    module.verify()
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    with llvm.create_mcjit_compiler(module, machine) as engine:
        engine.finalize_object()
        for name in request["ones"]:
            ctypes.c_uint8.from_address(engine.get_global_value_address(name)).value = 1
        return [_calls(engine.get_function_address(name), contexts) for name, contexts in request["calls"]]


def _calls(address: int, contexts: list) -> list:
    function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(address)
    out = []
    for text in contexts:
        data = bytes.fromhex(text)
        # words of their own, as the kernel's memory for a context begins on 8 bytes
        room = (ctypes.c_uint64 * (len(data) // 8 + 1))()
        ctypes.memmove(room, data, len(data))
        status = function(ctypes.addressof(room))
        out.append([status, bytes(room)[: len(data)].hex()])
    return out


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for line in sys.stdin:
        try:
            answer = {"results": run(llvm, json.loads(line))}
        except Exception:
            answer = {"fault": traceback.format_exc(limit=3)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
