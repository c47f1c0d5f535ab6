"""The engine: columns, the schema graph, binding, plans, evaluation, explanation.

The order in which a question passes: :mod:`columns` hold the facts, :mod:`schema` says what can reach what, :mod:`bind`
makes rows, :mod:`plan` compiles the steps, :mod:`run` runs them, :mod:`impact` and :mod:`value` answer, :mod:`trace` and
:mod:`regimes` explain, :mod:`qualitative` adds directions without numbers. :mod:`interpreter` is the oracle.
"""
