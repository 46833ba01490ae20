"""Finding tickets: search, saved views, and tickets that come from another system."""
