"""The blackboard and the ledger: SymPy derivations, and the judge that checks them against Monte Carlo.

Modules directly in this package derive; they know no simulator. ``theory.claims`` holds the ledger (one entry a
claim) and ``theory.verify`` the judge.
"""

from theory import sources as sources  # first of all: it reads the texts of the modules that are imported after it
