"""The clerks' private notes beside a session."""
