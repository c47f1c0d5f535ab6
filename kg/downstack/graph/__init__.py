"""The graph: Turtle documents, their checks, and the immutable records and indexes that questions are answered from."""
