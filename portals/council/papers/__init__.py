"""Papers of a session, its public notice, and invitations by mail."""
