"""One prompt from its application to silicon.

The way is found along cited relations; where they end, the question has to name what comes next, and the answer says so.
Every number is one of the declared functions, evaluated by the engine; nothing is computed here but sums of their parts.

``asking``     the names of a question, and how they hang together with the application
``chain``      the entities and relations of each layer
``catalogue``  which quantities are reported at which layer, and which of them sum to time, energy and cost
``numbers``    their values for every combination of the question
``binding``    what binds at each layer
``routes``     one way for each offering
``report``     the whole answer
"""
