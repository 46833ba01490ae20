"""Mail of the helpdesk: letters in (LMTP, IMAP), threads, answers out, and what is set aside."""
