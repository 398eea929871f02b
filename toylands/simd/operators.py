"""Python operators on lanes."""

from __future__ import annotations

import operator

from toylands.simd.values import VECTOR, compare, constant, declare, floats, mask, plain, words

for _ops, _float, _word in (
    ((operator.add, operator.iadd), "fadd", "add"),
    ((operator.sub, operator.isub), "fsub", "sub"),
    ((operator.mul, operator.imul), "fmul", "mul"),
):
    for _op in _ops:
        declare(_op, ((floats, floats), floats, plain(_float)), ((words, words), words, plain(_word)))
for _op in (operator.truediv, operator.itruediv):
    declare(_op, ((floats, floats), floats, plain("fdiv")))
declare(operator.neg, ((floats,), floats, lambda c, b, x: b.fsub(constant(VECTOR[floats], -0.0), x)))
for _ops, _name in (
    ((operator.xor, operator.ixor), "xor"),
    ((operator.and_, operator.iand), "and_"),
    ((operator.or_, operator.ior), "or_"),
):
    for _op in _ops:
        declare(_op, ((words, words), words, plain(_name)), ((mask, mask), mask, plain(_name)))
declare(operator.lshift, ((words, words), words, plain("shl")))
declare(operator.rshift, ((words, words), words, plain("lshr")))
declare(operator.invert, ((mask,), mask, lambda c, b, x: b.not_(x)))
for _op, _name in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
):
    declare(_op, ((floats, floats), mask, compare("fcmp_ordered", _name)))
