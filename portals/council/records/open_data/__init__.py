"""Open data: the council, its sessions and votes in the terms of Popolo, and as CSV."""
