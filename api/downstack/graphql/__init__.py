"""The GraphQL door: `schema.py` assembles it, the types mirror the records of :mod:`downstack.results`.

::

    enums.py      the closed vocabularies and the Date scalar
    terms.py      layers, sources, quantities, functions, influences: leaves of the type graph
    entities.py   the Entity interface with one type per class, facts and relations
    answers.py    what impact answers; values.py what value does
    explanation.py  how sure an effect is and how it came about: bands, flows, paths
    sensitivity.py, solving.py, comparison.py  what the fields of goals.py answer
    inputs.py     what questions ask with; arguments.py what several fields take
    query.py      the root fields; goals.py those that turn an answer round
    filters.py    filters on entities, with a field for each quantity; entity_list.py the list that takes them
    releases.py, published.py  what two releases state differently, what sources say that influences amount to
    relay.py      connections; cursors.py the signed places in their lists
    federation.py what gateways of Apollo Federation ask
    local.py      the same schema without a service, for the command line
    documents.py  documents parsed, bounded and validated once; cost.py what one costs, limits.py what it may
    endpoint.py   GraphQL over HTTP; request.py reads it, negotiation.py its media types, execution.py runs and writes
    executor.py   graphql-core's executor with short ways; workers.py the threads for what computes
    guards.py     the bounds of a service; stored.py queries that are asked by their hash
    errors.py     which errors a client sees, and how
    context.py    the graph version a request is answered from
    fields.py     typed decorators for resolvers
    mutation.py   changes of the store: edit_inputs.py, edit_types.py; edits.py takes them one after another
    scenarios.py  questions that were kept under a name
    subscription.py  what can be followed; following.py follows work in a thread
    streaming.py  WebSockets and event streams: socket.py one WebSocket, streams.py how many there may be
    http.py       the router: body limits, strict JSON, the GraphiQL page
"""
