"""The widening valley on the blackboard: its landscape, the proof of antipgd's Theorem 3.1, and what really happens."""
