"""What the compiler made of a kernel: its innermost loops, and whether they hold full-width vector code.

A function's assembly is cut into basic blocks, loops are found as in a compiler's textbook (back edges to a dominator),
and each innermost loop's floating-point arithmetic is counted by the registers that it works on. Loops without such
arithmetic (copying, random words) are counted too, but say nothing about vectors.

Reads what LLVM prints for x86-64 (AT&T syntax) and for 64-bit Arm.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toylands.natural_loops import natural_loops

_LABEL = re.compile(r"^(\.?LBB\w+):")
_SYMBOL = re.compile(r'^"?([^\s".#/][^\s"#]*)"?:')
_X86_JUMP = re.compile(r"^j[a-z]+$")
_ARM_JUMP = re.compile(r"^(b|b\.[a-z]+|cbn?z|tbn?z)$")
_ENDS = frozenset({"jmp", "jmpq", "ret", "retq", "ud2", "b", "br", "brk"})
_CALLS = frozenset({"call", "callq", "bl", "blr"})
_X86_FLOAT = re.compile(r"^v?(add|sub|mul|div|sqrt|min|max|fn?m(?:add|sub)(?:132|213|231)?|fmaddsub\d*|fmsubadd\d*)"
                        r"([ps])([sd])$")  # fmt: skip
_ARM_FLOAT = re.compile(r"^f(n?m(?:add|sub|ul)|ml[as]|add|sub|div|sqrt|min(?:nm)?|max(?:nm)?)(\.2d|\.4s)?$")
_EXTRACTS = re.compile(r"^(v?p?extr|.*\.d\[1\]$)")

#: registers by what they hold, in bytes
WIDTHS = {"zmm": 64, "ymm": 32, "xmm": 16, "v.2d": 16}


@dataclass(frozen=True)
class Loop:
    """The floating-point arithmetic of one innermost loop: how many instructions of each kind it holds.

    Parameters
    ----------
    label : str
        Where it begins in the assembly.
    depth : int
        How many loops it lies in, itself included.
    packed : int
        Instructions on whole vectors of doubles, of the width that was asked for.
    fused : int
        Those of them that multiply and add at once.
    narrow : int
        Instructions on shorter vectors.
    scalar : int
        Instructions on single numbers.
    extracts : int
        Instructions that take lanes out of a vector.
    calls : int
        Calls of functions, whatever they do.
    singles : int
        Instructions on whole vectors of float32.
    """

    label: str
    depth: int
    packed: int
    fused: int
    narrow: int
    scalar: int
    extracts: int
    calls: int
    singles: int

    @property
    def computes(self) -> bool:
        """Whether there is any arithmetic on floats, or a call that may hide some."""
        return self.packed + self.singles + self.narrow + self.scalar + self.calls > 0

    @property
    def full_width(self) -> bool:
        """Whether everything that differs from lane to lane is done on whole vectors.

        Numbers that all lanes share (kappa sigma_k, twice a coefficient) are rightly computed once, each for a vector
        instruction that uses it. An operation on lanes that is taken apart shows otherwise: lanes are taken out of a
        vector, or there are more scalar instructions than vector ones.
        """
        whole = self.packed + self.singles
        apart = self.scalar > 0 and (self.extracts > 0 or 2 * self.scalar > whole)
        return whole > 0 and self.narrow == 0 and self.calls == 0 and not apart


def inner_loops(assembly: str, function: str, width: int) -> list[Loop]:
    """The innermost loops of one function, in the order of the code.

    Parameters
    ----------
    assembly : str
        What ``dispatcher.inspect_asm()`` gives for a signature.
    function : str
        The function's symbol, or the beginning of it.
    width : int
        Bytes of a whole vector: 64 on AVX-512, 32 on AVX2, 16 on SSE2 and on Arm.

    Raises
    ------
    ValueError
        If there is no such function.

    Examples
    --------
    >>> code = '''
    ... f:
    ...  vxorpd %xmm0, %xmm0, %xmm0
    ... .LBB0_1:
    ...  vfmadd231pd (%rdi), %zmm1, %zmm0
    ...  addq $64, %rdi
    ...  cmpq %rdi, %rsi
    ...  jne .LBB0_1
    ...  retq
    ... .Lfunc_end0:
    ... '''
    >>> inner_loops(code, "f", 64)
    [Loop(label='.LBB0_1', depth=1, packed=1, fused=1, narrow=0, scalar=0, extracts=0, calls=0, singles=0)]
    """
    blocks = _blocks(_body(assembly, function))
    loops = natural_loops(_successors(blocks), next(iter(blocks)))
    inner = []
    for head, body in loops.items():
        if any(other != head and other in body for other in loops):
            continue
        depth = sum(head in other for other in loops.values())
        inner.append(_count(head, depth, [line for name in blocks if name in body for line in blocks[name]], width))
    order = list(blocks)
    return sorted(inner, key=lambda loop: order.index(loop.label))


def kernel_loops(kernel: Any) -> list[Loop]:
    """The innermost loops of a compiled kernel (a Numba dispatcher), counted at the width of its target.

    Raises
    ------
    ValueError
        If the kernel is not compiled, or was read from the disk: then there is no assembly to look at.
    """
    if not kernel.overloads:
        raise ValueError(f"{kernel} is not compiled yet: call it first")
    (signature, result), *_ = kernel.overloads.items()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of a kernel from the disk Numba shows something else, and warns
        try:
            assembly = kernel.inspect_asm(signature)
        except UserWarning:
            raise ValueError(f"{kernel} was read from the disk, where no assembly is kept") from None
    return inner_loops(assembly, result.fndesc.mangled_name, WIDTHS[register(kernel)])


def register(kernel: Any) -> str:
    """The widest vector registers that a kernel's target has: "zmm", "ymm", "xmm" or, on Arm, "v.2d"."""
    codegen = kernel.targetctx.codegen()
    triple, _, features = codegen.magic_tuple()
    if not re.match(r"(x86_64|amd64)", triple):
        return "v.2d"
    present = set(features.split(","))
    return "zmm" if "+avx512f" in present else "ymm" if "+avx" in present else "xmm"


def summary(loops: list[Loop]) -> tuple[int, int]:
    """(loops with arithmetic on floats, those of them that are full-width vector code)."""
    computing = [loop for loop in loops if loop.computes]
    return len(computing), sum(loop.full_width for loop in computing)


def _body(assembly: str, function: str) -> Iterator[str]:
    """The lines of one function, from behind its label to its end."""
    found = False
    for line in assembly.splitlines():
        if found and re.match(r"^\.?Lfunc_end", line):
            return
        if found:
            yield line
        elif (match := _SYMBOL.match(line)) and match.group(1).lstrip("_").startswith(function.lstrip("_")):
            found = True
    if not found:
        raise ValueError(f"function = {function!r} is not in the assembly")


def _blocks(lines: Iterator[str]) -> dict[str, list[str]]:
    """Basic blocks by label; those without one are numbered."""
    blocks: dict[str, list[str]] = {"entry": []}
    current = blocks["entry"]
    for line in lines:
        if match := _LABEL.match(line):
            current = blocks.setdefault(match.group(1), [])
            continue
        text = re.split(r"\s(?:#|//|;)", line, maxsplit=1)[0].strip()
        if not text or text[0] in ".#;" or text.startswith("//") or text.endswith(":"):
            continue
        current.append(text)
        operation = text.split()[0]
        if _is_jump(operation) or operation in _ENDS:
            current = blocks.setdefault(f"after {len(blocks)}", [])
    return blocks


def _is_jump(operation: str) -> bool:
    return bool(_X86_JUMP.match(operation) or _ARM_JUMP.match(operation))


def _successors(blocks: dict[str, list[str]]) -> dict[str, list[str]]:
    names = list(blocks)
    following: dict[str, list[str]] = {}
    for index, name in enumerate(names):
        last = blocks[name][-1].replace(",", " ").split() if blocks[name] else [""]
        targets = [last[-1]] if _is_jump(last[0]) and last[-1] in blocks else []
        if last[0] not in _ENDS and index + 1 < len(names):
            targets.append(names[index + 1])
        following[name] = targets
    return following


def _count(label: str, depth: int, lines: list[str], width: int) -> Loop:
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        operation, _, operands = line.partition("\t")
        if not operands:
            operation, _, operands = line.partition(" ")
        if operation in _CALLS:
            counts["calls"] += 1
        elif _EXTRACTS.match(line):
            counts["extracts"] += 1
        elif kind := _kind(operation, operands, width):
            counts[kind] += 1
            if kind == "packed" and re.match(r"v?fn?m(add|sub)|fml[as]", operation):
                counts["fused"] += 1
    kinds = ("packed", "fused", "narrow", "scalar", "extracts", "calls", "singles")
    return Loop(label, depth, *(counts[kind] for kind in kinds))


def _kind(operation: str, operands: str, width: int) -> str | None:
    """How an instruction treats floats: "packed" (doubles), "singles", "narrow", "scalar"; None without arithmetic."""
    if match := _X86_FLOAT.match(operation):
        if match.group(2) == "s":
            return "scalar"
        used = max((WIDTHS[name] for name in re.findall(r"[xyz]mm", operands)), default=0)
        whole = "packed" if match.group(3) == "d" else "singles"
        return whole if used == width else "narrow"
    if match := _ARM_FLOAT.match(operation):
        arrangement = match.group(2) or operands
        for name, whole in ((".2d", "packed"), (".4s", "singles")):
            if name in arrangement:
                return whole if width == 16 else "narrow"
        return "scalar" if re.match(r"[ds]\d", operands.strip()) else None
    return None
