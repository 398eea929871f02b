"""The judge's parts: comparing forms, measuring, statistics, the verdict rule; ``theory.verify`` puts them to work."""
