"""The door for assistants: tools of the Model Context Protocol, over HTTP at ``/mcp`` and over standard input and output.

::

    tools.py       the tools by name
    tool.py        what a tool is: words, schemas, and the function that answers
    lookup.py      tools that look things up; numbers.py that compute; chains.py that follow dependence, supply, a prompt
    schema.py      the pieces of JSON Schema that their arguments are made of
    reading.py     arguments as the library takes them
    validation.py  arguments against their schema, with an error that says what to do
    cost.py        what a question may cost: the estimate of GraphQL
    pages.py       lists cut into pages, with signed cursors, within the size that an answer may have
    calls.py       one call: checked, computed in a thread under a deadline, answered or refused
    protocol.py    the official SDK: the only module that imports it
    door.py        streamable HTTP; stdio.py a process of its own for one client
    reference.py   the page of the tools in the documentation

No tool changes anything, fetches an address or opens a file. The JSON of answers is that of :mod:`downstack.wire`.
"""
