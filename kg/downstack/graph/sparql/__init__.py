"""SPARQL over one graph version, in processes that may be ended at any moment.

::

    limits.py      what a query may use
    words.py       the words of the query language
    tokens.py      the text of a query as tokens
    refusals.py    what is refused before it runs
    formats.py     what answers are written in
    evaluation.py  one query on the store, its answer in parts
    origin.py      what another process needs to read the same graph version
    channel.py     frames of bytes on a socket
    keeper.py      the process that holds the triples and makes workers
    worker.py      the process that answers queries, one after another
    keeping.py     the side that asks: the keeper and its workers, as it sees them
    exchange.py    one query on one worker: the parts of its answer, and what became of the worker
    answers.py     an answer, whole or as it is written
    processes.py   the door: who may ask, on which worker, of which keeper
"""
