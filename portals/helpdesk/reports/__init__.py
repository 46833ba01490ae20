"""Reports of the helpdesk: what comes and is solved, which promises are kept, what breaks, who has how much to do."""
