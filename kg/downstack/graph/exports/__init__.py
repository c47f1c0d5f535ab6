"""The graph in the formats that other programs read: RDF, tables, and graphs to draw.

===========  =========================================================================================
``cut``      what is exported: the whole graph, or an entity and what is around it
``escape``   text that is safe in a cell, in XML, in DOT and in Mermaid
``rdf``      Turtle, N-Triples and JSON-LD, with the triples that were loaded
``tables``   entities, facts, relations, influences, sources and quantities as columns
``sheets``   the tables as CSV and Parquet
``graphml``  nodes and edges for programs that analyse graphs
``edges``    relations and influences as edges
``drawing``  DOT for Graphviz and Mermaid for documents
``write``    files that appear whole or not at all
``export``   one format to one place
===========  =========================================================================================
"""
