"""The SPARQL door: the SPARQL 1.1 protocol over the processes of :mod:`downstack.graph.sparql`.

::

    protocol.py      what a request asks, by GET, by a form or by a body
    negotiation.py   which of several media types a client would rather have
    description.py   what the endpoint says about itself
    service.py       the graph version that a query is answered from, also when it is swapped
    sending.py       an answer on its way to a client, whole or cut off
    http.py          the router
"""
