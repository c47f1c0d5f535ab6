"""Answers as JSON, with the field names of GraphQL: what ``--json`` prints and what tools of the Model Context Protocol return.

One owner for both doors: a field that is added here is in both.
"""
