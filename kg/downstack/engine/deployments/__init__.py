"""The search for deployments: every way to serve a model that the graph knows of, evaluated and sorted out.

The order in which a question passes: :mod:`platforms` adds the accelerators that nobody rents, :mod:`space` lays out the
configurations, :mod:`evaluate` runs the declared functions over them as arrays, :mod:`search` goes through the space in
blocks and counts what is excluded and why, :mod:`pareto` keeps what nothing else beats, :mod:`rows` turns what is left into
answers whose traces come from the ordinary plan.
"""
