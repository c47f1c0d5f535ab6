"""Who depends on whom, without numbers: what relations, supply chains and influences say, followed step by step.

================  ==============================================================================
``rules``         which way each relation carries dependence; read from the vocabulary
``links``         one record for each "A needs B", with the statements that say so
``index``         the links as adjacency lists, once per graph version, date and choice of influences
``cone``          everything within some steps of an entity, either way
``paths``         the shortest ways from one entity to another
``funnels``       entities that every way to some others leads through
``alternatives``  for whom no alternative is known
``shares``        which part of one comes from another, where shares are stated
``report``        the answers
================  ==============================================================================
"""
