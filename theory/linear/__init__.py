"""Linear recurrences on the blackboard: variation of constants, second moments, momentum, random contraction."""
