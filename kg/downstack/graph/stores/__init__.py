"""Stores of triples: an Oxigraph directory on disk, or any endpoint that speaks SPARQL 1.1.

``layout`` says how a graph version lies in named graphs, ``adapter`` what a store must be able to do, ``oxigraph`` and ``remote``
are the two that can, ``versions`` reads and writes whole versions in either, ``backup`` brings them into one file.
"""
