"""The helpdesk: whoever has a technical problem tells it here, and sees what becomes of it."""
