"""Language models: bounded, on time, and never a bill.

Enters: a visitor's question with what the desk knows about it. Leaves: an answer, or the reason why the
rules must answer. The room knows no route, no store and no hub; what it needs of them comes in by
constructor. It opens sockets to models only.
"""
