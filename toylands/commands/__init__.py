"""The commands of ``toylands``, one subject a file; `toylands.cli` puts them together."""
