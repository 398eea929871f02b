"""The ledger: one folder a paper, one file a section, one :class:`~theory.claims.claim.Claim` an entry."""
