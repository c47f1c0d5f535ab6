"""What is doubtful in a whole graph: numbers that cannot be, names that mean two things, facts that contradict each other.

The structural checks (:mod:`downstack.graph.checks`) and the shapes say whether a graph can be read at all; the rules here
look at what it says. Each has one owner, an identifier by which it is asked for, and the severities it may give: an error
refuses what is loaded, a warning wants a look, a note is good to know.

Nothing about the industry is written down here. The largest rate of a pin is a fact of the memory technology, the density of
a process one of the process; which quantities are shares, parts of a sum or change with time is said in the vocabulary.

==================  ======================================================================================
``rule``            what a rule is, and what it looks at
``memory``          bandwidth over stacks and pins stays below what the memory technology reaches
``compute``         units x operations x clock is the peak rate
``silicon``         transistors over area fit the density of the process
``sums``            parts are at most their whole, shares of one whole at most one
``dates``           nothing is stated for a time after it was read
``names``           two entities that go by one name, or by nearly the same
``orphans``         entities that nothing is known of
``ages``            facts that are older than their quantity allows
``contradictions``  facts of one thing that differ by more than rounding
``rules``           all of them in order, and what they find
``gaps``            what nobody has stated and a formula needs
``coverage``        the page that says what the graph holds and what it lacks
==================  ======================================================================================
"""
