"""Supply shocks: production networks with inventories, lead times and substitution, run month by month.

They are a family of their own beside the performance functions: a node has a flow and an installed stock, not an
intensity, and the scarcest essential input sets the flow. The step follows the adaptive regional input-output model
(Hallegatte 2008, doi:10.1111/j.1539-6924.2008.01046.x). All flows are ratios to what they are without a disruption.

``network``  what is simulated, as numbers          ``cases``   which uncertain numbers vary, and together how
``read``     from the graph to a network            ``step``    one month after another; the ledger balances
``gather``   what deliveries and stocks make of it  ``shock``   the question and its answer
"""
